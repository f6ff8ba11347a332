"""Reads bounds on a length: at most 30 words, two to four sentences, 不超过40个字."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.convert.compile_text import NUMBER, number

if TYPE_CHECKING:
    from workbench.checks.counts import Unit

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
    rf"\w+ (?:as |in )?)?(?:{_UNIT})",
    re.IGNORECASE,
)
_MOST = re.compile(
    rf"(?:at most|no more than|not more than|(?:not|never) (?:to )?exceed(?:ing)?|do(?:es)? not exceed|"
    rf"don't exceed|up to|under|below|less than|fewer than|maximum of|max(?:imum)?:?|"
    rf"within|limit(?:ed)?(?: \w+){{0,4}} to|keep (?:it|this|(?:the |your |every |each |all )?\w+) to|"
    rf"shorter than|(?:no|not) longer than|or fewer|不超过|不多于|不得超过|不能超过|至多|"
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
    rf"(?:\bexactly|\bin|\bonly|\bjust|恰好(?:写|列出|给出|输出|提供)?|正好|分为|分成|分|共|只用|只写|"
    rf"^)\s*(?P<n>{NUMBER})[\s-]*"
    r"(?:个|short |brief |single )?"
    rf"(?:{_UNIT})",
    re.IGNORECASE,
)
_STRICT = re.compile(r"less than|fewer than|under|below|shorter than|少于|小于", re.IGNORECASE)
_STRICT_LOW = re.compile(r"more than|over|(?<!不)超过|多于", re.IGNORECASE)


def bounds(text: str) -> tuple[int | None, int | None, Unit] | None:
    """Read the first bound on a length: least, most (both inclusive), and the unit."""
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
