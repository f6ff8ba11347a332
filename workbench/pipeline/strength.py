"""Draws what the rules do as an adapter is turned from off to stronger than it was trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from workbench import convert as conversion
from workbench import evaluation
from workbench.io.fingerprint import fingerprint
from workbench.io.parts import read_whole
from workbench.io.rundir import write_json, write_text
from workbench.pipeline.stages import read_contracts
from workbench.pipeline.strengthcurve import strength_svg
from workbench.ports import silent
from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.ports import Progress
    from workbench.verdicts import Figure, Verdicts

_ADAPTER = "after"


class Point(Value, frozen=True, kw_only=True):
    """The rules at one strength: how far all of them and each are obeyed.

    ``recovery`` of what the long prompt does is ``None`` where it changes nothing, a rule's share where it
    was never judged.
    """

    scale: float
    obeyed: Figure
    recovery: float | None
    rules: dict[str, float | None]


class Strength(Value, frozen=True, kw_only=True):
    """The curve over ``cases`` cases, between the base with the long prompt and with the compact one.

    ``best`` is the weakest strength of those that obey most.
    """

    cases: int
    teacher: Figure
    before: Figure
    best: float
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Turned:
    """What is asked: base and adapter, their conversion, and the pairs (at most ``max_cases`` of them)."""

    base: str
    adapter: Path
    converted: Path
    pairs: Path
    max_cases: int | None = None


def strength(what: Turned, scales: Sequence[float], *, cache: Path, progress: Progress = silent) -> Strength:
    """Ask the same cases at each of ``scales``, of which there is one at least (1: the adapter as trained).

    The base's own answers are asked once and kept in ``cache``.

    Raises:
        ConfigError: no cases, or an adapter that can't be scaled (DoRA).
        ModelError: an adapter that doesn't fit the base.
    """
    from workbench.backends.local import LocalBackend

    cases = evaluation.bounded(evaluation.cases_from_pairs(read_whole(what.pairs)), what.max_cases)
    backend = LocalBackend.open(what.base, adapters={_ADAPTER: what.adapter})
    form, templates = conversion.read_templates(what.converted)
    plan = evaluation.Plan(templates=templates, form=form, contracts=read_contracts(what.converted))
    base, adapter = fingerprint(what.base), fingerprint(what.adapter)
    found: list[tuple[float, Verdicts]] = []
    for place, scale in enumerate(scales):
        progress("strength", place, len(scales), f"{scale:g}")
        backend.strengthen(_ADAPTER, scale)
        asked = evaluation.evaluate(
            cases,
            plan,
            backend_for=lambda arm: backend.arm(_ADAPTER if arm == "after" else None),
            cache=cache,
            weights={"teacher": base, "before": base, "after": f"{base}+{adapter}*{scale!r}"},
            progress=progress,
        )
        found.append((scale, asked.verdicts))
    points = tuple(_point(scale, verdicts) for scale, verdicts in found)
    _, last = found[-1]
    return Strength(
        cases=last.cases,
        teacher=last.overall.teacher,
        before=last.overall.before,
        best=max(points, key=lambda point: (point.obeyed.rate or 0.0, -point.scale)).scale,
        points=points,
    )


def write_strength(found: Strength, out: Path, *, name: str) -> None:
    """Write strength.json, the drawing strength.svg, and the summary."""
    told = msgspec.to_builtins(found)
    write_json(out / "strength.json", told)
    write_text(out / "strength.svg", strength_svg(found, name=name))
    write_json(out / "summary.json", told)


def _point(scale: float, verdicts: Verdicts) -> Point:
    arms = verdicts.overall
    rates = [figure.rate for figure in (arms.teacher, arms.before, arms.after)]
    recovery = None
    if None not in rates and (arms.teacher.rate or 0.0) != (arms.before.rate or 0.0):
        teacher, before, after = (rate or 0.0 for rate in rates)
        recovery = (after - before) / (teacher - before)
    return Point(
        scale=scale,
        obeyed=arms.after,
        recovery=recovery,
        rules={rule.id: rule.arms.after.rate for rule in verdicts.rules},
    )
