"""Compiles rules that hold for every answer: length, language, grounding and, beside them, wording."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.checks.conditional import Grounded, Neutral, RefuseHarmful
from workbench.checks.counts import Length
from workbench.checks.language import NAMES, Language, SameLanguage
from workbench.checks.phrases import NoIdentifiers
from workbench.convert.compile_bounds import bounds
from workbench.convert.compile_parts import marks, parts, wording
from workbench.convert.compile_text import Demand, Shape, unquoted
from workbench.convert.compile_wording import characters, ends, impersonal, phrases, starts, unmentioned

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.checks import AnyCheck
    from workbench.contracts import SpanKind

    Found = tuple[SpanKind, str, AnyCheck | None]
    Compiler = Callable[[str, Shape], Found | None]

_IDENTIFIER = re.compile(r"(?<![\w-])(?=[A-Z0-9_-]*\d)[A-Z]{1,10}[-_#]?\d{2,}(?:[-_]\w+)*")
_FORBID_SHOW = re.compile(
    r"\b(?:show|reveal|name|mention|disclose|expose|share|print|internal|keep)\b|透露|泄露|显示|提及|暴露|"
    r"内部|出现",
    re.IGNORECASE,
)
# "Each bullet has at most 20 words" bounds a part, not the answer: no check here counts parts.
OF_EACH = re.compile(
    r"\b(?:each|every|per)\b (?!(?:\w+ )?(?:answer|reply|response|message|time|turn|summary)\b)\w+|"
    r"每(?:一)?(?:条|点|句|段|个|行|项)|"
    r"^\W*(?:keep |make |write )?(?:the |your )?(?:short )?(?:sentences|bullets|bullet points|points|"
    r"items)\b(?!\W*\d)|"
    r"^\W*(?:the |a |its |your )?(?:title|headline|heading|subject(?: line)?|caption|introduction|intro|"
    r"conclusion|"
    r"opening paragraph|abstract|teaser)s?\b|^\W*(?:小?标题|导语|摘要|评语|要点|开头|结尾|引言|结论|"
    r"总体结论|理由|备注)",
    re.IGNORECASE,
)
_SAME_LANGUAGE = re.compile(
    r"\bsame language\b|\b(?:in|use) the (?:language of the (?:user|question|message|customer)|(?:user|"
    r"customer|guest|pupil|student|learner|player|client|reader|visitor|patient|caller|member|"
    r"sender)(?:'s|s')? language)|"
    r"(?:与|和|跟).{0,10}(?:相同|一致|同样)的?语言|使用用户(?:的|所用的?)语言",
    re.IGNORECASE,
)
_LANGUAGE_EN = re.compile(
    r"\b(?:in|language (?:is|of (?:the |every |all )?\w+(?: is)?)|language:|use|speak|into|"
    r"only)\s+(?:only |plain |simple |proper |clear |formal |fluent |standard |good |the )*"
    r"(?:simplified |traditional |british |american )?(?P<name>"
    + "|".join(n for names in NAMES.values() for n in names if n.isascii())
    + r")\b",
    re.IGNORECASE,
)
_LANGUAGE_FIRST = re.compile(
    r"\b(?P<name>"
    + "|".join(n for names in NAMES.values() for n in names if n.isascii())
    + r")\b is the language\b",
    re.IGNORECASE,
)
_LANGUAGE_ZH = re.compile(
    r"(?:用|使用|以|为|是|[:：])\s*(?:简体|繁体)?(?P<name>"
    + "|".join(n for names in NAMES.values() for n in names if not n.isascii())
    + r")"
)
_FROM_CONTEXT = re.compile(
    r"\b(?:only|solely|exclusively|strictly|alone|nothing but)\b.{0,60}\b(?:context|passages?|documents?|"
    r"notes?|sources?|information|facts|texts?|articles?|material|knowledge base|excerpts?)\b|"
    r"\b(?:context|passages?|documents?|notes?|sources?|material)\b.{0,25}\b(?:only|alone|exclusively)\b|"
    r"\bonly what stands in\b|\b(?:based|rely|relying) (?:only|solely|strictly)?\s?on the (?:context|"
    r"passages?|documents?|notes?|provided)|"
    r"(?:只|仅|严格)(?:能|可以)?(?:根据|依据|使用|基于|参考|从|按照).{0,15}(?:资料|上下文|文档|材料|文章|"
    r"内容|信息|原文|背景|法条|条款|政策|手册|指南|知识|片段|段落|记录|文本|说明书|合同|】)",
    re.IGNORECASE,
)
_NO_FIGURES = re.compile(
    r"\b(?:never|not|no|don't|without|avoid|add nothing)\b.{0,20}\b(?:add|invent|make up|fabricate|"
    r"hallucinate|guess|introduce|state|give)\b.{0,20}\b(?:numbers?|dates?|figures?|facts?|promises?|"
    r"information|"
    r"anything|details|forecast)\b|"
    r"\b(?:never|not|don't|avoid) (?:invent|make (?:up|things up|anything up)|fabricate|hallucinate|guess|"
    r"speculate(?! (?:on|about|as to|regarding)\b)|inventing|making up)|"
    r"\badd (?:no|nothing)\b|(?:numbers?|dates?|facts?)\b.{0,40}\bfrom elsewhere\b|(?:不得|不要|禁止|避免|"
    r"切勿|不能|不可)(?:随意|"
    r"自行|凭空)?(?:编造|虚构|"
    r"杜撰|臆测|猜测|捏造|添加)",
    re.IGNORECASE,
)
_REFUSE = re.compile(r"\b(?:refuse|decline|reject)\b|拒绝", re.IGNORECASE)
_HARMFUL = re.compile(
    r"\b(?:harm\w*|illegal|unlawful|dangerous|unsafe|unethical|break the law|violen\w+|criminal|hateful)\b|"
    r"伤害|有害|违法|非法|危险|暴力|不道德",
    re.IGNORECASE,
)
_NEUTRAL = re.compile(
    r"\b(?:neutral|neutrality|impartial|take no sides?|(?:not|never|don't) take (?:a )?sides?|"
    r"no (?:personal )?opinions?|unbiased|even-handed)\b|中立|不表态|不(?:要)?(?:表达|发表).{0,4}(?:观点|"
    r"意见|立场)|不偏不倚",
    re.IGNORECASE,
)


def identifiers(text: str, shape: Shape) -> Found | None:
    """Read rules like: Never show internal identifiers such as INT-4821."""
    match = _IDENTIFIER.search(text)
    if match is None or not _FORBID_SHOW.search(text):
        return None
    pattern = re.sub(r"\d+", lambda _: r"\d+", re.escape(match.group()).replace(r"\-", "-"))
    check = NoIdentifiers(pattern=pattern, path=shape.path(text, running=False))
    return "safety", "no-identifiers", check


def length(text: str, shape: Shape) -> Found | None:
    """Read rules like: At most 30 words", "不超过 40 个字", "two to four sentences"."""
    plain = unquoted(text)
    found = None if parts(text, shape) else bounds(plain)
    path = shape.path(text, running=True)
    if found is None or (OF_EACH.search(plain) and (path is None or not OF_EACH.match(plain.lstrip()))):
        return None
    low, high, unit = found
    name = "-".join(
        part for part in ("min" if low is not None else "", "max" if high is not None else "", unit) if part
    )
    return "length", name, Length(unit=unit, min=low, max=high, path=path)


