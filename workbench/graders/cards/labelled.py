"""Reads sets that people labelled, in the one shape that graders are measured on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, InputError
from workbench.io.config import read_text
from workbench.text import excerpt

if TYPE_CHECKING:
    from pathlib import Path

BEHAVIOURS = ("grounding", "refusal", "harm", "rules", "neutrality", "schema")
Row = dict[str, Any]
# Where the JSON-Schema-Test-Suite keeps what its tests refer to, and the address they refer to it by.
_REMOTES, _REMOTE_BASE = "remotes", "http://localhost:1234/"


@dataclass(frozen=True, kw_only=True)
class LabelledSet:
    """One set: its name, its behaviour, and its rows as they stood in the files."""

    name: str
    behaviour: str
    rows: tuple[Row, ...]


def read_labelled(data: Path) -> list[LabelledSet]:
    """Read every ``*.jsonl`` under ``data`` (or the one file), and the ``*.json`` of the JSON-Schema suite.

    Rows of one ``set`` make a set, whatever file they stand in; a row without ``set`` belongs to its file's.

    Raises:
        InputError: nothing to read, or a line that is no labelled row; every such line is named.
    """
    files = [data] if data.is_file() else sorted(p for p in data.rglob("*.json*") if p.is_file())
    files = [path for path in files if path.suffix in {".json", ".jsonl"}]
    if not files:
        raise InputError(
            Finding(
                where=str(data),
                found="no *.jsonl and no *.json file",
                expected="a folder of labelled sets",
                fix="See docs/graders/README.md for the form of a row.",
            )
        )
    found: dict[tuple[str, str], list[Row]] = {}
    problems: list[Finding] = []
    remotes = _remotes(data)
    for path in files:
        if _is_remote(path, data):
            continue
        rows = _lines(path, problems) if path.suffix == ".jsonl" else _suite(path, data, remotes, problems)
        for row in rows:
            found.setdefault((row["set"], row["behaviour"]), []).append(row)
    if problems:
        raise InputError(problems)
    names = [name for name, _ in found]
    return [
        LabelledSet(
            name=name if names.count(name) == 1 else f"{name}:{behaviour}",
            behaviour=behaviour,
            rows=tuple(rows),
        )
        for (name, behaviour), rows in sorted(found.items())
    ]


def _lines(path: Path, problems: list[Finding]) -> list[Row]:
    rows = []
    for i, line in enumerate(read_text(path, what="labelled rows (JSONL)").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            row = f"no JSON: {error}"
        problem = _problem(row)
        if problem:
            problems.append(_finding(f"{path}:{i}", problem))
        else:
            rows.append({"id": f"{path.stem}:{i}", "set": path.stem} | row)
    return rows


def _problem(row: Any) -> str:
    if not isinstance(row, dict):
        return row if isinstance(row, str) else f"a JSON {type(row).__name__}"
    if row.get("behaviour") not in BEHAVIOURS:
        return f"behaviour {row.get('behaviour')!r}"
    wrong = [
        key
        for key in ("id", "set", "context", "question", "prompt", "output", "lang")
        if not isinstance(row.get(key, ""), str)
    ]
    return f"{wrong[0]} {excerpt(repr(row[wrong[0]]))}, which is no text" if wrong else ""


def _is_remote(path: Path, data: Path) -> bool:
    return data.is_dir() and path.relative_to(data).parts[0] == _REMOTES


def _remotes(data: Path) -> tuple[tuple[str, Any], ...]:
    """Read the schemas that the suite's tests refer to, each under the address that the suite gives it."""
    root = data / _REMOTES
    return tuple(
        (_REMOTE_BASE + path.relative_to(root).as_posix(), json.loads(path.read_text("utf-8")))
        for path in sorted(root.rglob("*.json"))
    )


def _suite(
    path: Path, data: Path, remotes: tuple[tuple[str, Any], ...], problems: list[Finding]
) -> list[Row]:
    """Read one file of the JSON-Schema-Test-Suite: a list of ``{description, schema, tests}``."""
    try:
        groups = json.loads(read_text(path, what="a file of the JSON-Schema-Test-Suite"))
    except (ValueError, RecursionError) as error:
        groups = f"no JSON: {error}"
    good = isinstance(groups, list) and all(
        isinstance(one, dict) and "schema" in one and isinstance(one.get("tests"), list) for one in groups
    )
    if not good:
        found = groups if isinstance(groups, str) else "JSON that is no list of {schema, tests}"
        problems.append(_finding(str(path), found))
        return []
    folder = path.parent.relative_to(data.parent if data.is_file() else data).as_posix()
    return [
        {
            "id": f"{path.stem}:{i}",
            "set": f"json_schema:{folder}",
            "behaviour": "schema",
            "slice": path.stem,
            "draft": folder.split("/")[0],
            # The suite's own tests say that `format` is an annotation, but for those under optional/format.
            "assert_formats": folder.endswith("optional/format"),
            "remotes": remotes,
        }
        | {key: one[key] for key in ("schema", "tests")}
        for i, one in enumerate(groups)
    ]


def _finding(where: str, found: str) -> Finding:
    return Finding(
        where=where,
        found=excerpt(found, limit=200),
        expected="an object with behaviour (" + ", ".join(BEHAVIOURS) + ") and that behaviour's fields",
        fix="Mend or remove it; docs/graders/README.md shows the form of a row.",
    )
