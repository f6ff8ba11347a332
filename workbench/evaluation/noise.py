"""Compares an arm with itself (an A/A run), so that a difference is read against what chance alone does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.evaluation.paired import Differing, exchange_test, holm
from workbench.evaluation.repeats import by_unit, questions
from workbench.evaluation.stats import Units
from workbench.records import ARMS
from workbench.text import content_id
from workbench.verdicts import Noise, NoiseFloor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.evaluation.grading import Answered, Graded
    from workbench.evaluation.stats import Method
    from workbench.verdicts import Subject

_LEAST = 2


def noise(rows: Sequence[Graded], answered: Sequence[Answered], *, k: int, method: Method) -> Noise:
    """Hold the second half of every arm's ``k`` samples against the first, question by question.

    With an odd ``k`` the last sample is left aside. Only units judged in every sample of both halves count.
    """
    half = k // 2
    found = [
        one
        for of, name, held in questions(rows)
        for arm in ARMS
        if (units := _halves(held, arm, half)) is not None
        for one in [_floor(units, of=of, name=name, arm=arm, method=method)]
    ]
    level = 1 - method.confidence
    ps = [one.p for one in found]
    return Noise(
        per_half=half,
        differing=_differing(answered, half),
        comparisons=tuple(found),
        rejected=sum(p <= level for p in ps),
        rejected_holm=sum(p <= level for p in holm(ps)),
    )


def _halves(rows: Sequence[Graded], arm: str, half: int) -> Units | None:
    scores, clusters = [], []
    for held in by_unit(rows, arm).values():
        said = [one.grade.score for one in held[: 2 * half]]
        judged = [score for score in said if score is not None]
        if len(judged) == 2 * half:
            scores.append([float(np.mean(judged[:half])), float(np.mean(judged[half:]))])
            clusters.append(held[0].case.cluster)
    return Units(scores=np.array(scores, dtype=np.float64), clusters=clusters) if scores else None


def _floor(units: Units, *, of: Subject, name: str, arm: str, method: Method) -> NoiseFloor:
    differing = Differing.of(units, arms=(0, 1))
    rng = np.random.default_rng(int(content_id("noise", str(method.seed), name, arm), 16))
    signs = rng.choice(np.array([-1.0, 1.0]), size=(method.resamples, len(differing.sums)))
    drawn = np.abs(signs @ differing.sums) / differing.n
    return NoiseFloor(
        of=of,
        name=name,
        arm=arm,
        n=differing.n,
        clusters=len(differing.sums),
        difference=float(differing.sums.sum()) / differing.n,
        floor=float(np.quantile(drawn, method.confidence)),
        p=exchange_test(differing, seed=method.seed),
    )


def _differing(answered: Sequence[Answered], half: int) -> float:
    texts: dict[tuple[str, str], dict[int, str]] = {}
    for one in answered:
        texts.setdefault((one.case.id, one.arm), {})[one.sample] = one.completion.text
    both = [held for held in texts.values() if len(held) >= _LEAST * half]
    changed = sum(any(held[n] != held[n + half] for n in range(half)) for held in both)
    return changed / len(both) if both else 0.0
