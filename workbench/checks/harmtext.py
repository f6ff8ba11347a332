"""Scores how harmful a text is, with the category, in English and Chinese."""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

from workbench.checks.hostility import read_wording
from workbench.checks.lexicons import lexicon
from workbench.checks.linear import buckets_of, load_linear, sigmoid
from workbench.text import has_han

if TYPE_CHECKING:
    from workbench.checks.hostility import Wording
    from workbench.records import Evidence

CATEGORIES = ("hate", "violence", "harassment", "sexual", "self-harm", "fraud", "gambling")
_SECTIONS = {
    "hate": ("slur",),
    "violence": ("violent",),
    "harassment": ("harmful_to", "hostile"),
    "sexual": ("sexual",),
    "self-harm": ("selfharm",),
    "fraud": ("fraud",),
    "gambling": ("gambling",),
}
_PER = 200  # characters in which terms are counted for their density
# In so short a text (characters) the word lists decide with the n-grams, whose training texts are longer.
_SHORT_EN, _SHORT_ZH, _SAY = 100, 10, 3.0


@dataclass(frozen=True, kw_only=True)
class Harmful:
    """The harm in a text: ``score`` in [0, 1], its likeliest category, and the words that show it."""

    score: float
    category: str = "none"
    evidence: tuple[Evidence, ...] = ()


def read_harm(text: str) -> Harmful:
    """Score a text with a linear model over its n-grams and over what the word lists find in it.

    The category is that of the word lists with most hits, ``other`` where none has any and the text is
    likelier
    harmful than not.
    """
    if not text.strip():
        return Harmful(score=0.0)
    wording = read_wording(text)
    name = "harm_zh" if has_han(text) else "harm_en"
    score = sigmoid(
        load_linear(name).logit(buckets_of(text), dense_of(text, wording)) + leaning(text, wording)
    )
    category = _category(wording)
    if category == "none" and score > 0.5:  # noqa: PLR2004 - likelier than not
        category = "other"
    shown = wording.hateful or tuple(
        one for section in _SECTIONS.get(category, ()) for one in wording.found.get(section, ())
    )
    return Harmful(score=score, category=category, evidence=shown)


def dense_of(text: str, wording: Wording) -> list[float]:
    """Return the dense features: hits of each word list, plain and by density, hate, length, shouting."""
    name = "harm_zh" if has_han(text) else "harm_en"
    counts = [wording.count(section) for section in lexicon(name)]
    share = max(len(text) / _PER, 1)
    return [
        *(math.log1p(count) for count in counts),
        *(math.log1p(count / share) for count in counts),
        float(bool(wording.hateful)),
        math.log1p(len(wording.hateful)),
        math.log(len(text) + 1) / 8,
        _capitals(text) / max(len(text), 1),
        20 * text.count("!") / max(len(text), 1),
    ]


def _capitals(text: str) -> int:
    if not text.isascii():
        return sum(map(str.isupper, text))
    return len(text) - len(text.encode().translate(None, ascii_uppercase.encode()))


def leaning(text: str, wording: Wording) -> float:
    """Return what the word lists say for (above 0) or against harm in a short text, as log-odds."""
    if not has_han(text):
        return math.exp(-len(text) / _SHORT_EN) if wording.hateful else 0.0
    sells = sum(wording.count(section) for section in ("fraud", "gambling", "sexual"))
    bad = bool(wording.hateful) or sells > 1
    return (_SAY if bad else -_SAY) * math.exp(-len(text) / _SHORT_ZH)


def _category(wording: Wording) -> str:
    hits = {name: sum(wording.count(one) for one in _SECTIONS[name]) for name in CATEGORIES}
    if wording.hateful:
        return "hate"
    best = max(CATEGORIES, key=lambda name: hits[name])
    return best if hits[best] else "none"
