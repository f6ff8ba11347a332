"""Measures the graders on every labelled set of a folder."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from workbench.graders.cards.figures import METRICS, by_group, figures, length_baseline
from workbench.graders.cards.judging import judge_set
from workbench.graders.symmetry import leaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.graders.bymodel import GroundingByModel, HarmByModel
    from workbench.graders.cards.judging import Judging
    from workbench.graders.cards.labelled import LabelledSet
    from workbench.ports import Progress


def measure_sets(
    sets: Iterable[LabelledSet],
    *,
    progress: Progress,
    resamples: int = 1000,
    seed: int = 0,
    models: Mapping[str, GroundingByModel | HarmByModel] | None = None,
) -> dict[str, Any]:
    """Measure each set: ``{"sets": {name: …}}``, each with the figures of ``figures.figures`` and more.

    ``n`` counts labels judged, ``left_out`` the rows that could not be, by reason; ``slices`` and
    ``models`` are figures by slice and source model; ``symmetry`` is the lean between answers to
    opposed prompts; ``baseline`` is what the length of the output alone tells; ``levels`` holds the
    figures over full, partial and no refusal, ``graded`` those of the verdicts by which `eval` grades.
    ``cross_validated`` rows were trained on: their scores are those of a model that had not seen
    them. ``models`` judge in the place of what ships, by behaviour, and are named as ``model``.
    A set of which nothing could be judged has null figures.
    """
    sets = list(sets)
    out: dict[str, Any] = {}
    for i, one in enumerate(sets):
        progress("measure", i, len(sets))
        model = (models or {}).get(one.behaviour)
        judging = judge_set(one, model=model, progress=progress)
        out[one.name] = _measured(judging, rows=len(one.rows), resamples=resamples, seed=seed)
    progress("measure", len(sets), len(sets))
    return {"sets": out, "resamples": resamples, "seed": seed}


def _measured(judging: Judging, *, rows: int, resamples: int, seed: int) -> dict[str, Any]:
    judged = judging.judged
    head: dict[str, Any] = {"grader": judging.grader, "rows": rows, "n": len(judged)}
    if judging.model is not None:
        head["model"] = judging.model.name
    head |= {"left_out": dict(judging.left_out), "cross_validated": judging.cross_validated}
    if judging.pairs:
        head["symmetry"] = [asdict(one) for one in leaning(judging.pairs, seed=seed)]
    if not judged:
        return head | dict.fromkeys(METRICS) | {"ci": dict.fromkeys(METRICS)}
    out = head | figures(judged, positive=judging.positive, resamples=resamples, seed=seed)
    out["slices"] = by_group(judged, lambda one: one.slice)
    out["models"] = by_group(judged, lambda one: one.model)
    if judging.lengths:
        out["baseline"] = length_baseline(judging.lengths, [one.truth == judging.positive for one in judged])
    if judging.graded:
        out["graded"] = figures(judging.graded, positive=judging.positive, resamples=resamples, seed=seed)
    if judging.levels:
        out["levels"] = figures(judging.levels, positive=None, resamples=resamples, seed=seed)
    return out
