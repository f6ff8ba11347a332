"""The four stages of a run, each a plain call into the package that does the work."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import workbench.convert as conversion
from workbench import evaluation, knowledge, teaching, training
from workbench.backends import KeptBackend, open_backend
from workbench.checks import load_contract
from workbench.errors import ConfigError, Finding, InputError, InvariantError
from workbench.io.fingerprint import fingerprint
from workbench.io.frames import read_pairs, with_examples
from workbench.io.parts import read_whole
from workbench.io.places import named
from workbench.io.rundir import clear
from workbench.io.tokenizer import load_tokenizer
from workbench.knowledge import SUITES
from workbench.pipeline.asking import open_tools
from workbench.pipeline.curation import Curation, curate_files
from workbench.pipeline.guards import enforce_on_pairs
from workbench.ports import silent
from workbench.records import ARMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.contracts import Contract
    from workbench.ports import Backend, Engine, Progress, Tokenizer
    from workbench.recipe import ConvertStage, EvalStage, Recipe
    from workbench.records import Arm, Case, Messages, Pair

_FOR_NOISE = 2


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What an evaluation is about: base and adapter, the conversion they serve, and the held-out pairs.

    ``adapter`` ``None`` leaves the arm ``after`` out; ``pairs`` ``None`` leaves suites alone to ask.
    ``teacher`` names another backend for the arm ``teacher`` (``openai:URL#MODEL`` …) than the base.
    ``replay``: an earlier evaluation whose answers are graded again; no model is loaded then, and without
    ``pairs`` and suites its own cases are asked. ``labels`` (a person's verdicts) and ``errors`` (measured,
    by behaviour) correct the shares for their grader's error.
    """

    base: str
    adapter: Path | None
    converted: Path
    pairs: Path | None
    teacher: str | None = None
    replay: Path | None = None
    labels: Path | None = None
    errors: Mapping[str, evaluation.Error] = field(default_factory=dict)


def begin(recipe: Recipe, work: Path, progress: Progress) -> None:
    """Turn the recipe's logs or documents into pairs; documents give suites beside them.

    Raises:
        ConfigError: a contract that the recipe names is of no task of the log, or can't be read.
        InputError: a log or a document can't be read, or nothing in it becomes a pair.
    """
    tokenizer = load_tokenizer(recipe.base)
    if recipe.convert is not None:
        convert_logs(recipe.convert, work, tokenizer=tokenizer, progress=progress)
    elif recipe.knowledge is not None:
        knowledge.learn(recipe.knowledge, work, tokenizer=tokenizer, progress=progress)
    else:
        raise InvariantError("a recipe without logs and without documents")


def convert_logs(
    stage: ConvertStage,
    work: Path,
    *,
    tokenizer: Tokenizer,
    workers: int | None = None,
    progress: Progress = silent,
) -> None:
    """Turn logs into pairs; contracts that ``stage`` names take the place of those inferred.

    Raises:
        ConfigError: a contract that is named is of no task of the log, or can't be read.
    """
    given = [(path, load_contract(Path(path))) for path in stage.contracts]
    conversion.convert(
        [Path(log) for log in stage.logs],
        work,
        options=stage.options,
        tokenizer=tokenizer,
        workers=workers,
        progress=progress,
    )
    for path, contract in given:
        _stand_in(path, contract, work)


def _stand_in(path: str, contract: Contract, work: Path) -> None:
    """Put a contract where the one inferred for its task stands."""
    several = named(work / "contracts", contract.task, ".yaml")
    first = work / "contract.yaml"
    commonest = load_contract(first).task
    if contract.task != commonest and not several.exists():
        raise ConfigError(
            Finding(
                where=path,
                found=f"a contract of the task {contract.task!r}",
                expected=f"a task of the log, as {commonest!r}",
                fix="Correct its `task`, or take it out of $.convert.contracts.",
            )
        )
    for place in (several, *([first] if contract.task == commonest else [])):
        if place.exists():
            shutil.copyfile(path, place)


