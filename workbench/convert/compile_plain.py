"""Compiles rules that hold for every answer: length, language, grounding and, beside them, wording."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.checks.conditional import Grounded, Neutral, RefuseHarmful
from workbench.checks.counts import Length, Unit
from workbench.checks.language import NAMES, Language, SameLanguage
from workbench.checks.phrases import NoIdentifiers
from workbench.convert.compile_text import NUMBER, Demand, Shape, number, unquoted
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
_UNITS: tuple[tuple[str, Unit], ...] = (
    (r"words?|字|词|汉字|个字", "words"),
    (r"sentences?|句话?", "sentences"),
    (r"paragraphs?|段落?", "paragraphs"),
    (r"characters?|letters?|个?字符", "characters"),
    (r"lines?|行", "lines"),
    (r"bullet points?|bullets?|items?|list items|条|点(?!钟)|个?要点", "items"),
)
_UNIT = "|".join(f"(?P<u{i}>{pattern})" for i, (pattern, _) in enumerate(_UNITS))
_BETWEEN = re.compile(
    rf"(?:between\s+)?(?P<low>{NUMBER})\s*(?:-|–|—|~|to|and|or|到|至|或)\s*(?P<high>{NUMBER})[\s-]*(?:个|"
    rf"\w+ )?(?:{_UNIT})",
    re.IGNORECASE,
)
_MOST = re.compile(
    rf"(?:at most|no more than|not more than|(?:not|never) (?:to )?exceed(?:ing)?|do(?:es)? not exceed|"
    rf"don't exceed|up to|under|below|less than|fewer than|maximum of|max(?:imum)?:?|"
    rf"within|limit(?:ed)?(?: \w+){{0,4}} to|shorter than|or fewer|不超过|不多于|不得超过|不能超过|至多|"
    rf"最多|控制在|少于|小于|"
    rf"限制在)(?:写|用|给出|列出|包含|包括|提供|输出|回答)?\s*(?:a |the )?(?P<high>{NUMBER})[\s-]*(?:个|"
    rf"short |brief )?(?:{_UNIT})",
    re.IGNORECASE,
)
_LEAST = re.compile(
    rf"(?:at least|no fewer than|no less than|not less than|more than|over|minimum of|min(?:imum)?:?|至少|"
    rf"不少于|不低于|超过|多于)(?:写|用|给出|列出|包含|包括|提供|输出|回答)?\s*(?:a |"
    rf"the )?(?P<low>{NUMBER})[\s-]*(?:个|more )?(?:{_UNIT})",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"(?P<n>{NUMBER})[\s-]*(?:个)?(?:{_UNIT})\s*(?P<how>at most|or (?:less|fewer)|maximum|max\b|at least|"
    rf"or more|minimum|以内|之内|以下|以上)",
    re.IGNORECASE,
)
_EXACT = re.compile(
    rf"(?:\bexactly|\bin|\bonly|\bjust|恰好|正好|分为|分成|分|共|只用|只写|^)\s*(?P<n>{NUMBER})[\s-]*"
    r"(?:个|short |brief |single )?"
    rf"(?:{_UNIT})",
    re.IGNORECASE,
)
# "Each bullet has at most 20 words" bounds a part, not the answer: no check here counts parts.
OF_EACH = re.compile(
    r"\b(?:each|every|per)\b (?!(?:\w+ )?(?:answer|reply|response|message|time|turn|summary)\b)\w+|"
    r"每(?:一)?(?:条|点|句|段|个|行|项)|"
    r"^\W*(?:the |a |its |your )?(?:title|headline|heading|subject(?: line)?|caption|introduction|intro|"
    r"conclusion|"
    r"opening paragraph|abstract|teaser)s?\b|^\W*(?:小?标题|导语|摘要|评语|要点|开头|结尾|引言|结论|"
    r"总体结论|理由|备注)",
    re.IGNORECASE,
)
_SAME_LANGUAGE = re.compile(
    r"\bsame language\b|\b(?:in|use) the (?:language of the (?:user|question|message|customer)|(?:user|"
    r"customer|guest)(?:'s|s')? language)|"
    r"(?:与|和|跟).{0,10}(?:相同|一致|同样)的?语言|使用用户(?:的|所用的?)语言",
    re.IGNORECASE,
)
_STRICT = re.compile(r"less than|fewer than|under|below|shorter than|少于|小于", re.IGNORECASE)
_STRICT_LOW = re.compile(r"more than|over|(?<!不)超过|多于", re.IGNORECASE)
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
    r"内容|信息|原文|背景|】)",
    re.IGNORECASE,
)
_NO_FIGURES = re.compile(
    r"\b(?:never|not|no|don't|without|avoid|add nothing)\b.{0,20}\b(?:add|invent|make up|fabricate|"
    r"hallucinate|guess|introduce|state|give)\b.{0,20}\b(?:numbers?|dates?|figures?|facts?|promises?|"
    r"information|"
    r"anything|details|forecast)\b|"
    r"\b(?:never|not|don't|avoid) (?:invent|make (?:up|things up|anything up)|fabricate|hallucinate|guess|"
    r"speculate|inventing|making up)|"
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
    bounds = _bounds(plain)
    path = shape.path(text, running=True)
    if bounds is None or (OF_EACH.search(plain) and (path is None or not OF_EACH.match(plain.lstrip()))):
        return None
    low, high, unit = bounds
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
    if match is None or re.search(r"\b(?:not|never|don't) (?:\w+ )?in\b|不要用|不得用", plain, re.IGNORECASE):
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
    starts, ends, characters, identifiers, length, in_language, grounded, figures, refuses, neutral,
    impersonal, phrases, unmentioned,
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


def _bounds(text: str) -> tuple[int | None, int | None, Unit] | None:
    for pattern in (_BETWEEN, _MOST, _LEAST, _AFTER, _EXACT):
        match = pattern.search(text)
        if match:
            return _read_bounds(pattern, match)
    return None


def _read_bounds(pattern: re.Pattern[str], match: re.Match[str]) -> tuple[int | None, int | None, Unit]:
    unit = next(unit for i, (_, unit) in enumerate(_UNITS) if match[f"u{i}"])
    if pattern is _BETWEEN:
        return number(match["low"]), number(match["high"]), unit
    if pattern is _MOST:
        return None, number(match["high"]) - bool(_STRICT.match(match.group())), unit
    if pattern is _LEAST:
        return number(match["low"]) + bool(_STRICT_LOW.match(match.group())), None, unit
    if pattern is _EXACT:
        return number(match["n"]), number(match["n"]), unit
    least = re.search(r"least|more|minimum|以上", match["how"], re.IGNORECASE)
    return (number(match["n"]), None, unit) if least else (None, number(match["n"]), unit)
