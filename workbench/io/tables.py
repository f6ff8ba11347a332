"""Reads tables of any size in shards: Parquet in place, JSON Lines, JSON and CSV made Parquet once."""

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.errors import Finding, InputError
from workbench.io.config import encoding_error, refuse_missing
from workbench.io.frames import UNREADABLE
from workbench.io.hub import is_kept_by_library, write_splits
from workbench.io.manifest import read_manifest
from workbench.io.parquetpages import damaged_page
from workbench.io.rundir import write_json
from workbench.ports import silent
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.ports import Progress

WHAT = "a table: JSONL, JSON, CSV or Parquet, or a saved `datasets` folder"
_SHOWN = 20
_BLOCK = 1 << 20
_INT64 = 1 << 63


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` rows of a Parquet file from row ``offset`` on."""

    path: str
    offset: int
    rows: int

    def read(self) -> pl.DataFrame:
        """Read the rows.

        Raises:
            InputError: what the file's end says of them doesn't hold: it is cut or damaged.
        """
        try:
            return pl.scan_parquet(self.path, glob=False).slice(self.offset, self.rows).collect()
        except UNREADABLE as error:
            raise InputError(_unreadable(Path(self.path), error, "a readable Parquet file")) from error


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table as shards in row order; every shard has every column."""

    shards: tuple[Shard, ...]
    columns: dict[str, pl.DataType]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(shard.rows for shard in self.shards)


def open_table(path: Path, *, scratch: Path, shard_rows: int, progress: Progress = silent) -> Table:
    """Open JSON Lines (one object a line), JSON (an array), CSV (all text) or Parquet, told by content.

    Likewise a saved ``datasets`` folder or a data set of the hub; of several splits, a column ``split`` tells
    which a row is of. What isn't Parquet is first written as Parquet into ``scratch``; what stands there
    complete is used again.

    Raises:
        InputError: missing, a directory, empty, not UTF-8, or with lines that hold no object (all listed).
    """
    library = is_kept_by_library(path)
    if not library:
        refuse_missing(path, what=WHAT)
        if _head(path)[:4] == b"PAR1":
            return _parquet([path], shard_rows)
    scratch.mkdir(parents=True, exist_ok=True)
    if not (scratch / "complete.json").exists():
        if library:
            _from_library(path, scratch)
        else:
            _from_text(path, scratch, shard_rows, progress=progress)
        write_json(scratch / "complete.json", {"table": str(path)})
    return _parquet(sorted(scratch.glob("*.parquet")), shard_rows)


def read_table(path: Path) -> pl.DataFrame:
    """Read a whole table into memory.

    Raises:
        InputError: as ``open_table``.
    """
    with tempfile.TemporaryDirectory() as scratch:
        table = open_table(path, scratch=Path(scratch), shard_rows=1 << 20)
        return pl.concat([pl.DataFrame(schema=table.columns), *(shard.read() for shard in table.shards)])


def _parquet(files: list[Path], shard_rows: int) -> Table:
    shards, schema = list[Shard](), pl.Schema()
    for file in files:
        read_manifest(file.parent)  # refuses what a later version wrote
        try:
            if damaged := damaged_page(file):
                raise InputError(_unreadable(file, damaged, "a readable Parquet file"))
            scan = pl.scan_parquet(file, glob=False)
            schema = scan.collect_schema()
            rows = int(scan.select(pl.len()).collect().item())
        except UNREADABLE as error:
            raise InputError(_unreadable(file, error, "a readable Parquet file")) from error
        shards += [
            Shard(path=str(file), offset=at, rows=min(shard_rows, rows - at))
            for at in range(0, rows, shard_rows)
        ]
    return Table(shards=tuple(shards), columns=dict(schema))


def _from_library(path: Path, scratch: Path) -> None:
    """Write the splits in their order, with a column for which of several a row is of."""
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        splits = write_splits(path, Path(place))
        for number, file in enumerate(splits):
            whole = pl.scan_parquet(file, glob=False)
            if len(splits) > 1:
                whole = whole.with_columns(split=pl.lit(file.stem))
            whole.sink_parquet(scratch / f"{number:06d}.parquet")


def _from_text(path: Path, scratch: Path, shard_rows: int, *, progress: Progress) -> None:
    _check_encoding(path)
    first = _head(path).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if first in {b"{", b"["}:
        _from_json(path, scratch, shard_rows, array=first == b"[", progress=progress)
    else:
        _from_csv(path, scratch)


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_BLOCK)


def _from_csv(path: Path, scratch: Path) -> None:
    try:
        pl.scan_csv(path, infer_schema=False, glob=False).sink_parquet(scratch / "rows.parquet")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise InputError(
            _unreadable(path, error, "JSONL (one object a line), CSV with a head line, or Parquet")
        ) from error


def _from_json(path: Path, scratch: Path, shard_rows: int, *, array: bool, progress: Progress) -> None:
    """Write the rows as Parquet, once the types of all of them are known."""
    schema = _schema(_objects(path, array=array), progress)
    rows, number = list[dict[str, Any]](), 0
    for row in _objects(path, array=array):
        rows.append(row)
        if len(rows) == shard_rows:
            _frame(rows, schema).write_parquet(scratch / f"rows-{number:06d}.parquet")
            rows, number = [], number + 1
    if rows or not number:
        _frame(rows, schema).write_parquet(scratch / f"rows-{number:06d}.parquet")


def _objects(path: Path, *, array: bool) -> Iterator[dict[str, Any]]:
    """Yield every object; at the end, refuse the lines that held none."""
    if array:
        yield from _array(path)
        return
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    findings, more = list[Finding](), 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if not text.strip():
                continue
            try:
                yield decode(text)
            except msgspec.MsgspecError as error:
                more += len(findings) == _SHOWN
                if len(findings) < _SHOWN:
                    findings.append(_no_object(f"{path}:{number}", text, error))
    if more:
        findings.append(
            Finding(
                where=str(path), found=f"{more} further lines like these", expected="none", fix="See above."
            )
        )
    if findings:
        raise InputError(findings)


def _array(path: Path) -> list[dict[str, Any]]:
    try:
        return msgspec.json.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8), type=list[dict[str, Any]])
    except msgspec.MsgspecError as error:
        raise InputError(
            Finding(
                where=str(path),
                found=str(error),
                expected="a JSON array of objects",
                fix="Mend it, or write one object a line.",
            )
        ) from error


def _no_object(where: str, line: bytes, error: Exception) -> Finding:
    text = line.decode("utf-8", "replace").strip()
    return Finding(
        where=where,
        found=f"{excerpt(text)} ({error})",
        expected="one JSON object",
        fix="Mend or remove the line.",
    )


def _schema(rows: Iterable[dict[str, Any]], progress: Progress) -> dict[str, pl.DataType]:
    """Choose a type for each column from the kinds of all its values; what does not fit together is text."""
    kinds: dict[str, set[str]] = {}
    for number, row in enumerate(rows):
        for name, value in row.items():
            kinds.setdefault(name, set()).add(_kind(value))
        if number % 100_000 == 0:
            progress("read", number, None)
    return {name: _dtype(found - {"null"}) for name, found in kinds.items()}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -_INT64 <= value < _INT64 else "text"
    return "float" if isinstance(value, float) else "text"


def _dtype(kinds: set[str]) -> pl.DataType:
    if kinds == {"bool"}:
        return pl.Boolean()
    if kinds == {"int"}:
        return pl.Int64()
    return pl.Float64() if kinds and kinds <= {"int", "float"} else pl.String()


def _frame(rows: list[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    columns = {
        name: [_text(row.get(name)) for row in rows] if kind == pl.String else [row.get(name) for row in rows]
        for name, kind in schema.items()
    }
    return pl.DataFrame(columns, schema=schema, strict=False)


def _text(value: Any) -> str | None:
    """Read a value as text: a string as it is, null as null, anything else as its JSON."""
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def _check_encoding(path: Path) -> None:
    """Refuse what is not UTF-8, with line and byte, without reading it whole."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK)
            try:
                line += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                raise InputError(
                    encoding_error(path, line=line, byte=error.object[error.start], what=WHAT)
                ) from error
            if not block:
                return


def _unreadable(path: Path, error: BaseException | str, expected: str) -> Finding:
    return Finding(
        where=str(path),
        found=(str(error).splitlines() or ["nothing that can be read"])[0][:200],
        expected=expected,
        fix="Mend the file, or convert it to JSONL, CSV or Parquet.",
    )
