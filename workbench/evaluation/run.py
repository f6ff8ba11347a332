"""Runs the arms over the cases and writes what was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.errors import ConfigError, Finding
from workbench.evaluation.arms import choose, fitting
from workbench.evaluation.asking import Asked, Asking, differences, looks
from workbench.evaluation.cases import HELDOUT
from workbench.evaluation.corrected import corrections
from workbench.evaluation.grading import (
    Answered,
    BehaviourGrader,
    Graded,
    grade_answers,
    grades_frame,
    known_behaviours,
)
from workbench.evaluation.judging import Judging, judge
from workbench.evaluation.keptgrades import FILE as GRADES
from workbench.evaluation.keptgrades import KeptGrades
from workbench.evaluation.labels import matched
from workbench.evaluation.noise import noise
from workbench.evaluation.repeats import averaged, reliability
from workbench.evaluation.sequential import Sequential, Watch
from workbench.evaluation.usage import count_usage
from workbench.graders import Rules, standard
from workbench.graders.versions import grader_versions
from workbench.io.rundir import write_json, write_text
from workbench.ports import Sampling, silent
from workbench.records import ARMS, Arm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.convert import CompactForm
    from workbench.evaluation.corrected import Error
    from workbench.evaluation.labels import Label
    from workbench.graders.judgedrules import JudgedRules
    from workbench.ports import Backend, Progress
    from workbench.records import Case, Messages, Template
    from workbench.verdicts import Prices, Verdicts

BATCH = 128
_PAIR = 2


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What decides an evaluation's result besides the models: prompts, rules, graders and how to generate.

    Every arm is asked each case ``samples`` times, with seeds of their own; figures are then means over the
    samples. ``noise`` holds every arm against itself (an A/A run; at least two samples). ``recorded``: the
    answers were given before, at whatever temperature. ``errors`` and ``labels`` correct shares for their
    grader's error; ``prices`` say what tokens cost. ``rules_judge`` decides the rules that no program does.
    ``batch`` prompts are asked and kept at a time of a backend that can't hand answers over as they come;
    the result does not depend on it. With ``sequential`` the run stops as soon as it is clear whether the
    adapter is worse.
    """

    templates: Mapping[str, Template]
    form: CompactForm
    contracts: Sequence[Contract]
    graders: Mapping[str, BehaviourGrader] = field(default_factory=standard)
    grader_versions: Mapping[str, str] = field(default_factory=grader_versions)
    rules_judge: JudgedRules | None = None
    sampling: Sampling = field(default_factory=Sampling)
    judging: Judging = field(default_factory=Judging)
    arms: tuple[Arm, ...] = ARMS
    batch: int = BATCH
    sequential: Sequential | None = None
    samples: int = 1
    noise: bool = False
    recorded: bool = False
    errors: Mapping[str, Error] = field(default_factory=dict)
    labels: Sequence[tuple[str, Label]] = ()
    prices: Prices | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All answers, with the prompts that got them, all grades, and the verdicts drawn from them.

    ``graders`` names the code (and model) behind the grades of each behaviour.
    """

    answered: tuple[Answered, ...]
    prompts: tuple[Messages, ...]
    graded: tuple[Graded, ...]
    verdicts: Verdicts
    graders: Mapping[str, str] = field(default_factory=grader_versions)


def evaluate(
    cases: Sequence[Case],
    plan: Plan,
    *,
    backend_for: Callable[[Arm], Backend],
    cache: Path | None = None,
    weights: Mapping[Arm, str] | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Ask every arm every case, grade the answers, and draw the verdicts.

    ``cache`` is a folder that keeps answers by the content of prompt, sampling and ``weights`` (the
    fingerprint of base and adapter behind each arm), and grades by the content of what was judged and the
    code that judged it, so that a killed run asks and judges nothing twice; with a cache, ``weights`` are
    needed.

    Raises:
        InputError: a case that fits no template.
        ConfigError: no case, an id that stands twice, a behaviour without grader, a task without contract,
            or a cache without weights.
    """
    contracts = distinct(plan.contracts)
    _check(cases, plan, cached=cache is not None, weights=weights)
    rules = rules_of(cases, plan.templates, contracts)
    asking = Asking(plan=plan, backend_for=backend_for, cache=cache, weights=weights or {}, progress=progress)
    watch = Watch(plan.sequential) if plan.sequential else None
    grade = partial(grade_answers, rules_of=rules, graders=plan.graders, rules_judge=plan.rules_judge)
    kept = KeptGrades(cache / GRADES) if cache else None
    asked: list[Asked] = []
    graded: list[Graded] = []
    for part in looks(cases, watch):
        asked += (fresh := asking.ask(part))
        rows = grade([one.answered for one in fresh], kept=kept, progress=progress)
        graded += rows
        if watch:
            watch.see(differences(averaged(rows)))
    firsts = [one.answered for one in asked if one.answered.sample == 0]
    verdicts = judge(averaged(graded), firsts, contracts=contracts, judging=plan.judging)
    verdicts = _beside(verdicts, plan, graded=graded, answered=[one.answered for one in asked])
    if watch:
        clusters = len({case.cluster for case in cases if case.behaviour == HELDOUT})
        stopped = watch.outcome(asked=verdicts.heldout_clusters, of=clusters)
        verdicts = msgspec.structs.replace(verdicts, stopped=stopped)
    return Evaluation(
        answered=tuple(one.answered for one in asked),
        prompts=tuple(one.prompt for one in asked),
        graded=tuple(graded),
        verdicts=verdicts,
        graders=plan.grader_versions,
    )


