"""Cuts a prompt into its smallest parts: sentences and list items, each with the headings it stands under."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

UnitForm = Literal["text", "item", "block"]

_HEADING = re.compile(
    r"\s*(?:(?P<hash>#{1,6})\s*(?P<h>.+?)\s*#*"
    r"|[【\[](?P<z>[^】\]\n]{1,40})[】\]]"
    r"|\*\*(?P<b>[^*\n]{1,60})\*\*\s*[::]?"
    r"|(?:[一二三四五六七八九十]{1,3}[、.]|[IVX]{1,4}\.)\s*(?P<n>[^。.!?:：\n]{1,20})[:：]?"
    r"|(?P<c>[^.!?。！？:：\n\"“”]{1,60})[:：]"
    r"|(?P<u>[A-Z][A-Z &/'-]{2,50}))\s*"
)
_TAG_OPEN = re.compile(r"\s*<(?P<tag>[A-Za-z_][\w.-]{0,40})(?:\s[^<>]*)?>\s*")
_TAG_CLOSE = re.compile(r"\s*</(?P<tag>[A-Za-z_][\w.-]{0,40})>\s*")
_RULE_LINE = re.compile(r"\s*(?:-{3,}|={3,}|\*{3,}|_{3,})\s*")
_ITEM = re.compile(
    r"\s*(?:[-*+•·▪◦]|\(?\d{1,3}[.)、:]|[（(]\d{1,3}[)）]|[①-⑳]|[a-zA-Z][.)])(?:\s+|(?<=[、）①-⑳])\s*|"
    r"(?=[^\x00-\x7f]))"
)
_FENCE = re.compile(r"\s*(?:```|~~~)")
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？；]+[”’」』）\"']*")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|Dr|Mr|Mrs|Ms|No|approx|incl)|\b[A-Z]|^\s*\d+)\.$")
_CLOSING = "\"'”’」』)）]"
# Headings rank by their marks; a label ranks below them, and a tag is closed only by its own end.
_LABEL_RANK, _TAG_RANK = 7, 8
_LABEL_WORDS = 8
_PAIRS = {"“": "”", "「": "」", "『": "』", "《": "》"}


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One sentence, list item or block: characters ``[start, end)`` of the prompt.

    ``lead`` is where its headings begin (``start`` where it has none of its own); ``path`` are the headings
    and tags it stands under, outermost first. ``tail`` is the end of closing tags after it (-1: none).
    """

    start: int
    end: int
    form: UnitForm
    path: tuple[str, ...]
    lead: int
    tail: int = -1

    @property
    def stop(self) -> int:
        """Where the unit ends with the closing tags that belong to it."""
        return max(self.end, self.tail)

    def text(self, prompt: str) -> str:
        """Return the unit's own text."""
        return prompt[self.start : self.end]


@dataclass(frozen=True, kw_only=True)
class _Line:
    start: int
    end: int
    text: str


@dataclass(frozen=True, kw_only=True)
class _Level:
    rank: int
    name: str


