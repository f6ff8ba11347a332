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

_CHUNK = 16_384
_TABLE_SIZE = 0x20000


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
    work = functools.partial(_chunk, ngram=ngram, char_ngram=char_ngram)
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        done = list(pool.map(work, chunks))
    starts = np.zeros(frame.height * len(columns) + 1, np.int64)
    if done:
        np.cumsum(np.concatenate([counts for _, counts, _ in done]), out=starts[1:])
    return Shingled(
        sets=_joined([sets for sets, _, _ in done]),
        starts=starts,
        numbers=_joined([numbers for _, _, numbers in done]),
        fields=len(columns),
    )


def _chunk(
    frame: pl.DataFrame, *, ngram: int, char_ngram: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.uint64]]:
    """Shingle some rows; returns the sets end to end, their sizes, and the hashes of the numbers."""
    from workbench.similarity.kernels import shingle_texts

    texts = frame.select(pl.concat_list(pl.all()).alias("t")).explode("t")["t"]
    texts = _folded(texts)
    data = np.frombuffer((texts.str.join("").item() or "").encode(), np.uint8)
    offsets = np.zeros(texts.len() + 1, np.int64)
    np.cumsum(texts.str.len_bytes().to_numpy(), out=offsets[1:])
    # A word needs a byte and a separator; an unspaced character needs three bytes.
    out = np.empty(data.size // 2 + 2 * texts.len() + 2, np.uint64)
    counts, numbers = np.empty(texts.len(), np.int64), np.empty(texts.len(), np.uint64)
    used = shingle_texts(
        data, offsets, _character_kinds(), frame.width, ngram, char_ngram, out, counts, numbers
    )
    return out[:used].copy(), counts, numbers


def _folded(texts: pl.Series) -> pl.Series:
    """Fold case and compatibility forms; plain ASCII needs no normalising. White space alone is empty."""
    if texts.str.len_bytes().sum() != texts.str.len_chars().sum():
        texts = texts.str.normalize("NFKC")
    return texts.str.to_lowercase().str.strip_chars()


def _joined(parts: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


@functools.cache
def _character_kinds() -> NDArray[np.uint8]:
    """Say for each code point below the second plane whether it parts words, belongs to one, or is one."""
    from workbench.similarity.kernels import DIGIT, LETTER, UNSPACED

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
    return table
