"""The headings, labels and slot names by which the parts of a prompt are told apart."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from workbench.convert.lexicon import cues
from workbench.convert.segment_cues import narrowed
from workbench.convert.segment_lines import EMOJI

if TYPE_CHECKING:
    from workbench.contracts import SpanKind

# How much less a heading says of what stands under a further heading of its own.
_OUTER = 0.85
# Lines of a worked sample: they neither open a section nor end the samples.
DIALOGUE = re.compile(
    r"^[\s\-*>#【\[]*(?:user|assistant|human|ai|bot|input|output|q|a|question|answer|text|response|reply|"
    r"thought|action|observation|result|e-?mail|query|label|review|sentence|问|答|输入|输出|用户|助手|客服|问题|回答|"
    r"回复|评论|类别|原文|译文|结果|文本|标签|思考|分析)\s?[\d一二三]{0,2}\s?[】\]]?\**\s?[:：]",
    re.IGNORECASE,
)
# What stands before the words of a heading: pictures and numbers.
_NUMBERED = re.compile(rf"(?:{EMOJI}|\d{{1,2}}(?:\.\d)*[.、)）]|[一二三四五六七八九十]{{1,3}}[、.]|\s)+")
# A line alone that numbers a sample.
SAMPLE_LINE = re.compile(
    r"\s*[#*【\[<\s]*(?:examples?|samples?|示例|样例|例子?|案例)\s?[\dA-C一二三四五]{0,2}\s?[】\]>*]*\s?"
    r"(?:[(（][^()（）\n]{1,20}[)）])?\s?[】\]>*]*\s?[:：]?\s*",
    re.IGNORECASE,
)
SLOT = re.compile(
    r"\{\{[#$\s]*(?P<double>[^\W\d][\w. #-]{0,40}?)[#\s]*\}\}|\{\s*(?P<name>[^\W\d][\w.-]{0,40})\s*\}|"
    r"\$\{(?P<dollar>[\w.]+)\}|<(?P<angle>[\w-]+)>\s*</(?P=angle)>|"
    r"\[(?:insert |your )?(?P<square>[A-Z_ ]{3,30})\]|<<(?P<chevrons>[\w ]{2,30})>>"
)
_DATA_NAMES = re.compile(
    r"history|profile|context|docs?\b|document|passage|article|notes?|data|answer|response|schema|memor|"
    r"knowledge|retriev|search|result|record|background|summary|transcript|report|conversation|dialog|"
    r"contract|excerpt|leaflet|chunk|source|reference|topic|candidate|list|table|evidence|content|essay|code|"
    r"diff|description|decision|ruling|\bocr|chat|dialogue|knowledge|kb\b|\bjob|resume|\bsheet|\bspec|product|\binfo|guideline|\brules|glossary|brand|listing|\bdraft|faq|catalog|polic|tools?\b|examples?\b|persona|资料|上下文|背景|历史|文档|材料|知识|内容|记录|合同|名单|题目|档案|稿件|小结|"
    r"病历|纪要|公告|新闻|法条|条文|法规|产品|商品|参数|指南|信息|回答|答案|作文|数据|简历|文章",
    re.IGNORECASE,
)
# Slots of what is so: the day, the place, the user's name.
FACT_NAMES = re.compile(
    r"(?:^|_|\b)(?:current|today|date|time|datetime|now|weekday|timezone|location|locale|city|user ?name|os|"
    r"platform|version)(?:$|_|\b)|日期|时间|今天|城市|用户名",
    re.IGNORECASE,
)
_USER_NAMES = re.compile(
    r"question|query|\buser|request|message|input|prompt|utterance|instruction|comment|e-?mail|问题|提问|输入|"
    r"用户|留言|消息|评论",
    re.IGNORECASE,
)


def heading_kind(path: tuple[str, ...]) -> tuple[SpanKind, float] | None:
    """Return the kind that the innermost telling heading speaks of, and how far it can be trusted."""
    for depth, name in enumerate(reversed(path)):
        found = _name_kind(heading_words(name))
        # The title of a whole prompt ("# Role: …") says nothing of the sections below it.
        if found is not None and not (depth and found[0] in {"role", "format"} and depth == len(path) - 1):
            return found[0], found[1] if depth == 0 else found[1] * _OUTER
    return None


def heading_words(name: str) -> str:
    """Return the words of a heading without its marks, number and pictures."""
    bare = name.strip(" \t#*:：-_=<>[]【】")
    numbered = _NUMBERED.match(bare)
    return bare[numbered.end() if numbered else 0 :].replace("_", " ") or bare


@lru_cache(maxsize=4096)
def _name_kind(name: str) -> tuple[SpanKind, float] | None:
    folded = narrowed(name.lower())
    return next(((cue.kind, cue.weight) for cue in cues("headings") if cue.find(folded)), None)


def slot_kind(names: list[str], headings: tuple[str, ...], *, alone: bool) -> SpanKind:
    """Tell the user's own message from data by the slot's names, then by its headings, innermost first.

    ``alone`` says that the prompt has no other slot: then what nobody names is the user's message.
    """
    for i, name in enumerate((*names, *reversed(headings[-2:]))):
        headed = heading_kind((name,)) if i >= len(names) else None
        if headed is not None and headed[0] in {"context", "input"}:
            return headed[0]
        if _DATA_NAMES.search(name) and not re.search(r"question|query|问题|提问", name, re.IGNORECASE):
            return "context"
        if _USER_NAMES.search(name):
            return "input"
    return "input" if alone else "context"
