"""Small linear models over hashed n-grams and a few dense features: quick, offline, weights of kilobytes."""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from workbench.text import has_han

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

BUCKETS = 1 << 18
_NOISE = re.compile(r"https?://\S+|@\w+|&\w+;|\bRT\b|(?<!<)<+\w+>+")
_NOISE_SIGNS = ("http", "@", "&", "RT", "<")
_TOKEN = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")
_HAN_GRAMS = (1, 2, 3, 4)
_LATIN_GRAMS = (3, 4, 5)
_ALL = 0xFFFFFFFF


@dataclass(frozen=True, kw_only=True)
class Linear:
    """The weights of one model: ``hashed`` over buckets, ``dense`` over named features, and the intercept."""

    hashed: Any
    dense: Any
    intercept: float

    def logit(self, buckets: Sequence[int] | NDArray[np.int64], dense: Sequence[float]) -> float:
        """Return the log-odds of the positive class; the hashed part is scaled by √n of its n-grams."""
        import numpy as np

        out = self.intercept + sum(a * b for a, b in zip(self.dense.tolist(), dense, strict=True))
        if len(buckets):
            places = np.asarray(buckets, np.int64)
            out += float(self.hashed[places].sum(dtype=float)) / math.sqrt(len(buckets))
        return float(out)


@lru_cache(maxsize=8)
def load_linear(name: str) -> Linear:
    """Load ``weights/<name>.npz``, made by ``scripts/train_graders.py``."""
    import numpy as np

    with (
        as_file(files("workbench.checks").joinpath("weights", f"{name}.npz")) as path,
        np.load(path) as found,
    ):
        hashed = np.zeros(BUCKETS if "at" in found else 0, np.float32)
        if "at" in found:
            hashed[found["at"]] = found["value"]
        return Linear(hashed=hashed, dense=found["dense"], intercept=float(found["intercept"]))


def buckets_of(text: str) -> NDArray[np.int64]:
    """Return the buckets of a text's n-grams, ascending: Chinese: 1–4 characters, else words too."""
    import numpy as np

    if has_han(text):
        run, head, grams = "^" + re.sub(r"\s+", "", text.lower()) + "$", "", []
    else:
        if any(sign in text for sign in _NOISE_SIGNS):
            text = _NOISE.sub(" ", text)
        words = _TOKEN.findall(text.lower())
        run, head, grams = f" {' '.join(words)} ", "#", _word_checksums(words)
    whole = np.array(grams, np.uint32) % np.uint32(BUCKETS)
    runs = _run_buckets(run, head=head, sizes=_LATIN_GRAMS if head else _HAN_GRAMS)
    # Buckets fit 32 bits, which are sorted in a quarter of the time that 64 take.
    found = np.sort(np.concatenate((whole.astype(np.int32), runs)))
    first = np.ones(found.size, np.bool_)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    return found[first].astype(np.int64)


def bucket(gram: str) -> int:
    """Return the bucket of one n-gram."""
    return zlib.crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS


def sigmoid(logit: float) -> float:
    """Return the probability of log-odds."""
    return 1 / (1 + math.exp(-max(min(logit, 60.0), -60.0)))


def _word_checksums(words: list[str]) -> list[int]:
    """Return the CRC-32 of every word, and of every two that follow one another with ``_`` between.

    CRC-32 goes on from where the first word ended. No word has white space in it.
    """
    if not words:
        return []
    alone = " ".join(words).encode("utf-8", "surrogatepass").split(b" ")
    after = " _".join(words).encode("utf-8", "surrogatepass").split(b" ")
    sums = list(map(zlib.crc32, alone))
    return sums + list(map(zlib.crc32, after[1:], sums))


def _run_buckets(run: str, *, head: str, sizes: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the ``bucket`` of ``head`` and every run of so many characters, all places at once.

    CRC-32 goes on from byte to byte, so that what n characters give is where n + 1 go on from.
    """
    import numpy as np

    if run.isascii():
        return _byte_runs(run.encode(), head=head.encode(), sizes=sizes)
    codes = np.frombuffer(run.encode("utf-32-le", "surrogatepass"), np.uint32)
    utf8, widths = _utf8(codes)
    state = np.full(codes.size, zlib.crc32(head.encode()) ^ _ALL, np.uint32)
    found = [np.empty(0, np.uint32)]
    for size in range(1, max(sizes) + 1):
        rest = codes.size - size + 1
        if rest <= 0:
            break
        state = _extended(state[:rest], utf8[:, size - 1 :], widths[size - 1 :])
        if size in sizes:
            found.append((state ^ np.uint32(_ALL)) % np.uint32(BUCKETS))
    return np.concatenate(found).astype(np.int32)


def _byte_runs(run: bytes, *, head: bytes, sizes: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the buckets of ``head`` and every run of so many bytes.

    CRC-32 is linear: that of n bytes is that of n zeros, and for each byte what it adds at its place, XORed.
    """
    import numpy as np

    raw = np.frombuffer(run, np.uint8)
    found, added = [np.empty(0, np.int32)], np.zeros(raw.size + 1, np.int32)
    for size in range(1, max(sizes) + 1):
        if raw.size < size:
            break
        added = _added(size)[raw[: raw.size - size + 1]] ^ added[1:]
        if size in sizes:
            found.append(added ^ np.int32(zlib.crc32(bytes(size), zlib.crc32(head)) % BUCKETS))
    return np.concatenate(found)


@lru_cache(maxsize=8)
def _added(size: int) -> NDArray[np.int32]:
    """Return what each byte adds to the bucket of ``size`` bytes of which it is the first."""
    import numpy as np

    zeros = zlib.crc32(bytes(size))
    return np.array(
        [(zlib.crc32(bytes([b]) + bytes(size - 1)) ^ zeros) % BUCKETS for b in range(256)], np.int32
    )


def _extended(
    state: NDArray[np.uint32], utf8: NDArray[np.uint32], widths: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Take each CRC-32 on over the bytes ``utf8[:, place]`` of one character, ``widths`` of which it has."""
    import numpy as np

    for byte, values in enumerate(utf8):
        onward = _crc_table()[(state ^ values) & np.uint32(0xFF)] ^ (state >> np.uint32(8))
        state = np.where(widths > byte, onward, state) if byte else onward
    return state


def _utf8(codes: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the bytes of each code point in UTF-8, ``(most of one, codes)``, and how many it has."""
    import numpy as np

    widths = 1 + (codes >= 0x80).astype(np.int64) + (codes >= 0x800) + (codes >= 0x10000)  # noqa: PLR2004 - UTF-8
    most = int(widths.max(initial=1))
    out = np.empty((most, codes.size), np.uint32)
    lead = np.array([0, 0, 0xC0, 0xE0, 0xF0], np.uint32)[widths]
    for byte in range(most):
        shift = (6 * np.maximum(widths - 1 - byte, 0)).astype(np.uint32)
        out[byte] = lead | (codes >> shift) if byte == 0 else 0x80 | ((codes >> shift) & np.uint32(0x3F))
    return out, widths


@lru_cache(maxsize=1)
def _crc_table() -> NDArray[np.uint32]:
    """Return the table of CRC-32 (ISO 3309), reflected."""
    import numpy as np

    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, np.uint32(0xEDB88320) ^ (table >> np.uint32(1)), table >> np.uint32(1))
    return table
