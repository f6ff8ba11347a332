"""Grades structured answers by the schema of the case: JSON, YAML, CSV, Markdown and XML."""

from __future__ import annotations

from typing import Any

from workbench.checks.formats import read_csv, read_markdown, read_yaml, repair_json
from workbench.checks.jsontext import read_json
from workbench.checks.schema import judge_json, judge_schema, schema_problems
from workbench.checks.xmltext import judge_xml
from workbench.records import Case, Evidence, Grade
from workbench.spec import Spec

FORMATS = ("json", "yaml", "csv", "markdown", "xml")


class Schema(Spec, frozen=True, kw_only=True):
    """The answer is ``expect.format`` (JSON where none is named) alone, and valid by ``expect.schema``.

    JSON may stand in one code fence alone where ``fence``. Duplicate keys and NaN are no JSON,
    and ``format`` is asserted. CSV is held to the schema as a list of objects, Markdown as its outline
    (``headings``, ``lists``, ``items``, ``fences``, ``tables``), XML to being well-formed without entities.
    ``expect.values`` are values that must stand there, objects within objects.
    """

    fence: bool = True

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer; unscored where the case brings neither schema nor a known format."""
        form = case.expect.get("format", "json")
        schema = case.expect.get("schema")
        if form not in FORMATS:
            return Grade.unscored(
                f"expect.format of case {case.id!r} is {form!r}, none of {', '.join(FORMATS)}"
            )
        if form == "xml":
            return judge_xml(output)
        if not isinstance(schema, dict):
            return Grade.unscored(f"expect.schema of case {case.id!r} is no JSON Schema")
        if form == "json":
            return self._json(output, schema, case.expect.get("values"))
        value, problem = _read(output, form)
        if problem:
            return Grade.of(False, Evidence(what=f"not {form}", text=problem), detail=problem)
        return _judged(schema_problems(value, schema), value, case.expect.get("values"))

    def cell(self, case: Case) -> str:
        """Name the slice, such as ``plain`` or ``hostile``."""
        return case.slice

    def _json(self, output: str, schema: dict[str, Any], values: Any) -> Grade:
        found = read_json(output)
        if not self.fence and found.level == "fenced":
            return judge_json(output, root="any", fence=False)
        if found.level == "none":
            return _unreadable(output, schema, found.problem)
        grade = judge_schema(output, schema=schema)
        return grade if grade.label == "fail" else _judged([], found.value, values)


def _unreadable(output: str, schema: dict[str, Any], problem: str) -> Grade:
    """Fail what is no JSON, and say how far it was from it: which repairs, and valid after them or not."""
    mended = repair_json(output)
    evidence = [Evidence(what="not JSON", text=problem)]
    if mended.problem:
        return Grade.of(False, *evidence, detail=problem)
    valid = "not valid" if schema_problems(mended.value, schema) else "valid"
    evidence += [Evidence(what="repair", text=repair) for repair in mended.repairs]
    return Grade.of(False, *evidence, detail=f"{problem}; {valid} after repairs: {', '.join(mended.repairs)}")


def _read(output: str, form: str) -> tuple[Any, str]:
    if form == "yaml":
        return read_yaml(output)
    if form == "csv":
        rows, problem = read_csv(output)
        return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] if not problem else [], problem
    outline = read_markdown(output)
    return {
        "headings": [{"level": level, "text": text} for level, text in outline.headings],
        "lists": outline.lists,
        "items": outline.items,
        "fences": outline.fences,
        "tables": [{"rows": rows, "columns": columns} for rows, columns in outline.tables],
    }, ""


def _judged(problems: list[tuple[str, str]], value: Any, values: Any) -> Grade:
    wrong = problems or _differing(value, values, "$")
    return Grade.of(
        not wrong,
        *(Evidence(what=where, text=message) for where, message in wrong),
        detail="; ".join(f"{where}: {message}" for where, message in wrong),
    )


def _differing(value: Any, wanted: Any, where: str) -> list[tuple[str, str]]:
    """List where ``wanted`` (``None``: nothing wanted) doesn't stand in ``value``."""
    if wanted is None:
        return []
    if isinstance(wanted, dict) and isinstance(value, dict):
        return [
            one
            for key, inner in wanted.items()
            for one in _differing(value.get(key), inner, f"{where}.{key}")
        ]
    return [] if value == wanted else [(where, f"is {value!r}, not {wanted!r}")]
