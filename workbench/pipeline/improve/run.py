"""Draws a plan of a run directory, or carries one out, and writes what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.backends import KeptBackend, open_backend
from workbench.convert import read_templates
from workbench.errors import ConfigError, Finding, InputError
from workbench.evaluation.attribution import Tracing
from workbench.io.config import convert, read_json
from workbench.io.fingerprint import file_hash
from workbench.io.frames import frame_to_pairs, pairs_to_frame, read_pairs
from workbench.io.rundir import write_json, write_text
from workbench.io.tokenizer import WordTokenizer, load_tokenizer
from workbench.pipeline.attribution import Places, attribute, write_attribution
from workbench.pipeline.improve.draft import draft
from workbench.pipeline.improve.leaks import Leaks
from workbench.pipeline.improve.make import Making, make_next
from workbench.pipeline.improve.plan import (
    INPUTS,
    PLAN,
    Drafting,
    ImprovePlan,
    check_plan,
    read_plan,
    write_plan,
)
from workbench.pipeline.improve.sources import gather, unanswered
from workbench.ports import silent
from workbench.recipe import CurateStage, TeacherStage
from workbench.verdicts import Verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.pipeline.attribution import Traced
    from workbench.ports import Backend, Progress, Tokenizer
    from workbench.recipe import Recipe
    from workbench.records import Pair

ANSWERS = "answers.jsonl"


@dataclass(frozen=True, kw_only=True)
class OpenPlan:
    """A plan as it was read, with the inputs that lie beside it, and where it stood."""

    plan: ImprovePlan
    inputs: tuple[Pair, ...]
    where: str


@dataclass(frozen=True, kw_only=True)
class Improving:
    """What is asked for: a run, further traffic, a plan to carry out (else one is drawn), and who answers."""

    places: Places
    inputs: tuple[Path, ...] = ()
    plan: OpenPlan | None = None
    drafting: Drafting = field(default_factory=Drafting)
    recipe: Recipe | None = None
    teacher: str | None = None
    base: str | None = None
    apply: bool = False

    @property
    def key(self) -> list[Any]:
        """What decides the result beside the run and the traffic."""
        plan = self.plan and [self.plan.plan, [pair.id for pair in self.plan.inputs]]
        return [plan, self.drafting, self.recipe, self.teacher, self.base, self.apply]


def open_plan(path: Path) -> OpenPlan:
    """Read a plan and the inputs beside it.

    Raises:
        InputError: a file isn't there or can't be read.
        ConfigError: the plan holds an unknown key or a value of another type.
    """
    beside = path.with_name(INPUTS)
    if not beside.is_file():
        raise InputError(
            Finding(
                where=str(beside),
                found="no such file",
                expected="the inputs that the plan asks, beside the plan, as `workbench improve` wrote them",
                fix="Leave the edited plan where it was drawn, or copy both files.",
            )
        )
    inputs = frame_to_pairs(read_pairs(beside))
    return OpenPlan(plan=read_plan(path), inputs=tuple(inputs), where=str(path))


def improve_into(out: Path, told: Improving, *, progress: Progress = silent) -> dict[str, Any]:
    """Draw the plan, or take the one given, and with ``apply`` make the next version; returns the summary.

    Raises:
        InputError: a file that isn't as the workbench writes it.
        ConfigError: a plan of another run, or no teacher.
        GuardError: a row to train on would hold a case of the evaluation.
    """
    places = told.places
    traced = attribute(places, how=Tracing(), progress=progress)
    _, templates = read_templates(places.converted)
    split = (told.recipe.curate if told.recipe else CurateStage()).split
    leaks = Leaks(traced.cases, templates, split=split)
    gathered: dict[str, int] | None = None
    if told.plan is None:
        plan, inputs, gathered = _drawn(out, told, traced, leaks, progress)
    else:
        plan, inputs = told.plan.plan, told.plan.inputs
        _hold(told.plan, traced, places)
    write_plan(plan, out / PLAN)
    pairs_to_frame(inputs).write_parquet(out / INPUTS)
    write_attribution(traced.attribution, out / "attribution")
    made = None
    if told.apply:
        made = make_next(plan, inputs, out, _making(out, told, traced, leaks), progress=progress)
        (out / ANSWERS).unlink(missing_ok=True)
    summary = {
        "run": str(places.evaluated.parent if places.evaluated.name == "eval" else places.evaluated),
        "plan": {
            "rules": [msgspec.to_builtins(one) for one in plan.rules],
            "drop": dict(sorted(Counter(one.why for one in plan.drop).items())),
            "ask": len(plan.ask),
            "inputs": len(inputs),
            "gathered": gathered,
        },
        **({"made": made} if made else {}),
    }
    write_json(out / "summary.json", summary)
    return summary


def _drawn(
    out: Path, told: Improving, traced: Traced, leaks: Leaks, progress: Progress
) -> tuple[ImprovePlan, tuple[Pair, ...], dict[str, int]]:
    """Draw the plan; also the inputs it names, and what became of every row that was looked at."""
    places = told.places
    gathered = gather(
        told.inputs,
        converted=places.converted,
        curated=places.train.parent,
        known=traced.rows,
        progress=progress,
    )
    rejects = "".join(msgspec.json.encode(one).decode() + "\n" for one in gathered.rejects)
    write_text(out / "rejects.jsonl", rejects)
    former = _former(traced, places)
    evaluated = leaks.of(pairs_to_frame([*former, *gathered.inputs]))
    plan = draft(
        traced,
        _verdicts(places.evaluated / "verdicts.json"),
        gathered,
        former=[pair.id for pair in former],
        evaluated=evaluated,
        how=told.drafting,
        **_content(places),
    )
    named = {ask.id for ask in plan.ask}
    again = [unanswered(pair) for pair in traced.rows]
    inputs = {pair.id: pair for pair in (*gathered.inputs, *again) if pair.id in named}
    counts = {
        "rows": gathered.rows,
        "inputs": len(gathered.inputs),
        "known": gathered.rows - len(gathered.inputs) - len(gathered.rejects),
        "rejected": len(gathered.rejects),
        "evaluated": sum(pair.id in evaluated for pair in gathered.inputs),
    }
    return plan, tuple(inputs[name] for name in sorted(inputs)), counts


def _verdicts(path: Path) -> Verdicts:
    found: Verdicts = convert(
        read_json(path, what="the verdicts of a finished evaluation"), Verdicts, where=str(path)
    )
    return found


def _former(traced: Traced, places: Places) -> list[Pair]:
    """Return the rows of the version so far that aren't held out: train and valid."""
    valid = places.train.with_name("valid.parquet")
    return [*traced.rows, *(frame_to_pairs(read_pairs(valid)) if valid.is_file() else ())]


