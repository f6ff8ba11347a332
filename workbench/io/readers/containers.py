"""Takes a file apart into rows, whatever holds them: JSON Lines, JSON, Parquet or CSV."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.frames import iter_parquet
from workbench.io.readers.jsonlist import Element, JsonList, holds_list
from workbench.io.readers.stretches import SLICE
from workbench.io.readers.values import START, Container, Mark, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BOM = b"\xef\xbb\xbf"
_LONE = 0.5
_BUFFER = 1 << 20
_SHOWN = 100
EXPECTED = "a log in JSON Lines, JSON, Parquet or CSV, in UTF-8"
CSV_HEADS = frozenset(
    [
        "messages",
        "conversations",
        "instruction",
        "output",
        "prompt",
        "completion",
        "response",
        "input",
        "question",
        "answer",
    ]
)


def rows_of(
    path: Path, container: Container, *, start: Mark = START, end: int | None = None
) -> Iterator[Row]:
    """Yield every row of ``path`` in order, undecodable ones with their problem.

    ``start`` is where to begin; ``end`` is the byte (JSON Lines) or record (Parquet) before which to stop.

    Raises:
        InputError: the file as a whole can't be read.
    """
    if container == "jsonl":
        yield from JsonLines(path, start, end=end)
    elif container == "json":
        yield from _json_document(path, start)
    elif container == "parquet":
        yield from _parquet_rows(path, start, end)
    else:
        yield from _csv_rows(path, start)


def encoding_error(path: Path, *, line: int) -> InputError:
    """Make the error for a file whose text isn't UTF-8, from the first line that isn't."""
    with path.open("rb") as stream:
        raw = next(text for number, text in enumerate(stream, 1) if number == line)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return wrong_encoding(path, line=line, byte=raw[error.start], name=_likely(raw))
    return wrong_encoding(path, line=line, byte=raw[0], name=None)


def _likely(raw: bytes) -> str | None:
    """Name the legacy encoding that ``raw`` is most likely in.

    Accented letters of Western text stand alone among ASCII; double-byte text has runs of high bytes.
    """
    runs = re.findall(rb"[\x80-\xff]+", raw)
    if sum(len(run) == 1 for run in runs) > _LONE * len(runs):
        return "WINDOWS-1252"
    for name in ("gb18030", "shift_jis", "euc_kr", "big5"):
        try:
            raw.decode(name)
        except UnicodeDecodeError:
            continue
        return name.upper()
    return None


class JsonLines:
    """The rows of JSON Lines from ``start`` to the byte ``end``; ``line`` is the last line read."""

    def __init__(self, path: Path, start: Mark = START, *, end: int | None = None) -> None:
        self._path, self._start, self._end = path, start, end
        self.line = start.line - 1

    def __iter__(self) -> Iterator[Row]:
        """Yield every row; blank lines are none."""
        record, at = self._start.record, self._start.at
        with self._path.open("rb", buffering=_BUFFER) as stream:
            stream.seek(at)
            for line, raw in enumerate(stream, self._start.line):
                if at == self._end:
                    break
                self.line = line
                body = (raw if at else raw.removeprefix(_BOM)).strip(b"\r\n \t")
                if body and not body.isspace():
                    yield _json_row(body, line=line, record=record, at=at)
                    record += 1
                at += len(raw)


def _json_row(body: bytes, *, line: int, record: int, at: int) -> Row:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return Row(
            line=line,
            record=record,
            at=at,
            problem="not UTF-8",
            found=f"byte 0x{body[error.start]:02x} at position {error.start}",
            raw=body[: 4 * _SHOWN].decode("utf-8", "replace"),
            blame="encoding",
        )
    try:
        value = msgspec.json.decode(text)
        return Row(line=line, record=record, at=at, value=value, raw=text[:_SHOWN], ascii=body.isascii())
    except (msgspec.DecodeError, RecursionError) as error:
        problem, found = _syntax(text, error)
        raw = text[:_SHOWN]
        return Row(line=line, record=record, at=at, problem=problem, found=found, raw=raw, blame="syntax")


def _syntax(text: str, error: Exception) -> tuple[str, str]:
    """Say why a line isn't JSON; the standard library's looser parser tells what is only unusual."""
    if "\0" in text:
        return "a NUL character", f"NUL at character {text.index(chr(0))}"
    if isinstance(error, RecursionError):
        return "nested too deeply", "brackets within brackets"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as strict:
        return "not JSON", str(strict)
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "a lone surrogate", "half of a character pair, which is no text"
    return "not JSON", str(error)


def _json_document(path: Path, start: Mark) -> Iterator[Row]:
    """Yield the elements of a list, or the one record that the document is."""
    if not holds_list(path):
        yield element_row(Element(0, path.read_text(encoding="utf-8-sig")), 0)
        return
    rows = (element_row(one, record) for record, one in enumerate(JsonList(path, start.at), start.record))
    # Where all elements are messages, they are one record.
    held: list[Row] = []
    for row in rows:
        if not start.at and _is_message(row.value):
            held.append(row)
            continue
        yield from held
        held = []
        yield row
        yield from rows
    if held:
        yield Row(line=0, record=0, value=[row.value for row in held])


def element_row(one: Element, record: int) -> Row:
    """Decode an element of a list, or say why it can't be."""
    try:
        value = msgspec.json.decode(one.text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        problem, found = _syntax(one.text, error)
        raw = one.text[:_SHOWN]
        return Row(line=0, record=record, at=one.at, problem=problem, found=found, raw=raw, blame="syntax")
    return Row(line=0, record=record, at=one.at, value=value)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and "role" in value and "content" in value


def _csv_rows(path: Path, start: Mark) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), path.stat().st_size + 1))
    try:
        with path.open("rb") as stream:
            lines = _TextLines(stream, at=0)
            reader = csv.reader(lines)
            names = [name.strip() for name in next(reader)]
            if not start.at:
                yield from _csv_records(reader, lines, names, Mark())
                return
        with path.open("rb") as stream:
            lines = _TextLines(stream, at=start.at)
            yield from _csv_records(csv.reader(lines), lines, names, start)
    except UnicodeDecodeError as error:
        raise first_bad_line(path) from error


