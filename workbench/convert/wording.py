"""Tells wording from frame: what callers wrote, and where versions of a prompt differ, is no template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.convert.labels import width
from workbench.records import Hole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workbench.convert.pattern import Pattern

_LEAST_FRAME = 12
_LONG_WORDING = 4
_MOST_VERSIONS = 12
_LEAST_TEXTS = 2
_LINE_END = re.compile(r"[ \t]*\r?\n")
_CLOSES = re.compile(r"[ \t]*(?:</[^<>\n]{1,40}>|[\])}>】」』”\"'`]+)")
_FRAMES = re.compile(r"[\r\n:：<>【】\[\]]")
_LABEL_END = re.compile(r".*(?:[:：>】\]）)]|\n)[ \t\r\n]*", re.DOTALL)


def without_wording(segments: Sequence[str | None]) -> list[str | None]:
    """Leave of the static text of a user's turn, under a long system prompt, what frames its slots.

    Labels, tags, lines of their own and longer passages are frame. A few words on the line of a value are the
    caller's, even where every call of the log has them: they go into the slot.
    """
    out: list[str | None] = []
    for i, segment in enumerate(segments):
        kept = segment
        if kept is not None and i > 0:
            kept = _after_value(kept)
        if kept and i < len(segments) - 1:
            kept = _before_value(kept)
        pieces = [segment] if kept == segment else _around(segment or "", kept or "")
        for piece in pieces:
            if not (piece is None and out and out[-1] is None):
                out.append(piece)
    return out or [None]


def by_wording(pattern: Pattern, texts: Sequence[str]) -> list[list[str]] | None:
    """Sort ``texts`` by the values of a hole that holds a few long wordings, each of several texts.

    Such a hole is where versions of one prompt differ, not a slot. So are holes side by side in a sentence
    that always change together: the words between them stand in all its wordings by chance. ``None`` where
    there is neither.
    """
    read = [(text, values) for text in texts if (values := pattern.match(text)) is not None]
    holes = len(read[0][1]) if read else 0
    for first, last in (*((k, k) for k in range(holes)), *_sentences(pattern)):
        groups: dict[tuple[str, ...], list[str]] = {}
        for text, values in read:
            groups.setdefault(tuple(values[first : last + 1]), []).append(text)
            if len(groups) > _MOST_VERSIONS:
                break
        few = 1 < len(groups) <= _MOST_VERSIONS
        together = all(len(set(column)) == len(groups) for column in zip(*groups, strict=True))
        if (
            few
            and together
            and all(len(group) >= _LEAST_TEXTS for group in groups.values())
            and _long(groups)
        ):
            return list(groups.values())
    return None


def _sentences(pattern: Pattern) -> Iterator[tuple[int, int]]:
    """Yield the first and last of holes between which nothing stands but a few words of a sentence."""
    hole, run = -1, 0
    for i, part in enumerate(pattern.parts):
        if isinstance(part, Hole):
            hole += 1
            run += 1
            continue
        inner = 0 < i < len(pattern.parts) - 1
        if inner and width(part.text) <= _LONG_WORDING and not _FRAMES.search(part.text):
            continue
        if run > 1:
            yield hole - run + 1, hole
        run = 0
    if run > 1:
        yield hole - run + 1, hole


def _long(values: Iterable[tuple[str, ...]]) -> bool:
    return max(sum(map(width, value)) for value in values) > _LONG_WORDING


def _after_value(text: str) -> str:
    """Cut what runs on from a value on its line, unless it is long, or closes the value."""
    line = _LINE_END.search(text)
    head = text[: line.start()] if line else text
    if width(head) >= _LEAST_FRAME or _CLOSES.match(head) or _LABEL_END.fullmatch(head):
        return text
    return text[line.start() :] if line else ""


def _before_value(text: str) -> str:
    """Cut what leads up to a value on its line, unless it is long, or a label."""
    label = _LABEL_END.match(text)
    end = label.end() if label else 0
    return text if width(text[end:]) >= _LEAST_FRAME else text[:end]


def _around(segment: str, kept: str) -> list[str | None]:
    """Return the kept part of a segment with holes where something was cut."""
    if not kept:
        return [None]
    start = segment.index(kept)
    head: list[str | None] = [None] if start else []
    return [*head, kept, *([None] if start + len(kept) < len(segment) else [])]