def _content(places: Places) -> dict[str, str]:
    return {
        "evaluation": file_hash(places.evaluated / "grades.parquet"),
        "data": file_hash(places.train),
    }


def _hold(opened: OpenPlan, traced: Traced, places: Places) -> None:
    rules = {rule.id for contract in traced.contracts for rule in contract.rules}
    check_plan(
        opened.plan,
        opened.where,
        **_content(places),
        rows={pair.id for pair in _former(traced, places)},
        inputs={pair.id for pair in opened.inputs},
        rules=rules,
    )


def _making(out: Path, told: Improving, traced: Traced, leaks: Leaks) -> Making:
    recipe = told.recipe
    stage = _stage(told)
    return Making(
        converted=told.places.converted,
        curated=told.places.train.parent,
        stage=stage,
        backend=_backend(stage, out),
        tokenizer=_tokenizer(told, stage),
        curate=recipe.curate if recipe else CurateStage(),
        contracts=traced.contracts,
        leaks=leaks,
    )


def _stage(told: Improving) -> TeacherStage:
    """Name who answers: as told, as the recipe says, or the base itself under the long prompt."""
    held = told.recipe.teacher if told.recipe else None
    base = told.base or (told.recipe.base if told.recipe else None)
    name = told.teacher or (held.name if held else None) or (f"local:{base}" if base else None)
    if name is None:
        raise ConfigError(
            Finding(
                where="--teacher",
                found="nobody named, and the run has no recipe that says",
                expected="who answers the inputs: local:BASE, openai:URL#MODEL or replay:FILE",
                fix="Give --teacher, or --base to have the base answer under the long prompt.",
            )
        )
    if held is None:
        return TeacherStage(name=name, which="all")
    return msgspec.structs.replace(held, name=name, which="all")


def _backend(stage: TeacherStage, out: Path) -> Backend:
    opened = open_backend(stage.name, where="--teacher")
    return KeptBackend(opened.backend, out / ANSWERS, identity=opened.identity)


def _tokenizer(told: Improving, stage: TeacherStage) -> Tokenizer:
    local = stage.name.removeprefix("local:") if stage.name.startswith("local:") else None
    name = told.base or (told.recipe.base if told.recipe else None) or local
    return load_tokenizer(name) if name else WordTokenizer()
