"""Holds logged outputs against a contract, without asking any model."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from workbench.graders import Rules
from workbench.records import Case, GradeLabel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contracts import Contract
    from workbench.records import Pair


def check_outputs(contract: Contract, pairs: Iterable[Pair]) -> dict[str, dict[str, int]]:
    """Count for each rule with a check how many outputs got which label (``pass``, ``fail`` …).

    The logged answer is what is judged, so it is no reference: whether a conditional rule applies is told
    from the slots alone.
    """
    rules = Rules(contract=contract)
    counts = {rule.id: dict.fromkeys(get_args(GradeLabel), 0) for rule in contract.rules if rule.check}
    for pair in pairs:
        case = Case(id=pair.id, behaviour="rules", slots=pair.slot_values)
        for rule, _, grade in rules.each(case, pair.output):
            counts[rule.id][grade.label] += 1
    return counts
