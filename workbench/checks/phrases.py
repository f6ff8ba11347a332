"""Judges wording that can be seen: phrases at the start, the end, anywhere or nowhere; forbidden signs."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from workbench.checks.bounded import find_all, too_long
from workbench.checks.subject import FieldCheck, on_field
from workbench.records import Case, Evidence, Grade
from workbench.text import excerpt, fold


class StartsWith(FieldCheck, frozen=True, kw_only=True):
    """The text begins with ``phrase``; case, width of signs and white space don't matter unless ``exact``."""

    phrase: str
    exact: bool = False

    def __call__(self, case: Case, output: str) -> Grade:
        """Compare the beginning."""
        del case
        return on_field(
            self.path, output, lambda text: judge_edge(text, self.phrase, edge="start", exact=self.exact)
        )


class EndsWith(FieldCheck, frozen=True, kw_only=True):
    """The text ends with ``phrase``; case, width of signs and white space don't matter unless ``exact``."""

    phrase: str
    exact: bool = False

    def __call__(self, case: Case, output: str) -> Grade:
        """Compare the end."""
        del case
        return on_field(
            self.path, output, lambda text: judge_edge(text, self.phrase, edge="end", exact=self.exact)
        )


class Contains(FieldCheck, frozen=True, kw_only=True):
    """The text holds all (or ``any``) of ``phrases``, and a match of ``pattern``; case doesn't matter."""

    phrases: tuple[str, ...] = ()
    pattern: str | None = None
    any: bool = False

    def __call__(self, case: Case, output: str) -> Grade:
        """Look for each."""
        del case
        return on_field(
            self.path,
            output,
            lambda text: judge_contains(text, self.phrases, pattern=self.pattern, enough=self.any),
        )


class NotContains(FieldCheck, frozen=True, kw_only=True):
    """The text holds none of ``phrases`` (whole words, any case) and no match of ``pattern``."""

    phrases: tuple[str, ...] = ()
    pattern: str | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Look for each."""
        del case
        return on_field(
            self.path, output, lambda text: judge_not_contains(text, self.phrases, pattern=self.pattern)
        )


class NoCharacters(FieldCheck, frozen=True, kw_only=True):
    """The text holds none of ``characters``, in ASCII or full width."""

    characters: str

    def __call__(self, case: Case, output: str) -> Grade:
        """Look for each."""
        del case
        return on_field(self.path, output, lambda text: judge_characters(text, self.characters))


class NoIdentifiers(FieldCheck, frozen=True, kw_only=True):
    r"""The text shows no identifier of the form of ``pattern``, such as ``INT-\d+``."""

    pattern: str

    def __call__(self, case: Case, output: str) -> Grade:
        """Look for the form; where the inputs hold no identifier there is nothing to hide."""
        shown = on_field(
            self.path,
            output,
            lambda text: judge_not_contains(text, (), pattern=self.pattern, what="identifier"),
        )
        tempted = not case.slots or any(find_all(self.pattern, value) != [] for value in case.slots.values())
        return (
            shown
            if tempted or shown.label == "fail"
            else Grade.not_applicable("no input holds such an identifier")
        )


class OneOf(FieldCheck, frozen=True, kw_only=True):
    """The text is one of ``values`` and nothing more; case and a full stop don't matter."""

    values: tuple[str, ...]

    def __call__(self, case: Case, output: str) -> Grade:
        """Compare with each."""
        del case
        return on_field(self.path, output, lambda text: judge_one_of(text, self.values))


def judge_edge(text: str, phrase: str, *, edge: Literal["start", "end"], exact: bool = False) -> Grade:
    """Tell whether ``text`` begins or ends with ``phrase``."""
    mine, wanted = (text.strip(), phrase.strip()) if exact else (fold(text), fold(phrase))
    passed = mine.startswith(wanted) if edge == "start" else mine.endswith(wanted)
    length = len(phrase) + 20
    shown = text.strip()[:length] if edge == "start" else text.strip()[-length:]
    where = "begins" if edge == "start" else "ends"
    return Grade.of(passed, detail="" if passed else f"it {where} with {excerpt(shown)!r}")


def judge_contains(
    text: str, phrases: tuple[str, ...], *, pattern: str | None = None, enough: bool = False
) -> Grade:
    """Tell whether all of the phrases (``enough``: one of them) and the pattern stand in ``text``."""
    missing = [phrase for phrase in phrases if not spans_of(text, phrase)]
    if pattern is not None:
        hits = find_all(pattern, text)
        if hits is None:
            return Grade.unscored(too_long(pattern, text))
        missing += [] if hits else [pattern]
    wanted = len(phrases) + (pattern is not None)
    passed = len(missing) < wanted if enough else not missing
    return Grade.of(passed, *(Evidence(what="missing", text=phrase) for phrase in missing if not passed))


def judge_not_contains(
    text: str, phrases: tuple[str, ...], *, pattern: str | None = None, what: str = "forbidden"
) -> Grade:
    """Tell whether none of the phrases and no match of the pattern stand in ``text``."""
    hits = [span for phrase in phrases for span in spans_of(text, phrase)]
    if pattern is not None:
        matches = find_all(pattern, text)
        if matches is None:
            return Grade.unscored(too_long(pattern, text))
        hits += matches
    evidence = (
        Evidence(what=what, text=text[start:end], start=start, end=end) for start, end in sorted(hits)
    )
    return Grade.of(not hits, *evidence)


def judge_characters(text: str, characters: str) -> Grade:
    """Tell whether none of the characters stands in ``text``; ``！`` counts as ``!``."""
    unwanted = set(unicodedata.normalize("NFKC", characters))
    hits = [i for i, c in enumerate(text) if c in characters or unicodedata.normalize("NFKC", c) in unwanted]
    return Grade.of(not hits, *(Evidence(what="forbidden", text=text[i], start=i, end=i + 1) for i in hits))


def judge_one_of(text: str, values: tuple[str, ...]) -> Grade:
    """Tell whether ``text`` is one of ``values``."""
    mine = fold(text).strip(" .。\"'“”`")
    passed = any(mine == fold(value).strip(" .。\"'“”`") for value in values)
    return Grade.of(passed, detail="" if passed else f"{excerpt(text)!r} is none of {', '.join(values)}")


def spans_of(text: str, phrase: str) -> list[tuple[int, int]]:
    """Find a phrase as whole words, whatever its case, the width of its signs and the white space in it."""
    parts = [re.escape(part) for part in unicodedata.normalize("NFKC", phrase).split()]
    if not parts:
        return []
    body = r"\s+".join(parts)
    left = r"(?<![A-Za-z0-9_])" if phrase.strip()[0].isascii() and phrase.strip()[0].isalnum() else ""
    right = r"(?![A-Za-z0-9_])" if phrase.strip()[-1].isascii() and phrase.strip()[-1].isalnum() else ""
    narrow = "".join(_narrow(character) for character in text)
    return [match.span() for match in re.finditer(left + body + right, narrow, re.IGNORECASE)]


def _narrow(character: str) -> str:
    """Fold the width of one character without changing the length of the text."""
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character
