"""How far two people agree: Cohen's kappa, with an interval."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.io.decisions import Decision


class Agreed(NamedTuple):
    """Agreement of two people: rows both decided, share alike, kappa with its 95 % interval.

    ``kappa`` and the interval are ``None`` where one of them always said the same.
    """

    first: str
    second: str
    rows: int
    alike: float
    kappa: float | None
    low: float | None
    high: float | None


def agreements(decisions: Sequence[Decision]) -> list[Agreed]:
    """Compare every two people on the rows that both decided: kept (as it is or edited) or rejected.

    Kappa after Cohen (1960), its variance by the large-sample formula of Fleiss, Cohen and Everitt (1969).
    """
    kept = {(one.reviewer, one.id): one.action != "reject" for one in decisions}
    people = sorted({who for who, _ in kept})
    found = []
    for first, second in combinations(people, 2):
        both = [name for who, name in kept if who == first and (second, name) in kept]
        if both:
            table = Counter((kept[first, name], kept[second, name]) for name in both)
            found.append(Agreed(first, second, len(both), *_kappa(table, len(both))))
    return found


def _kappa(
    table: Counter[tuple[bool, bool]], n: int
) -> tuple[float, float | None, float | None, float | None]:
    share = {cell: table[cell] / n for cell in ((a, b) for a in (True, False) for b in (True, False))}
    rows = {a: share[a, True] + share[a, False] for a in (True, False)}
    columns = {b: share[True, b] + share[False, b] for b in (True, False)}
    alike = share[True, True] + share[False, False]
    chance = sum(rows[a] * columns[a] for a in (True, False))
    if chance == 1:
        return alike, None, None, None
    kappa = (alike - chance) / (1 - chance)
    diagonal = sum(share[a, a] * ((1 - chance) - (rows[a] + columns[a]) * (1 - alike)) ** 2 for a in rows)
    off = (1 - alike) ** 2 * sum(share[a, b] * (columns[a] + rows[b]) ** 2 for a, b in share if a != b)
    spread = diagonal + off - (alike * chance - 2 * chance + alike) ** 2
    half = 1.96 * math.sqrt(max(spread, 0.0) / n) / (1 - chance) ** 2
    return alike, kappa, max(kappa - half, -1.0), min(kappa + half, 1.0)
