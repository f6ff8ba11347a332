"""Reads JSON out of an answer strictly, and says how far the answer was from being JSON alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from workbench.checks.fences import unfenced

JsonLevel = Literal["exact", "fenced", "none"]


@dataclass(frozen=True, kw_only=True)
class JsonText:
    """What was read: ``exact`` is JSON alone, ``fenced`` JSON in one code fence alone, ``none`` neither."""

    level: JsonLevel
    value: Any = None
    problem: str = ""


class _NotStrictError(ValueError):
    """Something that Python's reader lets pass and RFC 8259 does not."""


def read_json(text: str) -> JsonText:
    """Parse ``text`` as RFC 8259 JSON; duplicate keys, NaN and Infinity are problems."""
    body, fence = unfenced(text, "json")
    try:
        value = json.loads(body, object_pairs_hook=_object, parse_constant=_constant)
    except _NotStrictError as error:
        return JsonText(level="none", problem=str(error))
    except json.JSONDecodeError as error:
        return JsonText(level="none", problem=f"{error.msg} at line {error.lineno}, column {error.colno}")
    except (RecursionError, ValueError) as error:
        return JsonText(level="none", problem=f"can't be read: {type(error).__name__}")
    return JsonText(level="fenced" if fence else "exact", value=value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            raise _NotStrictError(f"key {key!r} stands twice")
        out[key] = value
    return out


def _constant(name: str) -> NoReturn:
    raise _NotStrictError(f"{name} isn't JSON")
