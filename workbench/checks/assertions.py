"""Judges the plain assertions that a case brings itself, named and meant as promptfoo means them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.checks.bounded import find_all, pattern_problem, too_long
from workbench.checks.choice import read_choice
from workbench.checks.jsontext import read_json
from workbench.checks.schema import check_schema, judge_json, schema_problems
from workbench.errors import ConfigError
from workbench.records import Evidence, Grade
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

JUDGED = "llm-rubric"
NOT = "not-"
_TEXT: dict[str, Callable[[str, Sequence[str]], bool]] = {
    "equals": lambda text, values: text in values,
    "iequals": lambda text, values: text.strip().casefold() in {value.strip().casefold() for value in values},
    "contains": lambda text, values: values[0] in text,
    "icontains": lambda text, values: values[0].casefold() in text.casefold(),
    "contains-any": lambda text, values: any(value in text for value in values),
    "icontains-any": lambda text, values: any(value.casefold() in text.casefold() for value in values),
    "contains-all": lambda text, values: all(value in text for value in values),
    "icontains-all": lambda text, values: all(value.casefold() in text.casefold() for value in values),
    "starts-with": lambda text, values: text.startswith(values[0]),
}
_SEVERAL = frozenset({"equals", "iequals", "contains-any", "icontains-any", "contains-all", "icontains-all"})
KINDS = (*_TEXT, "regex", "is-json", "choice", JUDGED)


def problem_of(assertion: Any) -> str | None:
    """Say why an assertion can't be judged here, or ``None``.

    An assertion is ``{"type": …, "value": …}``. ``not-`` before any type but ``llm-rubric`` and ``choice``
    turns it. ``value`` is text (a list of texts for ``equals``, ``iequals``, ``…-any`` and ``…-all``), a
    pattern for ``regex``, a JSON Schema or nothing for ``is-json``, a question for ``llm-rubric``, and
    ``{"options": [...], "right": [0-based …]}`` for ``choice``.
    """
    if not isinstance(assertion, dict) or not isinstance(assertion.get("type"), str):
        return "an assertion without a type"
    kind, value = _split(assertion["type"])[0], assertion.get("value")
    if kind not in KINDS or (assertion["type"] != kind and kind in {JUDGED, "choice"}):
        return f"no assertion of the type {assertion['type']!r} is judged"
    return _value_problem(kind, value)


def _value_problem(kind: str, value: Any) -> str | None:
    found: str | None = None
    if kind == "regex":
        found = "no pattern" if not isinstance(value, str) or not value else pattern_problem(value)
    elif kind == "is-json":
        found = None if value is None or isinstance(value, bool) else _schema_problem(value)
    elif kind == "choice":
        found = None if _options(value) else "no options, or no right one among them"
    elif kind in _SEVERAL and isinstance(value, list):
        fits = value and all(isinstance(one, str) for one in value)
        found = None if fits else "a value that is no text"
    elif not isinstance(value, str) or not value:
        found = "no text to look for"
    return found and f"{kind}: {found}"


def _schema_problem(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "a schema that is none"
    try:
        check_schema(value)
    except ConfigError as error:
        return f"a schema that is none ({error.findings[0].found})"
    except TypeError:  # what YAML lets be a key and JSON doesn't
        return "a schema that is none (a key that is no text)"
    return None


def judge_assertion(assertion: dict[str, Any], output: str) -> Grade:
    """Judge one assertion; unscored where ``problem_of`` finds one, or a judge has to decide."""
    problem = problem_of(assertion)
    if problem is not None:
        return Grade.unscored(problem)
    kind, turned = _split(assertion["type"])
    value = assertion.get("value")
    if kind == JUDGED:
        return Grade.unscored("a judge decides: workbench judge --own")
    if kind == "regex":
        grade = _matches(str(value), output)
    elif kind == "is-json":
        grade = _json(value, output)
    elif kind == "choice":
        grade = _chosen(value, output)
    else:
        values = value if isinstance(value, list) else [str(value)]
        grade = Grade.of(_TEXT[kind](output, values))
    if grade.label == "unscored":
        return grade
    passed = (grade.label == "pass") != turned
    told = f"{assertion['type']}: {excerpt(grade.detail or _said(value))}"
    return Grade.of(passed, *([] if passed else [Evidence(what=assertion["type"], text=told)]), detail=told)


def _split(name: str) -> tuple[str, bool]:
    return name.removeprefix(NOT), name.startswith(NOT)


def _said(value: Any) -> str:
    return " | ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _matches(pattern: str, output: str) -> Grade:
    found = find_all(pattern, output)
    return (
        Grade.unscored(too_long(pattern, output)) if found is None else Grade.of(bool(found), detail=pattern)
    )


def _json(schema: Any, output: str) -> Grade:
    grade = judge_json(output, root="any")
    if grade.label == "fail" or schema is None:
        return grade
    problems = schema_problems(read_json(output).value, schema)
    return Grade.of(not problems, detail="; ".join(f"{where}: {said}" for where, said in problems))


def _options(value: Any) -> tuple[list[str], list[int]] | None:
    if not isinstance(value, dict):
        return None
    options, right = value.get("options"), value.get("right")
    if not isinstance(options, list) or not isinstance(right, list) or not right:
        return None
    fits = all(isinstance(n, int) and 0 <= n < len(options) for n in right)
    return ([str(one) for one in options], right) if fits else None


def _chosen(value: Any, output: str) -> Grade:
    options, right = _options(value) or ([], [])
    picked = read_choice(output, options)
    said = "no option, or several" if picked is None else options[picked]
    return Grade.of(picked in right, detail=f"picks {said}, right: {', '.join(options[n] for n in right)}")
