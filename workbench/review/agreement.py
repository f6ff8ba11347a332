"""How far two people agree: Cohen's kappa, with an interval; and where they don't."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.io.decisions import Decision


class Agreed(NamedTuple):
    """Agreement of two people: rows both decided, share alike, kappa with its 95 % interval.

    ``about`` names the rule or behaviour they labelled, "" for keeping or rejecting. ``kappa`` and the
    interval are ``None`` where one of them always said the same.
    """

    first: str
    second: str
    rows: int
    alike: float
    kappa: float | None
    low: float | None
    high: float | None
    about: str = ""


def agreements(decisions: Sequence[Decision]) -> list[Agreed]:
    """Compare every two people on the rows that both decided, and on each label that both gave.

    Keeping a row counts the same as it is or edited. Kappa after Cohen (1960), its variance by the
    large-sample formula of Fleiss, Cohen and Everitt (1969).
    """
    decisions = [one for one in decisions if not one.settles]  # given in sight of the others
    kept = {(one.reviewer, one.id): _kept(one) for one in decisions}
    found = list(_compared(kept, about=""))
    names = sorted({name for one in decisions for name in one.labels})
    for name in names:
        said = {(one.reviewer, one.id): one.labels[name] for one in decisions if name in one.labels}
        found += _compared(said, about=name)
    return found


def apart(decisions: Sequence[Decision], reader: str) -> list[tuple[Decision, Decision]]:
    """Return what ``reader`` and another decided otherwise, of rows that ``reader`` has decided."""
    mine = {one.id: one for one in decisions if one.reviewer == reader and not one.settles}
    others = [one for one in decisions if one.reviewer != reader and one.id in mine and not one.settles]
    return [(mine[one.id], one) for one in others if _kept(one) != _kept(mine[one.id])]


def _kept(one: Decision) -> str:
    return "reject" if one.action == "reject" else "keep"


def _compared(said: Mapping[tuple[str, str], str], *, about: str) -> Iterator[Agreed]:
    people = sorted({who for who, _ in said})
    for first, second in combinations(people, 2):
        both = [name for who, name in said if who == first and (second, name) in said]
        if both:
            table = Counter((said[first, name], said[second, name]) for name in both)
            yield Agreed(first, second, len(both), *_kappa(table, len(both)), about)


def _kappa(table: Counter[tuple[str, str]], n: int) -> tuple[float, float | None, float | None, float | None]:
    classes = sorted({name for cell in table for name in cell})
    share = {(a, b): table[a, b] / n for a in classes for b in classes}
    rows = {a: sum(share[a, b] for b in classes) for a in classes}
    columns = {b: sum(share[a, b] for a in classes) for b in classes}
    alike = sum(share[a, a] for a in classes)
    chance = sum(rows[a] * columns[a] for a in classes)
    if len(classes) == 1 or 1 in rows.values() or 1 in columns.values():
        return alike, None, None, None
    kappa = (alike - chance) / (1 - chance)
    diagonal = sum(share[a, a] * ((1 - chance) - (rows[a] + columns[a]) * (1 - alike)) ** 2 for a in rows)
    off = (1 - alike) ** 2 * sum(share[a, b] * (columns[a] + rows[b]) ** 2 for a, b in share if a != b)
    spread = diagonal + off - (alike * chance - 2 * chance + alike) ** 2
    half = 1.96 * math.sqrt(max(spread, 0.0) / n) / (1 - chance) ** 2
    return alike, kappa, max(kappa - half, -1.0), min(kappa + half, 1.0)
