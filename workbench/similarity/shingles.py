"""Turns texts of any script into sets of hashed shingles, so that likeness can be counted and not guessed."""

from __future__ import annotations

import functools
import os
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_CHUNK = 4_096
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
    frame = pl.DataFrame({f"f{i}": column for i, column in enumerate(columns)}).fill_null("")
    chunks = [frame.slice(at, _CHUNK) for at in range(0, frame.height, _CHUNK)]
    _character_kinds()  # once, before threads ask for it
    work = functools.partial(_chunk, ngram=ngram, char_ngram=char_ngram)
    sets, counts, numbers = np.empty(0, np.uint64), [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        for part, sizes, found in pool.map(work, chunks):
            # Grown in place: the sets of large tables would not be there twice.
            held = sets.size
            sets.resize(held + part.size, refcheck=False)
            sets[held:] = part
            counts.append(sizes)
            numbers.append(found)
    starts = np.zeros(frame.height * len(columns) + 1, np.int64)
    np.cumsum(np.concatenate(counts), out=starts[1:])
    return Shingled(sets=sets, starts=starts, numbers=np.concatenate(numbers), fields=len(columns))


def _chunk(
    frame: pl.DataFrame, *, ngram: int, char_ngram: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint64]]:
    """Shingle some rows; returns the sets end to end, their sizes, and the hashes of the numbers."""
    from workbench.similarity.shingle_kernels import shingle_texts

    texts = frame.to_series()
    if frame.width > 1:
        texts = frame.select(pl.concat_list(pl.all()).alias("t")).explode("t")["t"]
    data, offsets = _folded(texts)
    # A word needs a byte and a separator; an unspaced character needs three bytes.
    out = np.empty(data.size // 2 + 2 * texts.len() + 2, np.uint64)
    counts, numbers = np.empty(texts.len(), np.int64), np.empty(texts.len(), np.uint64)
    used = shingle_texts(
        data, offsets, _character_kinds(), frame.width, ngram, char_ngram, out, counts, numbers
    )
    return out[:used].copy(), counts, numbers


def _folded(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Fold case and compatibility forms where a text needs it; return the bytes of all and where each begins.

    Capitals of ASCII and its white space are left to the kernel. White space alone is empty.
    """
    from workbench.similarity.shingle_kernels import unfolded

    data, offsets = _utf8(texts)
    needed = np.empty(texts.len(), np.bool_)
    if not unfolded(data, offsets, _character_kinds(), needed):
        return data, offsets
    rest = texts.filter(pl.Series(needed)).str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    return _utf8(texts.scatter(np.flatnonzero(needed), rest))


def _utf8(texts: pl.Series) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    data = np.frombuffer((texts.str.join("").item() or "").encode(), np.uint8)
    offsets = np.zeros(texts.len() + 1, np.int64)
    np.cumsum(texts.str.len_bytes().to_numpy(), out=offsets[1:])
    return data, offsets


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
