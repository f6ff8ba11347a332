"""Scores how harmful a text is, with the category, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.checks.hostility import read_wording

if TYPE_CHECKING:
    from workbench.records import Evidence


@dataclass(frozen=True, kw_only=True)
class Harmful:
    """The harm in a text: ``score`` in [0, 1], its likeliest category, and the words that show it."""

    score: float
    category: str = "none"
    evidence: tuple[Evidence, ...] = ()


def read_harm(text: str) -> Harmful:
    """Score a text."""
    wording = read_wording(text)
    return Harmful(
        score=float(bool(wording.hateful)),
        category="hate" if wording.hateful else "none",
        evidence=wording.hateful,
    )
