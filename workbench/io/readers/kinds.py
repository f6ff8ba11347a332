"""Tells by content what holds the rows of a file: JSON Lines, JSON, Parquet or CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.readers.containers import (
    CSV_HEADS,
    EXPECTED,
    element_row,
    first_bad_line,
    wrong_encoding,
)
from workbench.io.readers.jsonlist import BrokenJsonError, JsonList, check_document
from workbench.text import excerpt

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.io.readers.values import Container

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BUFFER = 1 << 20


def sniff(path: Path) -> Container:
    """Tell by content what holds the rows of ``path``.

    Raises:
        InputError: missing, a directory, empty, of another encoding, or none of the four.
    """
    _readable(path)
    with path.open("rb") as stream:
        first = _first_line(stream)
    if first.startswith(b"PAR1"):
        return "parquet"
    if first[:2] in _WIDE_BOMS:
        raise wrong_encoding(path, line=1, byte=first[0], name=_WIDE_BOMS[first[:2]])
    first = first.removeprefix(_BOM).strip()
    if not first:
        raise InputError(
            Finding(where=str(path), found="only white space", expected=EXPECTED, fix="Check the path.")
        )
    if first[:1] in b"[{":
        return _json_kind(path, first)
    if _csv_head(first):
        return "csv"
    if _any_line_is_json(path):
        return "jsonl"
    raise _unknown(path, first)


def _readable(path: Path) -> None:
    found = None
    if path.is_dir():
        found = "a directory"
    elif not path.exists():
        found = "no such file"
    elif path.stat().st_size == 0:
        found = "an empty file"
    if found:
        fix = "Check the path."
        if path.is_dir():
            fix = "Name the logs in it; `workbench knowledge` takes folders of documents."
        raise InputError(Finding(where=str(path), found=found, expected=EXPECTED, fix=fix))
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            Finding(
                where=str(path),
                found=error.strerror or str(error),
                expected=EXPECTED,
                fix="Check its permissions.",
            )
        ) from error


def _first_line(stream: io.BufferedReader) -> bytes:
    """Return the first line that isn't blank; of a long list only its beginning."""
    line = next((raw for _, raw in _counted(stream) if raw.removeprefix(_BOM).strip()), b"")
    if line.removeprefix(_BOM).lstrip()[:1] == b"[" or line.endswith(b"\n"):
        return line
    return line + stream.readline()


def _first_line_of(path: Path) -> int:
    """Return the number of the first line that isn't blank."""
    with path.open("rb") as stream:
        return next(line for line, raw in _counted(stream) if raw.removeprefix(_BOM).strip())


def _counted(stream: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    line = 1
    while raw := stream.readline(_BUFFER):
        yield line, raw
        line += raw.endswith(b"\n")


def _json_kind(path: Path, first: bytes) -> Container:
    """Tell JSON Lines from one document: the first line alone, then the whole, then any line decides."""
    if first[:1] == b"{" and _is_json(first):
        return "jsonl"
    try:
        if first[:1] == b"[":
            return _list_kind(path)
        check_document(path)
    except UnicodeDecodeError as error:
        if _any_line_is_json(path):
            return "jsonl"
        raise first_bad_line(path) from error
    except BrokenJsonError as error:
        if _any_line_is_json(path):
            return "jsonl"
        raise InputError(
            Finding(
                where=f"{path}:{_line_of(path, error.at)}",
                found=f"not JSON: {error.problem}",
                expected=EXPECTED,
                fix="Mend this line.",
            )
        ) from error
    return "json"


def _list_kind(path: Path) -> Container:
    """Tell a list of records from lines of lists: a conversation on a line by itself is a record.

    Raises:
        BrokenJsonError: neither.
    """
    talk = True
    last = 0
    try:
        for element in JsonList(path):
            talk = talk and _is_turn(element_row(element, 0).value)
            last = element.at
    except BrokenJsonError as error:
        if error.problem == "Extra data" and _line_of(path, last) == _first_line_of(path):
            return "jsonl"
        raise
    return "jsonl" if last and talk and _line_of(path, last) == _first_line_of(path) else "json"


def _line_of(path: Path, at: int) -> int:
    """Return the number of the line that a byte stands in."""
    line = 1
    with path.open("rb") as stream:
        while at > 0 and (piece := stream.read(min(at, _BUFFER))):
            line += piece.count(b"\n")
            at -= len(piece)
    return line


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and ("role" in value or "from" in value)


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _any_line_is_json(path: Path) -> bool:
    with path.open("rb") as stream:
        return any(line.lstrip()[:1] in {b"{", b"["} and _is_json(line) for line in stream)


def _csv_head(first: bytes) -> bool:
    try:
        names = next(csv.reader([first.decode()]))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return False
    return bool(CSV_HEADS & {name.strip().lower() for name in names})


def _unknown(path: Path, first: bytes) -> InputError:
    return InputError(
        Finding(
            where=f"{path}:1",
            found=excerpt(first.decode("utf-8", "replace"), limit=60),
            expected=EXPECTED,
            fix="Export the log in one of these; CSV needs a header with known columns.",
        )
    )
