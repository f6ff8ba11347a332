"""Weighs sentences and headings by kind with a small linear model, for the wording that no cue names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any, Literal

from workbench.checks.linear import buckets_of
from workbench.convert.compile_text import unquoted
from workbench.convert.segment_cues import narrowed, without_courtesy
from workbench.text import count_words, has_han

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.contracts import SpanKind

Reads = Literal["sentence", "heading"]
_DIGITS, _LETTER = re.compile(r"\d+"), re.compile(r"[^\W\d_]")
# No kind is held for less likely than this, so that one odd word never outweighs all cues.
_FLOOR = 0.004
_WORDS_TELL, _HAN_TELL = 4, 6


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """Weights of one model: ``value[i, k]`` of bucket ``at[i]`` (ascending) for kind ``kinds[k]``."""

    kinds: tuple[SpanKind, ...]
    at: Any
    value: Any
    intercept: Any


@cache
def load_learnt(reads: Reads) -> Learnt:
    """Load ``weights/spans.npz``, made by ``scripts/train_spans.py``."""
    import numpy as np

    source = files("workbench.convert").joinpath("weights", "spans.npz")
    with as_file(source) as path, np.load(path) as found:
        return Learnt(
            kinds=tuple(found["kinds"].tolist()),
            at=found[f"{reads}_at"].astype(np.int64),
            value=found[f"{reads}_value"].astype(np.float32) * float(found[f"{reads}_scale"]),
            intercept=found[f"{reads}_intercept"],
        )


@lru_cache(maxsize=4096)
def learnt_weights(text: str, reads: Reads) -> Mapping[SpanKind, float]:
    """Return for each kind how much likelier it is than chance (natural logarithm); empty for no words."""
    import numpy as np

    model = load_learnt(reads)
    bare = plain(text)
    if not _LETTER.search(bare):
        return {}
    buckets = buckets_of(bare)
    places = np.searchsorted(model.at, buckets)
    places = places[(places < model.at.size)]
    known = places[np.isin(model.at[places], buckets)]
    logits = model.intercept.astype(float)
    if len(buckets):
        logits = logits + model.value[known].sum(axis=0, dtype=float) / math.sqrt(len(buckets))
    shares = np.exp(logits - logits.max())
    shares = np.maximum(shares / shares.sum(), _FLOOR)
    # Of a word or two little can be told.
    sure = min(1.0, count_words(bare) / (_HAN_TELL if has_han(bare) else _WORDS_TELL))
    weights = np.log(shares * len(model.kinds)) * (sure if reads == "sentence" else 1.0)
    return dict(zip(model.kinds, weights.tolist(), strict=True))


def plain(text: str) -> str:
    """Return what is learnt from of a text: small letters, no quotations, every number as 0."""
    return _DIGITS.sub("0", without_courtesy(narrowed(unquoted(text).lower())))
