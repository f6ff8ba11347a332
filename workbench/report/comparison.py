"""Puts many runs beside one another: how each stands, what became of each rule, whose adapter is best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.manifest import read_manifest
from workbench.records import Value
from workbench.report.files import optional_json, optional_text, read_verdicts
from workbench.report.words import verdict_sentence
from workbench.text import content_id
from workbench.verdicts import ArmFigures, Figure, RuleVerdict, Verdicts  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


_SEVERAL = 2


class RunView(Value, frozen=True, kw_only=True):
    """One run: what it is called, its verdict and figures, and what its figures rest on.

    ``gate`` is ``passed``, ``failed``, ``undecided`` or empty where it wasn't gated. ``asked`` names by
    content the cases that were asked: runs of one value can be compared case by case.
    """

    name: str
    sentence: str
    gate: str
    overall: ArmFigures
    retained: float | None
    retained_ci: tuple[float, float] | None
    saved_share: float
    states: dict[str, int]
    behaviours: dict[str, Figure]
    base: str
    asked: str
    version: str


class RuleRow(Value, frozen=True, kw_only=True):
    """One rule over the runs, ``None`` where a run lacks it.

    ``best`` is the place of the run whose adapter obeys it most often, the earliest of equals; ``clear``
    tells whether its interval lies above those of all others.
    """

    id: str
    text: str
    severity: str
    after: tuple[Figure | None, ...]
    states: tuple[str, ...]
    best: int | None
    clear: bool


class Comparison(Value, frozen=True, kw_only=True):
    """Runs in the order given, which is the history; ``notes`` say why some figures don't compare."""

    runs: tuple[RunView, ...]
    rules: tuple[RuleRow, ...]
    behaviours: tuple[str, ...]
    best: int | None
    notes: tuple[str, ...]


def compare_runs(places: Sequence[Path]) -> Comparison:
    """Read runs and put them side by side.

    Raises:
        InputError: fewer than two different runs, or one without a finished evaluation.
    """
    different = {place.resolve() for place in places}
    if len(different) < max(_SEVERAL, len(places)):
        raise InputError(
            Finding(
                where=", ".join(map(str, places)),
                found=f"{len(different)} different run" + ("s" if len(different) > 1 else ""),
                expected="two runs or more, each once",
                fix="Name further runs; for one alone, see its report.",
            )
        )
    names = _names(places)
    read = [
        (name, place, read_verdicts(_evaluated(place))) for name, place in zip(names, places, strict=True)
    ]
    runs = tuple(_view(name, place, found) for name, place, found in read)
    rules = _rules([found for _, _, found in read])
    return Comparison(
        runs=runs,
        rules=rules,
        behaviours=tuple(dict.fromkeys(name for run in runs for name in run.behaviours)),
        best=_best([run.overall.after for run in runs])[0],
        notes=_notes(runs),
    )


def plain_comparison(found: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON values."""
    whole: dict[str, Any] = msgspec.to_builtins(found)
    return whole


def _evaluated(place: Path) -> Path:
    return place / "eval" if (place / "eval").is_dir() else place


def _names(places: Sequence[Path]) -> list[str]:
    """Name runs by their folders, by as many of them as tell all apart."""
    full = [place.resolve().parts for place in places]
    for depth in range(1, max(map(len, full), default=1) + 1):
        short = ["/".join(parts[-depth:]) for parts in full]
        if len(set(short)) == len(set(full)):
            return short
    return [str(place) for place in places]


def _view(name: str, place: Path, found: Verdicts) -> RunView:
    evaluated = _evaluated(place)
    gate = optional_json(place / "gate.json")
    parity = optional_json(evaluated / "parity.json") or {}
    states: dict[str, int] = {}
    for rule in found.rules:
        states[rule.state] = states.get(rule.state, 0) + 1
    word = ""
    if gate is not None:
        word = "passed" if gate["passed"] else "undecided" if gate["undecided"] else "failed"
    return RunView(
        name=name,
        sentence=verdict_sentence(found.rules, found.tokens),
        gate=word,
        overall=found.overall,
        retained=found.retained,
        retained_ci=found.retained_ci,
        saved_share=found.tokens.saved_share,
        states=states,
        behaviours={one.behaviour: one.arms.after for one in found.behaviours},
        base=str((parity.get("base") or {}).get("weights", "")),
        asked=content_id(optional_text(evaluated / "cases.jsonl") or ""),
        version=str((read_manifest(evaluated) or {}).get("workbench", "")),
    )


def _rules(read: Sequence[Verdicts]) -> tuple[RuleRow, ...]:
    by_run = [{rule.id: rule for rule in found.rules} for found in read]
    ids = dict.fromkeys(name for rules in by_run for name in rules)
    return tuple(_rule(name, [rules.get(name) for rules in by_run]) for name in ids)


def _rule(name: str, found: Sequence[RuleVerdict | None]) -> RuleRow:
    known = next(rule for rule in found if rule is not None)
    after = tuple(rule.arms.after if rule else None for rule in found)
    best, clear = _best(after)
    return RuleRow(
        id=name,
        text=known.text,
        severity=known.severity,
        after=after,
        states=tuple(rule.state if rule else "" for rule in found),
        best=best,
        clear=clear,
    )


def _best(figures: Sequence[Figure | None]) -> tuple[int | None, bool]:
    """Return the place of the greatest share, and whether its interval lies above all others."""
    rated = {place: one for place, one in enumerate(figures) if one is not None and one.rate is not None}
    if not rated:
        return None, False
    best = min(rated, key=lambda place: (-(rated[place].rate or 0.0), place))
    own = rated[best].ci
    low = own[0] if own else None
    others = [one.ci for place, one in rated.items() if place != best]
    clear = low is not None and bool(others) and all(ci is not None and ci[1] < low for ci in others)
    return best, clear


def _notes(runs: Sequence[RunView]) -> tuple[str, ...]:
    """Say what keeps the runs from being compared like with like."""
    groups = (
        (
            "asked",
            "The runs were not asked the same cases: compare shares with their intervals, not case by case.",
        ),
        ("base", "The runs don't rest on the same base model."),
        ("version", "The runs were evaluated by different versions of the workbench."),
    )
    return tuple(said for field, said in groups if len({getattr(run, field) for run in runs}) > 1)
