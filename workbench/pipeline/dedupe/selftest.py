"""Measures the chosen settings on the user's own rows, with labelled duplicates and look-alikes put in."""

from __future__ import annotations

import random
import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from workbench.errors import Finding, InputError
from workbench.pipeline.dedupe.options import compared_columns
from workbench.pipeline.dedupe.shards import as_text
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.pipeline.dedupe.options import DedupeOptions

KINDS = ("exact", "format", "edit", "number-swap", "template-only")
_NUMBER = re.compile(r"\d+")
_SHOWN = 5


class Injected(NamedTuple):
    """A row put in: its kind, the row it was made from, its texts, and whether it ought to be found."""

    kind: str
    origin: int
    texts: tuple[str, ...]
    duplicate: bool


def self_test(
    frame: pl.DataFrame, *, options: DedupeOptions, rows: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Put labelled rows among ``rows`` of the table's own, search, and report precision and recall.

    Five rows are made from each: an ``exact`` copy, one of another ``format`` (case, marks, white space), an
    ``edit`` of a few words, a ``number-swap``, and one with the same beginning only (``template-only``). What
    ought to be found is computed from plain sets of words, apart from the hashes that are tested.

    Raises:
        ConfigError: a column that isn't there.
        InputError: no row with text.
    """
    columns = compared_columns(dict(frame.schema), options.on)
    table = pl.DataFrame([as_text(frame[name]).fill_null("") for name in columns])
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    spoken = [row for row in table.unique(maintain_order=True).rows() if words("".join(row))]
    if not spoken:
        raise InputError(
            Finding(
                where="--self-test",
                found="no row with text",
                expected="at least one",
                fix="Name columns with --on.",
            )
        )
    own = _sample(spoken, options, rng, rows)
    made = [row for at in range(len(own)) for row in _made_from(at, own, options, rng)]
    kept_of = _search([*own, *(row.texts for row in made)], options)
    home = np.where(kept_of < 0, np.arange(kept_of.size), kept_of)
    found = [bool(home[len(own) + n] == home[row.origin]) for n, row in enumerate(made)]
    wrong = [row for row, hit in zip(made, found, strict=True) if hit != row.duplicate]
    return {
        "rows": len(own),
        "injected": len(made),
        "threshold": options.near.threshold,
        "numbers": options.near.numbers,
        **_figures(made, found),
        "kinds": {kind: _of_kind(kind, made, found) for kind in KINDS},
        "wrong": [
            {"kind": row.kind, "from": " | ".join(own[row.origin]), "made": " | ".join(row.texts)}
            for row in wrong[:_SHOWN]
        ],
        "wrong_in_all": len(wrong),
    }


def _of_kind(kind: str, made: Sequence[Injected], found: Sequence[bool]) -> dict[str, Any]:
    here = [(row, hit) for row, hit in zip(made, found, strict=True) if row.kind == kind]
    return _figures([row for row, _ in here], [hit for _, hit in here])


def _figures(made: Sequence[Injected], found: Sequence[bool]) -> dict[str, Any]:
    due = sum(row.duplicate for row in made)
    right = sum(row.duplicate and hit for row, hit in zip(made, found, strict=True))
    return {
        "due": due,
        "found": sum(found),
        "recall": round(right / due, 4) if due else None,
        "precision": round(right / sum(found), 4) if any(found) else None,
    }


def _sample(
    rows: list[tuple[str, ...]], options: DedupeOptions, rng: random.Random, limit: int
) -> list[tuple[str, ...]]:
    """Choose rows of which no two are duplicates of each other."""
    chosen = rng.sample(rows, min(limit, len(rows)))
    kept_of = _search(chosen, options)
    return [row for row, gone in zip(chosen, kept_of >= 0, strict=True) if not gone]


def _search(rows: Sequence[tuple[str, ...]], options: DedupeOptions) -> NDArray[np.int64]:
    columns = [pl.Series(texts, dtype=pl.String) for texts in zip(*rows, strict=True)]
    return options.near.search(options.near.texts(columns), group=np.zeros(len(rows), np.uint64))[0]


def _made_from(
    at: int, own: list[tuple[str, ...]], options: DedupeOptions, rng: random.Random
) -> list[Injected]:
    """Make a row of each kind from row ``at``; the longest column is the one that is changed."""
    row = own[at]
    column = max(range(len(row)), key=lambda n: len(row[n]))
    other = own[(at + rng.randrange(1, max(len(own), 2))) % len(own)][column]
    changed = {
        "exact": row[column],
        "format": "  " + row[column].upper().replace(" ", "  ") + " !",
        "edit": _edited(row[column], other, rng),
        "number-swap": _swapped(row[column]),
        "template-only": _half(row[column]) + " " + _half(other[::-1])[::-1],
    }
    made = []
    for kind, text in changed.items():
        texts = (*row[:column], text, *row[column + 1 :])
        made.append(Injected(kind, at, texts, _alike(row[column], text, options)))
    return made


def _edited(text: str, other: str, rng: random.Random) -> str:
    """Put up to three words of another text into this one, where it has words to lose."""
    pieces = text.split(" ") if " " in text else list(text)
    strange = other.split(" ") if " " in text else list(other)
    for _ in range(rng.randint(1, 3)):
        pieces[rng.randrange(len(pieces))] = rng.choice(strange)
    return (" " if " " in text else "").join(pieces)


def _swapped(text: str) -> str:
    """Change the last number by one, or add one where there is none."""
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return f"{text} 7"
    last = numbers[-1]
    return f"{text[: last.start()]}{int(last.group()) + 1}{text[last.end() :]}"


def _half(text: str) -> str:
    return text[: max(len(text) // 2, 1)]


def _alike(left: str, right: str, options: DedupeOptions) -> bool:
    """Decide from plain sets whether two texts are duplicates by the options."""
    a, b = _tokens(left), _tokens(right)
    if options.near.numbers == "same" and _numbers(a) != _numbers(b):
        return False
    one, two = _grams(a, left, options), _grams(b, right, options)
    return bool(one) and bool(two) and len(one & two) / len(one | two) >= options.near.threshold


def _tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).lower()
    spaced = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in plain)
    return words(spaced)


def _numbers(tokens: list[str]) -> list[str]:
    return [token for token in tokens if any(unicodedata.category(c) == "Nd" for c in token)]


def _grams(tokens: list[str], text: str, options: DedupeOptions) -> set[tuple[str, ...]]:
    unspaced = sum(len(words(token * 2)) > 1 for token in tokens)
    size = options.near.char_ngram if 2 * unspaced > len(tokens) else options.near.ngram
    if not tokens:
        return {(text.strip(),)} if text.strip() else set()
    return {tuple(tokens[i : i + size]) for i in range(max(len(tokens) - size + 1, 1))}
