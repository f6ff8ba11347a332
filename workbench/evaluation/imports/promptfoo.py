"""Reads the tests of a promptfoo configuration: variables and assertions."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks.assertions import JUDGED, problem_of
from workbench.errors import Finding, InputError
from workbench.evaluation.imports.values import (
    Imported,
    NoMappingError,
    Refused,
    Wanted,
    filled,
    make_case,
    rows_of,
)
from workbench.io.config import read_text
from workbench.io.yamlfile import YamlError, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.records import Case

_NO_PROGRAM = {
    "cost": "depends on a provider's prices, not on the answer (`eval --prices` counts cost by arm)",
    "latency": "depends on the machine and its load, not on the answer",
}
MOST = 10_000
_TEST_KEYS = frozenset({"description", "vars", "assert", "metadata"})
_ASSERT_KEYS = frozenset({"type", "value", "metric"})


def read_promptfoo(path: Path, wanted: Wanted) -> Imported:
    """Read ``tests`` with ``defaultTest``; a variable with a list of values makes a test of each.

    Prompts and providers of the file are left aside: a case is asked in the prompts of the log.

    Raises:
        InputError: the file can't be read, or holds no tests.
    """
    found = Imported(format="promptfoo")
    whole = _load(path)
    default = _default(path, whole.get("defaultTest") or {})
    for number, (where, test) in enumerate(_tests(path, whole), start=1):
        try:
            several = _expanded(test, default)
        except NoMappingError as error:
            found.refused.append(Refused(where=where, reason=str(error)))
            continue
        for turn, values in enumerate(several, start=1):
            name = f"{path.stem}-{number:03}" + (f"-{turn}" if len(several) > 1 else "")
            try:
                case = _case(name, test, default, values, wanted, found)
            except NoMappingError as error:
                found.refused.append(Refused(where=where, reason=str(error)))
                continue
            together = case.cluster or (f"{path.stem}-{number:03}" if len(several) > 1 else "")
            found.cases.append(msgspec.structs.replace(case, cluster=together))
    return found


def _default(path: Path, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise InputError(
        Finding(
            where=f"{path} $.defaultTest",
            found=repr(value),
            expected="an object in this file",
            fix="Write the default test out.",
        )
    )


def _load(path: Path) -> dict[str, Any]:
    text = read_text(path, what="a promptfoo configuration (YAML or JSON)")
    try:
        whole = read_yaml(text)
    except YamlError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(
            Finding(
                where=f"{path}{line}",
                found=f"not YAML: {error.problem}",
                expected="a promptfoo configuration",
                fix="Mend the file.",
            )
        ) from error
    whole = {"tests": whole} if isinstance(whole, list) else whole
    if not isinstance(whole, dict) or not whole.get("tests"):
        raise InputError(
            Finding(
                where=f"{path} $.tests",
                found="no tests",
                expected="a promptfoo configuration with `tests`, or a list of tests",
                fix="Give the file that holds the tests.",
            )
        )
    return whole


def _tests(path: Path, whole: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    tests = whole["tests"]
    for number, test in enumerate(tests if isinstance(tests, list) else [tests]):
        where = f"{path} $.tests[{number}]"
        if not isinstance(test, str):
            yield where, test
            continue
        file = path.parent / test.removeprefix("file://")
        if file.suffix not in {".json", ".jsonl"} or not file.is_file():
            raise InputError(
                Finding(
                    where=where,
                    found=repr(test),
                    expected="tests in this file, or in a .json or .jsonl file beside it",
                    fix="Import that file by itself, or write its tests out.",
                )
            )
        yield from rows_of(file, what="tests of promptfoo")


def _expanded(test: Any, default: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the variables of each test that a test with lists of values stands for."""
    if not isinstance(test, dict):
        raise NoMappingError("no object")
    given = (default.get("vars") or {}, test.get("vars") or {})
    if not all(isinstance(one, dict) for one in given):
        raise NoMappingError("variables in another file")
    values = {str(name): value for one in given for name, value in one.items()}
    outside = [name for name, one in values.items() if isinstance(one, str) and one.startswith("file://")]
    if outside:
        raise NoMappingError(f"the value of {', '.join(outside)} stands in another file")
    lists = [value if isinstance(value, list) and value else [value] for value in values.values()]
    stands_for = math.prod(map(len, lists))
    if stands_for > MOST:
        raise NoMappingError(f"lists of values that stand for {stands_for:,} tests, more than {MOST:,}")
    return [dict(zip(values, choice, strict=True)) for choice in itertools.product(*lists)]