class _TextLines:
    """The lines of a text from the byte ``at`` on, which moves with them."""

    def __init__(self, stream: io.BufferedReader, *, at: int) -> None:
        bom = len(_BOM) if not at and stream.read(len(_BOM)) == _BOM else 0
        self.at = at or bom
        stream.seek(self.at)
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="")

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.at += len(line) if line.isascii() else len(line.encode())
            yield line


def _csv_records(reader: Any, lines: _TextLines, names: list[str], start: Mark) -> Iterator[Row]:
    record, above = start.record, start.line - 1
    line, at = above + reader.line_num + 1, lines.at
    for cells in reader:
        if cells:
            yield _csv_row(names, cells, line=line, record=record, at=at)
            record += 1
        line, at = above + reader.line_num + 1, lines.at


def first_bad_line(path: Path) -> InputError:
    """Make the error for a file that isn't UTF-8, with its first line that isn't."""
    with path.open("rb") as stream:
        for line, raw in enumerate(stream, 1):
            try:
                raw.decode()
            except UnicodeDecodeError:
                return encoding_error(path, line=line)
    return encoding_error(path, line=1)


def _parquet_rows(path: Path, start: Mark, end: int | None) -> Iterator[Row]:
    """Read slice by slice, so that memory doesn't grow with the file."""
    record = start.record
    for frame in iter_parquet(path, rows=SLICE, start=record, end=end):
        for value in frame.iter_rows(named=True):
            yield Row(line=0, record=record, value=without_null(value))
            record += 1


def _csv_row(names: list[str], cells: list[str], *, line: int, record: int, at: int) -> Row:
    if len(cells) != len(names):
        return Row(
            line=line,
            record=record,
            at=at,
            problem="a row of another width than the header",
            found=f"{len(cells)} cells under {len(names)} columns",
            raw=",".join(cells)[:_SHOWN],
            blame="syntax",
        )
    value = {name: cell for name, cell in zip(names, cells, strict=True) if cell or name in CSV_HEADS}
    return Row(line=line, record=record, at=at, value=value)


def without_null(value: Any) -> Any:
    """Drop the nulls that a table fills in where a struct lacks a key."""
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items() if v is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def wrong_encoding(path: Path, *, line: int, byte: int, name: str | None) -> InputError:
    """Make the error for a line that isn't UTF-8; ``name`` is the encoding that it could be in."""
    guess = name or "ITS_ENCODING"
    return InputError(
        Finding(
            where=f"{path}:{line}",
            found=f"byte 0x{byte:02x}, which isn't UTF-8" + (f" (it could be {name})" if name else ""),
            expected=EXPECTED,
            fix=f"Convert it, for example: iconv -f {guess} -t UTF-8 {shlex.quote(path.name)} "
            f"> {shlex.quote('utf8-' + path.name)}",
        )
    )
