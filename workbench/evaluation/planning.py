"""Lays out, before a model is asked, which differences the cases at hand can show, question by question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.evaluation.cases import HELDOUT
from workbench.evaluation.power import cases_for, detectable, equivalence_cases
from workbench.evaluation.run import distinct, rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.contracts import Contract
    from workbench.records import Case, Template


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What a plan takes for granted; ``differing`` is the share of cases whose verdict changes."""

    differing: float = 0.2
    margin: float = 0.10
    level: float = 0.05
    wanted: float = 0.80


@dataclass(frozen=True, kw_only=True)
class Question:
    """A rule or a behaviour, and what its cases can show.

    ``level`` is the strictest that Holm asks within the question's family. ``detectable`` is the least
    difference found with the wanted power (``None``: no difference), ``for_margin`` the clusters that find
    one as large as the margin (``None``: over a million), ``for_equivalence`` those that show there is none.
    """

    name: str
    family: str
    cases: int
    clusters: int
    level: float
    detectable: float | None
    for_margin: int | None
    for_equivalence: int

    @property
    def enough(self) -> bool:
        """Tell whether both a loss as large as the margin and its absence can be shown."""
        return self.for_margin is not None and self.clusters >= max(self.for_margin, self.for_equivalence)


def plan_questions(
    cases: Sequence[Case],
    *,
    contracts: Sequence[Contract],
    templates: Mapping[str, Template],
    assumed: Assumed | None = None,
) -> list[Question]:
    """Plan every rule that has a check and every suite's behaviour, in the order of the verdicts.

    A rule's cases are those to whose logged answer it applies; a case without one counts for every rule.

    Raises:
        ConfigError: a held-out case of a task without contract.
    """
    assumed = assumed or Assumed()
    clusters = _by_rule(cases, distinct(contracts), templates)
    suites: dict[str, list[str]] = {}
    for case in cases:
        if case.behaviour != HELDOUT:
            suites.setdefault(case.behaviour, []).append(case.cluster)
    return [
        *_family("rule", clusters, assumed),
        *_family("behaviour", dict(sorted(suites.items())), assumed),
    ]


def _by_rule(
    cases: Sequence[Case], contracts: Sequence[Contract], templates: Mapping[str, Template]
) -> dict[str, list[str]]:
    rules = rules_of(cases, templates, contracts)
    found: dict[str, list[str]] = {
        rule.id: [] for one in contracts for rule in one.rules if rule.check is not None
    }
    for case in cases:
        if case.behaviour == HELDOUT:
            for rule, _, grade in rules[case.id].each(case, case.reference or ""):
                if case.reference is None or grade.label != "not_applicable":
                    found[rule.id].append(case.cluster)
    return found


def _family(family: str, clusters: Mapping[str, Sequence[str]], assumed: Assumed) -> list[Question]:
    level = assumed.level / max(1, len(clusters))
    shared = {"differing": assumed.differing, "wanted": assumed.wanted}
    margin = min(assumed.margin, assumed.differing)
    for_margin = cases_for(margin, level=level, **shared)
    for_equivalence = equivalence_cases(assumed.margin, level=assumed.level, **shared)
    return [
        Question(
            name=name,
            family=family,
            cases=len(held),
            clusters=len(set(held)),
            level=level,
            detectable=detectable(len(set(held)), level=level, **shared),
            for_margin=for_margin,
            for_equivalence=for_equivalence,
        )
        for name, held in clusters.items()
    ]
