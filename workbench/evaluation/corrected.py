"""Corrects measured shares for what their grader gets wrong, by its card or by a person's verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.evaluation.repeats import questions
from workbench.evaluation.stats import Interval, Method, Units, effective, wilson
from workbench.records import ARMS
from workbench.verdicts import Corrected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from workbench.evaluation.grading import Graded
    from workbench.evaluation.labels import Key
    from workbench.verdicts import Subject

_LEAST_LABELS = 2
RULES = "rules"


@dataclass(frozen=True, kw_only=True)
class Error:
    """What the labelled set ``basis`` says of a grader.

    Of ``positives`` right answers ``caught`` pass it, of ``negatives`` wrong ones ``refused`` fail it.
    """

    basis: str
    positives: int
    caught: int
    negatives: int
    refused: int

    def informedness(self, *, confidence: float = 0.95) -> tuple[float, Interval]:
        """Return sensitivity + specificity - 1 with its interval (Newcombe's of two Wilson intervals)."""
        sens, spec = self.caught / self.positives, self.refused / self.negatives
        low_a, high_a = wilson(self.caught, self.positives, confidence=confidence)
        low_b, high_b = wilson(self.refused, self.negatives, confidence=confidence)
        point = sens + spec - 1
        down = float(np.hypot(sens - low_a, spec - low_b))
        up = float(np.hypot(high_a - sens, high_b - spec))
        return point, (point - down, point + up)


def rogan_gladen(rate: float, n: float, error: Error, *, confidence: float = 0.95) -> tuple[float, Interval]:
    """Return a share as it would be without the grader's error, within [0, 1], and its interval.

    ``n`` is the number of independent cases behind ``rate``. Rogan & Gladen 1978; the interval takes the
    uncertainty of sensitivity and specificity in (Lang & Reiczigel 2014).
    """
    from scipy import stats as distributions

    z = float(distributions.norm.ppf((1 + confidence) / 2))
    sens, spec = error.caught / error.positives, error.refused / error.negatives
    point = min(1.0, max(0.0, (rate + spec - 1) / (sens + spec - 1)))
    n2, a2, b2 = n + z * z, error.positives + 2, error.negatives + 2
    p = (n * rate + z * z / 2) / n2
    a, b = (error.caught + 1) / a2, (error.refused + 1) / b2
    power = a + b - 1
    centre = (p + b - 1) / power
    spread_a, spread_b = a * (1 - a) / a2, b * (1 - b) / b2
    half = z * float(np.sqrt(p * (1 - p) / n2 + centre**2 * spread_a + (1 - centre) ** 2 * spread_b)) / power
    middle = centre + 2 * z * z * (centre * spread_a - (1 - centre) * spread_b)
    return point, (min(1.0, max(0.0, middle - half)), max(0.0, min(1.0, middle + half)))


def prediction_powered(
    found: NDArray[np.float64],
    said: NDArray[np.float64],
    clusters: Sequence[str],
    *,
    confidence: float = 0.95,
) -> tuple[float, Interval]:
    """Return the mean of a person's verdicts over all cases, the grader's filling in where none was given.

    ``found`` ``[cases]`` is the grader's score, ``said`` the person's, NaN where there is none; the labelled
    cases must be drawn at random. Angelopoulos et al. 2023, weighed as in PPI++ so that a useless grader does
    no harm; variance over clusters, Student's quantile, and no side narrower than so few labels could hide.
    """
    from scipy import stats as distributions

    known = ~np.isnan(said)
    rest = int((~known).sum())
    weight = _weight(found, said[known], known) if rest else 0.0
    rectified = said[known] - weight * found[known]
    filled = weight * found[~known]
    point = float(rectified.mean() + (filled.mean() if rest else 0.0))
    part = [name for name, one in zip(clusters, known, strict=True) if one]
    variance = _mean_variance(rectified, part)
    if rest:
        variance += _mean_variance(
            filled, [name for name, one in zip(clusters, known, strict=True) if not one]
        )
    groups = len(set(part))
    half = float(distributions.t.ppf((1 + confidence) / 2, max(groups - 1, 1)) * np.sqrt(variance))
    hidden = wilson(0.0, float(groups), confidence=confidence)[1]
    off = said[known] - found[known] if rest else said[known] - point
    low = half if (off < 0).any() else max(half, hidden)
    high = half if (off > 0).any() else max(half, hidden)
    return min(1.0, max(0.0, point)), (max(0.0, point - low), min(1.0, point + high))


def corrections(
    rows: Sequence[Graded],
    *,
    errors: Mapping[str, Error],
    labels: Mapping[Key, bool],
    method: Method,
) -> tuple[Corrected, ...]:
    """Correct every share that a grader's card (by behaviour; ``rules``) or a person's labels speak to.

    Only the first sample of each case counts.
    """
    first = [one for one in rows if one.sample == 0]
    found: list[Corrected] = []
    for of, name, held in questions(first):
        for arm in ARMS:
            part = [one for one in held if one.arm == arm and one.grade.score is not None]
            if part:
                found += _by_card(part, errors.get(RULES if of == "overall" else name), of, name, method)
                found += _by_labels(part, labels, of, name, method)
    return tuple(found)


def _by_card(
    rows: Sequence[Graded], error: Error | None, of: Subject, name: str, method: Method
) -> Iterator[Corrected]:
    if error is None or of == "rule":
        return
    scores, clusters = _scores(rows), [one.case.cluster for one in rows]
    raw = float(scores.mean())
    rate, ci, note = None, None, ""
    if error.informedness(confidence=method.confidence)[1][0] <= 0:
        note = "the grader's measured power is nil: the interval of its informedness holds 0"
    else:
        worth = effective(Units(scores=scores[:, None], clusters=clusters), confidence=method.confidence)
        rate, ci = rogan_gladen(raw, worth, error, confidence=method.confidence)
    yield Corrected(
        of=of, name=name, arm=rows[0].arm, method="rogan_gladen", basis=error.basis, raw=raw, rate=rate,
        ci=ci, n=len(rows), labelled=error.positives + error.negatives, note=note,
    )  # fmt: skip


def _by_labels(
    rows: Sequence[Graded], labels: Mapping[Key, bool], of: Subject, name: str, method: Method
) -> Iterator[Corrected]:
    said = np.array([labels.get((one.case.id, one.arm, one.rule or ""), np.nan) for one in rows], dtype=float)
    n = int((~np.isnan(said)).sum())
    if not n:
        return
    scores, clusters = _scores(rows), [one.case.cluster for one in rows]
    rate, ci, note = None, None, f"fewer than {_LEAST_LABELS} labels"
    if n >= _LEAST_LABELS:
        rate, ci = prediction_powered(scores, said, clusters, confidence=method.confidence)
        note = ""
    yield Corrected(
        of=of, name=name, arm=rows[0].arm, method="prediction_powered", basis="labels",
        raw=float(scores.mean()), rate=rate, ci=ci, n=len(rows), labelled=n, note=note,
    )  # fmt: skip


def _scores(rows: Sequence[Graded]) -> NDArray[np.float64]:
    return np.array([one.grade.score for one in rows], dtype=np.float64)


def _weight(found: NDArray[np.float64], said: NDArray[np.float64], known: NDArray[np.bool_]) -> float:
    """Return how far the grader is to be believed, between 0 and 1 (PPI++: least variance)."""
    labelled = found[known]
    n, rest = len(labelled), len(found) - len(labelled)
    spread = float(found.var())
    if n < _LEAST_LABELS or spread == 0:
        return 1.0
    shared = float(((said - said.mean()) * (labelled - labelled.mean())).sum()) / (n - 1)
    return min(1.0, max(0.0, shared / ((1 + n / rest) * spread)))


def _mean_variance(values: NDArray[np.float64], clusters: Sequence[str]) -> float:
    """Return the variance of a mean whose cases stand or fall in clusters; 0 of one cluster."""
    totals, sizes = Units(scores=values[:, None], clusters=clusters).sums()
    residual = totals[:, 0] - float(values.mean()) * sizes
    groups = len(sizes)
    return float(residual @ residual) / len(values) ** 2 * groups / (groups - 1) if groups > 1 else 0.0
