"""Drops chance agreements from an alignment, so that a template's static text is what its author wrote."""

from __future__ import annotations

import heapq
import re
from typing import TYPE_CHECKING

from workbench.convert.labels import width
from workbench.text import count_words, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHANCE_WORDS = 3
_GONE = -2
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
    row = _Row(_merged([_trimmed(i, segments, few=len(texts) < _FEW_TEXTS) for i in range(len(segments))]))
    claims = [
        (width(text), at) for at, text in enumerate(row.cells) if text is not None and len(row.cells) > 1
    ]
    weak = [claim for claim in claims if _is_weak(row, claim[1], texts)]
    heapq.heapify(weak)
    # Of each segment the last word holds: what was found before its neighbours changed is passed over.
    standing = {at for _, at in weak}
    while weak:
        _, at = heapq.heappop(weak)
        if at not in standing:
            continue
        standing.discard(at)
        for near in row.open(at):
            standing.discard(near)
            if _is_weak(row, near, texts):
                standing.add(near)
                heapq.heappush(weak, (width(row.text(near)), near))
    return row.segments()


class _Row:
    """Segments in a row, of which one after the other becomes a hole; holes side by side are one."""

    def __init__(self, segments: Sequence[str | None]) -> None:
        self.cells = list(segments)
        self._before: list[int] = list(range(-1, len(segments) - 1))
        self._after: list[int] = [*range(1, len(segments)), -1]

    def text(self, at: int) -> str:
        """Return the static text at a place."""
        return self.cells[at] or ""

    def before(self, at: int, steps: int = 1) -> int:
        """Return the place so many segments before another, -1 where there is none."""
        for _ in range(steps):
            at = self._before[at] if at >= 0 else -1
        return at

    def last(self, at: int) -> bool:
        """Tell whether nothing stands behind a place."""
        return self._after[at] < 0

    def static(self, at: int, *, back: bool) -> str | None:
        """Return the nearest static text before or behind a place."""
        found = self._static(at, self._before if back else self._after)
        return None if found < 0 else self.cells[found]

    def open(self, at: int) -> list[int]:
        """Make a hole of the segment at a place; return the static ones whose surroundings that changes."""
        self.cells[at] = None
        for side in (self._before[at], self._after[at]):
            if side >= 0 and self.cells[side] is None:
                self._drop(side)
        near = [self._static(at, self._before), self._static(at, self._after)]
        near.append(self._static(near[1], self._after) if near[1] >= 0 else -1)
        return [one for one in near if one >= 0]

    def segments(self) -> list[str | None]:
        """Return the segments that are left."""
        at = self._before.index(-1)
        out = []
        while at >= 0:
            out.append(self.cells[at])
            at = self._after[at]
        return out

    def _static(self, at: int, link: list[int]) -> int:
        at = link[at]
        while at >= 0 and self.cells[at] is None:
            at = link[at]
        return at

    def _drop(self, at: int) -> None:
        before, after = self._before[at], self._after[at]
        if before >= 0:
            self._after[before] = after
        if after >= 0:
            self._before[after] = before
        self._before[at] = _GONE


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


def _is_weak(row: _Row, at: int, texts: Sequence[str]) -> bool:
    text = row.text(at)
    if width(text) > _CHANCE_WORDS:
        return False
    after_label = _ends_label(row.cells[row.before(at, 2)] if row.before(at, 2) >= 0 else None)
    if not text.strip() or (row.last(at) and not words(text) and after_label):
        return True
    regions = _regions(row.static(at, back=True), row.static(at, back=False), texts)
    if sum(region.count(text) > 1 for region in regions) > _AMBIGUOUS * len(texts):
        return True
    if _is_label(text):
        return False
    inside_value = row.before(at) >= 0 and after_label and _LINK.fullmatch(text)
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
    return _ends_label(segments[index - 2] if index > 1 else None)


def _ends_label(before: str | None) -> bool:
    return before is None or bool(re.search(r"[:：>】\]\n][ \t\r\n]*$", before))


def _regions(left: str | None, right: str | None, texts: Sequence[str]) -> list[str]:
    """Return, for each text that has them, what stands between the static neighbours of a segment."""
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
