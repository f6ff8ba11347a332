"""A recipe: one YAML file that says a whole run, decoded into the very specs that do the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from workbench.contracts import Severity  # noqa: TC001 - msgspec reads it
from workbench.convert import ConvertOptions
from workbench.errors import ConfigError, Finding
from workbench.io.config import load
from workbench.ports import Sampling
from workbench.records import Value
from workbench.signals import DEFAULT, AnySignal
from workbench.steps import (
    AnyStep,
    ClusterSplit,
    ContractFilter,
    Decontaminate,
    ExactDedup,
    Guards,
    NearDedup,
)
from workbench.training.spec import Sft
from workbench.verdicts import Prices  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from pathlib import Path

RECIPE_VERSION: Literal[1] = 1


class ConvertStage(Value, frozen=True, kw_only=True):
    """Which logs to read, and how to take them apart. Paths are relative to the recipe file.

    ``contracts`` (files) stand in for those inferred from the prompts of their tasks.
    """

    logs: tuple[str, ...]
    contracts: tuple[str, ...] = ()
    options: ConvertOptions = ConvertOptions()


class TeacherStage(Value, frozen=True, kw_only=True):
    """Who answers the long prompts anew, which of them, and which answers are taken.

    ``name``: ``local:BASE``, ``openai:URL#MODEL``, ``replay:FILE`` or ``plugin:NAME``. ``which``: calls
    without an answer, those and the ones whose answer breaks a rule, or all. Of ``samples`` answers those
    that were cut or break a rule of ``severity`` go (``should``: of either); of the rest the one most like
    all others is taken, if at least ``min_agreement`` of all samples are like it (``likeness`` or more).
    Nothing is asked that could take prompt and answer tokens over ``budget``.
    """

    name: str
    which: Literal["missing", "broken", "all"] = "all"
    samples: Annotated[int, msgspec.Meta(ge=1)] = 1
    sampling: Sampling = Sampling()
    severity: Severity = "must"
    min_agreement: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    likeness: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.6
    budget: Annotated[int, msgspec.Meta(ge=1)] | None = None


class CurateStage(Value, frozen=True, kw_only=True):
    """What to measure of each pair, the steps in order, how to split what is left, and what fails it all.

    ``judge`` is the model that the signal ``judge`` asks, a folder or a hub id.
    """

    signals: tuple[AnySignal, ...] = DEFAULT
    judge: str | None = None
    steps: tuple[AnyStep, ...] = (ContractFilter(), ExactDedup(), NearDedup())
    split: ClusterSplit = ClusterSplit()
    guards: Guards = Guards()


class EvalStage(Value, frozen=True, kw_only=True):
    """What to ask: suites (files or folders), held-out pairs, and how to generate.

    ``max_cases`` bounds the held-out pairs (``None``: all of the test part), ``max_suite_cases`` the cases of
    each suite (twins stay together; languages and slices take turns). ``sequential`` stops once it is clear
    whether the adapter is worse.
    ``samples``: answers a case in each arm, above 1 with a temperature. ``noise`` also holds every arm
    against itself (at least two samples). ``prices`` (of a million tokens, by arm) give what each arm cost.
    ``graders`` take the place of those that ship, by behaviour: ``hf:MODEL``, ``judge:BACKEND``,
    ``plugin:NAME``.
    """

    suites: tuple[str, ...] = ()
    max_cases: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_suite_cases: Annotated[int, msgspec.Meta(ge=2)] | None = None
    sampling: Sampling = Sampling()
    batch_size: Annotated[int, msgspec.Meta(ge=1)] = 32
    sequential: bool = False
    samples: Annotated[int, msgspec.Meta(ge=1)] = 1
    noise: bool = False
    prices: Prices | None = None
    graders: dict[str, str] = msgspec.field(default_factory=dict)


class Recipe(Value, frozen=True, kw_only=True):
    """Everything that decides a run's result."""

    base: str
    convert: ConvertStage
    version: Literal[1] = RECIPE_VERSION
    teacher: TeacherStage | None = None
    curate: CurateStage = CurateStage()
    train: Sft = Sft()
    eval: EvalStage = EvalStage()
    gate: str | None = None


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; relative paths in it become relative to the file.

    Raises:
        InputError: the file can't be read.
        ConfigError: an unknown key (with the nearest known one), a wrong type, or a path that isn't there.
    """
    try:
        recipe = load(path, Recipe, what="a recipe (YAML)")
    except ConfigError as error:
        if {"task", "rules"} <= _top_keys(path):
            raise ConfigError(_a_contract(path)) from error
        raise
    root = path.resolve().parent
    findings: list[Finding] = []
    recipe = msgspec.structs.replace(
        recipe,
        base=_base(root, recipe.base),
        teacher=_teacher(root, recipe.teacher),
        convert=msgspec.structs.replace(
            recipe.convert,
            logs=tuple(
                _existing(root, p, f"$.convert.logs[{i}]", path, findings)
                for i, p in enumerate(recipe.convert.logs)
            ),
            contracts=tuple(
                _existing(root, p, f"$.convert.contracts[{i}]", path, findings)
                for i, p in enumerate(recipe.convert.contracts)
            ),
        ),
        curate=msgspec.structs.replace(
            recipe.curate,
            judge=None if recipe.curate.judge is None else _base(root, recipe.curate.judge),
            steps=_steps(root, recipe.curate.steps, path, findings),
        ),
        eval=msgspec.structs.replace(
            recipe.eval,
            suites=tuple(
                _existing(root, p, f"$.eval.suites[{i}]", path, findings)
                for i, p in enumerate(recipe.eval.suites)
            ),
            graders={name: _grader(root, one) for name, one in recipe.eval.graders.items()},
        ),
        gate=None if recipe.gate is None else _existing(root, recipe.gate, "$.gate", path, findings),
    )
    if findings:
        raise ConfigError(findings)
    return recipe


def against(stage: CurateStage) -> tuple[str, ...]:
    """Return the evaluation files that the steps of a curation read."""
    return tuple(name for step in stage.steps if isinstance(step, Decontaminate) for name in step.against)


def _steps(
    root: Path, steps: tuple[AnyStep, ...], path: Path, findings: list[Finding]
) -> tuple[AnyStep, ...]:
    """Resolve the evaluation files that steps read, as all paths of a recipe."""
    return tuple(
        msgspec.structs.replace(
            step,
            against=tuple(
                _existing(root, name, f"$.curate.steps[{i}].against[{j}]", path, findings)
                for j, name in enumerate(step.against)
            ),
        )
        if isinstance(step, Decontaminate)
        else step
        for i, step in enumerate(steps)
    )


def _teacher(root: Path, stage: TeacherStage | None) -> TeacherStage | None:
    """Resolve a local teacher as a base is."""
    if stage is None or not stage.name.startswith("local:"):
        return stage
    return msgspec.structs.replace(stage, name="local:" + _base(root, stage.name.removeprefix("local:")))


def _grader(root: Path, name: str) -> str:
    """Resolve the model of a grader as a base is."""
    for kind in ("hf:", "judge:local:"):
        if name.startswith(kind):
            model, mark, label = name.removeprefix(kind).partition("#")
            return kind + _base(root, model) + mark + label
    return name


def _top_keys(path: Path) -> set[str]:
    """Return the words that begin a line and end in a colon: the top keys of a plain YAML file."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return {line.split(":")[0] for line in lines if ":" in line and line[:1].isalpha()}


def _a_contract(path: Path) -> Finding:
    return Finding(
        where=str(path),
        found="a contract (it has task and rules)",
        expected="a recipe (base, convert, curate, train, eval)",
        fix="Give a contract with --contract; samples/support/recipe.yaml is a recipe.",
    )


def _base(root: Path, base: str) -> str:
    """Resolve a base that is a folder beside the recipe; anything else is a hub id or a path as given."""
    return str((root / base).resolve()) if (root / base).is_dir() else base


def _existing(root: Path, name: str, at: str, recipe: Path, findings: list[Finding]) -> str:
    path = (root / name).resolve()
    if not path.exists():
        findings.append(
            Finding(
                where=f"{recipe} {at}",
                found=f"{name!r}, which isn't there",
                expected=f"a path relative to {root}",
                fix="Correct the path, or make the file.",
            )
        )
    return str(path)
