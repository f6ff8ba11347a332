"""Reads which of several options an answer picks: the letter, the words, or that it can't be told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.checks.abstention import abstention
from workbench.text import fold, has_han

if TYPE_CHECKING:
    from collections.abc import Sequence

_LETTER = r"[\(（\[]?(?P<letter>[A-Z])[\)）\].:：、]?"
_ALONE = re.compile(rf"^\s*{_LETTER}\s*(?:$|[\n.,:：、)）])")
_NAMED = re.compile(
    rf"(?:\b(?:answer|option|choice)(?:\s+is|\s*[:：])?|选项?|答案(?:是|"
    rf"为)?[:：]?)\s*\**{_LETTER}(?![A-Za-z])"
)
_BRACKETED = re.compile(r"(?<![A-Za-z])[\(（\[](?P<letter>[A-Z])[\)）\]]")
_UNKNOWN = re.compile(
    r"^(?:unknown|undetermined|not (?:known|answerable|enough info(?:rmation)?)|insufficient information|"
    r"can(?:'t|not| not) (?:be determined|answer|tell|say)|no (?:answer|way to (?:know|tell))|"
    r"不知道|不确定|不清楚|未知|没有足够信息|信息不足|无法(?:确定|判断|回答)|不能确定)$"
)


def read_choice(output: str, options: Sequence[str]) -> int | None:
    """Return the 0-based index of the option that ``output`` picks, ``None`` where it picks none or several.

    A letter counts where it stands alone, in brackets, or after "answer" or "option"; else the option whose
    words stand in the answer, the longest where one holds another; else, where the answer says that it
    can't be told, the option that says so. An option that the answer denies ("not the first man") is not
    picked.
    """
    plain = output.strip().replace("’", "'")
    by_words = _by_words(plain, options)
    letter = _letter(plain, len(options))
    if letter is not None:
        return letter
    if by_words is not None:
        return by_words
    unknown = [i for i, option in enumerate(options) if is_unknown(option)]
    if len(unknown) == 1 and not _mentioned(plain, options) and abstention(plain):
        return unknown[0]
    return None


def is_unknown(option: str) -> bool:
    """Tell whether an option says that the question can't be answered."""
    return bool(_UNKNOWN.match(fold(option).replace("’", "'").strip(" .。")))


def _letter(text: str, n: int) -> int | None:
    for pattern in (_ALONE, _NAMED, _BRACKETED):
        found = {ord(match["letter"]) - ord("A") for match in pattern.finditer(text)}
        found = {i for i in found if i < n}
        if len(found) == 1:
            return found.pop()
        if found:
            return None
    return None


def _mentioned(text: str, options: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return ``(option, start, end)`` of every option's words that stand outside those of a longer option."""
    folded = fold(text)
    spans = []
    for i, option in enumerate(options):
        words = fold(option).replace("’", "'").strip(" .。")
        edge = "" if has_han(words) else r"\b"
        for pattern in filter(None, (words, _without_article(words))):
            spans += [(i, *m.span()) for m in re.finditer(rf"{edge}{re.escape(pattern)}{edge}", folded)]
    return [
        one
        for one in spans
        if not any(
            other[0] != one[0]
            and other[1] <= one[1]
            and one[2] <= other[2]
            and (other[2] - other[1]) > (one[2] - one[1])
            for other in spans
        )
    ]


def _by_words(text: str, options: Sequence[str]) -> int | None:
    folded = fold(text)
    for i, option in enumerate(options):
        if folded.strip(" .。") == fold(option).replace("’", "'").strip(" .。"):
            return i
    picked = {i for i, start, _ in _mentioned(text, options) if not _denied(folded[:start])}
    return picked.pop() if len(picked) == 1 else None


def _without_article(words: str) -> str:
    return words.removeprefix("the ") if words.startswith("the ") else ""


def _denied(before: str) -> bool:
    return bool(
        re.search(
            r"(?:\bnot|n't|\bnever|\brather than|\binstead of|\bneither|\bnor|不是|并非|而非|而不是)"
            r"(?:\s+\w+)?\s*$",
            before,
        )
    )
