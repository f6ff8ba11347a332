"""Holds JSON answers against their shape: JSON alone, and valid by a schema with its formats asserted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

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


def schema_problems(
    value: Any,
    schema: dict[str, Any] | bool,
    *,
    formats: bool = True,
    draft: str = "",
    remotes: tuple[tuple[str, Any], ...] = (),
) -> list[tuple[str, str]]:
    """List ``($.path, message)`` of everything in ``value`` that ``schema`` forbids, in order of path.

    The draft is the one that ``$schema`` names, else ``draft`` (``draft7``, ``draft2020-12``), else draft 7
    where the schema uses its words. ``format`` is asserted unless ``formats`` is false. References reach into
    the schema, the published meta-schemas and ``remotes`` (URI and schema): nothing is ever fetched.

    Raises:
        ConfigError: ``schema`` is no JSON Schema.
    """
    validator = _validator(_key(schema, [list(one) for one in remotes]), formats, draft)
    try:
        errors = sorted((_path(one.instance_path), one.message) for one in validator.iter_errors(value))
    except UnicodeEncodeError:
        return [("$", "half of a surrogate pair, which is no character")]
    return [(where, excerpt(message, limit=200)) for where, message in errors]


def _key(schema: Any, remotes: list[Any]) -> bytes:
    try:
        return msgspec.json.encode([schema, remotes], order="sorted")
    except UnicodeEncodeError as error:
        raise ConfigError(_bad_schema("half of a surrogate pair, which is no character")) from error


@lru_cache(maxsize=256)
def _validator(key: bytes, formats: bool, draft: str) -> Any:
    import jsonschema_rs

    schema, remotes = msgspec.json.decode(key)
    kinds = {
        "draft7": (jsonschema_rs.Draft7Validator, jsonschema_rs.Draft7),
        "draft2020-12": (jsonschema_rs.Draft202012Validator, jsonschema_rs.Draft202012),
    }
    named = isinstance(schema, dict) and "$schema" in schema
    make, number = kinds[draft if draft in kinds else "draft7" if _looks_old(schema) else "draft2020-12"]
    try:
        registry = jsonschema_rs.Registry([tuple(one) for one in remotes], draft=number) if remotes else None
        build = jsonschema_rs.validator_for if named else make
        return build(schema, validate_formats=formats, registry=registry, offline=True)
    except jsonschema_rs.ValidationError as error:
        raise ConfigError(_bad_schema(_path(error.instance_path) + ": " + error.message)) from error
    except ValueError as error:  # an address in `remotes` that is none
        raise ConfigError(_bad_schema(str(error))) from error


def _path(parts: Any) -> str:
    """Write a place as ``$.a[0]``."""
    return "$" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if part.isidentifier() else f"[{part!r}]"
        for part in parts
    )


def _looks_old(schema: Any) -> bool:
    """Tell whether a schema uses words that draft 7 has and 2020-12 has not."""
    if isinstance(schema, list):
        return any(_looks_old(one) for one in schema)
    if not isinstance(schema, dict):
        return False
    old = {"definitions", "dependencies", "additionalItems"} & set(schema)
    anchored = isinstance(schema.get("$id"), str) and schema["$id"].startswith("#")
    return (
        bool(old)
        or isinstance(schema.get("items"), list)
        or anchored
        or any(map(_looks_old, schema.values()))
    )


def check_schema(schema: dict[str, Any]) -> None:
    """Refuse a schema that isn't one.

    Raises:
        ConfigError: with the path inside the schema.
    """
    _validator(_key(schema, []), True, "")


def _bad_schema(found: str) -> Finding:
    return Finding(
        where="$.schema", found=excerpt(found, limit=200), expected="a JSON Schema", fix="Mend the schema."
    )
