"""Reads a prompt as lines that belong together: fences whole, wrapped prose joined, inline tags apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Pictures that stand before a heading or serve as the mark of a list item.
EMOJI = r"(?:[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]\ufe0f?|\d\ufe0f?\u20e3)"
ITEM = re.compile(
    rf"\s*(?:[-–*+•·▪◦●○■□◆◇★✓✔➤►]\s*{EMOJI}|[-–*+•·▪◦●○■□◆◇★✓✔➤►]|{EMOJI}|"
    r"\(?\d{1,3}[.)、:](?!\d)|[（(][\d一二三四五六七八九十]{1,3}[)）]|[①-⑳]|[a-zA-Z][.)])"
    r"(?:\s+|(?<=[、）①-⑳])\s*|(?=[^\x00-\x7f]))"
)
TAG_NAME = r"[^\W\d][\w.-]{0,40}"
FENCE = re.compile(r"\s*(?:```|~~~)")
_OPEN = re.compile(rf"\s*<(?P<tag>{TAG_NAME})(?:\s[^<>]*)?>(?=\s*\S)")
_SHUT = re.compile(rf"</(?P<tag>{TAG_NAME})>\s*[、,，.。;；]?\s*$")
_ENDS = frozenset('.!?:;。！？：；…>}])）】|`*"”」—')
_BLANK = re.compile(r"\s")
_STARTS = re.compile(
    rf"\s*(?:{EMOJI}|"
    r"[-–*+•·▪◦●○■□◆◇★✓✔➤►#<>{}\[\]【（(|=\"“`]|\d{1,3}[.)、:]|[a-zA-Z][.)]\s|\*\*)"
)
_WRAP_LEAST, _WRAP_MOST = 60, 140


@dataclass(frozen=True, kw_only=True)
class Line:
    """Characters ``[start, end)`` of the prompt, trimmed, and their text."""

    start: int
    end: int
    text: str


def lines(prompt: str) -> Iterator[Line]:
    """Walk over the lines that are not blank.

    A fenced block, an object in braces and a wrapped sentence are one line each; a tag that opens or closes
    on a line with other text is a line of its own.
    """
    waiting: Line | None = None
    for line in _untagged(prompt):
        if waiting is not None and _continues(prompt, waiting, line):
            waiting = _line(prompt, waiting.start, line.end)
            continue
        if waiting is not None:
            yield waiting
        waiting = line
    if waiting is not None:
        yield waiting


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Move ``start`` and ``end`` inwards over white space."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + max(left, len(piece.rstrip()))


def _line(prompt: str, start: int, end: int) -> Line:
    start, end = trim(prompt, start, end)
    return Line(start=start, end=end, text=prompt[start:end])


def _continues(prompt: str, first: Line, second: Line) -> bool:
    """Tell whether the second line goes on with the sentence of the first, as in hard-wrapped text."""
    if (
        prompt.count("\n", first.end, second.start) != 1
        or FENCE.match(first.text)
        or _STARTS.match(second.text)
    ):
        return False
    if first.text.startswith(("{", "[{", "|", "#")) or first.text[-1] in _ENDS:
        return False
    width = first.end - (prompt.rfind("\n", 0, first.end) + 1)
    if not (first.text[-1].isascii() and second.text[0].isascii()):
        return False
    if second.text[0].islower():
        return _BLANK.search(first.text) is not None
    return _WRAP_LEAST <= width <= _WRAP_MOST


def _untagged(prompt: str) -> Iterator[Line]:
    opened, unclosed = set[str](), set[str]()
    for line in _blocks(prompt):
        start, end = line.start, line.end
        head = _OPEN.match(line.text)
        tail = _SHUT.search(line.text)
        if head and FENCE.match(line.text):
            head = None
        # A tag that is not closed from here on is not closed later either: looked for once.
        if head and (
            head["tag"] in unclosed or prompt.find(f"</{head['tag']}>", line.start + head.end()) < 0
        ):
            unclosed.add(head["tag"])
            head = None
        if head and line.text[head.end() :].lstrip().startswith(f"</{head['tag']}>"):
            head = None
        if head:
            opened.add(head["tag"])
            start += head.end()
            yield _line(prompt, line.start, start)
        whole = re.fullmatch(rf"\s*<(?P<tag>{TAG_NAME})[^<>]*>\s*", line.text)
        if whole:
            opened.add(whole["tag"])
        cut = line.start + tail.start() if tail and tail["tag"] in opened else end
        if start < cut < end:
            yield _line(prompt, start, cut)
            yield _line(prompt, cut, end)
        else:
            yield _line(prompt, start, end)


def _blocks(prompt: str) -> Iterator[Line]:
    start, end, fence, depth = -1, 0, False, 0
    for match in re.finditer(r"[^\n]*\n|[^\n]+\Z", prompt):
        text = match.group()
        marks = FENCE.match(text) is not None
        if start < 0 and not text.strip():
            continue
        start = match.start() if start < 0 else start
        end = match.end()
        if marks:
            fence = not fence
        elif not fence:
            depth = max(0, depth + _braces(text, fresh=depth == 0))
        if fence or depth:
            continue
        yield _line(prompt, start, end)
        start = -1
    if start >= 0:
        yield _line(prompt, start, end)


def _braces(line: str, *, fresh: bool) -> int:
    """Count how many braces a line opens; only a line that begins with one opens a block."""
    bare = line.strip()
    # "{{" alone opens an object whose braces are doubled for a formatter; with a name it is a slot.
    if fresh and bare != "{{" and (not bare.startswith(("{", "[{")) or "{{" in bare):
        return 0
    return line.count("{") - line.count("}")
