"""Binds a local base's answer to a schema, where the documents that fit it can be counted."""

from __future__ import annotations

import json
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST = 1000
Tree = dict[int, "Tree"]


def documents(schema: dict[str, Any]) -> list[str]:
    """List every JSON document that fits ``schema``: objects whose properties are enumerations.

    All properties are written, in the schema's order.

    Raises:
        ConfigError: a part that isn't an enumeration, so that documents without number fit.
    """
    return [json.dumps(value, ensure_ascii=False) for value in _values(schema, "$")]


def tree(answers: Iterable[Sequence[int]]) -> Tree:
    """Lay answers out as a tree: each path is the token ids of one, its stop token included."""
    root: Tree = {}
    for ids in answers:
        node = root
        for token in ids:
            node = node.setdefault(token, {})
    return root


def _values(schema: Any, where: str) -> list[Any]:
    if isinstance(schema, dict) and "const" in schema:
        return [schema["const"]]
    if isinstance(schema, dict) and isinstance(schema.get("enum"), list) and schema["enum"]:
        return list(schema["enum"])
    if isinstance(schema, dict) and schema.get("type") == "boolean":
        return [True, False]
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        raise _uncountable(where, "no enumeration")
    each = [_values(part, f"{where}.properties.{name}") for name, part in properties.items()]
    count = prod(map(len, each))
    if count > _MOST:
        raise _uncountable(where, f"{count} documents")
    return [dict(zip(properties, values, strict=True)) for values in product(*each)]


def _uncountable(where: str, found: str) -> ConfigError:
    return ConfigError(
        Finding(
            where=f"the schema of an answer, {where}",
            found=found,
            expected=f"for a local base, objects of enumerations, true or false: at most {_MOST} documents",
            fix="Leave free text out of the schema, or ask a service (openai:URL).",
        )
    )
