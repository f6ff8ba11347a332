"""Tells how far a teacher agrees with itself, so that a guess isn't taught."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from workbench.text import fold, words

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


def likeness(one: str, other: str) -> float:
    """Return how alike two answers are, in [0, 1]: the F1 of their words, 0 where their figures differ.

    Two answers that name other numbers, dates or identifiers say other things, however alike their words.
    Chinese is compared character by character.
    """
    a, b = fold(one), fold(other)
    if a == b:
        return 1.0
    if Counter(_FIGURE.findall(a)) != Counter(_FIGURE.findall(b)):
        return 0.0
    left, right = Counter(words(a)), Counter(words(b))
    shared = (left & right).total()
    return 2 * shared / max(left.total() + right.total(), 1)


def central(answers: Sequence[str], *, least: float) -> tuple[int, int]:
    """Return the place of the answer that most others are like, and how many are (itself included).

    Of equals the one with the greatest likeness over all is taken, then the first.
    """
    table = [[likeness(a, b) for b in answers] for a in answers]
    counts = [sum(value >= least for value in row) for row in table]
    best = max(range(len(answers)), key=lambda n: (counts[n], round(sum(table[n]), 9), -n))
    return best, counts[best]
