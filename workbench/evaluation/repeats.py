"""Tells what several samples of the same prompt show: their mean, and how often all of them pass."""

from __future__ import annotations

from dataclasses import replace
from math import comb
from typing import TYPE_CHECKING

import msgspec

from workbench.evaluation.cases import HELDOUT
from workbench.evaluation.stats import Method, figure
from workbench.records import ARMS
from workbench.verdicts import Repeated, Samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from workbench.evaluation.grading import Graded
    from workbench.ports import Sampling
    from workbench.verdicts import Subject

Unit = tuple[str, str]


def averaged(rows: Sequence[Graded]) -> list[Graded]:
    """Return one judgment a case, arm and rule: the mean score of its samples that could be judged."""
    groups: dict[tuple[str, str, str], list[Graded]] = {}
    for one in rows:
        groups.setdefault((one.case.id, one.arm, one.rule or ""), []).append(one)
    if len(groups) == len(rows):
        return list(rows)
    # In the order of their names, so that sums of fractions don't depend on the order of the cases.
    return [_mean(groups[name]) for name in sorted(groups)]


def questions(rows: Iterable[Graded]) -> Iterator[tuple[Subject, str, list[Graded]]]:
    """Give every question with its judgments: all rules together, each rule, each behaviour."""
    rules: dict[str, list[Graded]] = {}
    suites: dict[str, list[Graded]] = {}
    for one in rows:
        if one.case.behaviour == HELDOUT:
            rules.setdefault(one.rule or "", []).append(one)
        else:
            suites.setdefault(one.case.behaviour, []).append(one)
    if rules:
        yield "overall", "all rules", [one for held in rules.values() for one in held]
    for name, held in sorted(rules.items()):
        yield "rule", name, held
    for name, held in sorted(suites.items()):
        yield "behaviour", name, held


def by_unit(rows: Iterable[Graded], arm: str) -> dict[Unit, list[Graded]]:
    """Return an arm's judgments by case and rule, by sample; inapplicable ones are left out."""
    found: dict[Unit, list[Graded]] = {}
    for one in rows:
        if one.arm == arm and one.grade.label != "not_applicable":
            found.setdefault((one.case.id, one.rule or ""), []).append(one)
    return {unit: sorted(found[unit], key=lambda one: one.sample) for unit in sorted(found)}


def reliability(rows: Sequence[Graded], *, k: int, sampling: Sampling, method: Method) -> Samples:
    """Say for every question and arm what ``k`` samples a case show."""
    found = []
    for of, name, held in questions(rows):
        for arm in ARMS:
            units = by_unit(held, arm)
            if one := _repeated(units, of=of, name=name, arm=arm, k=k, method=method):
                found.append(one)
    return Samples(k=k, temperature=sampling.temperature, questions=tuple(found))


def pass_hat(passed: int, samples: int, tries: int) -> float:
    """Return the unbiased chance that ``tries`` samples all pass, by ``passed`` of ``samples`` that did."""
    return comb(passed, tries) / comb(samples, tries)


def _repeated(
    units: Mapping[Unit, list[Graded]], *, of: Subject, name: str, arm: str, k: int, method: Method
) -> Repeated | None:
    whole = [
        held for held in units.values() if len(held) == k and all(one.grade.score is not None for one in held)
    ]
    if not whole:
        return None
    passes = [sum(one.grade.label == "pass" for one in held) for held in whole]
    clusters = [held[0].case.cluster for held in whole]
    first = figure([count / k for count in passes], clusters, method=method)
    every = figure([float(count == k) for count in passes], clusters, method=method)
    return Repeated(
        of=of,
        name=name,
        arm=arm,
        n=len(whole),
        clusters=len(set(clusters)),
        pass_at=first.rate or 0.0,
        pass_at_ci=first.ci,
        pass_hat=tuple(sum(pass_hat(c, k, j) for c in passes) / len(passes) for j in range(1, k + 1)),
        pass_hat_ci=every.ci,
        flips=sum(0 < count < k for count in passes) / len(passes),
        unscored=len(units) - len(whole),
    )


def _mean(group: list[Graded]) -> Graded:
    if len(group) == 1:
        return group[0]
    scores = [one.grade.score for one in group if one.grade.score is not None]
    if not scores:
        return group[0]
    mean = sum(scores) / len(scores)
    first = next(one for one in group if one.grade.score is not None)
    passed = sum(one.grade.label == "pass" for one in group)
    grade = msgspec.structs.replace(
        first.grade,
        score=mean,
        label="pass" if passed == len(scores) else "fail",
        detail=f"{passed} of {len(scores)} samples pass",
    )
    return replace(first, grade=grade)
