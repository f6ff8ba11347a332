"""Counts what length rules speak of, in Chinese and English alike."""

from __future__ import annotations

import re
from typing import Literal

from workbench.checks.subject import FieldCheck, on_field
from workbench.records import Case, Grade
from workbench.text import paragraphs, sentences, words

Unit = Literal["words", "sentences", "paragraphs", "characters", "lines", "items"]
_ITEM = re.compile(
    r"^[ \t]*(?:[-*+•·]|\(?\d{1,3}[.)、]|[（(]\d{1,3}[)）]|[一二三四五六七八九十]+、)[ \t]*\S", re.MULTILINE
)


class Length(FieldCheck, frozen=True, kw_only=True):
    """The text has at least ``min`` and at most ``max`` of ``unit``, both inclusive, ``None`` for no bound.

    ``words`` counts a Chinese character as one word, which is what 字 asks for; ``items`` are list items.
    """

    unit: Unit = "words"
    min: int | None = None
    max: int | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Count and compare."""
        del case
        return on_field(
            self.path, output, lambda text: judge_length(text, self.unit, low=self.min, high=self.max)
        )


def judge_length(text: str, unit: Unit, *, low: int | None, high: int | None) -> Grade:
    """Tell whether the count of ``unit`` lies in ``[low, high]``."""
    found = count(text, unit)
    passed = (low is None or found >= low) and (high is None or found <= high)
    bounds = " and ".join(
        part
        for part in (
            f"at least {low}" if low is not None else "",
            f"at most {high}" if high is not None else "",
        )
        if part
    )
    return Grade.of(passed, detail=f"{found} {unit}, {bounds} asked")


def count(text: str, unit: Unit) -> int:
    """Count ``unit`` in ``text``."""
    match unit:
        case "words":
            return len(words(text))
        case "sentences":
            return len(sentences(text))
        case "paragraphs":
            return len(paragraphs(text))
        case "lines":
            return sum(bool(line.strip()) for line in text.splitlines())
        case "items":
            return len(_ITEM.findall(text))
        case "characters":
            return len(text.strip())
