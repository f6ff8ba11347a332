"""Turns labels beside verdicts into figures with intervals: how far a grader agrees with people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = np.ndarray[Any, np.dtype[Any]]

METRICS = ("balanced_accuracy", "kappa", "auroc", "auprc", "f1", "accuracy")
_LEVEL = (0.025, 0.975)
_MIN_CLASSES = 2


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One label beside the verdict; ``score`` grows with the positive class, ``None`` where there is none.

    Verdicts of one ``cluster`` (one document, one prompt) are resampled together.
    """

    truth: str
    guess: str
    score: float | None = None
    cluster: str = ""
    slice: str = ""
    model: str = ""


def figures(
    judged: Sequence[Judged], *, positive: str | None, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Measure agreement over ``judged``; independent of the order of rows.

    Returns:
        Each of ``METRICS`` (``None`` where it has no meaning: AUROC and AUPRC without scores, F1 without a
        ``positive`` class, all but accuracy where the labels are of one class), ``ci`` with a 95 % percentile
        interval of each from a cluster bootstrap, and ``confusion`` as ``{label: {verdict: n}}``. κ is
        Cohen's
        (1960), balanced accuracy the mean recall over the labels present, AUPRC the average precision.
    """
    rows = sorted(judged, key=lambda one: (one.cluster, one.truth, one.guess, one.score or 0.0))
    names = sorted({one.truth for one in rows} | {one.guess for one in rows})
    table = _Table(rows, names, positive)
    point = table.measure(np.ones((1, len(rows))))
    drawn = table.measure(_weights(rows, resamples, seed))
    values: dict[str, Any] = {name: _number(point[name][0]) for name in METRICS}
    values["ci"] = {name: _interval(drawn[name]) if values[name] is not None else None for name in METRICS}
    counts = Counter((one.truth, one.guess) for one in rows)
    values["confusion"] = {
        truth: {guess: counts[truth, guess] for guess in names if counts[truth, guess]}
        for truth in names
        if any(counts[truth, guess] for guess in names)
    }
    return values


def by_group(judged: Sequence[Judged], key: Callable[[Judged], str]) -> dict[str, dict[str, Any]]:
    """Measure each group: ``n``, accuracy, and balanced accuracy where it has more labels than one."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        if key(one):
            groups.setdefault(key(one), []).append(one)
    out: dict[str, dict[str, Any]] = {}
    for name, rows in sorted(groups.items()):
        classes = {one.truth for one in rows}
        recalls = [
            float(np.mean([one.guess == label for one in rows if one.truth == label])) for label in classes
        ]
        out[name] = {
            "n": len(rows),
            "accuracy": float(np.mean([one.guess == one.truth for one in rows])),
            "balanced_accuracy": sum(recalls) / len(recalls) if len(classes) >= _MIN_CLASSES else None,
        }
    return out


def length_baseline(lengths: Sequence[int], truths: Sequence[bool]) -> dict[str, float | None]:
    """Say how far the length of the output alone tells the labels apart.

    Returns:
        AUROC in its better direction, and the best balanced accuracy of any one threshold, chosen on these
        very rows (so it flatters the baseline); ``None`` where the labels are of one class.
    """
    truth = np.asarray(truths, dtype=bool)
    if truth.all() or not truth.any():
        return {"auroc": None, "balanced_accuracy": None}
    order = np.argsort(np.asarray(lengths), kind="stable")
    values, truth = np.asarray(lengths)[order], truth[order]
    last = np.append(values[1:] != values[:-1], True)
    true_below = np.cumsum(truth)[last] / truth.sum()
    false_below = np.cumsum(~truth)[last] / (~truth).sum()
    area = float(np.trapezoid(np.append(0, true_below), np.append(0, false_below)))
    best = float(np.max(np.abs(true_below - false_below)))
    return {"auroc": max(area, 1 - area), "balanced_accuracy": 0.5 + best / 2}


class _Table:
    """Labels, verdicts and scores as arrays, so that a thousand resamples are a few matrix products."""

    def __init__(self, rows: Sequence[Judged], names: Sequence[str], positive: str | None) -> None:
        place = {name: i for i, name in enumerate(names)}
        self.k = len(names)
        self.truth = np.array([place[one.truth] for one in rows])
        self.cell = self.truth * self.k + np.array([place[one.guess] for one in rows])
        self.positive = place.get(positive) if positive is not None else None
        scores = [one.score for one in rows]
        scored = self.positive is not None and all(score is not None for score in scores)
        self.order = np.argsort(-np.array(scores, dtype=float), kind="stable") if scored else None
        self.scores = np.array(scores, dtype=float) if scored else None

    def measure(self, weights: Array) -> dict[str, Array]:
        """Return each metric for each row of ``weights`` (resamples × rows)."""
        cells = np.stack([np.bincount(self.cell, row, self.k * self.k) for row in weights])
        table = cells.reshape(len(weights), self.k, self.k)
        total = table.sum((1, 2))
        truth, guess = table.sum(2), table.sum(1)
        hits = np.diagonal(table, axis1=1, axis2=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            recall = np.where(truth > 0, hits / truth, np.nan)
            agreed, chance = hits.sum(1) / total, (truth * guess).sum(1) / total**2
            several = (truth > 0).sum(1) >= _MIN_CLASSES
            out = {
                "accuracy": agreed,
                "balanced_accuracy": np.where(several, np.nanmean(recall, axis=1), np.nan),
                "kappa": np.where(several, (agreed - chance) / (1 - chance), np.nan),
                "f1": np.full(len(weights), np.nan),
            }
            if self.positive is not None:
                both = truth[:, self.positive] + guess[:, self.positive]
                out["f1"] = np.where(several, 2 * hits[:, self.positive] / both, np.nan)
        out["auroc"], out["auprc"] = self._ranked(weights)
        return out

    def _ranked(self, weights: Array) -> tuple[Array, Array]:
        if self.order is None or self.scores is None:
            return np.full(len(weights), np.nan), np.full(len(weights), np.nan)
        is_positive = (self.truth == self.positive)[self.order]
        ranked = self.scores[self.order]
        last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # ties stand or fall together
        areas, precisions = [], []
        for row in weights:
            weight = row[self.order]
            above = np.append(0.0, np.cumsum(weight * is_positive)[last])
            false = np.append(0.0, np.cumsum(weight * ~is_positive)[last])
            if not above[-1] or not false[-1]:
                areas.append(np.nan)
                precisions.append(np.nan)
                continue
            areas.append(np.trapezoid(above / above[-1], false / false[-1]))
            precision = above[1:] / np.maximum(above[1:] + false[1:], 1e-12)
            precisions.append(np.sum(np.diff(above) / above[-1] * precision))
        return np.array(areas), np.array(precisions)


def _weights(rows: Sequence[Judged], resamples: int, seed: int) -> Array:
    """Draw whole clusters with replacement: how often each row stands in each resample."""
    names = sorted({one.cluster for one in rows})
    place = {name: i for i, name in enumerate(names)}
    member = np.array([place[one.cluster] for one in rows])
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    return drawn[:, member].astype(np.float32)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _interval(values: Array) -> list[float] | None:
    known = values[~np.isnan(values)]
    return [float(x) for x in np.quantile(known, _LEVEL)] if len(known) else None
