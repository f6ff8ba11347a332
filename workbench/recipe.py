"""A recipe: one YAML file that says a whole run, decoded into the very specs that do the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from workbench.contracts import Severity  # noqa: TC001 - msgspec reads it
from workbench.convert import CompactForm, ConvertOptions
from workbench.errors import ConfigError, Finding
from workbench.io.bundled import here_or_bundled
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
from workbench.wording import Lang  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Iterator

RECIPE_VERSION: Literal[1] = 1


class ConvertStage(Value, frozen=True, kw_only=True):
    """Which logs to read, and how to take them apart. Paths are relative to the recipe file.

    ``contracts`` (files) stand in for those inferred from the prompts of their tasks.
    """

    logs: tuple[str, ...]
    contracts: tuple[str, ...] = ()
    options: ConvertOptions = ConvertOptions()


class KnowledgeStage(Value, frozen=True, kw_only=True):
    """Which documents become pairs and suites, and how. Paths are relative to the recipe file.

    Chunks hold up to ``max_words`` words. ``teacher`` (named as in `TeacherStage`; ``None``: only questions
    that the documents answer themselves) writes of each chunk ``pairs`` questions with ``paraphrases`` other
    wordings, and ``unanswerable`` open ones, by ``sampling``. ``unknown_en`` and ``unknown_zh`` are said
    where no document has the answer. Of the questions that stay open ``train_open`` (by content hash) become
    pairs, the rest is asked in the suite.
    """

    docs: tuple[str, ...]
    teacher: str | None = None
    pairs: Annotated[int, msgspec.Meta(ge=1)] = 4
    paraphrases: Annotated[int, msgspec.Meta(ge=0)] = 2
    unanswerable: Annotated[int, msgspec.Meta(ge=0)] = 1
    sampling: Sampling = Sampling(max_new_tokens=1024)
    max_words: Annotated[int, msgspec.Meta(ge=20)] = 200
    unknown_en: str = "I don't know."
    unknown_zh: str = "我不知道。"
    train_open: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    form: CompactForm = CompactForm(context="internalize")


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
    """Everything that decides a run's result, and the language ``lang`` of its report, card and gate.md.

    Pairs come from logs (``convert``) or from documents (``knowledge``), of which one is given.
    """

    base: str
    convert: ConvertStage | None = None
    knowledge: KnowledgeStage | None = None
    version: Literal[1] = RECIPE_VERSION
    teacher: TeacherStage | None = None
    curate: CurateStage = CurateStage()
    train: Sft = Sft()
    eval: EvalStage = EvalStage()
    gate: str | None = None
    lang: Lang = "en"


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
    findings: list[Finding] = list(_of_one_source(recipe, path))
    recipe = msgspec.structs.replace(
        recipe,
        base=_base(root, recipe.base),
        teacher=_teacher(root, recipe.teacher),
        convert=_convert(root, recipe.convert, path, findings),
        knowledge=_knowledge(root, recipe.knowledge, path, findings),
        curate=msgspec.structs.replace(
            recipe.curate,
            judge=None if recipe.curate.judge is None else _base(root, recipe.curate.judge),
            steps=_steps(root, recipe.curate.steps, path, findings),
        ),
        eval=msgspec.structs.replace(
            recipe.eval,
            suites=_all_existing(root, recipe.eval.suites, "$.eval.suites", path, findings),
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


def sources(recipe: Recipe) -> tuple[str, ...]:
    """Return what a recipe makes its pairs of: logs with their contracts, or documents."""
    if recipe.knowledge is not None:
        return recipe.knowledge.docs
    return (*recipe.convert.logs, *recipe.convert.contracts) if recipe.convert else ()


def _of_one_source(recipe: Recipe, path: Path) -> Iterator[Finding]:
    """Find what a recipe lacks to make pairs of logs or of documents."""
    if (recipe.convert is None) == (recipe.knowledge is None):
        yield Finding(
            where=f"{path} $",
            found="both convert and knowledge" if recipe.convert else "neither convert nor knowledge",
            expected="convert with logs, or knowledge with documents",
            fix="Write `convert: {logs: [log.jsonl]}` or `knowledge: {docs: [handbook/]}`; "
            "of both make two recipes, an adapter each.",
        )
    elif recipe.knowledge is not None and recipe.curate.split.test > 0:
        yield Finding(
            where=f"{path} $.curate.split.test",
            found=f"{recipe.curate.split.test:g} of the chunks held out, which no adapter can know",
            expected="0: the suites made of the documents ask what was learned",
            fix="Write `curate: {split: {use: cluster_split, test: 0, valid: 0.05}}`.",
        )


def _convert(
    root: Path, stage: ConvertStage | None, path: Path, findings: list[Finding]
) -> ConvertStage | None:
    if stage is None:
        return None
    return msgspec.structs.replace(
        stage,
        logs=_all_existing(root, stage.logs, "$.convert.logs", path, findings),
        contracts=_all_existing(root, stage.contracts, "$.convert.contracts", path, findings),
    )


def _knowledge(
    root: Path, stage: KnowledgeStage | None, path: Path, findings: list[Finding]
) -> KnowledgeStage | None:
    if stage is None:
        return None
    return msgspec.structs.replace(
        stage,
        docs=_all_existing(root, stage.docs, "$.knowledge.docs", path, findings),
        teacher=None if stage.teacher is None else _local(root, stage.teacher),
    )


def _steps(
    root: Path, steps: tuple[AnyStep, ...], path: Path, findings: list[Finding]
) -> tuple[AnyStep, ...]:
    """Resolve the evaluation files that steps read, as all paths of a recipe."""
    return tuple(
        msgspec.structs.replace(
            step,
            against=_all_existing(root, step.against, f"$.curate.steps[{i}].against", path, findings),
        )
        if isinstance(step, Decontaminate)
        else step
        for i, step in enumerate(steps)
    )


def _teacher(root: Path, stage: TeacherStage | None) -> TeacherStage | None:
    """Resolve a local teacher as a base is."""
    return None if stage is None else msgspec.structs.replace(stage, name=_local(root, stage.name))


def _local(root: Path, name: str) -> str:
    """Resolve the base of ``local:BASE``; other backends stay as named."""
    kind, mark, base = name.partition(":")
    return kind + mark + _base(root, base) if kind == "local" else name


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
    if not (root / base).is_dir() and here_or_bundled(Path(base)).is_dir():
        return str(here_or_bundled(Path(base)).resolve())
    return str((root / base).resolve()) if (root / base).is_dir() else base


def _all_existing(
    root: Path, names: tuple[str, ...], at: str, recipe: Path, findings: list[Finding]
) -> tuple[str, ...]:
    return tuple(_existing(root, name, f"{at}[{i}]", recipe, findings) for i, name in enumerate(names))


def _existing(root: Path, name: str, at: str, recipe: Path, findings: list[Finding]) -> str:
    path = (root / name).resolve()
    if not path.exists():
        path = here_or_bundled(Path(name)).resolve()
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
