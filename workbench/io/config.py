"""Reads YAML and JSON configuration into typed values, with the path of whatever is wrong."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from workbench.errors import ConfigError, Finding, InputError
from workbench.io.yamlfile import YamlError, read_yaml
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
_MAX_BYTES = 4 << 20
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`(?: - at `(?P<path>[^`]*)`)?")
_AT = re.compile(r" - at `(?P<path>[^`]*)`$")


def read_text(path: Path, *, what: str) -> str:
    """Read a UTF-8 text file.

    Raises:
        InputError: missing, a directory, empty, or not UTF-8 (with line and byte).
    """
    refuse_missing(path, what=what)
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(encoding_error(path, line=line, byte=raw[error.start], what=what)) from error


def refuse_missing(path: Path, *, what: str) -> None:
    """Refuse what is no file with something in it.

    Raises:
        InputError: missing, a directory, or empty.
    """
    problem = None
    if path.is_dir():
        problem = "a directory"
    elif not path.exists():
        problem = "no such file"
    elif path.stat().st_size == 0:
        problem = "an empty file"
    if problem:
        raise InputError(Finding(where=str(path), found=problem, expected=what, fix="Check the path."))


def encoding_error(path: Path, *, line: int, byte: int, what: str) -> Finding:
    """Say where a file stops being UTF-8."""
    return Finding(
        where=f"{path}:{line}",
        found=f"byte 0x{byte:02x}, which isn't UTF-8",
        expected=what + " in UTF-8",
        fix="Save it as UTF-8 (for example: iconv -f GB18030 -t UTF-8).",
    )


def load(path: Path, kind: type[T], *, what: str, dec_names: tuple[str, ...] = ()) -> T:
    """Read a YAML or JSON file into ``kind``.

    ``dec_names`` are further key names to suggest from when an unknown key is found.

    Raises:
        InputError: the file can't be read.
        ConfigError: it isn't YAML, or holds an unknown key or a value of another type.
    """
    text = read_text(path, what=what)
    if len(text) > _MAX_BYTES:
        raise InputError(
            Finding(
                where=str(path),
                found=f"{len(text)} characters",
                expected=f"at most {_MAX_BYTES}",
                fix="Is this the right file? Configuration is small.",
            )
        )
    try:
        raw = read_yaml(text)
    except YamlError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(
            Finding(
                where=f"{path}{line}",
                found=str(error.problem or error).splitlines()[0],
                expected="valid YAML",
                fix="Mend the syntax at this line.",
            )
        ) from error
    return convert(raw, kind, where=str(path), dec_names=dec_names)


def read_json(path: Path, *, what: str) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises:
        InputError: the file can't be read, or holds something else.
    """
    text = read_text(path, what=what)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        found = f"not JSON: {error}"
    else:
        if isinstance(value, dict):
            return value
        found = f"a JSON {type(value).__name__}"
    raise InputError(
        Finding(where=str(path), found=found, expected=what, fix="Make the file again with its verb.")
    )


def convert(
    raw: Any,
    kind: type[T],
    *,
    where: str,
    dec_names: tuple[str, ...] = (),
    options: Callable[[str], str] | None = None,
) -> T:
    """Turn plain values into ``kind``; ``options`` names the option of the command line that gives a key.

    Raises:
        ConfigError: with the ``$.path`` of the value, and the nearest known key for an unknown one.
    """
    try:
        return msgspec.convert(raw, kind, strict=True)
    except msgspec.ValidationError as error:
        found = _finding(str(error), kind, where=where, dec_names=dec_names, raw=raw)
        key = re.fullmatch(rf"{re.escape(where)} \$\.(\w+)", found.where)
        if options and key:
            found = dataclasses.replace(found, where=options(key[1]), fix="See --help.")
        raise ConfigError(found) from error


def _finding(message: str, kind: Any, *, where: str, dec_names: tuple[str, ...], raw: Any = None) -> Finding:
    unknown = _UNKNOWN.search(message)
    if unknown:
        names = (*_all_names(kind), *dec_names)
        here = unknown["name"] in names
        near = difflib.get_close_matches(unknown["name"], names, n=1, cutoff=0.5)
        fix = f"Did you mean {near[0]!r}?" if near else "Remove it; `workbench schema` lists the keys."
        if here:
            fix = "It is a key of another part: is this the right file, and the right place in it?"
        return Finding(
            where=f"{where} {unknown['path'] or '$'}",
            found=f"unknown key {unknown['name']!r}",
            expected="a key that the schema knows there",
            fix=fix,
        )
    at = _AT.search(message)
    path, said = at["path"] if at else "$", _AT.sub("", message)
    value = _value_at(raw, path)
    if value is not None and said.startswith("Expected "):
        found, expected = excerpt(repr(value)), said.removeprefix("Expected ").partition(", got ")[0]
    else:
        found, expected = said, "what the schema says"
    return Finding(
        where=f"{where} {path}",
        found=found,
        expected=expected,
        fix="`workbench schema` tells the keys and their types.",
    )


def _value_at(raw: Any, path: str) -> Any:
    """Return the value at ``$.a[0].b``; ``None`` where the path leads nowhere."""
    if "..." in path:
        return None
    for key, place in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        try:
            raw = raw[key] if key else raw[int(place)]
        except (LookupError, TypeError):
            return None
    return raw


def _all_names(kind: Any) -> tuple[str, ...]:
    """Collect the field names of a type and of all types inside it."""
    seen: set[str] = set()
    stack, done = [msgspec.inspect.type_info(kind)], set[int]()
    while stack:
        info: Any = stack.pop()
        if id(info) in done:
            continue
        done.add(id(info))
        for field in getattr(info, "fields", ()):
            seen.add(field.encode_name)
            stack.append(field.type)
        stack.extend(getattr(info, "types", ()))
        stack.extend(
            inner
            for inner in (getattr(info, name, None) for name in ("item_type", "value_type", "key_type"))
            if inner is not None and not isinstance(inner, tuple)
        )
        stack.extend(getattr(info, "item_types", ()))
    return tuple(sorted(seen))
