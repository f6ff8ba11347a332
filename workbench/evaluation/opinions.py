"""Has a judge look at recorded answers, and writes every verdict beside its case and arm."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks.assertions import JUDGED
from workbench.errors import ConfigError, Finding
from workbench.evaluation.recorded import read_recorded
from workbench.graders.judge import Judge, Rubric, order_consistency, rule_rubric, self_agreement
from workbench.io.rundir import write_json, write_text
from workbench.ports import silent
from workbench.records import ARMS, Case, Grade

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.contracts import Rule
    from workbench.ports import Backend, Progress


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str
    arm: str
    text: str
    finish: str


def judge_rules_into(
    place: Path,
    evaluated: Path,
    asked: Sequence[tuple[Rule, str]],
    *,
    backend: Backend,
    by: str,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Judge the answers in ``evaluated`` by every rule of ``asked`` with its question, as `judge_into` does.

    Returns the summary: counts by rule and arm.

    Raises:
        InputError: a line that isn't as `workbench eval` writes it.
    """
    cases = {case.id: case for case in read_recorded(evaluated / "cases.jsonl", Case)}
    lines = read_recorded(evaluated / "completions.jsonl", _Line)
    rows: list[dict[str, Any]] = []
    rules: dict[str, Any] = {}
    for number, (rule, question) in enumerate(asked, 1):
        judge = Judge(rule_rubric(rule.id, question), backend=backend)
        found, figures = _opinions(cases, lines, judge, progress)
        rows += [{"rule": rule.id, **row} for row in found]
        rules[rule.id] = {"text": rule.text, "question": question, **figures}
        progress("rules", number, len(asked), rule.id)
    write_text(place / "opinions.jsonl", "".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
    summary = {"judge": by, "rules": rules}
    write_json(place / "summary.json", summary)
    return summary


def own_questions(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """Return the questions that cases ask a judge themselves (``llm-rubric``), each with its cases."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        asserted = case.expect.get("assert")
        for one in asserted if isinstance(asserted, list) else []:
            if isinstance(one, dict) and one.get("type") == JUDGED:
                found.setdefault(str(one.get("value")), []).append(case)
    return found


def judge_own_into(
    place: Path, evaluated: Path, *, backend: Backend, by: str, progress: Progress = silent
) -> dict[str, Any]:
    """Judge the answers in ``evaluated`` by the question that each case brings itself.

    Returns the summary: counts by arm over all questions.

    Raises:
        InputError: a line that isn't as `workbench eval` writes it.
        ConfigError: no case asks a judge.
    """
    cases = read_recorded(evaluated / "cases.jsonl", Case)
    lines = read_recorded(evaluated / "completions.jsonl", _Line)
    asked = own_questions(cases)
    if not asked:
        raise ConfigError(
            Finding(
                where=str(evaluated / "cases.jsonl"),
                found="no case with an assertion `llm-rubric`",
                expected="cases that ask a judge themselves",
                fix="Give --rubric or --contract to ask about every answer.",
            )
        )
    rows: list[dict[str, Any]] = []
    arms: dict[str, Counter[str]] = {}
    for number, (question, mine) in enumerate(asked.items(), 1):
        judge = Judge(Rubric(name="own", question=question), backend=backend)
        named = {case.id: case for case in mine}
        found, figures = _opinions(named, [one for one in lines if one.case_id in named], judge, silent)
        rows += [{"question": question, **row} for row in found]
        for arm, counts in figures["arms"].items():
            arms.setdefault(arm, Counter()).update(counts)
        progress("questions", number, len(asked))
    write_text(place / "opinions.jsonl", "".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
    summary = {"judge": by, "questions": len(asked), "arms": {arm: dict(one) for arm, one in arms.items()}}
    write_json(place / "summary.json", summary)
    return summary


def judge_into(
    place: Path, evaluated: Path, judge: Judge, *, prefer: str | None, by: str, progress: Progress = silent
) -> dict[str, Any]:
    """Judge the answers in ``evaluated`` and write opinions.jsonl and summary.json.

    An answer that never came is unscored and not asked about. Returns the summary.

    Raises:
        InputError: a line that isn't as `workbench eval` writes it.
        ConfigError: ``prefer`` doesn't name two arms that were asked.
    """
    cases = {case.id: case for case in read_recorded(evaluated / "cases.jsonl", Case)}
    lines = read_recorded(evaluated / "completions.jsonl", _Line)
    told = {"rubric": judge.rubric.name, "judge": by}
    if prefer is None:
        rows, figures = _opinions(cases, lines, judge, progress)
    else:
        rows, figures = _preferences(cases, lines, judge, _arms(prefer, lines), progress)
    write_text(place / "opinions.jsonl", "".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
    write_json(place / "summary.json", told | figures)
    return told | figures


def _opinions(
    cases: dict[str, Case], lines: list[_Line], judge: Judge, progress: Progress
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    came = [line for line in lines if line.finish != "error"]
    opinions = judge.grade([(cases[line.case_id], line.text) for line in came], progress=progress)
    found = {(line.case_id, line.arm): one for line, one in zip(came, opinions, strict=True)}
    arms: dict[str, Counter[str]] = {}
    rows = []
    for line in lines:
        one = found.get((line.case_id, line.arm))
        grade = one.grade if one else Grade.unscored("no answer came")
        arms.setdefault(line.arm, Counter({"pass": 0, "fail": 0, "unscored": 0}))[grade.label] += 1
        rows.append(
            {
                "case_id": line.case_id,
                "arm": line.arm,
                "label": grade.label,
                "score": grade.score,
                "detail": grade.detail,
                "verdicts": one.verdicts if one else (),
            }
        )
    counts = {arm: dict(count) for arm, count in arms.items()}
    return rows, {"in": len(lines), "arms": counts, "self_agreement": self_agreement(opinions)}


def _preferences(
    cases: dict[str, Case], lines: list[_Line], judge: Judge, arms: tuple[str, str], progress: Progress
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    said = {(line.case_id, line.arm): line.text for line in lines if line.finish != "error"}
    both = [name for name in cases if (name, arms[0]) in said and (name, arms[1]) in said]
    asked = [(cases[name], said[name, arms[0]], said[name, arms[1]]) for name in both]
    found = judge.prefer(asked, progress=progress)
    names = {"first": arms[0], "second": arms[1], "tie": "tie", None: "undecided"}
    counts = Counter(names[one.better] for one in found)
    rows = [
        {"case_id": name, "better": names[one.better], "verdicts": [names[v] for v in one.verdicts]}
        for name, one in zip(both, found, strict=True)
    ]
    preferred = {name: counts[name] for name in names.values()}
    return rows, {
        "in": len(cases),
        "compared": len(both),
        "preferred": preferred,
        "order_consistency": order_consistency(found),
    }


def _arms(prefer: str, lines: list[_Line]) -> tuple[str, str]:
    names = tuple(name.strip() for name in prefer.split(","))
    known = [arm for arm in ARMS if any(line.arm == arm for line in lines)]
    if len(names) != 2 or len(set(names)) != 2 or not set(names) <= set(known):  # noqa: PLR2004
        raise ConfigError(
            Finding(
                where="--prefer",
                found=repr(prefer),
                expected=f"two of the arms {', '.join(known)}, with a comma between",
                fix="For example: --prefer teacher,after",
            )
        )
    return names[0], names[1]
