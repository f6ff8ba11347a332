"""Turns texts of any script into sets of hashed shingles, so that likeness can be counted and not guessed."""

from __future__ import annotations

import functools
import os
import re
import threading
import unicodedata
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl

from workbench.similarity.room import room
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import DTypeLike, NDArray

T = TypeVar("T")
R = TypeVar("R")

PIECE = 2048
_TABLE_SIZE, _ASCII = 0x20000, 0x80


@dataclass(frozen=True, kw_only=True)
class Shingled:
    """The shingle sets of ``rows`` rows of ``fields`` texts each.

    The set of field ``f`` of row ``r`` is ``sets[starts[k] : starts[k + 1]]`` with ``k = r * fields + f``,
    sorted and without repeats; ``numbers`` hashes the sequence of words with a digit of each text (0: none).
    """

    sets: NDArray[np.uint64]
    starts: NDArray[np.int64]
    numbers: NDArray[np.uint64]
    fields: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return (self.starts.size - 1) // self.fields

    def only(self, filled: NDArray[np.bool_]) -> Shingled:
        """Return a copy without the rows that have no shingles; ``filled`` says which have."""
        last = self.starts[1:].reshape(-1, self.fields)[filled].ravel()
        numbers = self.numbers.reshape(-1, self.fields)[filled].ravel()
        starts = np.append(0, last)
        return Shingled(sets=self.sets.copy(), starts=starts, numbers=numbers, fields=self.fields)

    def bounds(self, compared: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the sets of the first ``compared`` fields of each row begin and end, joined."""
        return (
            np.ascontiguousarray(self.starts[: -1 : self.fields]),
            np.ascontiguousarray(self.starts[compared :: self.fields][: self.rows]),
        )


def shingle(
    columns: Sequence[pl.Series], *, ngram: int = 3, char_ngram: int = 5, threads: int | None = None
) -> Shingled:
    """Hash the shingles of several text columns of equal length; a null counts as empty.

    A shingle is ``ngram`` words, or ``char_ngram`` characters where most words of the text are characters of
    a script without spaces. A text shorter than that is one shingle as a whole; an empty text has none. Case,
    compatibility forms (NFKC), punctuation and white space do not count. ``threads`` (default: all) share
    the work.
    """
    frame = text_frame(columns)
    work = functools.partial(cut, ngram=ngram, char_ngram=char_ngram)
    parts = in_order(work, pieces_of(frame), threads=threads)
    return joined(parts, fields=frame.width, most=most_shingles(frame))


def most_shingles(frame: pl.DataFrame) -> int:
    """Bound the shingles of text columns: a word takes two bytes or more, other characters three."""
    return sum(int(column.str.len_bytes().sum()) // 2 + 2 * column.len() for column in frame)


def text_frame(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Put text columns side by side as ``f0``, ``f1``, …; a null becomes empty."""
    return pl.DataFrame({f"f{i}": column for i, column in enumerate(columns)}).fill_null("")


def pieces_of(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut a table into pieces of some thousand rows, without copying."""
    return (frame.slice(at, PIECE) for at in range(0, frame.height, PIECE))


def in_order(work: Callable[[T], R], items: Iterable[T], *, threads: int | None) -> Iterator[R]:
    """Do ``work`` on every item in ``threads`` (default: all) threads; yield the results in their order.

    Items are taken as they are needed, so that few of them are held at a time.
    """
    size = threads or os.cpu_count() or 1
    waiting = deque[Future[R]]()
    _character_kinds()  # once, before threads ask for it
    with ThreadPoolExecutor(size) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 3 * size:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def joined(parts: Iterable[Shingled], *, fields: int, most: int) -> Shingled:
    """Put the shingles of rows that follow one another together; in all there are at most ``most``."""
    # Memory is taken as it is filled; growing instead would hold large sets twice.
    sets, held = room(most, dtype=np.uint64), 0
    counts, numbers = [np.zeros(1, np.int64)], [np.empty(0, np.uint64)]
    for part in parts:
        size = int(part.starts[-1])
        sets[held : held + size] = part.sets
        held += size
        counts.append(np.diff(part.starts))
        numbers.append(part.numbers)
    starts = np.cumsum(np.concatenate(counts))
    return Shingled(sets=sets[:held], starts=starts, numbers=np.concatenate(numbers), fields=fields)


class Desk(threading.local):
    """Room for one thread to shingle in, used again for each piece."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}

    def array(self, name: str, size: int, dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of ``size`` or more, its content that of the piece before."""
        held = self._arrays.get(name)
        if held is None or held.size < size:
            self._arrays[name] = held = room(size + size // 4, dtype=dtype)
        return held


def cut(
    frame: pl.DataFrame,
    *,
    ngram: int,
    char_ngram: int,
    desk: Desk | None = None,
    as_sets: bool = True,
    wanted: NDArray[np.bool_] | None = None,
) -> Shingled:
    """Shingle one piece, a frame of text columns without nulls, in this thread.

    With ``desk`` the shingles lie in its room until the next piece is cut. Without ``as_sets`` those of a
    text stand as they come, repeats included: enough to hash them. Rows that aren't ``wanted`` (default: all
    are) have none.
    """
    from workbench.similarity.shingle_kernels import shingle_texts

    desk = desk or Desk()
    texts = frame.to_series()
    if frame.width > 1:
        texts = frame.select(pl.concat_list(pl.all()).alias("t")).explode("t")["t"]
    chosen = np.ones(texts.len(), np.bool_) if wanted is None else np.repeat(wanted, frame.width)
    data, offsets = _folded(texts, chosen)
    longest = int(np.diff(offsets).max(initial=0)) + 2
    out = desk.array("out", data.size // 2 + 2 * texts.len() + 2, np.uint64)
    starts, numbers = np.zeros(texts.len() + 1, np.int64), np.empty(texts.len(), np.uint64)
    used = shingle_texts(
        data,
        offsets,
        chosen,
        _character_kinds(),
        _small_letters(),
        frame.width,
        ngram,
        char_ngram,
        as_sets,
        desk.array("tokens", longest, np.uint64),
        desk.array("spare", longest, np.uint64),
        desk.array("begins", longest, np.int64),
        out,
        starts[1:],
        numbers,
    )
    np.cumsum(starts, out=starts)
    return Shingled(sets=out[:used], starts=starts, numbers=numbers, fields=frame.width)


def _folded(texts: pl.Series, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Fold case and compatibility forms where a text needs it; return the bytes of all and where each begins.

    Capitals of ASCII and its white space are left to the kernel. White space alone is empty.
    """
    from workbench.similarity.shingle_kernels import unfolded

    data, offsets = _utf8(texts)
    needed = np.empty(texts.len(), np.bool_)
    if not unfolded(data, offsets, _character_kinds(), wanted, needed):
        return data, offsets
    rest = texts.filter(pl.Series(needed)).str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    return _utf8(texts.scatter(np.flatnonzero(needed), rest))


def _utf8(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of all texts end to end, and where each begins, without holding the interpreter."""
    letters = texts.cast(pl.Binary).cast(pl.List(pl.UInt8))
    offsets = np.zeros(texts.len() + 1, np.int64)
    np.cumsum(letters.list.len().to_numpy(), out=offsets[1:])
    return letters.explode(empty_as_null=False, keep_nulls=False).to_numpy(), offsets


@functools.cache
def _character_kinds() -> NDArray[np.uint8]:
    """Say for each code point below the second plane whether it parts words, belongs to one, or is one.

    And whether folding might change it, or join it to its neighbour.
    """
    from workbench.similarity.shingle_kernels import DIGIT, LETTER, UNFOLDED, UNSPACED

    table = np.zeros(_TABLE_SIZE, np.uint8)
    for code in range(_TABLE_SIZE):
        category = unicodedata.category(chr(code))
        if category[0] in "LNM":
            table[code] = LETTER | (DIGIT if category == "Nd" else 0)
    everything = "".join(map(chr, range(0xE00, 0xFB00)))
    for match in re.finditer(r"\w", everything):
        # ``words`` knows the unspaced scripts: two characters of one are two words.
        if len(words(match.group() * 2)) > 1:
            table[ord(match.group())] = UNSPACED
    table[_ASCII:] |= UNFOLDED
    table[_settled()] -= np.uint8(UNFOLDED)
    return table


@functools.cache
def _small_letters() -> NDArray[np.uint8]:
    """Give for each byte of ASCII its small letter or digit, 0 where it parts words; 255 for other bytes."""
    small = np.full(256, 255, np.uint8)
    for code in range(_ASCII):
        letter = chr(code)
        small[code] = ord(letter.lower()) if letter.isalnum() else 0
    return small


def _settled() -> list[int]:
    """List the code points above ASCII that folding leaves alone, whatever stands beside them."""
    settled = []
    for code in (*range(_ASCII, 0x1100), *range(0x2010, 0x2030), *range(0x3001, 0xA000)):
        letter = chr(code)
        alone = not (
            unicodedata.combining(letter) or letter.isspace() or unicodedata.category(letter)[0] in "MC"
        )
        if alone and letter == letter.lower() and unicodedata.is_normalized("NFKC", letter):
            settled.append(code)
    return settled