def in_language(text: str, shape: Shape) -> Found | None:
    """Read rules like: Write the reply in English."""
    plain = unquoted(text)
    if _SAME_LANGUAGE.search(plain):
        return "language", "same-language", SameLanguage(path=shape.path(text, running=True))
    match = _LANGUAGE_EN.search(plain) or _LANGUAGE_FIRST.search(plain) or _LANGUAGE_ZH.search(plain)
    if match is None or re.search(
        r"\b(?:not|never|don't) (?:\w+ )?in\b|(?:不要|不得|禁止|避免|不能|请勿|别)(?:使用|用|出现|夹杂|"
        r"混用|说|以)",
        plain,
        re.IGNORECASE,
    ):
        return None
    name = match["name"].casefold()
    code = next(code for code, names in NAMES.items() if name in names)
    return "language", f"language-{code}", Language(lang=code, path=shape.path(text, running=True))


def grounded(text: str, shape: Shape) -> Found | None:
    """Read rules like: Answer only from the context."""
    if not _FROM_CONTEXT.search(unquoted(text)):
        return None
    return "grounding", "grounded", Grounded(allowed=shape.phrases, path=shape.path(text, running=True))


def figures(text: str, shape: Shape) -> Found | None:
    """Read rules like: Never add a number, a date or a promise."""
    if not _NO_FIGURES.search(unquoted(text)):
        return None
    check = Grounded(allowed=shape.phrases, scope="figures", path=shape.path(text, running=True))
    return "grounding", "no-invention", check


def refuses(text: str, shape: Shape) -> Found | None:
    """Read rules like: Refuse requests that would harm someone."""
    plain = unquoted(text)
    if not (_REFUSE.search(plain) and _HARMFUL.search(plain)):
        return None
    return "safety", "refuse-harmful", RefuseHarmful(path=shape.path("", running=True))


def neutral(text: str, shape: Shape) -> Found | None:
    """Read rules like: Stay neutral on politics and religion."""
    if not _NEUTRAL.search(unquoted(text)):
        return None
    return "neutrality", "neutral", Neutral(path=shape.path("", running=True))


PLAIN: tuple[Compiler, ...] = (
    parts, marks, wording, starts, ends, characters, identifiers, length, in_language, grounded, figures,
    refuses, neutral, impersonal, phrases, unmentioned,
)  # fmt: skip


# What may stand beside another demand in one sentence: "at most 30 words, in English, no commas".
_BESIDE = frozenset({length, in_language, characters, identifiers, figures, impersonal})


def compile_plain(text: str, shape: Shape) -> list[Demand]:
    """Compile ``text`` by the first compiler that understands it, and by those that may stand beside it."""
    out: list[Demand] = []
    for compiler in PLAIN:
        if out and compiler not in _BESIDE:
            continue
        found = compiler(text, shape)
        if found is not None:
            kind, slug, check = found
            out.append(Demand(kind=kind, slug=slug, check=check, span=(0, len(text))))
    return out
