"""Finds the part of an answer that a rule speaks of: "the reply" of a JSON answer, not its braces."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from workbench.checks.jsontext import read_json
from workbench.records import Evidence, Grade
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


class FieldCheck(Spec, frozen=True, kw_only=True):
    """A check that can look at one field of a JSON answer: ``path`` is ``$.reply`` or ``$.items[0].name``.

    Where the answer is no JSON, or lacks the field, the whole text is judged and the grade says so.
    """

    path: str | None = None


def on_field(path: str | None, output: str, judge: Callable[[str], Grade]) -> Grade:
    """Judge the field at ``path``, or the whole output; offsets of evidence are moved to the output."""
    if path is None:
        return judge(output)
    value = field_value(output, path)
    if value is None:
        grade = judge(output)
        note = f"{path} isn't there: the whole text was judged"
        return _noted(grade, note, evidence=grade.evidence)
    grade = judge(value)
    offset = output.find(value) if value else -1
    return _noted(grade, "", evidence=tuple(_moved(one, offset) for one in grade.evidence))


def field_value(output: str, path: str) -> str | None:
    """Return the text of the field at ``path``; ``None`` where the output is no JSON or has no such field."""
    found = read_json(output)
    if found.level == "none":
        return None
    value: Any = found.value
    for name, index in _STEP.findall(path.removeprefix("$")):
        if name and isinstance(value, dict) and name in value:
            value = value[name]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return None
    return as_text(value)


def as_text(value: Any) -> str:
    """Read a JSON value as text: strings as they are, lists by line, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(as_text(item) for item in value)
    if isinstance(value, dict):
        return "\n".join(as_text(item) for item in value.values())
    return json.dumps(value)


def find(text: str, piece: str, *, what: str) -> Evidence:
    """Quote ``piece`` with the offsets where it first stands in ``text`` (-1 where it does not)."""
    start = text.find(piece) if piece else -1
    return Evidence(what=what, text=piece, start=start, end=start + len(piece) if start >= 0 else -1)


def _moved(evidence: Evidence, offset: int) -> Evidence:
    if evidence.start < 0:
        return evidence
    if offset < 0:
        return Evidence(what=evidence.what, text=evidence.text)
    return Evidence(
        what=evidence.what, text=evidence.text, start=evidence.start + offset, end=evidence.end + offset
    )


def _noted(grade: Grade, note: str, *, evidence: tuple[Evidence, ...]) -> Grade:
    detail = "; ".join(part for part in (grade.detail, note) if part)
    return Grade(score=grade.score, label=grade.label, evidence=evidence, detail=detail)