def teach(recipe: Recipe, run: Path, work: Path, progress: Progress) -> None:
    """Answer the pairs anew by running their long prompts; answers already there are not asked for again."""
    if recipe.teacher is None:
        raise InvariantError("a recipe without teacher has no such stage")
    opened = open_backend(recipe.teacher.name, where="$.teacher.name")
    answers = work / "answers.jsonl"
    teaching.teach_pairs(
        run / "convert",
        work,
        stage=recipe.teacher,
        backend=KeptBackend(opened.backend, answers, identity=opened.identity),
        tokenizer=load_tokenizer(recipe.base),
        contracts=read_contracts(run / "convert"),
        progress=progress,
    )
    answers.unlink(missing_ok=True)


def curate(
    recipe: Recipe,
    run: Path,
    work: Path,
    progress: Progress,
    hands: tuple[Engine, Engine] | None = None,
) -> None:
    """Turn pairs into train, valid and test parts; the recipe's base scores, and its judge judges.

    ``hands`` do the tasks in Python, and the compiled ones; by default the processors of this machine.
    """
    asked = recipe.curate
    tools = open_tools(asked.signals, base=recipe.base, judge=asked.judge, progress=progress)
    tools = replace(tools, contracts=read_contracts(run / "convert"))
    pairs = run / ("teacher" if recipe.teacher else "convert") / "pairs.parquet"
    how = Curation(signals=asked.signals, steps=asked.steps, split=asked.split, tools=tools)
    crew, engine = hands or (None, None)
    # Paths of tasks hold on every machine that does some.
    curate_files(with_examples(pairs.absolute()), out=work.absolute(), how=how, crew=crew, engine=engine)
    enforce_on_pairs(asked.guards, out=work)


def train(recipe: Recipe, run: Path, work: Path, progress: Progress) -> None:
    """Turn the train part into an adapter; a teacher reads the long prompts of the run's conversion."""
    from workbench.pipeline.probes import probing

    spec, valid = recipe.train, read_pairs(run / "curate" / "valid.parquet")
    long = None if spec.objective == "sft" else long_prompts(run / "convert")
    probe = probing(spec, converted=run / "convert", valid=valid) if spec.probe_every else None
    training.train(
        spec,
        base=recipe.base,
        train=read_pairs(run / "curate" / "train.parquet"),
        valid=valid,
        out=work,
        teaching=training.Teaching(long=long),
        watching=training.Watching(probing=probe),
        progress=progress,
    )


def evaluate(recipe: Recipe, run: Path, work: Path, progress: Progress) -> None:
    """Ask the three arms held-out pairs and suites, those made of the recipe's documents first."""
    subject = Subject(
        base=recipe.base,
        adapter=run / "adapter" / "adapter",
        converted=run / "convert",
        pairs=run / "curate" / "test.parquet",
    )
    made = [str(run / "convert" / SUITES)] if recipe.knowledge else []
    asked = msgspec.structs.replace(recipe.eval, suites=(*made, *recipe.eval.suites))
    evaluate_into(work, subject, asked, progress=progress)


def evaluate_into(
    work: Path,
    subject: Subject,
    stage: EvalStage,
    *,
    cache: Path | None = None,
    progress: Progress = silent,
) -> None:
    """Evaluate ``subject`` and write what was found; answers and grades already there are not made again.

    ``cache`` keeps both for other evaluations too; without it they are kept in ``work`` until it is whole.
    """
    form, templates = conversion.read_templates(subject.converted)
    recorded = evaluation.read_replay(subject.replay) if subject.replay else None
    cases = _cases(subject, stage, recorded)
    models = _recorded(stage, recorded) if recorded else _models(subject, stage, progress)
    chosen = evaluation.choose_graders(stage.graders, kept_in=work / "answers")
    samples, sampling = stage.samples if recorded is None else recorded.samples, stage.sampling
    if recorded is not None:
        sampling = msgspec.structs.replace(sampling, temperature=recorded.temperature)
    found = evaluation.evaluate(
        cases,
        evaluation.Plan(
            templates=templates,
            form=form,
            contracts=read_contracts(subject.converted),
            graders=chosen.graders,
            grader_versions=chosen.versions,
            rules_judge=chosen.rules_judge,
            sampling=sampling,
            arms=models.arms,
            sequential=evaluation.Sequential() if stage.sequential else None,
            samples=max(samples, _FOR_NOISE) if stage.noise and recorded is None else samples,
            noise=stage.noise,
            recorded=recorded is not None,
            errors=subject.errors,
            labels=evaluation.read_labels(subject.labels) if subject.labels else (),
            prices=stage.prices,
        ),
        backend_for=models.backend_for,
        cache=cache or work / "answers",
        weights=models.weights,
        progress=progress,
    )
    evaluation.write_evaluation(found, work)
    proof = subject.adapter and subject.adapter.with_name("parity.json")
    proof = proof if recorded is None else recorded.place / "parity.json"
    if proof is not None and proof.exists():
        shutil.copyfile(proof, work / "parity.json")  # so that an evaluation alone can be gated
    clear(work / "answers")


