"""Small linear models over hashed n-grams and a few dense features: quick, offline, weights of kilobytes."""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from workbench.text import has_han

if TYPE_CHECKING:
    from collections.abc import Sequence

BUCKETS = 1 << 18
_NOISE = re.compile(r"https?://\S+|@\w+|&\w+;|\bRT\b|<+\w+>+")
_TOKEN = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")
_HAN_GRAMS = (1, 2, 3, 4)
_LATIN_GRAMS = (3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """The weights of one model: ``hashed`` over buckets, ``dense`` over named features, and the intercept."""

    hashed: Any
    dense: Any
    intercept: float

    def logit(self, buckets: Sequence[int], dense: Sequence[float]) -> float:
        """Return the log-odds of the positive class; the hashed part is scaled by √n of its n-grams."""
        out = self.intercept + sum(a * b for a, b in zip(self.dense.tolist(), dense, strict=True))
        if buckets:
            out += float(self.hashed[list(buckets)].sum(dtype=float)) / math.sqrt(len(buckets))
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


def buckets_of(text: str) -> list[int]:
    """Return the buckets of a text's n-grams: of Chinese 1–4 characters, else words and characters."""
    return sorted({bucket(gram) for gram in _grams(text)})


def bucket(gram: str) -> int:
    """Return the bucket of one n-gram."""
    return zlib.crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS


def sigmoid(logit: float) -> float:
    """Return the probability of log-odds."""
    return 1 / (1 + math.exp(-max(min(logit, 60.0), -60.0)))


def _grams(text: str) -> list[str]:
    if has_han(text):
        run = "^" + re.sub(r"\s+", "", text.lower()) + "$"
        return [run[i : i + n] for n in _HAN_GRAMS for i in range(len(run) - n + 1)]
    words = _TOKEN.findall(_NOISE.sub(" ", text).lower())
    line = f" {' '.join(words)} "
    return [
        *words,
        *(f"{a}_{b}" for a, b in pairwise(words)),
        *("#" + line[i : i + n] for n in _LATIN_GRAMS for i in range(len(line) - n + 1)),
    ]
