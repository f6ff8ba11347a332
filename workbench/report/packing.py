"""Packs the markup of many cases, so that a page holds them all and a browser unfolds what is looked at."""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEVEL = 9


def pack(texts: Sequence[str]) -> str:
    """Deflate texts, one after another, into base64 (RFC 1950, RFC 4648); nothing of nothing."""
    if not texts:
        return ""
    return base64.b64encode(zlib.compress("".join(texts).encode(), _LEVEL)).decode()


def unpack(packed: str) -> str:
    """Give back what ``pack`` was given, as one text."""
    return zlib.decompress(base64.b64decode(packed)).decode() if packed else ""


def fit(texts: Sequence[str], *, budget: int) -> int:
    """Count the leading texts that ``budget`` bytes hold as they are."""
    left = budget
    for place, text in enumerate(texts):
        left -= len(text.encode())
        if left < 0:
            return place
    return len(texts)


def fit_packed(texts: Sequence[str], *, budget: int) -> int:
    """Count the leading texts that ``budget`` bytes hold when packed."""
    if len(pack(texts)) <= budget:
        return len(texts)
    return bisect_right(range(1, len(texts)), budget, key=lambda n: len(pack(texts[:n])))
