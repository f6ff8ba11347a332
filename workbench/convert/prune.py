"""Drops chance agreements from an alignment, so that a template's static text is what its author wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.convert.labels import width
from workbench.text import count_words, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHANCE_WORDS = 3
_FEW_TEXTS = 8
_AMBIGUOUS = 0.05
_LONG_HOLE = 12
# What may stand between a label and the text it introduces, kept with the label.
_LABEL_END = re.compile(r".*(?:[:：>】\]）]|(?<=\n)[ \t]*|[\r\n])[ \t\r\n]*", re.DOTALL)
_ITEM = re.compile(r"(?<=\n)[ \t]*(?:[-*•·]|\(?\d{1,2}[.)、])(?:[ \t]+[^\n]*)?$")
_VALUE_SIGNS = re.compile(r"^[.?!。？！…]+(?=[ \t]*[\r\n]|[<【\[]|$)")
# Text runs on into the hole here: the piece belongs to the value. Chinese has no spaces to tell by.
_HALF_TOKEN_END = re.compile(r"[^\s\u3400-\u9fff:：>】\]）)“\"'(（，,。=]+$")
_HALF_TOKEN_START = re.compile(r"^[A-Za-z0-9_\-/@#]+")
# Such words between values belong to one labelled value, as in "Audience: drivers in Oslo".
_LINK = re.compile(
    r"[ \t]*(?:(?:in|on|at|of|for|to|from|with|and|or|by|the|an?|is|der|die|das|und|von|de|la|et)[ \t]+)+"
    r"|[的在和与了是]",
    re.IGNORECASE,
)
_SIGNS_THEN_LINE = re.compile(r"^[^\w\r\n]*(?=\r?\n)")


def strong_segments(segments: Sequence[str | None], texts: Sequence[str]) -> list[str | None]:
    """Trim every static segment to its label, and turn the weak ones into holes."""
    trimmed = _merged([_trimmed(i, segments, few=len(texts) < _FEW_TEXTS) for i in range(len(segments))])
    while True:
        weak = _weakest(trimmed, texts)
        if weak is None:
            return trimmed
        trimmed = _merged([*trimmed[:weak], None, *trimmed[weak + 1 :]])


def _trimmed(index: int, segments: Sequence[str | None], *, few: bool) -> str | None:
    segment = segments[index]
    if segment is None:
        return None
    allowed = _CHANCE_WORDS if few else 0
    text = segment
    if index + 1 < len(segments):
        text = _trim_end(text, allowed)
    if index > 0:
        text = _trim_start(text, allowed)
        text = _VALUE_SIGNS.sub("", text) if _after_label(index, segments) else text
    return text or None


def _trim_end(text: str, allowed: int) -> str:
    """Cut what follows a label by chance: list markers, the first words of every value, half a token."""
    item = _ITEM.search(text)
    if item and width(item.group()) <= _CHANCE_WORDS:
        return text[: item.start()]
    label = _LABEL_END.match(text)
    if label and width(text[label.end() :]) <= allowed:
        return text[: label.end()]
    return _HALF_TOKEN_END.sub("", text)


def _trim_start(text: str, allowed: int) -> str:
    """Cut what precedes a line end by chance: closing signs and the last words of every value."""
    line = re.match(r"[^\r\n]*(?=\r?\n)", text)
    if line and width(line.group()) <= allowed and not re.match(r"[ \t]*[<\]】）)]", text):
        return text[line.end() :]
    return _HALF_TOKEN_START.sub("", _SIGNS_THEN_LINE.sub("", text))


def _weakest(segments: list[str | None], texts: Sequence[str]) -> int | None:
    """Return the index of the static segment with the least claim, if any is weak."""
    weak = [
        (width(text), i)
        for i, text in enumerate(segments)
        if text is not None and len(segments) > 1 and _is_weak(i, text, segments, texts)
    ]
    return min(weak)[1] if weak else None


def _is_weak(index: int, text: str, segments: list[str | None], texts: Sequence[str]) -> bool:
    if width(text) > _CHANCE_WORDS:
        return False
    final_sign = index == len(segments) - 1 and not words(text)
    if not text.strip() or (final_sign and _after_label(index, segments)):
        return True
    regions = _regions(index, segments, texts)
    if sum(region.count(text) > 1 for region in regions) > _AMBIGUOUS * len(texts):
        return True
    if _is_label(text):
        return False
    inside_value = index > 0 and _after_label(index, segments) and _LINK.fullmatch(text)
    return bool(inside_value) or len(texts) < _FEW_TEXTS or _amid_prose(text, regions)


def _is_label(text: str) -> bool:
    """Tell whether ``text`` has words and stands like a label: on its own line, or before a colon."""
    own_line = re.fullmatch(r"\s*\n.*\n\s*", text, re.DOTALL)
    return bool(words(text)) and bool(own_line or re.search(r"[:：>】\]][ \t\r\n]*$", text))


def _amid_prose(text: str, regions: Sequence[str]) -> bool:
    """Tell whether values on both sides of ``text`` are so long that it stands among them by chance."""
    limit = _LONG_HOLE if words(text) else 2 * _CHANCE_WORDS
    split = [region.split(text, 1) for region in regions if text in region]
    return not split or all(_median([count_words(side[k]) for side in split]) > limit for k in (0, 1))


def _median(numbers: Sequence[int]) -> int:
    return sorted(numbers)[len(numbers) // 2]


def _after_label(index: int, segments: Sequence[str | None]) -> bool:
    """Tell whether the hole before a final sign stands after a label or line end, and so owns the sign."""
    before = segments[index - 2] if index > 1 else None
    return before is None or bool(re.search(r"[:：>】\]\n][ \t\r\n]*$", before))


def _regions(index: int, segments: list[str | None], texts: Sequence[str]) -> list[str]:
    """Return, for each text that has them, what stands between the static neighbours of a segment."""
    left = next((s for s in reversed(segments[:index]) if s is not None), None)
    right = next((s for s in segments[index + 1 :] if s is not None), None)
    out = []
    for text in texts:
        start = text.find(left) + len(left) if left and left in text else 0
        end = text.rfind(right) if right else len(text)
        out.append(text[start : end if end >= start else len(text)])
    return out


def _merged(segments: Sequence[str | None]) -> list[str | None]:
    """Put neighbouring holes together."""
    out: list[str | None] = []
    for segment in segments:
        if segment is None and out and out[-1] is None:
            continue
        out.append(segment)
    return out or [None]
