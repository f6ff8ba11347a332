"""Makes texts of one template alike: lists of tools and runs of passages become signs, line ends one kind."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING, NamedTuple

from workbench.convert.blocks import blocks, varying
from workbench.records import Static
from workbench.text import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.convert.blocks import Block, BlockKind
    from workbench.convert.pattern import Pattern

_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_FIRST, _LAST = 0xE000, 0xF900
# So many signs tell blocks apart; equal blocks get the same one, so that one which never varies is static.
_SIGNS = 64
_LINE_END = re.compile(r"\r\n")


class Piece(NamedTuple):
    """A stretch of a text, as a pattern reads it: static text, the value of a hole, or a block."""

    raw: str
    kind: BlockKind | None = None
    hole: bool = False


class Canonical:
    """A text (``raw``) in the form in which it is learnt from (``text``)."""

    __slots__ = ("_at", "_blocks", "_raw_at", "raw", "text")

    def __init__(self, raw: str, found: Sequence[Block], *, signs: Sequence[str], ends: bool) -> None:
        self.raw = raw
        self._at, self._raw_at = [0], [0]
        self._blocks: dict[int, Block] = {}
        out: list[str] = []
        length = at = 0
        for start, end, put, block in _replaced(raw, found, signs=signs, ends=ends):
            out += (raw[at:start], put)
            length += start - at
            if block is not None:
                self._blocks[length] = block
            length += len(put)
            at = end
            self._at.append(length)
            self._raw_at.append(at)
        self.text = "".join([*out, raw[at:]])

    @property
    def bare(self) -> bool:
        """Tell whether there is nothing but a block."""
        return len(self._blocks) == 1 and len(self.text.strip()) == 1

    def pieces(self, pattern: Pattern) -> list[Piece]:
        """Take the raw text apart as ``pattern``, which fits ``text``, says."""
        values = iter(pattern.match(self.text) or ())
        out: list[Piece] = []
        at = 0
        for part in pattern.parts:
            static = isinstance(part, Static)
            end = at + len(part.text if isinstance(part, Static) else next(values))
            inner = [i for i in range(at, end) if i in self._blocks] if self._blocks else []
            whole = len(inner) == 1 and len(self.text[at:end].strip()) == 1
            if static:
                out += self._around(at, end, inner)
            else:
                kind = self._blocks[inner[0]].kind if whole else None
                out.append(Piece(self._slice(at, end), kind, hole=True))
            at = end
        return out

    def _around(self, at: int, end: int, inner: list[int]) -> list[Piece]:
        out: list[Piece] = []
        for i in inner:
            out += (Piece(self._slice(at, i)), Piece(self._slice(i, i + 1), self._blocks[i].kind))
            at = i + 1
        return [*out, Piece(self._slice(at, end))]

    def _slice(self, start: int, end: int) -> str:
        return self.raw[self._raw(start) : self._raw(end)]

    def _raw(self, at: int) -> int:
        i = bisect.bisect_right(self._at, at) - 1
        return self._raw_at[i] + at - self._at[i]


def canonical(texts: Sequence[str]) -> list[Canonical]:
    """Bring texts into one form; none are returned where they are in it already.

    Runs of passages are taken out only where texts hold them in different numbers, and line ends made one
    where both kinds occur.
    """
    found = [blocks(text) for text in texts]
    if not varying(found):
        found = [[block for block in own if block.kind != "passages"] for own in found]
    ends = _mixed(texts)
    signs = _unused(texts)
    if not signs or not (ends or any(found)):
        return []
    return [Canonical(text, own, signs=signs, ends=ends) for text, own in zip(texts, found, strict=True)]


def _mixed(texts: Sequence[str]) -> bool:
    wide = [text.count("\r\n") for text in texts]
    return any(wide) and any(text.count("\n") > count for text, count in zip(texts, wide, strict=True))


def _unused(texts: Sequence[str]) -> list[str]:
    """Return private characters that stand in no text; none where there aren't enough."""
    used = {sign for text in texts if not text.isascii() for sign in _PRIVATE.findall(text)}
    free = [sign for sign in map(chr, range(_FIRST, _LAST)) if sign not in used]
    return free[:_SIGNS] if len(free) >= _SIGNS else []


def _replaced(
    raw: str, found: Sequence[Block], *, signs: Sequence[str], ends: bool
) -> list[tuple[int, int, str, Block | None]]:
    """Return what is replaced, in order: start, end, what by, and the block if it is one."""
    out: list[tuple[int, int, str, Block | None]] = []
    for b in found:
        number = digest(raw[b.start : b.end].replace("\r\n", "\n")) % len(signs)
        out.append((b.start, b.end, signs[number], b))
    if ends:
        inside = [(b.start, b.end) for b in found]
        lines = [m.span() for m in _LINE_END.finditer(raw)]
        at = 0
        for start, end in lines:
            while at < len(inside) and inside[at][1] <= start:
                at += 1
            if at == len(inside) or start < inside[at][0]:
                out.append((start, end, "\n", None))
    return sorted(out, key=lambda one: one[:2])