def _beside(
    verdicts: Verdicts, plan: Plan, *, graded: Sequence[Graded], answered: Sequence[Answered]
) -> Verdicts:
    """Add what stands beside the verdicts where it was asked for: samples, noise, corrected shares."""
    method, more = plan.judging.method, dict[str, Any](usage=count_usage(answered, plan.prices))
    if plan.samples > 1:
        more["samples"] = reliability(graded, k=plan.samples, sampling=plan.sampling, method=method)
    if plan.noise:
        more["noise"] = noise(graded, answered, k=plan.samples, method=method)
    if plan.errors or plan.labels:
        said = matched(plan.labels, answered)
        more["corrected"] = corrections(graded, errors=plan.errors, labels=said, method=method)
    return msgspec.structs.replace(verdicts, **more)


def write_evaluation(evaluation: Evaluation, out: Path) -> dict[str, Any]:
    """Write completions, cases, grades, verdicts and summary into ``out``, and return the summary.

    completions.jsonl and grades.parquet hold the first sample of each case; where there are more,
    samples.jsonl and samples.parquet hold all, each line with its ``sample``.
    """
    out.mkdir(parents=True, exist_ok=True)
    asked = list(zip(evaluation.answered, evaluation.prompts, strict=True))
    write_text(
        out / "completions.jsonl", _lines([_completion_line(*one) for one in asked if one[0].sample == 0])
    )
    if any(one.sample for one in evaluation.answered):
        every = [{**_completion_line(*one), "sample": one[0].sample} for one in asked]
        write_text(out / "samples.jsonl", _lines(every))
        numbers = pl.Series("sample", [one.sample for one in evaluation.graded], dtype=pl.Int64)
        grades_frame(evaluation.graded).with_columns(numbers).write_parquet(out / "samples.parquet")
    cases = {one.case.id: one.case for one in evaluation.answered}
    write_text(out / "cases.jsonl", _lines([msgspec.to_builtins(case) for case in cases.values()]))
    first = [one for one in evaluation.graded if one.sample == 0]
    grades_frame(first).write_parquet(out / "grades.parquet")
    write_json(out / "verdicts.json", msgspec.to_builtins(evaluation.verdicts))
    summary = summarise(evaluation)
    write_json(out / "summary.json", summary)
    return summary


def summarise(evaluation: Evaluation) -> dict[str, Any]:
    """Say in a few figures what was found; ``arms`` is the share of graded rules obeyed by arm."""
    verdicts = evaluation.verdicts
    behaviours = {
        one.behaviour: {arm: getattr(one.arms, arm).rate for arm in ARMS} for one in verdicts.behaviours
    }
    states: dict[str, int] = {}
    for rule in verdicts.rules:
        states[rule.state] = states.get(rule.state, 0) + 1
    return {
        "cases": verdicts.cases,
        "clusters": verdicts.clusters,
        "arms": {arm: getattr(verdicts.overall, arm).rate for arm in ARMS},
        "behaviours": behaviours,
        "rules": states,
        "retained": verdicts.retained,
        "tokens": msgspec.to_builtins(verdicts.tokens),
        "grades": len(evaluation.graded),
        "unscored": verdicts.unscored,
        "cut": sum(one.completion.finish == "length" for one in evaluation.answered),
        "unanswered": sum(one.completion.finish == "error" for one in evaluation.answered),
        "adapter_applied": verdicts.adapter_applied,
        "graders": dict(evaluation.graders),
        **_more(verdicts),
    }


