"""Reads data sets of inspect_ai: input, target, choices, id and metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.evaluation.imports.values import (
    LETTERS,
    Imported,
    NoMappingError,
    Refused,
    Wanted,
    lettered,
    make_case,
    rows_of,
)
from workbench.records import Case

if TYPE_CHECKING:
    from pathlib import Path

_KNOWN = frozenset({"input", "target", "choices", "id", "metadata"})
_WORLD = ("sandbox", "files", "setup")


def read_inspect(path: Path, wanted: Wanted) -> Imported:
    """Read JSON, JSON Lines or CSV, further columns as metadata; or the samples of a log.

    Samples that `report --to evallog` wrote give their cases back as they were.

    Raises:
        InputError: the file can't be read.
    """
    found = Imported(format="inspect")
    seen: set[str] = set()
    for number, (where, row) in enumerate(rows_of(path, what="a data set of inspect_ai"), start=1):
        try:
            case = _case(row, f"{path.stem}-{number:03}", wanted, seen)
        except NoMappingError as error:
            found.refused.append(Refused(where=where, reason=str(error)))
            continue
        seen.add(case.id)
        found.cases.append(case)
    return found


def _case(row: dict[str, Any] | None, name: str, wanted: Wanted, seen: set[str]) -> Case:
    if row is None:
        raise NoMappingError("no JSON object")
    case = _mapped(row, name, wanted)
    if case.id in seen:
        raise NoMappingError(f"the id {case.id!r} stands twice")
    return case


def _mapped(row: dict[str, Any], name: str, wanted: Wanted) -> Case:
    own = _own(row.get("metadata"))
    if own is not None:
        return own
    world = [key for key in _WORLD if row.get(key)]
    if world:
        raise NoMappingError(f"needs {', '.join(world)}: a task with tools, not a question")
    asked = _asked(row.get("input"))
    targets = _targets(row.get("target"))
    metadata = _metadata(row.get("metadata")) | {k: v for k, v in row.items() if k not in {*_KNOWN, *_WORLD}}
    choices = _choices(row.get("choices"))
    name = str(row["id"]) if row.get("id") not in (None, "") else name
    slot = wanted.slots.get("input", "question")
    if choices:
        asked, chosen, reference = lettered(asked, choices, [_index(one, choices) for one in targets])
        asserted = [chosen]
    else:
        kind = "icontains-any" if wanted.match == "includes" else "iequals"
        asserted = [{"type": kind, "value": targets}]
        reference = targets[0]
    return make_case(name, {slot: asked}, asserted, wanted, reference=reference, metadata=metadata)


def _own(metadata: Any) -> Case | None:
    """Return the case that `report --to evallog` left in a sample, as it was."""
    held = metadata.get("case") if isinstance(metadata, dict) else None
    if not isinstance(held, dict) or "behaviour" not in held:
        return None
    try:
        return msgspec.convert(held, Case)
    except msgspec.ValidationError as error:
        raise NoMappingError(f"metadata.case that is no case of a suite ({error})") from error


def _asked(value: Any) -> str:
    if isinstance(value, list):
        roles = [one.get("role") if isinstance(one, dict) else None for one in value]
        if roles != ["user"] or not isinstance(value[0].get("content"), str):
            raise NoMappingError(f"messages of the roles {roles}; only one user message has a mapping")
        value = value[0]["content"]
    if not isinstance(value, str) or not value.strip():
        raise NoMappingError("no input")
    return value


def _targets(value: Any) -> list[str]:
    if isinstance(value, str) and value.startswith("["):
        value = _parsed(value, value)
    every = value if isinstance(value, list) else [value]
    if any(isinstance(one, bool) or not isinstance(one, str | int | float | None) for one in every):
        raise NoMappingError("a target that is neither text nor a number")
    targets = [str(one) for one in every if one is not None and str(one).strip()]
    if not targets:
        raise NoMappingError("no target")
    return targets


def _choices(value: Any) -> list[str]:
    if isinstance(value, str):
        value = _parsed(value, None) if value.startswith("[") else value.split(",")
    if value in (None, [], [""]):
        return []
    if not isinstance(value, list) or len(value) > len(LETTERS):
        raise NoMappingError(f"choices that are no list of at most {len(LETTERS)}")
    return [str(one).strip() for one in value]


def _index(target: str, choices: list[str]) -> int:
    """Find the choice that a target means: by its letter, as inspect_ai has it, or by its words."""
    letter = target.strip()
    if len(letter) == 1 and letter in LETTERS[: len(choices)]:
        return LETTERS.index(letter)
    if letter in choices:
        return choices.index(letter)
    raise NoMappingError(f"the target {target!r} is none of the choices")


def _metadata(value: Any) -> dict[str, Any]:
    value = _parsed(value, None) if isinstance(value, str) and value.strip() else value or {}
    if not isinstance(value, dict):
        raise NoMappingError("metadata that is no object")
    return value


def _parsed(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return otherwise
