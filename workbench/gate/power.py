"""Holds the judgments themselves to account: how good the graders are, and what drop they could have seen."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from workbench.gate.limits import Check, at_least

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.gate.policy import GraderLimits
    from workbench.verdicts import Verdicts

_LEVEL = 0.05
_CHANCE = 0.5


def grader_checks(
    verdicts: Verdicts, cards: Mapping[str, Any] | None, limits: GraderLimits | None, *, certain: bool
) -> Iterator[Check]:
    """Check each measured grader, and that the cases suffice to see the drop that the policy names.

    ``cards`` is what `workbench graders measure --out` writes: ``sets: {SET: {grader, balanced_accuracy}}``.
    """
    if limits is None:
        return
    sets = dict((cards or {}).get("sets") or {})
    if limits.min_balanced_accuracy is not None and not sets:
        limit = f"graders.min_balanced_accuracy: {limits.min_balanced_accuracy:g}"
        yield Check(limit=limit, found="no figures of any grader", where="graders", verdict="undecided")
    for name, one in sets.items():
        ci = (one.get("ci") or {}).get("balanced_accuracy")
        yield from at_least(
            "graders.min_balanced_accuracy",
            limits.min_balanced_accuracy,
            one.get("balanced_accuracy"),
            (ci[0], ci[1]) if ci else None,
            where=f"{one.get('grader')} on {name}",
            mode="interval" if certain else "point",
        )
    if limits.drop is not None:
        yield from _powers(verdicts, sets, limits, limits.drop)


def cases_needed(drop: float, *, power: float, flips: float, accuracy: float = 1.0) -> int | None:
    """Return how many paired cases show a true drop, two-sided at 5 % (McNemar; Connor 1987).

    ``flips`` is the share of cases that change their verdict, at least the drop itself. A grader of balanced
    ``accuracy`` b needs 1/(2b - 1)² times as many; ``None`` where it is no better than a coin.
    """
    if accuracy <= _CHANCE:
        return None
    normal = NormalDist()
    changing = max(flips, drop)
    a, b = normal.inv_cdf(1 - _LEVEL / 2), normal.inv_cdf(power)
    cases = (a * math.sqrt(changing) + b * math.sqrt(max(changing - drop * drop, 0.0))) ** 2 / drop**2
    return math.ceil(cases / (2 * accuracy - 1) ** 2 - 1e-9)


def _powers(
    verdicts: Verdicts, sets: Mapping[str, Any], limits: GraderLimits, drop: float
) -> Iterator[Check]:
    worst = _worst(sets)
    found = [("rules", verdicts.heldout_clusters, 1.0)] if verdicts.heldout_cases else []
    found += [(one.behaviour, one.arms.after.n, worst.get(one.behaviour, 1.0)) for one in verdicts.behaviours]
    for name, cases, accuracy in found:
        needed = cases_needed(drop, power=limits.power, flips=limits.flips, accuracy=accuracy)
        known = f", grader's balanced accuracy {accuracy:.2f}" if accuracy < 1 else ""
        known = f"{known}, not surely better than chance" if accuracy <= _CHANCE else known
        yield Check(
            limit=f"graders.drop: {drop:g} seen with power {limits.power:g}",
            found=f"{cases} cases of {needed if needed is not None else '∞'} needed",
            where=f"{name}{known}",
            verdict="passed" if needed is not None and cases >= needed else "undecided",
        )


def _worst(sets: Mapping[str, Any]) -> dict[str, float]:
    """Return each grader's balanced accuracy on its worst set.

    It is that of a coin where its interval holds 1/2, that is, where informedness may be 0: such a grader's
    measured power is nil, and no number of cases lets it pass anything.
    """
    worst = dict[str, float]()
    for one in sets.values():
        grader, accuracy = str(one.get("grader")), one.get("balanced_accuracy")
        if isinstance(accuracy, int | float):
            ci = (one.get("ci") or {}).get("balanced_accuracy")
            sure = ci is None or ci[0] > _CHANCE
            worst[grader] = min(worst.get(grader, 1.0), float(accuracy) if sure else _CHANCE)
    return worst
