"""Writes the results of an evaluation in the forms that other tools read: CSV, JUnit, and an inspect log."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree as ET

import workbench
from workbench.errors import ConfigError, Finding, InputError
from workbench.report.ci import fit
from workbench.report.files import optional_frame, optional_lines
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


ResultFormat = Literal["csv", "junit", "evallog"]
_COLUMNS = [
    "case_id",
    "arm",
    "grader",
    "rule",
    "behaviour",
    "label",
    "score",
    "detail",
    "slice",
    "lang",
    "cluster",
]
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
_VALUES = {"pass": "C", "fail": "I"}


def results(run: Path, to: ResultFormat, *, arm: str = "after") -> str:
    """Return the results of a run, or of an evaluation alone, as text in the form ``to``.

    CSV holds every judgment of every arm beside its answer; JUnit and the inspect log (EvalLog, version 2)
    hold those of ``arm``.

    Raises:
        InputError: there are no grades and completions.
        ConfigError: the arm was not asked.
    """
    evaluated = run / "eval" if (run / "eval").is_dir() else run
    grades = optional_frame(evaluated / "grades.parquet", _COLUMNS)
    answers = optional_lines(evaluated / "completions.jsonl")
    if grades is None or not answers:
        fix = "Give a run, or the output of `workbench eval`."
        raise InputError(
            Finding(where=str(evaluated), found="no grades and answers", expected="an evaluation", fix=fix)
        )
    rows = list(grades.iter_rows(named=True))
    if to == "csv":
        return _csv(rows, answers)
    asked = [one for one in answers if one["arm"] == arm]
    if not asked:
        arms = ", ".join(sorted({one["arm"] for one in answers}))
        raise ConfigError(
            Finding(
                where="--arm", found=repr(arm), expected=f"one of {arms}", fix="Name an arm that was asked."
            )
        )
    mine = [row for row in rows if row["arm"] == arm]
    if to == "junit":
        return _junit(mine)
    made = datetime.fromtimestamp((evaluated / "completions.jsonl").stat().st_mtime, tz=UTC)
    cases = {str(one["id"]): one for one in optional_lines(evaluated / "cases.jsonl")}
    log = _evallog(mine, asked, cases, arm=arm, created=made.isoformat())
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def neutral(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet would read as a formula (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RISKY) else value


def _csv(rows: Iterable[dict[str, Any]], answers: Iterable[dict[str, Any]]) -> str:
    said = {(one["case_id"], one["arm"]): one for one in answers}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_COLUMNS, "answer", "finish"])
    for row in rows:
        one = said.get((row["case_id"], row["arm"]), {})
        cells = [*(row[name] for name in _COLUMNS), one.get("text"), one.get("finish")]
        writer.writerow([neutral(cell) for cell in cells])
    return out.getvalue()


def _junit(rows: list[dict[str, Any]]) -> str:
    """Write a suite a question, a test a case: skipped where a rule says nothing, an error where unscored."""
    root = ET.Element("testsuites", {"name": "workbench eval", **_counts(rows)})
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["rule"] or row["behaviour"], []).append(row)
    for name, held in sorted(groups.items()):
        suite = ET.SubElement(root, "testsuite", {"name": fit(name), **_counts(held)})
        for row in held:
            case = ET.SubElement(suite, "testcase", {"classname": fit(name), "name": fit(row["case_id"])})
            tag = {"fail": "failure", "unscored": "error", "not_applicable": "skipped"}.get(row["label"])
            if tag:
                ET.SubElement(case, tag, {"message": fit(row["detail"] or row["label"])})
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _counts(rows: list[dict[str, Any]]) -> dict[str, str]:
    found = Counter(row["label"] for row in rows)
    named = {"failures": "fail", "errors": "unscored", "skipped": "not_applicable"}
    return {"tests": str(len(rows)), **{name: str(found[label]) for name, label in named.items()}}


def _evallog(
    rows: list[dict[str, Any]],
    answers: list[dict[str, Any]],
    cases: dict[str, dict[str, Any]],
    *,
    arm: str,
    created: str,
) -> dict[str, Any]:
    name = content_id(arm, *(f"{one['case_id']} {one['text']}" for one in answers))
    model = f"workbench/{arm}"
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": name,
            "run_id": name,
            "task_id": name,
            "created": created,
            "task": "workbench",
            "task_version": 0,
            "dataset": {"name": "workbench", "samples": len(answers)},
            "model": model,
            "config": {},
            "packages": {"sft-workbench": workbench.__version__},
        },
        "results": {
            "total_samples": len(answers),
            "completed_samples": sum(one["finish"] != "error" for one in answers),
            "scores": [_score(*one) for one in _questions(rows).items()],
        },
        "stats": {"started_at": created, "completed_at": created, "model_usage": {}},
        "samples": [
            _sample(one, rows_of, model, cases.get(one["case_id"], {}))
            for one, rows_of in _joined(answers, rows)
        ],
    }


def _questions(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["rule"] or row["behaviour"], []).append(row)
    return found


def _score(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    scores = [row["score"] for row in rows if row["score"] is not None]
    mean = sum(scores) / len(scores) if scores else 0.0
    return {
        "name": name,
        "scorer": rows[0]["grader"],
        "scored_samples": len(scores),
        "unscored_samples": len(rows) - len(scores),
        "metrics": {"accuracy": {"name": "accuracy", "value": mean}} if scores else {},
    }


def _joined(
    answers: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> Iterable[tuple[dict[str, Any], list[dict[str, Any]]]]:
    by_case: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_case.setdefault(row["case_id"], []).append(row)
    return ((one, by_case.get(one["case_id"], [])) for one in answers)


def _sample(
    one: dict[str, Any], rows: list[dict[str, Any]], model: str, case: dict[str, Any]
) -> dict[str, Any]:
    answer = {"role": "assistant", "content": one["text"]}
    tokens = {"input_tokens": one["prompt_tokens"], "output_tokens": one["completion_tokens"]}
    read = {"input_tokens_cache_read": cached} if (cached := one.get("cached_tokens")) else {}
    stop = {"stop": "stop", "length": "max_tokens"}.get(one["finish"], "unknown")
    return {
        "id": one["case_id"],
        "epoch": 1,
        "input": one["prompt"],
        "target": case.get("reference") or "",
        "messages": [*one["prompt"], answer],
        "output": {
            "model": model,
            "choices": [{"message": answer, "stop_reason": stop}],
            "usage": {**tokens, "total_tokens": sum(tokens.values()), **read},
        },
        "metadata": {"case": case} if case else {},
        "scores": {
            row["rule"] or row["behaviour"]: {
                "value": _VALUES[row["label"]],
                "answer": one["text"],
                "explanation": row["detail"],
                "metadata": {"score": row["score"], "grader": row["grader"]},
            }
            for row in rows
            if row["label"] in _VALUES
        },
    }
