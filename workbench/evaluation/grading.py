"""Grades every answer of every arm, one row a judgment, so that each figure can be taken apart again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec
import polars as pl

from workbench.checks.judged import questions
from workbench.errors import ConfigError, Finding
from workbench.evaluation.cases import HELDOUT
from workbench.evaluation.keptgrades import AsksModel
from workbench.graders.judgedrules import NO_JUDGE
from workbench.ports import silent
from workbench.records import Arm, Case, Completion, Grade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from workbench.contracts import Rule
    from workbench.evaluation.keptgrades import KeptGrades
    from workbench.graders import Rules
    from workbench.graders.judgedrules import JudgedRules
    from workbench.ports import Progress

GRADE_SCHEMA = pl.Schema(
    {
        "case_id": pl.String(),
        "arm": pl.String(),
        "grader": pl.String(),
        "rule": pl.String(),
        "score": pl.Float64(),
        "label": pl.String(),
        "evidence": pl.String(),
        "detail": pl.String(),
        "outcome": pl.String(),
        "behaviour": pl.String(),
        "cell": pl.String(),
        "slice": pl.String(),
        "difficulty": pl.String(),
        "lang": pl.String(),
        "cluster": pl.String(),
    }
)


@runtime_checkable
class BehaviourGrader(Protocol):
    """Grades one answer, and says in which cell of its behaviour's table the case stands ("" for none)."""

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge ``output``."""
        ...

    def cell(self, case: Case) -> str:
        """Name the cell."""
        ...


@runtime_checkable
class PairGrader(Protocol):
    """Grades an answer beside the answer to the case's twin."""

    def compare(self, case: Case, output: str, twin: Case, twin_output: str) -> Grade:
        """Judge ``output`` beside ``twin_output``."""
        ...


@runtime_checkable
class PreparedGrader(Protocol):
    """Takes many answers at once before it is asked for the grade of each: a model reads them in batches."""

    def prepare(self, answers: Sequence[tuple[Case, str]], *, progress: Progress = silent) -> None:
        """Read the answers."""
        ...


@runtime_checkable
class PickyGrader(Protocol):
    """Says before anybody is asked what is wrong with what a case expects."""

    def problem(self, case: Case) -> str | None:
        """Name the first thing in ``case.expect`` that can't be judged by, or ``None``."""
        ...


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A case with its completion in one arm; ``sample`` counts completions of the same prompt from 0."""

    case: Case
    arm: Arm
    completion: Completion
    sample: int = 0


@dataclass(frozen=True, kw_only=True)
class Graded:
    """One judgment: of a rule by its check (``rule`` set), or of a behaviour by its grader."""

    case: Case
    arm: Arm
    grader: str
    grade: Grade
    rule: str | None = None
    cell: str = ""
    sample: int = 0


def grade_answers(
    answered: Sequence[Answered],
    *,
    rules_of: Mapping[str, Rules],
    graders: Mapping[str, BehaviourGrader],
    kept: KeptGrades | None = None,
    rules_judge: JudgedRules | None = None,
    progress: Progress = silent,
) -> list[Graded]:
    """Grade held-out answers by the rules of their contract, and suites' answers by their behaviour's grader.

    ``rules_of`` gives the rules of a held-out case by its id. An answer that never came is unscored; one that
    was cut at the token limit is judged as it stands, and its grade says so. What ``kept`` knows is not
    judged again. ``rules_judge`` decides the rules that no program does; without one they are unscored.
    """
    by_id = {(one.arm, one.sample, one.case.id): one for one in answered}
    rows: list[Graded] = []
    _prepare(answered, graders, kept, progress)
    _ask_about_rules(answered, rules_of, rules_judge, progress)
    for number, one in enumerate(answered, start=1):
        if one.case.behaviour == HELDOUT:
            rows += _by_rules(one, rules_of[one.case.id], kept)
            rows += _by_judge(one, rules_of[one.case.id], rules_judge)
        else:
            twin = by_id.get((one.arm, one.sample, one.case.twin)) if one.case.twin else None
            rows.append(_by_behaviour(one, twin, graders[one.case.behaviour], kept))
        progress("grade", number, len(answered))
    if kept is not None:
        kept.flush()
    return rows


def _prepare(
    answered: Sequence[Answered],
    graders: Mapping[str, BehaviourGrader],
    kept: KeptGrades | None,
    progress: Progress,
) -> None:
    for behaviour, grader in graders.items():
        if isinstance(grader, PreparedGrader):
            came = [one for one in answered if one.case.behaviour == behaviour]
            texts = [(one.case, one.completion.text) for one in came if one.completion.finish != "error"]
            new = [one for one in texts if kept is None or not kept.knows(grader, *one)]
            grader.prepare(new, progress=progress)


def known_behaviours(cases: Sequence[Case], graders: Mapping[str, BehaviourGrader]) -> None:
    """Check that every suite's behaviour has a grader, and that it can judge by what each case expects.

    Raises:
        ConfigError: naming the behaviours that have none, or every case that can't be judged.
    """
    unknown = sorted({case.behaviour for case in cases} - {HELDOUT, *graders})
    if unknown:
        raise ConfigError(
            Finding(
                where="behaviour of a suite",
                found=", ".join(map(repr, unknown)),
                expected="one of " + ", ".join(sorted(graders)),
                fix="Correct the suite's behaviour, or bring a grader for it.",
            )
        )
    findings = [
        Finding(
            where=f"case {case.id!r} $.expect",
            found=problem,
            expected=f"what the grader of {case.behaviour!r} can judge by",
            fix="Correct the case; docs/suites.md tells the forms.",
        )
        for case in cases
        if isinstance(grader := graders.get(case.behaviour), PickyGrader)
        and (problem := grader.problem(case)) is not None
    ]
    if findings:
        raise ConfigError(findings)


def grades_frame(rows: Iterable[Graded]) -> pl.DataFrame:
    """Lay judgments out as ``GRADE_SCHEMA``; ``evidence`` is a JSON list of ``{what, text, start, end}``."""
    return pl.DataFrame([_row(one) for one in rows], schema=GRADE_SCHEMA, orient="row")


def _by_rules(one: Answered, rules: Rules, kept: KeptGrades | None) -> Iterator[Graded]:
    asked = {rule.id for rule, _ in questions(rules.contract)}
    checked = [
        (rule.id, str(rule.check["use"]))
        for rule in rules.contract.rules
        if rule.check is not None and rule.id not in asked
    ]
    if one.completion.finish == "error":
        grades: Sequence[Grade] = [_silence() for _ in checked]
    else:
        case, text = one.case, one.completion.text
        grades = _once(kept, rules, [(case, text)], lambda: [grade for _, _, grade in rules.each(case, text)])
    for (name, check), grade in zip(checked, grades, strict=True):
        yield _graded(one, check, grade, rule=name)


def _ask_about_rules(
    answered: Sequence[Answered],
    rules_of: Mapping[str, Rules],
    judge: JudgedRules | None,
    progress: Progress,
) -> None:
    """Ask one rule's question about all its answers at once, so that a backend can take them in batches."""
    if judge is None:
        return
    of_rule: dict[tuple[str, str], tuple[Rule, list[tuple[Case, str]]]] = {}
    for one in answered:
        if one.case.behaviour != HELDOUT or one.completion.finish == "error":
            continue
        for rule, question in questions(rules_of[one.case.id].contract):
            said = of_rule.setdefault((rule.id, question), (rule, []))[1]
            said.append((one.case, one.completion.text))
    for number, ((_, question), (rule, said)) in enumerate(of_rule.items(), start=1):
        judge.grade(rule, question, said, progress=progress)
        progress("judge", number, len(of_rule), rule.id)


