"""Joins cases, completions and grades into cases side by side, the ones that teach most first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.records import ARMS, Arm
from workbench.report.files import optional_frame, optional_lines
from workbench.report.model import CASE_STATES, CaseState, CaseView, Failure, Output

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_GRADES = ["case_id", "arm", "grader", "rule", "label", "evidence", "detail"]
HELDOUT = "rules"  # the behaviour that evaluation gives to cases made of held-out calls
Judged = dict[tuple[str, str], list[dict[str, Any]]]


def read_cases(evaluated: Path) -> tuple[CaseView, ...]:
    """Return every case of an evaluation: lost ones first, then both failed, gained, kept, unscored.

    Raises:
        InputError: completions or grades are there but can't be read.
    """
    completions = optional_lines(evaluated / "completions.jsonl")
    frame = optional_frame(evaluated / "grades.parquet", _GRADES)
    if not completions or frame is None:
        return ()
    judged: Judged = defaultdict(list)
    for row in frame.iter_rows(named=True):
        judged[row["case_id"], row["arm"]].append(row)
    known = {case["id"]: case for case in optional_lines(evaluated / "cases.jsonl")}
    asked: dict[str, dict[Arm, dict[str, Any]]] = defaultdict(dict)
    for answer in completions:
        if answer.get("arm") in ARMS:
            asked[answer["case_id"]][answer["arm"]] = answer
    views = [_case(known.get(name, {}), name, answers, judged) for name, answers in asked.items()]
    rank = {state: place for place, state in enumerate(CASE_STATES)}
    return tuple(sorted(views, key=lambda view: (rank[view.state], view.id)))


def case_state(teacher: Output | None, after: Output | None) -> CaseState:
    """Name what became of a case; only cases that both arms were judged on can be kept or lost."""
    if not (teacher and after and _judged(teacher) and _judged(after)):
        return "unscored"
    if teacher.failed:
        return "failed" if after.failed else "gained"
    return "lost" if after.failed else "kept"


def _judged(output: Output) -> bool:
    return bool(output.passed or output.failed)


def _case(
    case: Mapping[str, Any], name: str, answers: Mapping[Arm, dict[str, Any]], judged: Judged
) -> CaseView:
    outputs = {arm: _output(answers[arm], judged.get((name, arm), [])) for arm in ARMS if arm in answers}
    # The compact prompt is what the caller still sends: the question without the rules.
    shown = answers.get("after") or answers.get("before") or next(iter(answers.values()))
    return CaseView(
        id=name,
        behaviour=case.get("behaviour") or HELDOUT,
        slice=case.get("slice") or "",
        difficulty=case.get("difficulty") or "",
        lang=case.get("lang") or "",
        twin=case.get("twin"),
        question=_question(shown.get("prompt")),
        state=case_state(outputs.get("teacher"), outputs.get("after")),
        outputs=outputs,
    )


def _output(answer: Mapping[str, Any], grades: list[dict[str, Any]]) -> Output:
    return Output(
        text=answer["text"],
        prompt_tokens=answer["prompt_tokens"],
        completion_tokens=answer["completion_tokens"],
        finish=answer.get("finish", "stop"),
        passed=sum(grade["label"] == "pass" for grade in grades),
        failed=tuple(
            Failure(name=_name(grade), detail=grade["detail"] or "", evidence=_evidence(grade["evidence"]))
            for grade in grades
            if grade["label"] == "fail"
        ),
        unscored=tuple(_name(grade) for grade in grades if grade["label"] == "unscored"),
    )


def _name(grade: Mapping[str, Any]) -> str:
    return grade["rule"] or grade["grader"] or ""


def _evidence(raw: str | None) -> tuple[str, ...]:
    """Return the distinct texts that a judgment rests on."""
    if not raw:
        return ()
    pieces = (piece.get("text", "") for piece in msgspec.json.decode(raw))
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def _question(prompt: Any) -> str:
    """Return what the user said: messages but the system's, or a prompt that is plain text."""
    if not isinstance(prompt, list):
        return str(prompt or "")
    said = [str(m.get("content", "")) for m in prompt if m.get("role") != "system"]
    return "\n\n".join(said or [str(m.get("content", "")) for m in prompt])
