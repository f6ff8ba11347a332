"""Reads bounds on a length: at most 30 words, never more than three, two to four sentences, 不少于40个字."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from workbench.convert.compile_polarity import unwanted
from workbench.convert.compile_text import NUMBER, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.checks.counts import Unit

_UNITS: tuple[tuple[str, Unit], ...] = (
    (r"words?|个?字(?!符)|词|个?汉字", "words"),
    (r"sentences?|个?句子|句话?", "sentences"),
    (r"paragraphs?|个?段落|段", "paragraphs"),
    (r"characters?|letters?|个?字符", "characters"),
    (r"lines?|行", "lines"),
    (r"bullet points?|bullets?|items?|list items|条|点(?!钟)|个?要点", "items"),
)
_UNIT = "|".join(f"(?P<u{i}>{pattern})" for i, (pattern, _) in enumerate(_UNITS))
_COUNTED: tuple[tuple[str, Unit], ...] = (
    (r"word count|字数|词数|篇幅", "words"),
    (r"句数", "sentences"),
    (r"段数", "paragraphs"),
    (r"character count|字符数", "characters"),
    (r"行数", "lines"),
)
_RANGE = r"(?:-|–|—|~|～|to|and|or|到|至|或)"
_BETWEEN = re.compile(
    rf"(?:between\s+)?(?P<low>{NUMBER})\s*{_RANGE}\s*(?P<high>{NUMBER})[\s-]*(?:个|"
    rf"\w+ (?:as |in )?)?(?:{_UNIT})",
    re.IGNORECASE,
)
_COUNT_BETWEEN = re.compile(
    rf"(?:{'|'.join(pattern for pattern, _ in _COUNTED)})[^\d，。,.;；]{{0,12}}?(?P<low>{NUMBER})\s*"
    rf"(?:个?[字词句段行]|words?)?\s*{_RANGE}\s*(?P<high>{NUMBER})",
    re.IGNORECASE,
)
# Each relation is inclusive (``most``, ``least``) or strict; under a negation the strict ones turn into the
# inclusive one of the other side: "never more than 5" is at most 5, "不得少于5" is at least 5.
_MOST = (
    r"at most|no more than|not more than|nothing over|up to|maximum of|max(?:imum)?(?: is)?:?|within|"
    r"limit(?:ed)?(?: \w+){0,4} to|cap(?:ped)?(?: \w+){0,3} at|keep (?:it|this|(?:the |your |every |each |"
    r"all )?\w+) to|(?:no|not) longer than|或更少|至多|最多|不超过|不多于|不大于|不高于|控制在|限制在"
)
_LEAST = (
    r"at least|no fewer than|no less than|not less than|not fewer than|no shorter than|not shorter than|"
    r"minimum of|min(?:imum)?:?|至少|最少|不少于|不低于|不小于"
)
_LESS = r"under|below|less than|fewer than|shorter than|少于|小于|低于"
_MORE = r"more than|longer than|over|above|exceed(?:ing|s)?|beyond|超过|超出|多于|大于|高于"
_FILLER = r"(?:要?有|写|用|给出|列出|包含|包括|提供|输出|回答)?\s*(?:a |the |about |around )?"
_RELATION = re.compile(
    rf"(?:(?<![A-Za-z])(?P<most>{_MOST})|(?<![A-Za-z])(?P<least>{_LEAST})|(?<![A-Za-z])(?P<less>{_LESS})|"
    rf"(?<![A-Za-z])(?P<more>{_MORE})){_FILLER}(?P<n>{NUMBER})[\s-]*(?:个(?!字)|short |brief |more |full |"
    rf"complete )?(?:{_UNIT})?",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"(?:\b(?:do not|does not|must not|should not|may not|can ?not|shall not|not|never|avoid|without|"
    r"refrain from|nor|no (?:answer|reply|response|text|summary)s?)\b|n['’]t\b)"
    r"(?!\W+only\b)(?:[^\w'’]+(?!(?:until|before|unless|if|when|once|after|but|and)\b)[\w'’]+){0,6}\W*$|"
    r"(?:不要|不得|不能|不可以?|不应该?|不宜|不许|不允许|请勿|切勿|勿|别|禁止|避免|严禁|切忌)[^，。；,;.]{0,10}$",
    re.IGNORECASE,
)
# "If it is longer than 100 words", "超过100字时": a case, not a demand.
_CASE_BEFORE = re.compile(
    r"(?:\b(?:if|when|whenever|unless|once)\b|如果|若|当|除非)[^,，.。;；]*$", re.IGNORECASE
)
# "It is fine to write more than 50 words", "不需要超过100字": what may be isn't asked for.
_PERMITTED = re.compile(
    r"(?:\b(?:fine|ok(?:ay)?|free|welcome|acceptable|allowed) to\b|\bneed(?:n['’]t| not)\b|\bno need\b|"
    r"(?:\bnot|n['’]t) (?:need|have) to\b|(?:不需要?|无需|不必|不用|可以?|允许|没必要))[^,.;，。；]*$",
    re.IGNORECASE,
)
_FORBIDDEN_AFTER = re.compile(
    r"[^,.;，。；]{0,20}?(?:\b(?:not|never|n['’]t) (?:be )?(?:allowed|permitted|accepted|acceptable|wanted)|"
    r"\bforbidden|\bprohibited|\bbanned|不(?:被)?(?:允许|接受)|禁止)",
    re.IGNORECASE,
)
# "The user's question has at most 20 words" tells what comes in.
_TOLD = re.compile(
    r"^\W*(?:the |each |every |a )?(?:user|customer|reader|client)s?(?:['’]s?)? (?:question|message|query|"
    r"input|request|text)s?\b(?: \w+){0,3}\s*$|"
    r"^\W*(?:用户|客户|顾客)的?(?:问题|输入|消息|提问|留言)[^请用以回答复]{0,4}$",
    re.IGNORECASE,
)
_USUAL = re.compile(
    r"\b(?:are|is|have|has) (?:usually|typically|often|on average)\b|"
    r"\b(?:usually|typically) (?:are|is|have|has)\b",
    re.IGNORECASE,
)
_CASE_AFTER = re.compile(r"\s*(?:时|的话|的情况|则|就)")
_AFTER = re.compile(
    rf"(?P<n>{NUMBER})[\s-]*(?:个(?!字))?(?:{_UNIT})\s*(?P<how>at most|or (?:less|fewer)|maximum|max\b|"
    rf"tops\b|at least|or more|minimum|以内|之内|以下|以上)",
    re.IGNORECASE,
)
_EXACT = re.compile(
    rf"(?:\bexactly|\bin|\bonly|\bjust|恰好(?:写|列出|给出|输出|提供)?|正好|分为|成分|分成|分|共|只用|只写|"
    rf"^)\s*(?P<n>{NUMBER})[\s-]*"
    r"(?:个|short |brief |single )?"
    rf"(?:{_UNIT})",
    re.IGNORECASE,
)
_NEAR = 24
_BEFORE = 240


class _Bound(NamedTuple):
    low: int | None
    high: int | None
    unit: Unit | None
    start: int
    end: int


def bounds(text: str) -> tuple[int | None, int | None, Unit] | None:
    """Read the bounds on one length: least, most (both inclusive), and the unit."""
    if _USUAL.search(text):
        return None
    for pattern in (_BETWEEN, _COUNT_BETWEEN):
        match = pattern.search(text)
        if match:
            return (
                number(match["low"]),
                number(match["high"]),
                _unit(match) or _counted(match.group()) or "words",
            )
    for found in (_both(list(_relations(text))), _after(text)):
        if found is not None:
            return found
    match = _EXACT.search(text)
    return (number(match["n"]), number(match["n"]), _unit(match) or "words") if match else None


def no_bound(text: str) -> bool:
    """Tell whether a length stands in ``text`` that bounds no answer: a permission, a case, what is usual."""
    found = list(_RELATION.finditer(text))
    return bool(_USUAL.search(text) or (found and all(_no_demand(text, match) for match in found)))


def count_before(before: str) -> tuple[int | None, int | None] | None:
    """Read the bound that a text ends with, for what is named behind it: "do not use more than two" links."""
    for one in _relations(before):
        if len(before) - one.end <= _NEAR // 2 and one.unit is None:
            return one.low, one.high
    return None


def _relations(text: str) -> Iterator[_Bound]:
    for match in _RELATION.finditer(text):
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        if _no_demand(text, match):
            continue
        denied = bool(
            _NEGATED.search(before)
            or _FORBIDDEN_AFTER.match(text, match.end())
            or unwanted(text[match.end() : match.end() + _BEFORE])
        )
        n = number(match["n"])
        low = high = None
        if match["most"] or (match["more"] and denied):
            high = n
        elif match["least"] or (match["less"] and denied):
            low = n
        elif match["less"]:
            high = n - 1
        else:
            low = n + 1
        unit = _unit(match) or _counted(before[-_NEAR:])
        yield _Bound(low=low, high=high, unit=unit, start=match.start(), end=match.end())


def _no_demand(text: str, match: re.Match[str]) -> bool:
    """Tell a case, a permission or a description of what comes in from a bound on the answer."""
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    may = (match["more"] or match["less"]) and _PERMITTED.search(before)
    return bool(
        may or _CASE_BEFORE.search(before) or _CASE_AFTER.match(text, match.end()) or _TOLD.search(before)
    )


def _both(found: list[_Bound]) -> tuple[int | None, int | None, Unit] | None:
    """Take the first bound that has a unit, with the one beside it that bounds the other side."""
    for place, one in enumerate(found):
        beside = found[place + 1] if place + 1 < len(found) else None
        near = beside is not None and beside.start - one.end <= _NEAR
        unit = one.unit or (beside.unit if beside and near else None)
        if unit is None:
            continue
        low, high = one.low, one.high
        if beside and near and beside.unit in {unit, None}:
            low = beside.low if low is None else low
            high = beside.high if high is None else high
            if low is not None and high is not None and low > high:
                low, high = one.low, one.high
        return low, high, unit
    return None


def _after(text: str) -> tuple[int | None, int | None, Unit] | None:
    found: dict[bool, int] = {}
    unit: Unit | None = None
    for match in _AFTER.finditer(text):
        one = _unit(match)
        if one is None or unit not in {None, one}:
            break
        unit = one
        least = re.search(r"least|more|minimum|以上", match["how"], re.IGNORECASE) is not None
        found.setdefault(least, number(match["n"]))
    return (found.get(True), found.get(False), unit) if unit else None


def _unit(match: re.Match[str]) -> Unit | None:
    groups = match.groupdict()
    return next((unit for i, (_, unit) in enumerate(_UNITS) if groups.get(f"u{i}")), None)


def _counted(text: str) -> Unit | None:
    """Name the unit that a count speaks of ("字数不超过200", "word count under 100")."""
    return next((unit for pattern, unit in _COUNTED if re.search(pattern, text, re.IGNORECASE)), None)
