"""Holds JSON answers against their shape: JSON alone, and valid by a schema with its formats asserted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from jsonschema import FormatChecker, validators
from jsonschema.exceptions import SchemaError, UnknownType
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]
from referencing.exceptions import Unresolvable

from workbench.checks.jsontext import read_json
from workbench.checks.subject import find
from workbench.errors import ConfigError, Finding
from workbench.records import Case, Evidence, Grade
from workbench.spec import Spec
from workbench.text import excerpt


class JsonOnly(Spec, frozen=True, kw_only=True):
    """The answer is one JSON value and nothing else: no fence, no text around it (RFC 8259).

    ``root`` asks for an ``object``, an ``array`` or ``any`` value; ``fence`` lets one code fence pass.
    """

    root: str = "object"
    fence: bool = False

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer."""
        del case
        return judge_json(output, root=self.root, fence=self.fence)


class JsonSchema(Spec, frozen=True, kw_only=True):
    """The answer, bare or in one code fence, is JSON that is valid by ``schema``, ``format`` asserted."""

    schema: dict[str, Any]

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer."""
        del case
        return judge_schema(output, schema=self.schema)


def judge_json(output: str, *, root: str = "object", fence: bool = False) -> Grade:
    """Tell whether ``output`` is one JSON value alone."""
    found = read_json(output)
    if found.level == "none":
        return Grade.of(False, Evidence(what="not JSON", text=found.problem), detail=found.problem)
    if found.level == "fenced" and not fence:
        return Grade.of(False, find(output, "```", what="code fence"), detail="JSON stands in a code fence")
    wrong = root != "any" and not isinstance(found.value, {"object": dict, "array": list}.get(root, object))
    return Grade.of(not wrong, detail=f"JSON, but no {root} at the root" if wrong else "")


def judge_schema(output: str, *, schema: dict[str, Any]) -> Grade:
    """Tell whether ``output`` is JSON, bare or fenced, that ``schema`` accepts."""
    found = read_json(output)
    if found.level == "none":
        return Grade.of(False, Evidence(what="not JSON", text=found.problem), detail=found.problem)
    problems = schema_problems(found.value, schema)
    return Grade.of(
        not problems,
        *(Evidence(what=where, text=message) for where, message in problems),
        detail="; ".join(f"{where}: {message}" for where, message in problems),
    )


def schema_problems(value: Any, schema: dict[str, Any] | bool) -> list[tuple[str, str]]:
    """List ``($.path, message)`` of everything in ``value`` that ``schema`` forbids, in order of path.

    Raises:
        ConfigError: ``schema`` is no JSON Schema.
    """
    key = msgspec.json.encode(schema, order="sorted")
    try:
        errors = sorted(_validator(key).iter_errors(value), key=lambda error: error.json_path)
    except UnknownType as error:
        raise ConfigError(_bad_schema(str(error))) from error
    except Unresolvable as error:
        raise ConfigError(_bad_schema(f"a reference to {error.ref!r}, which isn't in it")) from error
    return [(error.json_path, excerpt(error.message, limit=200)) for error in errors]


@lru_cache(maxsize=256)
def _validator(key: bytes) -> Any:
    schema = msgspec.json.decode(key)
    kind = validators.validator_for(schema, default=validators.validator_for({"$schema": _DRAFT}))
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise ConfigError(_bad_schema(f"{error.json_path}: {error.message}")) from error
    # The registry holds the published meta-schemas alone: nothing is ever fetched.
    return kind(schema, format_checker=FormatChecker(), registry=REGISTRY)


_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def check_schema(schema: dict[str, Any]) -> None:
    """Refuse a schema that isn't one.

    Raises:
        ConfigError: with the path inside the schema.
    """
    _validator(msgspec.json.encode(schema, order="sorted"))


def _bad_schema(found: str) -> Finding:
    return Finding(
        where="$.schema", found=excerpt(found, limit=200), expected="a JSON Schema", fix="Mend the schema."
    )