def _case(
    name: str,
    test: dict[str, Any],
    default: dict[str, Any],
    values: dict[str, Any],
    wanted: Wanted,
    found: Imported,
) -> Case:
    for part in (default, test):
        strange = sorted(
            str(key) for key in set(part) - _TEST_KEYS if key != "options" or _changes(part[key])
        )
        if strange:
            raise NoMappingError(
                f"{', '.join(strange)} of a test {'has' if len(strange) == 1 else 'have'} no mapping"
            )
    if not values:
        raise NoMappingError("no variables")
    raw = [*_listed(default.get("assert")), *_listed(test.get("assert"))]
    asserted = [one for each in raw if (one := _assertion(each, values, wanted, found)) is not None]
    if not asserted:
        raise NoMappingError("no assertion" if not raw else "no assertion is left")
    exact = [one["value"] for one in asserted if one["type"] == "equals" and isinstance(one["value"], str)]
    return make_case(
        name,
        values,
        asserted,
        wanted,
        reference=exact[0] if exact else None,
        metadata=test.get("metadata"),
        slice=str(test.get("description") or ""),
    )


def _changes(options: Any) -> bool:
    """Tell whether options of a test change its meaning; who judges a rubric does not."""
    return not isinstance(options, dict) or bool(set(options) - {"provider"})


def _listed(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise NoMappingError("assert that is no list")
    return value or []


def _assertion(raw: Any, values: dict[str, Any], wanted: Wanted, found: Imported) -> dict[str, Any] | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise NoMappingError("an assertion without a type")
    kind = raw["type"]
    if kind in wanted.without:
        found.left_out[kind] = found.left_out.get(kind, 0) + 1
        return None
    if kind.removeprefix("not-") in _NO_PROGRAM:
        raise NoMappingError(f"{kind}: {_NO_PROGRAM[kind.removeprefix('not-')]}")
    strange = sorted(map(str, set(raw) - _ASSERT_KEYS))
    if strange:
        raise NoMappingError(f"{kind} with {', '.join(strange)}, which would change what it means")
    value = _read_as(kind.removeprefix("not-"), _value(raw.get("value"), values))
    made = {"type": kind} | ({} if value is None else {"value": value})
    problem = problem_of(made)
    if problem is not None and kind != JUDGED:
        raise NoMappingError(problem)
    if problem is not None:
        raise NoMappingError(f"{JUDGED} without a question")
    return made


def _read_as(kind: str, value: Any) -> Any:
    """Read a text as promptfoo does: a list parted by commas, or a schema."""
    if kind.endswith(("-any", "-all")) and isinstance(value, str):
        if '"' in value:
            raise NoMappingError(f"{kind} with quotes in its list (write it as a YAML list)")
        return [part.strip() for part in value.split(",") if part.strip()]
    if kind == "is-json" and isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise NoMappingError("is-json with a text that is no JSON") from None
    return value


def _value(value: Any, values: dict[str, Any]) -> Any:
    """Fill variables into a value."""
    if isinstance(value, str) and value.startswith("file://"):
        raise NoMappingError("an assertion whose value stands in another file")
    if isinstance(value, str):
        return filled(value, values)
    if isinstance(value, list):
        return [_value(one, values) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value
