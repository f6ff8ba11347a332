"""Says of each training row which rules its answer keeps and breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.graders import Rules
from workbench.ports import silent
from workbench.records import Case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.contracts import Contract
    from workbench.ports import Progress
    from workbench.records import Pair

Label = str
EXERCISED = frozenset({"pass", "fail"})


def labels_of(
    pairs: Sequence[Pair], contracts: Sequence[Contract], *, progress: Progress = silent
) -> dict[str, dict[str, Label]]:
    """Return for each pair's id the verdict of every rule with a check (``pass``, ``fail`` …).

    A rule under a condition that can't be told from the input counts as kept where the answer does what the
    rule asks for. Pairs of a task without contract have no verdicts; a lone contract judges all.

    Raises:
        ConfigError: a contract with a faulty check.
    """
    graders = {contract.task: Rules(contract=contract) for contract in contracts}
    alone = next(iter(graders.values())) if len(graders) == 1 else None
    out: dict[str, dict[str, Label]] = {}
    for number, pair in enumerate(pairs, start=1):
        rules = alone or graders.get(pair.task)
        out[pair.id] = _labels(pair, rules) if rules else {}
        if number % 200 == 0 or number == len(pairs):
            progress("rules of training rows", number, len(pairs))
    return out


def _labels(pair: Pair, rules: Rules) -> dict[str, Label]:
    case = Case(id=pair.id, behaviour="rules", slots=pair.slot_values)
    told = Case(id=pair.id, behaviour="rules", slots=pair.slot_values, reference=pair.output)
    plain = {rule.id: grade.label for rule, _, grade in rules.each(case, pair.output)}
    if EXERCISED.issuperset(plain.values()):
        return dict(plain)
    by_itself = {rule.id: grade.label for rule, _, grade in rules.each(told, pair.output)}
    return {
        name: "pass" if label not in EXERCISED and by_itself[name] == "pass" else label
        for name, label in plain.items()
    }
