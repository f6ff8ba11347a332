"""Counts what length rules speak of, in Chinese and English alike."""

from __future__ import annotations

import re
from typing import Literal

from workbench.checks.subject import FieldCheck, find, on_field
from workbench.records import Case, Grade
from workbench.text import paragraphs, sentences, words

Unit = Literal["words", "sentences", "paragraphs", "characters", "lines", "items"]
Part = Literal["sentence", "item", "paragraph"]
_ITEM = re.compile(
    r"^[ \t]*(?:[-*+•·]|\(?\d{1,3}[.)、]|[（(]\d{1,3}[)）]|[一二三四五六七八九十]+、)[ \t]*\S", re.MULTILINE
)


class Length(FieldCheck, frozen=True, kw_only=True):
    """The text has at least ``min`` and at most ``max`` of ``unit``, both inclusive, ``None`` for no bound.

    ``words`` counts a Chinese character as one word, which is what 字 asks for; ``items`` are list items.
    With ``each``, every sentence, list item or paragraph has to keep the bounds; a text without one has
    nothing to judge.
    """

    unit: Unit = "words"
    each: Part | None = None
    min: int | None = None
    max: int | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Count and compare."""
        del case
        return on_field(
            self.path,
            output,
            lambda text: (
                judge_length(text, self.unit, low=self.min, high=self.max)
                if self.each is None
                else judge_each(text, self.each, self.unit, low=self.min, high=self.max)
            ),
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


def judge_each(text: str, part: Part, unit: Unit, *, low: int | None, high: int | None) -> Grade:
    """Tell whether the count of ``unit`` lies in ``[low, high]`` in every ``part`` of ``text``."""
    parts = _parts(text, part)
    if not parts:
        return Grade.not_applicable(f"no {part} there")
    wrong = [one for one in parts if judge_length(one, unit, low=low, high=high).label == "fail"]
    return Grade.of(
        not wrong,
        *(find(text, one, what=f"{count(one, unit)} {unit}") for one in wrong),
        detail=f"{len(wrong)} of {len(parts)} {part}s out of bounds",
    )


def _parts(text: str, part: Part) -> list[str]:
    if part == "item":
        lines = [line for line in text.splitlines() if _ITEM.match(line)]
        return [line[match.end() - 1 :].strip() for line in lines if (match := _ITEM.match(line))]
    return sentences(text) if part == "sentence" else paragraphs(text)


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
