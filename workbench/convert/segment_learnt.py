"""Weighs the units of a prompt by kind with a linear chain, learnt from labelled prompts and sentences."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from workbench.checks.linear import BUCKETS, bucket, buckets_of
from workbench.convert.compile_text import unquoted
from workbench.convert.segment_cues import narrowed, without_courtesy
from workbench.text import count_words, has_han

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from workbench.contracts import SpanKind
    from workbench.convert.segment_features import Features

_DIGITS, _LETTER = re.compile(r"\d+"), re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")
_WORDS_TELL, _HAN_TELL = 4, 6
_OPENING = (1, 2, 3)
# How much n-grams count beside named features; how much those of the lead-in, and of an outer heading, do.
_GRAMS, _ABOVE, _OUTER = 3.0, 0.4, 0.5


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """Weights by kind, ``kinds[k]`` in column k.

    ``value[i]`` are those of the n-gram in column ``at[i]`` (ascending; n-grams of headings come after those
    of sentences), ``named`` those of named features, ``follows[a, b]`` that of kind a before kind b, and
    ``stays[bond]`` what it is worth to stay with a kind over such a bond.
    """

    kinds: tuple[SpanKind, ...]
    at: Any
    value: Any
    named: Mapping[str, Any]
    follows: Any
    stays: Mapping[str, Any]


@cache
def load_learnt() -> Learnt:
    """Load ``weights/spans.npz``, made by ``scripts/train_spans.py``."""
    import numpy as np

    source = files("workbench.convert").joinpath("weights", "spans.npz")
    with as_file(source) as path, np.load(path) as found:
        return Learnt(
            kinds=tuple(found["kinds"].tolist()),
            at=found["at"].astype(np.int64),
            value=found["value"].astype(np.float32) * float(found["scale"]),
            named=dict(zip(found["names"].tolist(), found["named"], strict=True)),
            follows=found["follows"],
            stays=dict(zip(found["bonds"].tolist(), found["stays"], strict=True)),
        )


def columns_of(features: Features) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the columns of a unit's n-grams and their values."""
    import numpy as np

    columns, values = [np.empty(0, np.int64)], [np.empty(0)]
    for text, first, share in (
        (features.text, 0, _sure(features.text)),
        (features.above, 0, _ABOVE),
        (features.heading, BUCKETS, 1.0),
        (features.outer, BUCKETS, _OUTER),
    ):
        found = grams(text)
        if found.size:
            columns.append(found + first)
            values.append(np.full(found.size, _GRAMS * share / math.sqrt(found.size)))
    return np.concatenate(columns), np.concatenate(values)


@lru_cache(maxsize=4096)
def grams(text: str) -> NDArray[np.int64]:
    """Return the buckets of a text's n-grams, ascending, with those of its first words; none for no words."""
    import numpy as np

    bare = plain(text)
    if not _LETTER.search(bare):
        return np.empty(0, np.int64)
    found = buckets_of(bare)
    if has_han(bare):
        return found
    words = _WORD.findall(bare)
    first = [bucket("^" + " ".join(words[:n])) for n in _OPENING if len(words) >= n]
    return np.union1d(found, np.array(first, np.int64))


def unit_weights(model: Learnt, features: Features) -> NDArray[np.float64]:
    """Return how strongly one unit speaks of each kind (natural logarithm, up to a constant)."""
    import numpy as np

    out = np.zeros(len(model.kinds))
    columns, values = columns_of(features)
    places = np.minimum(np.searchsorted(model.at, columns), max(model.at.size - 1, 0))
    known = model.at[places] == columns if model.at.size else np.zeros(columns.size, np.bool_)
    out += (model.value[places[known]] * values[known, np.newaxis]).sum(axis=0, dtype=float)
    for name, value in features.named.items():
        if name in model.named:
            out += model.named[name] * value
    return out


def likeliest(model: Learnt, units: Sequence[Features]) -> list[SpanKind]:
    """Find the likeliest sequence of kinds (Viterbi 1967)."""
    import numpy as np

    if not units:
        return []
    best, steps = unit_weights(model, units[0]), []
    for unit in units[1:]:
        total = best[:, np.newaxis] + model.follows
        if unit.bond in model.stays:
            total = total + np.diag(model.stays[unit.bond])
        steps.append(total.argmax(axis=0))
        best = total.max(axis=0) + unit_weights(model, unit)
    kinds = [int(best.argmax())]
    for step in reversed(steps):
        kinds.append(int(step[kinds[-1]]))
    return [model.kinds[kind] for kind in reversed(kinds)]


def plain(text: str) -> str:
    """Return what is learnt from of a text: small letters, no quotations, every number as 0."""
    return _DIGITS.sub("0", without_courtesy(narrowed(unquoted(text).lower())))


@lru_cache(maxsize=4096)
def _sure(text: str) -> float:
    """Of a word or two little can be told."""
    bare = plain(text)
    return min(1.0, count_words(bare) / (_HAN_TELL if has_han(bare) else _WORDS_TELL))
