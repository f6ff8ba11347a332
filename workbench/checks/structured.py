"""Holds an answer in JSON, YAML, CSV, Markdown or XML to its schema, and says how near it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbench.checks.fences import first_fence, unfenced
from workbench.checks.formats import read_csv, read_markdown, repair_json
from workbench.checks.jsontext import read_json
from workbench.checks.schema import schema_problems
from workbench.checks.xmltext import mend_xml, read_xml
from workbench.checks.xsd import xsd_problems
from workbench.checks.yamltext import read_yaml
from workbench.records import Case, Evidence, Grade
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

Form = Literal["json", "yaml", "csv", "markdown", "xml"]
Level = Literal["exact", "fenced", "repaired", "unreadable"]
FORMS: tuple[Form, ...] = get_args(Form)
NOT_VALID, WRONG_VALUES = "not valid", "wrong values"
_TAKEN = "taken out of the text around it"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What stands in an answer: ``exact`` is the format alone, ``fenced`` in one code fence alone.

    ``repaired`` could be read after ``repairs`` only, ``problem`` says why not before; of XML the value is
    its text.
    """

    level: Level
    value: Any = None
    problem: str = ""
    repairs: tuple[str, ...] = ()


class Structured(Spec, frozen=True, kw_only=True):
    """The answer is ``format`` and nothing else, bare or (``fence``) in one code fence, and valid.

    JSON, YAML, CSV (a list of objects) and Markdown (its outline: ``headings``, ``lists``, ``items``,
    ``fences``, ``tables``) are held to the JSON Schema ``schema``, ``format`` asserted; XML to the XML Schema
    ``xsd``. ``values`` must stand there, objects within objects. What could be read after repairs only fails,
    and its repairs are evidence.
    """

    format: Form = "json"
    schema: dict[str, Any] | None = None
    xsd: str | None = None
    values: dict[str, Any] | None = None
    fence: bool = True

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer."""
        del case
        return judge_structured(
            output,
            self.format,
            schema=self.schema,
            xsd=self.xsd,
            values=self.values,
            fence=self.fence,
        )


def judge_structured(
    output: str,
    form: Form,
    *,
    schema: dict[str, Any] | None = None,
    xsd: str | None = None,
    values: Any = None,
    fence: bool = True,
) -> Grade:
    """Judge one answer; the outcome names the level it reached.

    ``exact`` and ``fenced`` pass (the latter where ``fence``); ``repaired`` is valid after repairs, and
    ``repaired, not valid``, ``not valid``, ``wrong values`` and ``unreadable`` are what they say.

    Raises:
        ConfigError: ``schema`` or ``xsd`` isn't one.
        MissingExtraError: lxml isn't installed, and there is an ``xsd``.
    """
    reading = read_structured(output, form)
    if reading.level == "unreadable":
        return _failed([(f"not {form}", reading.problem)], "unreadable", detail=reading.problem)
    problems = _problems(reading.value, form, schema, xsd)
    if reading.level == "repaired":
        told = "not valid" if problems else "valid"
        named = [(f"not {form}", reading.problem), *(("repair", one) for one in reading.repairs)]
        detail = f"{reading.problem}; {told} after repairs: {', '.join(reading.repairs)}"
        return _failed(named, "repaired, not valid" if problems else "repaired", detail=detail)
    if reading.level == "fenced" and not fence:
        return _failed([("code fence", "```")], "fenced", detail=f"{form} stands in a code fence")
    if problems:
        return _failed(problems, NOT_VALID)
    wrong = differing(reading.value, values)
    return _failed(wrong, WRONG_VALUES) if wrong else Grade.of(True, outcome=reading.level)


def read_structured(output: str, form: Form) -> Reading:
    """Read an answer of one format."""
    return _READ[form](output)


def differing(value: Any, wanted: Any, where: str = "$") -> list[tuple[str, str]]:
    """List where ``wanted`` (``None``: nothing wanted) doesn't stand in ``value``."""
    if wanted is None:
        return []
    if isinstance(wanted, dict) and isinstance(value, dict):
        return [
            one for key, inner in wanted.items() for one in differing(value.get(key), inner, f"{where}.{key}")
        ]
    return [] if value == wanted else [(where, f"is {value!r}, not {wanted!r}")]


def _problems(
    value: Any, form: Form, schema: dict[str, Any] | None, xsd: str | None
) -> list[tuple[str, str]]:
    if form == "xml":
        return xsd_problems(value, xsd) if xsd is not None else []
    return schema_problems(value, schema) if schema is not None else []


def _failed(named: list[tuple[str, str]], outcome: str, *, detail: str = "") -> Grade:
    told = detail or "; ".join(f"{where}: {message}" for where, message in named)
    return Grade.of(
        False, *(Evidence(what=what, text=text) for what, text in named), detail=told, outcome=outcome
    )


def _json(output: str) -> Reading:
    found = read_json(output)
    if found.level != "none":
        return Reading(level=found.level, value=found.value)
    mended = repair_json(output)
    if mended.problem:
        return Reading(level="unreadable", problem=found.problem)
    return Reading(level="repaired", value=mended.value, problem=found.problem, repairs=mended.repairs)


def _reader(
    form: Form,
    read: Callable[[str], tuple[Any, str]],
    mend: Callable[[str], tuple[str, tuple[str, ...]]] = lambda text: (text, ()),
) -> Callable[[str], Reading]:
    """Make a reader: bare, fenced, then taken out of the first fence inside, then mended."""

    def reading(output: str) -> Reading:
        body, fenced = unfenced(output, form)
        value, problem = read(body)
        if not problem:
            return Reading(level="fenced" if fenced else "exact", value=value)
        inner = None if fenced else first_fence(output, form)
        text, repairs = mend(body if inner is None else inner)
        repairs = repairs if inner is None else (_TAKEN, *repairs)
        value, still = read(text) if repairs else (None, problem)
        if still:
            return Reading(level="unreadable", problem=problem)
        return Reading(level="repaired", value=value, problem=problem, repairs=repairs)

    return reading


def _rows(text: str) -> tuple[Any, str]:
    rows, problem = read_csv(text)
    return ([], problem) if problem else ([dict(zip(rows[0], row, strict=True)) for row in rows[1:]], "")


def _outline(text: str) -> tuple[Any, str]:
    outline = read_markdown(text)
    return {
        "headings": [{"level": level, "text": text} for level, text in outline.headings],
        "lists": outline.lists,
        "items": outline.items,
        "fences": outline.fences,
        "tables": [{"rows": rows, "columns": columns} for rows, columns in outline.tables],
    }, ""


def _xml(text: str) -> tuple[Any, str]:
    return text, read_xml(text).problem


_READ: dict[Form, Callable[[str], Reading]] = {
    "json": _json,
    "yaml": _reader("yaml", read_yaml),
    "csv": _reader("csv", _rows),
    "markdown": _reader("markdown", _outline),
    "xml": _reader("xml", _xml, mend_xml),
}
