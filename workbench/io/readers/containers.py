"""Takes a file apart into rows, whatever holds them: JSON Lines, JSON, Parquet or CSV, told by content."""

from __future__ import annotations

import csv
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.frames import iter_parquet
from workbench.io.readers.stretches import SLICE
from workbench.io.readers.values import START, Container, Mark, Row
from workbench.text import excerpt

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_LONE = 0.5
_BUFFER = 1 << 20
_SHOWN = 100
_EXPECTED = "a log in JSON Lines, JSON, Parquet or CSV, in UTF-8"
_CSV_HEADS = frozenset(
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


def sniff(path: Path) -> Container:
    """Tell by content what holds the rows of ``path``.

    Raises:
        InputError: missing, a directory, empty, of another encoding, or none of the four.
    """
    _readable(path)
    with path.open("rb") as stream:
        first, second = _first_lines(stream)
    if first.startswith(b"PAR1"):
        return "parquet"
    if first[:2] in _WIDE_BOMS:
        raise _encoding(path, line=1, byte=first[0], name=_WIDE_BOMS[first[:2]])
    first = first.removeprefix(_BOM).strip()
    if not first:
        raise InputError(
            Finding(where=str(path), found="only white space", expected=_EXPECTED, fix="Check the path.")
        )
    if first[:1] in b"[{":
        return _json_kind(path, first, second)
    if _csv_head(first):
        return "csv"
    if _any_line_is_json(path):
        return "jsonl"
    raise _unknown(path, first)


def rows_of(
    path: Path, container: Container, *, start: Mark = START, end: int | None = None
) -> Iterator[Row]:
    """Yield every row of ``path`` in order, undecodable ones with their problem.

    ``start`` is where to begin: any row of JSON Lines or Parquet, the first of others; ``end`` is the byte
    (JSON Lines) or record (Parquet) before which to stop.

    Raises:
        InputError: the file as a whole can't be read.
    """
    if container == "jsonl":
        yield from JsonLines(path, start, end=end)
    elif container == "json":
        yield from _json_document(path)
    elif container == "parquet":
        yield from _parquet_rows(path, start, end)
    else:
        yield from _csv_rows(path)


def encoding_error(path: Path, *, line: int) -> InputError:
    """Make the error for a file whose text isn't UTF-8, from the first line that isn't."""
    with path.open("rb") as stream:
        raw = next(text for number, text in enumerate(stream, 1) if number == line)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return _encoding(path, line=line, byte=raw[error.start], name=_likely(raw))
    return _encoding(path, line=line, byte=raw[0], name=None)


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


def _readable(path: Path) -> None:
    found = None
    if path.is_dir():
        found = "a directory"
    elif not path.exists():
        found = "no such file"
    elif path.stat().st_size == 0:
        found = "an empty file"
    if found:
        raise InputError(Finding(where=str(path), found=found, expected=_EXPECTED, fix="Check the path."))
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            Finding(
                where=str(path),
                found=error.strerror or str(error),
                expected=_EXPECTED,
                fix="Check its permissions.",
            )
        ) from error


def _first_lines(stream: io.BufferedReader) -> tuple[bytes, bytes]:
    """Return the first two lines that aren't blank."""
    found: list[bytes] = []
    for line in stream:
        if line.removeprefix(_BOM).strip():
            found.append(line)
        if len(found) == 2:  # noqa: PLR2004
            break
    return (*found, b"", b"")[0], (*found, b"", b"")[1]


def _json_kind(path: Path, first: bytes, second: bytes) -> Container:
    """Tell JSON Lines from one document: the first line alone, then the whole, then any line decides."""
    if _is_json(first):
        # One line may hold the whole document: a list of records is one, a list of messages is a record.
        return "json" if not second and first[:1] == b"[" and not _is_conversation(first) else "jsonl"
    if _is_json(path.read_bytes().removeprefix(_BOM)):
        return "json"
    if _any_line_is_json(path):
        return "jsonl"
    raw = path.read_bytes()
    try:
        json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _encoding(path, line=line, byte=raw[error.start], name=_likely(raw)) from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        found = getattr(error, "msg", "JSON nested too deeply")
        raise InputError(
            Finding(
                where=f"{path}:{line}", found=f"not JSON: {found}", expected=_EXPECTED, fix="Mend this line."
            )
        ) from error
    raise _unknown(path, first)


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_conversation(raw: bytes) -> bool:
    value = msgspec.json.decode(raw)
    return bool(value) and all(
        isinstance(item, dict) and ("role" in item or "from" in item) for item in value
    )


def _any_line_is_json(path: Path) -> bool:
    with path.open("rb") as stream:
        return any(line.lstrip()[:1] in {b"{", b"["} and _is_json(line) for line in stream)


def _csv_head(first: bytes) -> bool:
    try:
        names = next(csv.reader([first.decode()]))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return False
    return bool(_CSV_HEADS & {name.strip().lower() for name in names})


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


def _json_document(path: Path) -> Iterator[Row]:
    value = msgspec.json.decode(path.read_bytes().removeprefix(_BOM))
    values = value if isinstance(value, list) and not _all_messages(value) else [value]
    for record, item in enumerate(values):
        yield Row(line=0, record=record, value=item)


def _all_messages(value: list[Any]) -> bool:
    return bool(value) and all(
        isinstance(item, dict) and "role" in item and "content" in item for item in value
    )


def _csv_rows(path: Path) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), path.stat().st_size + 1))
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        try:
            names = [name.strip() for name in next(reader)]
            line, record = reader.line_num + 1, 0
            for cells in reader:
                if cells:
                    yield _csv_row(names, cells, line=line, record=record)
                    record += 1
                line = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise _first_bad_line(path) from error


def _first_bad_line(path: Path) -> InputError:
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


def _csv_row(names: list[str], cells: list[str], *, line: int, record: int) -> Row:
    if len(cells) != len(names):
        return Row(
            line=line,
            record=record,
            problem="a row of another width than the header",
            found=f"{len(cells)} cells under {len(names)} columns",
            raw=",".join(cells)[:_SHOWN],
            blame="syntax",
        )
    value = {name: cell for name, cell in zip(names, cells, strict=True) if cell or name in _CSV_HEADS}
    return Row(line=line, record=record, value=value)


def without_null(value: Any) -> Any:
    """Drop the nulls that a table fills in where a struct lacks a key."""
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items() if v is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def _encoding(path: Path, *, line: int, byte: int, name: str | None) -> InputError:
    guess = name or "ITS_ENCODING"
    return InputError(
        Finding(
            where=f"{path}:{line}",
            found=f"byte 0x{byte:02x}, which isn't UTF-8" + (f" (it could be {name})" if name else ""),
            expected=_EXPECTED,
            fix=f"Convert it, for example: iconv -f {guess} -t UTF-8 {shlex.quote(path.name)} "
            f"> {shlex.quote('utf8-' + path.name)}",
        )
    )


def _unknown(path: Path, first: bytes) -> InputError:
    return InputError(
        Finding(
            where=f"{path}:1",
            found=excerpt(first.decode("utf-8", "replace"), limit=60),
            expected=_EXPECTED,
            fix="Export the log in one of these; CSV needs a header with known columns.",
        )
    )