def units(prompt: str) -> tuple[Unit, ...]:
    """Cut ``prompt``; every character but white space and headings is in exactly one unit."""
    out: list[Unit] = []
    levels: list[_Level] = []
    lead: int | None = None
    for line in _blocks(prompt):
        heading = _heading(line.text, prompt, line.end)
        if heading is not None:
            lead = line.start if lead is None else lead
            _enter(levels, heading)
            continue
        if _closes(levels, line.text) or _RULE_LINE.fullmatch(line.text):
            out, lead = _absorb(out, line, lead)
            continue
        path = tuple(level.name for level in levels)
        for unit in _cut(line, path):
            out.append(unit if lead is None else replace(unit, lead=lead))
            lead = None
    if lead is not None:
        out.append(
            Unit(
                start=lead,
                end=len(prompt.rstrip()),
                form="text",
                path=tuple(level.name for level in levels),
                lead=lead,
            )
        )
    return tuple(out)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Cut a line into sentences; a stop inside quotation marks or before a small letter does not end one."""
    spans, start = [], 0
    for match in _END.finditer(text):
        if match.end() <= start or not _ends(text, start, match):
            continue
        spans.append(_trim(text, start, match.end()))
        start = match.end()
    spans.append(_trim(text, start, len(text)))
    return [span for span in spans if span[0] < span[1]]


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    piece = text[start : match.end()]
    if _ABBREVIATION.search(piece) or _open_quote(piece):
        return False
    after = text[match.end() :]
    if match.group()[-1] in _CLOSING and after and not after[0].isspace():
        return False
    return not after.lstrip()[:1].islower()


def _open_quote(piece: str) -> bool:
    straight = piece.count('"') % 2 == 1
    return straight or any(piece.count(opening) > piece.count(closing) for opening, closing in _PAIRS.items())


def _blocks(prompt: str) -> Iterator[_Line]:
    """Walk over the lines that are not blank; a fenced block, and an object in braces, is one line."""
    start, end, fence, depth = -1, 0, False, 0
    for match in re.finditer(r"[^\n]*\n|[^\n]+\Z", prompt):
        text = match.group()
        marks = _FENCE.match(text) is not None
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
        yield _trimmed(prompt, start, end)
        start = -1
    if start >= 0:
        yield _trimmed(prompt, start, end)


def _braces(line: str, *, fresh: bool) -> int:
    """Count how many braces a line opens; only a line that begins with one opens a block."""
    if (fresh and not line.lstrip().startswith(("{", "[{"))) or (fresh and line.count("{{")):
        return 0
    return line.count("{") - line.count("}")


def _trimmed(prompt: str, start: int, end: int) -> _Line:
    start, end = _trim(prompt, start, end)
    return _Line(start=start, end=end, text=prompt[start:end])


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + max(left, len(piece.rstrip()))


def _heading(line: str, prompt: str, end: int) -> _Level | None:
    opened = _TAG_OPEN.fullmatch(line)
    if opened:
        return _Level(rank=_TAG_RANK, name=opened["tag"])
    match = _HEADING.fullmatch(line)
    if match is None or "{" in line:
        return None
    if match["hash"]:
        return _Level(rank=len(match["hash"]), name=match["h"])
    name = next(match[group] for group in "zbncu" if match[group])
    if match["c"] and (_ITEM.match(line) or not _label(match["c"], prompt, end)):
        return None
    return _Level(rank=_LABEL_RANK, name=name.strip("*-# "))


def _label(name: str, prompt: str, end: int) -> bool:
    """Tell whether a line that ends in a colon heads what follows: something does follow."""
    return len(name.split()) <= _LABEL_WORDS and bool(prompt[end:].strip())


def _enter(levels: list[_Level], heading: _Level) -> None:
    if heading.rank != _TAG_RANK:
        while levels and levels[-1].rank >= heading.rank and levels[-1].rank != _TAG_RANK:
            levels.pop()
    levels.append(heading)


def _closes(levels: list[_Level], line: str) -> bool:
    match = _TAG_CLOSE.fullmatch(line)
    if match is None:
        return False
    names = [level.name for level in levels if level.rank == _TAG_RANK]
    if match["tag"] in names:
        while levels.pop().name != match["tag"]:
            pass
    return True


def _absorb(out: list[Unit], line: _Line, lead: int | None) -> tuple[list[Unit], int | None]:
    """Give a closing tag or a rule of dashes to the unit before it, else to the one that follows."""
    if out and lead is None:
        return [*out[:-1], replace(out[-1], tail=line.end)], None
    return out, line.start if lead is None else lead


def _cut(line: _Line, path: tuple[str, ...]) -> Iterator[Unit]:
    if _FENCE.match(line.text) or line.text.startswith(("{", "[{")) or line.text.startswith("|"):
        yield Unit(start=line.start, end=line.end, form="block", path=path, lead=line.start)
        return
    item = _ITEM.match(line.text)
    if item:
        yield Unit(start=line.start + item.end(), end=line.end, form="item", path=path, lead=line.start)
        return
    for start, end in sentence_spans(line.text):
        at = line.start + start
        yield Unit(start=at, end=line.start + end, form="text", path=path, lead=at)