def _more(verdicts: Verdicts) -> dict[str, Any]:
    """Say what stands beside: tokens, k samples, the noise floor, corrected shares."""
    named = {name: getattr(verdicts, name) for name in ("usage", "samples", "noise", "corrected")}
    return {name: msgspec.to_builtins(one) for name, one in named.items() if one}


def distinct(contracts: Sequence[Contract]) -> tuple[Contract, ...]:
    """Put the task before each rule's id where there are several contracts, so that ids stay unique."""
    if len(contracts) == 1:
        return tuple(contracts)
    replace = msgspec.structs.replace
    return tuple(
        replace(contract, rules=tuple(replace(r, id=f"{contract.task}/{r.id}") for r in contract.rules))
        for contract in contracts
    )


def _check(cases: Sequence[Case], plan: Plan, *, cached: bool, weights: Mapping[Arm, str] | None) -> None:
    """Find what can be wrong before a model is asked."""
    findings = [*_wrong_cases(cases)]
    missing = [arm for arm in plan.arms if arm not in (weights or {})] if cached else []
    if plan.sequential and not {"teacher", "after"} <= set(plan.arms):
        findings.append(
            Finding(
                where="sequential",
                found="no adapter to compare with the teacher",
                expected="the arms teacher and after",
                fix="Give --adapter, or leave --sequential out.",
            )
        )
    if plan.samples > 1 and plan.sampling.temperature == 0 and not plan.noise and not plan.recorded:
        findings.append(
            Finding(
                where="samples",
                found=f"{plan.samples} samples at temperature 0, which are one answer {plan.samples} times",
                expected="a temperature above 0",
                fix="Give --temperature, such as 0.7; or one sample.",
            )
        )
    if plan.noise and plan.samples < _PAIR:
        findings.append(
            Finding(
                where="noise",
                found="one sample a case",
                expected="two or more, for one half to be held against the other",
                fix="Record with --samples 2 or more, or with --noise.",
            )
        )
    if missing:
        findings.append(
            Finding(
                where="weights",
                found=f"no fingerprint for {', '.join(missing)}",
                expected="one for every arm, so that no answer of other weights is taken from the cache",
                fix="Give the fingerprints, or no cache.",
            )
        )
    if findings:
        raise ConfigError(findings)
    known_behaviours(cases, plan.graders)
    fitting(cases, plan.templates)


def _wrong_cases(cases: Sequence[Case]) -> Iterator[Finding]:
    if not cases:
        yield Finding(
            where="cases",
            found="none",
            expected="held-out pairs, suites, or both",
            fix="Give --data with a test part that isn't empty, or --suite.",
        )
    doubled = sorted(name for name, count in Counter(case.id for case in cases).items() if count > 1)
    if doubled:
        yield Finding(
            where="cases",
            found="ids that stand twice: " + ", ".join(map(repr, doubled)),
            expected="each case once",
            fix="Give each suite once, and rename cases that share an id.",
        )


def rules_of(
    cases: Sequence[Case], templates: Mapping[str, Template], contracts: Sequence[Contract]
) -> dict[str, Rules]:
    """Find the rules of each held-out case, by its id, through the task of its template.

    Raises:
        ConfigError: a task without contract.
    """
    by_task = {contract.task: Rules(contract=contract) for contract in contracts}
    found, findings = {}, []
    for case in cases:
        if case.behaviour != HELDOUT:
            continue
        task = choose(case, templates)[0].task
        if task in by_task:
            found[case.id] = by_task[task]
        else:
            findings.append(_no_contract(case, task, by_task))
    if findings:
        raise ConfigError(findings)
    return found


def _no_contract(case: Case, task: str, by_task: Mapping[str, Rules]) -> Finding:
    return Finding(
        where=f"case {case.id!r}",
        found=f"the task {task!r}",
        expected="a contract for it; there are contracts for " + (", ".join(sorted(by_task)) or "no task"),
        fix="Give the contracts of all tasks in the log, or the test part of one task.",
    )


def _completion_line(one: Answered, prompt: Messages) -> dict[str, Any]:
    return {
        "case_id": one.case.id,
        "arm": one.arm,
        "prompt": [{"role": message.role, "content": message.content} for message in prompt],
        **msgspec.to_builtins(one.completion),
    }


def _lines(values: Sequence[Any]) -> str:
    return "".join(msgspec.json.encode(value).decode() + "\n" for value in values)
