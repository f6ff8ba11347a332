"""Holds a training's answers against the rules while it runs, so that it can stop on what it is for."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import workbench.convert as conversion
from workbench import evaluation
from workbench.backends.local import LocalBackend
from workbench.errors import Finding, InputError
from workbench.pipeline.stages import read_contracts

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from workbench.records import Arm
    from workbench.rendering.opening import OpenBase
    from workbench.training import Sft
    from workbench.training.watch import Measure, Probing

_ARM_OF_BASE: tuple[Arm, ...] = ("teacher", "before")


def probing(spec: Sft, *, converted: Path, valid: pl.DataFrame | None) -> Probing:
    """Return what probes a training: ``probe_cases`` validation pairs, chosen by content hash.

    ``obeyed`` is the share of their judged rules; ``recovery`` sets it between the base's with the compact
    and with the long prompt, which are asked once, before there is an adapter.

    Raises:
        InputError: no validation pairs, or no templates.
    """
    form, templates = conversion.read_templates(converted)
    contracts = read_contracts(converted)
    cases = evaluation.bounded(evaluation.cases_from_pairs(_some(valid)), spec.probe_cases)

    def prepare(base: OpenBase) -> Measure:
        backend = LocalBackend(base)

        def shares(*arms: Arm) -> dict[Arm, float]:
            plan = evaluation.Plan(templates=templates, form=form, contracts=contracts, arms=arms)
            graded = evaluation.evaluate(cases, plan, backend_for=lambda _: backend).graded
            return {arm: _share([one for one in graded if one.arm == arm]) for arm in arms}

        known = shares(*_ARM_OF_BASE)
        gap = known["teacher"] - known["before"]

        def measure() -> dict[str, float]:
            training = base.model.training
            base.model.eval()
            try:
                obeyed = shares("after")["after"]
            finally:
                base.model.train(training)
            found = {"obeyed": obeyed}
            return {**found, "recovery": (obeyed - known["before"]) / gap} if gap > 0 else found

        return measure

    return prepare


def _share(graded: list[evaluation.Graded]) -> float:
    scores = [one.grade.score for one in graded if one.grade.score is not None]
    if scores:
        return statistics.fmean(scores)
    raise InputError(
        Finding(
            where="the contract",
            found="no rule that applies to a probe's case and that a program can judge",
            expected="at least one: probes count rules that are obeyed",
            fix="Raise probe_cases, mend the contract, or leave probe_every at 0.",
        )
    )


def _some(valid: pl.DataFrame | None) -> pl.DataFrame:
    if valid is not None and valid.height:
        return valid
    raise InputError(
        Finding(
            where="the validation pairs",
            found="none beside the training rows",
            expected="valid.parquet, as `workbench curate` writes it: probes are asked there",
            fix="Give the output directory of `workbench curate`, or leave probe_every at 0.",
        )
    )
