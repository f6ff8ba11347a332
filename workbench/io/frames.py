"""Pairs and ledgers as polars frames: one schema, checked whenever a file is read."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from workbench.errors import Finding, InputError
from workbench.io.manifest import read_manifest
from workbench.io.parquetpages import damaged_page
from workbench.records import Message, Pair, Slot, Source, TokenCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

# What polars raises for a file that is no table or a damaged one. Its Rust panics where the file's end tells
# of places outside of it, and a panic is no `Exception`.
UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
_MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
_STRUCTS: dict[str, dict[str, type[pl.DataType]]] = {
    "source": {"file": pl.String, "line": pl.Int64, "record": pl.Int64},
    "tokens": {"original": pl.Int64, "compact": pl.Int64, "completion": pl.Int64},
}
PAIR_SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "task": pl.String(),
        "prompt": _MESSAGES,
        "completion": _MESSAGES,
        "template_id": pl.String(),
        "slots": pl.List(pl.Struct({"name": pl.String, "type": pl.String, "value": pl.String})),
        **{name: pl.Struct(fields) for name, fields in _STRUCTS.items()},
        "meta": pl.String(),
    }
)
_PLAIN = ("id", "task", "template_id")
_LISTS = {
    "prompt": ("role", "content"),
    "completion": ("role", "content"),
    "slots": ("name", "type", "value"),
}
LEDGER_SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "row": pl.Int64(),
        "step": pl.String(),
        "reason": pl.String(),
        "rule": pl.String(),
        "measured": pl.Float64(),
        "threshold": pl.Float64(),
        "kept_id": pl.String(),
        "jaccard": pl.Float64(),
        "containment_ab": pl.Float64(),
        "containment_ba": pl.Float64(),
        "detail": pl.String(),
        "spec_key": pl.String(),
    }
)

# One row for every answer that a person edited: the row stays, so it has no place in the ledger of what went.
EDITS_SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "step": pl.String(),
        "reason": pl.String(),
        "rule": pl.String(),
        "detail": pl.String(),
        "before": pl.String(),
        "after": pl.String(),
        "spec_key": pl.String(),
    }
)


def pairs_to_frame(pairs: Iterable[Pair]) -> pl.DataFrame:
    """Turn pairs into a frame of ``PAIR_SCHEMA``; ``meta`` becomes JSON with sorted keys.

    Nested columns are put together from flat ones, ten times as fast as from a dictionary a row.
    """
    rows = list(pairs)
    flat: dict[str, Any] = {name: _each(rows, name) for name in _PLAIN}
    flat["meta"] = [msgspec.json.encode(pair.meta, order="sorted").decode() for pair in rows]
    for name, schema in _STRUCTS.items():
        held = _each(rows, name)
        columns = {field: _each(held, field) for field in schema}
        flat[name] = pl.DataFrame(columns, schema=schema).to_struct()
    for name, fields in _LISTS.items():
        flat[name] = _lists(_each(rows, name), fields)
    return pl.DataFrame({name: flat[name] for name in PAIR_SCHEMA.names()}, schema=PAIR_SCHEMA)


def _each(items: Iterable[Any], field: str) -> list[Any]:
    return list(map(attrgetter(field), items))


def _lists(rows: Sequence[Sequence[Any]], fields: tuple[str, ...]) -> pl.Series:
    """Make a column of lists of structs of text, empty lists included."""
    items = list(chain.from_iterable(rows))
    columns = {field: _each(items, field) for field in fields}
    flat = pl.DataFrame(columns, schema=dict.fromkeys(fields, pl.String))
    number = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    lists = (
        flat.with_columns(pl.Series("row", number, dtype=pl.Int64))
        .group_by("row", maintain_order=True)
        .agg(pl.struct(fields).alias("list"))
    )
    every = pl.DataFrame({"row": np.arange(len(rows))}, schema={"row": pl.Int64})
    return every.join(lists, on="row", how="left", maintain_order="left")["list"].fill_null([])


def frame_to_pairs(frame: pl.DataFrame) -> list[Pair]:
    """Turn a frame of ``PAIR_SCHEMA`` (further columns are left aside) into pairs, in order."""
    return [_row_pair(row) for row in frame.select(PAIR_SCHEMA.names()).iter_rows(named=True)]


def read_pairs(path: Path) -> pl.DataFrame:
    """Read a pairs file.

    Raises:
        InputError: missing, not Parquet, or without the columns of a pairs file.
    """
    frame = read_parquet(path)
    refuse_no_pairs(path, frame.schema)
    return frame


def refuse_no_pairs(path: Path, schema: pl.Schema | None = None) -> pl.Schema:
    """Return the columns of a pairs file (``schema`` where they are known).

    Raises:
        InputError: as ``read_pairs`` does.
    """
    if schema is None:
        schema = next(iter_parquet(path, rows=1)).schema
    missing = [name for name in PAIR_SCHEMA.names() if name not in schema]
    wrong = [n for n, t in PAIR_SCHEMA.items() if n in schema and schema[n] != t]
    if missing or wrong:
        raise InputError(
            Finding(
                where=str(path),
                found=f"columns missing: {missing}; of another type: {wrong}",
                expected="a pairs file as `workbench convert` writes it",
                fix="Run `workbench convert` on your log first, and give its pairs.parquet.",
            )
        )
    return schema


def read_with_examples(pairs: Path) -> pl.DataFrame:
    """Read a pairs file with the examples of the prompt that the conversion wrote beside it.

    Raises:
        InputError: as `read_pairs` does.
    """
    return pl.concat([read_pairs(path) for path in with_examples(pairs)], how="diagonal")


def with_examples(pairs: Path) -> list[Path]:
    """Return a pairs file and, where there are any, the examples of the prompt that stand beside it."""
    examples = pairs.with_name("examples.parquet")
    return [pairs, *([examples] if examples.is_file() else [])]


def read_parquet(path: Path) -> pl.DataFrame:
    """Read any Parquet file.

    Raises:
        InputError: missing, a directory, not Parquet, or of a later version's run.
    """
    return pl.concat(iter_parquet(path, rows=None))


def parquet_rows(path: Path) -> int:
    """Count the rows of a Parquet file, from its metadata.

    Raises:
        InputError: as `iter_parquet` does.
    """
    with _parquet(path) as whole:
        return _height(whole)


def iter_parquet(
    path: Path, *, rows: int | None, start: int = 0, end: int | None = None
) -> Iterator[pl.DataFrame]:
    """Read any Parquet file from row ``start`` to before ``end``, in slices of ``rows`` rows.

    Without ``rows`` all comes at once, without ``end`` all of the rest.

    Raises:
        InputError: missing, a directory, or not Parquet.
    """
    with _parquet(path) as whole:
        height = _height(whole) if end is None else end
        step = rows or max(height, 1)
        for at in range(start, max(height, start + 1), step):
            yield whole.slice(at, min(step, max(height, 1) - at)).collect()


def _height(whole: pl.LazyFrame) -> int:
    return int(whole.select(pl.len()).collect().item())


@contextmanager
def _parquet(path: Path) -> Iterator[pl.LazyFrame]:
    """Open a Parquet file, and turn what goes wrong with it into a user's error."""
    if not path.is_file():
        found = "a directory" if path.is_dir() else "no such file"
        raise InputError(
            Finding(where=str(path), found=found, expected="a Parquet file", fix="Check the path.")
        )
    read_manifest(path.parent)  # a later version's is refused by name, not by a column that is not as it was
    try:
        if damaged := damaged_page(path):
            raise _unreadable(path, damaged)
        yield pl.scan_parquet(path, glob=False)
    except UNREADABLE as error:
        raise _unreadable(path, (str(error).splitlines() or ["nothing that can be read"])[0]) from error


def _unreadable(path: Path, found: str) -> InputError:
    return InputError(
        Finding(
            where=str(path),
            found=found[:300],
            expected="a readable Parquet file",
            fix="Make the file again; it may be cut or of another format.",
        )
    )


def ledger_frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Build a ledger of ``LEDGER_SCHEMA``; keys that a row lacks are null.

    Each row needs at least ``id``, ``step`` and ``reason``.
    """
    filled = [{name: row.get(name) for name in LEDGER_SCHEMA.names()} for row in rows]
    return pl.DataFrame(filled, schema=LEDGER_SCHEMA, orient="row")


def _row_pair(row: Mapping[str, Any]) -> Pair:
    return Pair(
        id=row["id"],
        task=row["task"],
        prompt=tuple(Message(role=m["role"], content=m["content"]) for m in row["prompt"]),
        completion=tuple(Message(role=m["role"], content=m["content"]) for m in row["completion"]),
        template_id=row["template_id"],
        slots=tuple(Slot(**slot) for slot in row["slots"]),
        source=Source(**row["source"]),
        tokens=TokenCounts(**row["tokens"]),
        meta=msgspec.json.decode(row["meta"] or "{}"),
    )