def _by_judge(one: Answered, rules: Rules, judge: JudgedRules | None) -> Iterator[Graded]:
    for rule, question in questions(rules.contract):
        if one.completion.finish == "error":
            grade = _silence()
        elif judge is None:
            grade = Grade.unscored(NO_JUDGE)
        else:
            (grade,) = judge.grade(rule, question, [(one.case, one.completion.text)])
        yield _graded(one, "judge", grade, rule=rule.id)


def _once(
    kept: KeptGrades | None,
    grader: object,
    judged: Sequence[tuple[Case, str]],
    judge: Callable[[], Sequence[Grade]],
) -> Sequence[Grade]:
    """Return the grades that are kept of this very judgment, or judge and keep."""
    key = kept.key(grader, *judged) if kept is not None else None
    if kept is None or key is None:
        return judge()
    known = kept.get(key)
    if known is None:
        known = tuple(judge())
        if not isinstance(grader, AsksModel) or all(one.label != "unscored" for one in known):
            kept.add(key, known)
    return known


def _graded(one: Answered, grader: str, grade: Grade, *, rule: str | None = None, cell: str = "") -> Graded:
    return Graded(
        case=one.case,
        arm=one.arm,
        grader=grader,
        grade=_cut(grade, one.completion),
        rule=rule,
        cell=cell,
        sample=one.sample,
    )


def _by_behaviour(
    one: Answered, twin: Answered | None, grader: BehaviourGrader, kept: KeptGrades | None
) -> Graded:
    case, text = one.case, one.completion.text
    if one.completion.finish == "error":
        grade = _silence()
    elif isinstance(grader, PairGrader):
        grade = _beside(one, twin, grader, kept)
    else:
        (grade,) = _once(kept, grader, [(case, text)], lambda: [grader(case, text)])
    return _graded(one, one.case.behaviour, grade, cell=grader.cell(one.case))


def _beside(one: Answered, twin: Answered | None, grader: PairGrader, kept: KeptGrades | None) -> Grade:
    if twin is None:
        return Grade.unscored("a case of a pair, without its twin")
    if twin.completion.finish == "error":
        return Grade.unscored(f"no answer came to its twin {twin.case.id!r}")
    mine, other = (one.case, one.completion.text), (twin.case, twin.completion.text)
    (grade,) = _once(kept, grader, [mine, other], lambda: [grader.compare(*mine, *other)])
    return grade


def _silence() -> Grade:
    return Grade.unscored("no answer came")


def _cut(grade: Grade, completion: Completion) -> Grade:
    if completion.finish != "length":
        return grade
    note = "the answer was cut at the token limit"
    detail = f"{grade.detail}; {note}" if grade.detail else note
    return msgspec.structs.replace(grade, detail=detail)


def _row(one: Graded) -> dict[str, object]:
    return {
        "case_id": one.case.id,
        "arm": one.arm,
        "grader": one.grader,
        "rule": one.rule,
        "score": one.grade.score,
        "label": one.grade.label,
        "evidence": msgspec.json.encode(one.grade.evidence).decode(),
        "detail": one.grade.detail,
        "outcome": one.grade.outcome,
        "behaviour": one.case.behaviour,
        "cell": one.cell,
        "slice": one.case.slice,
        "difficulty": one.case.difficulty,
        "lang": one.case.lang,
        "cluster": one.case.cluster,
    }
