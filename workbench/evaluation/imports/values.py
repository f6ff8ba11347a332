"""What an import is made of: rows as they stood, cases, and what was refused and why."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import Finding, InputError
from workbench.io.config import read_text
from workbench.records import Case
from workbench.text import excerpt, language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BEHAVIOUR = "assertions"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Match = Literal["includes", "exact"]
_HOLE = re.compile(r"\{\{-?\s*(?P<name>[^{}]*?)\s*-?\}\}")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A row that became no case: where it stood, and why."""

    where: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How to map what files leave open.

    ``slots`` names the slot that a variable fills (its own name otherwise; ``input`` fills ``question``);
    ``match``: what a bare target asks of an answer; ``bare`` cases are asked as they stand, without the
    log's prompt; ``without`` leaves assertions of these types out; ``slice`` and ``cluster`` name the
    metadata keys that say them.
    """

    slots: Mapping[str, str] = field(default_factory=dict)
    match: Match = "includes"
    bare: bool = False
    without: frozenset[str] = frozenset()
    slice: str | None = None
    cluster: str | None = None
    docs: Path | None = None


@dataclass(kw_only=True)
class Imported:
    """Cases and refusals; every row of the source is one of them."""

    format: str
    cases: list[Case] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return len(self.cases) + len(self.refused)


class NoMappingError(Exception):
    """A row that has no plain mapping; the message is the reason."""


def make_case(
    name: str, slots: Mapping[str, Any], asserted: list[dict[str, Any]], wanted: Wanted, **more: Any
) -> Case:
    """Make a case; ``more`` may hold ``reference``, ``metadata``, ``slice``, ``cluster`` and ``until``."""
    named: dict[str, str] = {}
    for key, value in slots.items():
        slot = wanted.slots.get(str(key), str(key))
        if slot in named:
            raise NoMappingError(f"two variables fill the slot {slot!r}")
        named[slot] = text_of(value)
    metadata = more.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise NoMappingError("metadata that is no object")
    if wanted.bare and "question" not in named:
        raise NoMappingError("no question to be asked bare (name its variable with --slot VARIABLE=question)")
    expect: dict[str, Any] = {"assert": asserted}
    expect |= {"metadata": metadata} if metadata else {}
    expect |= {"until": more["until"]} if more.get("until") else {}
    expect |= {"template": "bare"} if wanted.bare else {}
    chosen = {
        key: text_of(metadata[at])
        for key, at in (("slice", wanted.slice), ("cluster", wanted.cluster))
        if at in metadata
    }
    return Case(
        id=name,
        behaviour=BEHAVIOUR,
        slots=named,
        lang=language("\n".join(named.values()))[0],
        slice=chosen.get("slice", more.get("slice") or ""),
        cluster=chosen.get("cluster", more.get("cluster") or ""),
        reference=more.get("reference"),
        expect=expect,
    )


def lettered(asked: str, choices: list[str], right: list[int]) -> tuple[str, dict[str, Any], str]:
    """Return a question with its choices shown as A) …, the assertion, and the reference.

    Choices that are the letters themselves stand in the question already. ``right`` counts from 0.

    Raises:
        NoMappingError: no choice, more than there are letters, or a right one that is none of them.
    """
    if not 0 < len(choices) <= len(LETTERS):
        raise NoMappingError(f"choices that are no list of at most {len(LETTERS)}")
    if not right or any(not 0 <= one < len(choices) for one in right):
        raise NoMappingError(f"a target that is none of the {len(choices)} choices")
    asserted = {"type": "choice", "value": {"options": choices, "right": right}}
    if choices == list(LETTERS[: len(choices)]):
        return asked, asserted, choices[right[0]]
    lines = [f"{LETTERS[i]}) {choice}" for i, choice in enumerate(choices)]
    return "\n".join([asked, "", *lines]), asserted, f"{LETTERS[right[0]]}) {choices[right[0]]}"


def text_of(value: Any) -> str:
    """Write a value as a prompt would show it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Fill ``{{name}}`` and ``{{name.key}}``, which is all that the templates of other tools may ask here.

    Raises:
        NoMappingError: a tag, a filter, an expression, or a name without value.
    """
    if "{%" in template or "{#" in template:
        raise NoMappingError(f"a template with statements: {excerpt(template)!r}")

    def put(match: re.Match[str]) -> str:
        name = match["name"]
        if not _NAME.fullmatch(name):
            raise NoMappingError(f"a template with an expression: {match[0]!r}")
        found: Any = values
        for part in name.split("."):
            if not isinstance(found, dict) or part not in found:
                raise NoMappingError(f"a template that asks for {name!r}, which this row doesn't have")
            found = found[part]
        return text_of(found)

    return _HOLE.sub(put, template)


def rows_of(path: Path, *, what: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield place and object of every row of a JSON, JSON Lines or CSV file; ``None`` for what is no object.

    Raises:
        InputError: the file can't be read, or is no JSON at all.
    """
    text = read_text(path, what=what)
    if path.suffix == ".csv":
        yield from _csv_rows(path, text, what=what)
        return
    if path.suffix == ".jsonl":
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield f"{path}:{number}", _object(line)
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        finding = Finding(where=str(path), found=f"not JSON: {error}", expected=what, fix="Mend the file.")
        raise InputError(finding) from error
    samples = value.get("samples") if isinstance(value, dict) else None
    for number, row in enumerate(next(one for one in (value, samples, [value]) if isinstance(one, list))):
        yield f"{path} $[{number}]", row if isinstance(row, dict) else None


def _csv_rows(path: Path, text: str, *, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
            yield f"{path}:{number}", {key: value for key, value in row.items() if key and value is not None}
    except csv.Error as error:
        finding = Finding(where=str(path), found=f"not CSV: {error}", expected=what, fix="Mend the file.")
        raise InputError(finding) from error


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