@dataclass(frozen=True, kw_only=True)
class _Models:
    """What answers each arm, and what names its answers by content."""

    arms: tuple[Arm, ...]
    backend_for: Callable[[Arm], Backend]
    weights: dict[Arm, str]


def _models(subject: Subject, stage: EvalStage, progress: Progress) -> _Models:
    from workbench.backends.local import LocalBackend

    adapters = {"after": subject.adapter} if subject.adapter else {}
    progress("load base", 0, 1)
    backend = LocalBackend.open(subject.base, adapters=adapters, batch_size=stage.batch_size)
    progress("load base", 1, 1)
    teacher = open_backend(subject.teacher, where="--teacher") if subject.teacher else None

    def backend_for(arm: Arm) -> Backend:
        if teacher is not None and arm == "teacher":
            return teacher.backend
        return backend.arm(arm if arm == "after" else None)

    base = fingerprint(subject.base)
    weights: dict[Arm, str] = {"teacher": teacher.identity if teacher else base, "before": base}
    if subject.adapter:
        weights["after"] = f"{base}+{fingerprint(subject.adapter)}"
    return _Models(
        arms=ARMS if subject.adapter else ("teacher", "before"), backend_for=backend_for, weights=weights
    )


def _recorded(stage: EvalStage, recorded: evaluation.Recorded) -> _Models:
    return _Models(
        arms=recorded.arms,
        backend_for=lambda arm: recorded.backend(arm, seed=stage.sampling.seed),
        weights={arm: f"recorded {recorded.key(arm)}" for arm in recorded.arms},
    )


def plan_eval(subject: Subject, stage: EvalStage, assumed: evaluation.Assumed) -> list[evaluation.Question]:
    """Say what the cases that ``evaluate_into`` would ask can show; asks no model and writes nothing."""
    _, templates = conversion.read_templates(subject.converted)
    return evaluation.plan_questions(
        _cases(subject, stage),
        contracts=read_contracts(subject.converted),
        templates=templates,
        assumed=assumed,
    )


def long_prompts(converted: Path) -> Callable[[Pair], Messages]:
    """Return what gives a pair its long prompt back, from the templates of its conversion.

    Raises:
        InputError: there are no templates, or (when called) none of the pair's id.
    """
    _, templates = conversion.read_templates(converted)

    def long(pair: Pair) -> Messages:
        if pair.template_id not in templates:
            raise InputError(
                Finding(
                    where=f"row {pair.id}",
                    found=f"template {pair.template_id!r}" if pair.template_id else "no template",
                    expected=f"one of the {len(templates)} templates in {converted}",
                    fix="Give the output of the conversion that made these pairs; chats of other tools have "
                    "no long prompt: convert their log, or use --objective sft.",
                )
            )
        return templates[pair.template_id].render(pair.slot_values)

    return long


def read_contracts(converted: Path) -> list[Contract]:
    """Read the contracts of a conversion, the commonest task's first."""
    further = sorted((converted / "contracts").glob("*.yaml"))
    return [load_contract(path) for path in further or [converted / "contract.yaml"]]


def _cases(subject: Subject, stage: EvalStage, recorded: evaluation.Recorded | None = None) -> list[Case]:
    if recorded is not None and subject.pairs is None and not stage.suites:
        return list(recorded.cases)
    held = evaluation.cases_from_pairs(read_whole(subject.pairs)) if subject.pairs else []
    cases = evaluation.bounded(held, stage.max_cases)
    for suite in stage.suites:
        cases += evaluation.bounded(evaluation.load_suite(Path(suite)), stage.max_suite_cases)
    return cases
