"""Measures all signals of a recipe in one pass over the rows, in as many processes as asked for."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.io.crew import Crew
from workbench.signals.columns import Column, CountedSignal, FrameSignal, RowSignal, Tools
from workbench.signals.rows import Row, Rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from workbench.contracts import Contract

Measuring = RowSignal | CountedSignal | FrameSignal
_CHUNK = 2_048
_WORTH_A_PROCESS = 8_192
_TYPES = {
    "Float64": "number",
    "Int64": "count",
    "String": "text",
    "Boolean": "true or false",
    "List(String)": "list of text",
}


def measure(
    pairs: pl.DataFrame,
    signals: Sequence[Measuring],
    *,
    tools: Tools | None = None,
    workers: int = 1,
) -> pl.DataFrame:
    """Return the columns of ``signals`` for pairs (``PAIR_SCHEMA``), row by row in the same order.

    Signals of single rows, and what others count, share one pass over chunks of rows, in ``workers``
    processes where there are enough rows to be worth it (the values are the same whatever their number);
    then come those of the whole table.
    What is measured of each chunk is left in the folder ``tools.held``, where given, and a later call for the
    same pairs and signals goes on from there.

    Raises:
        ConfigError: two signals of one column name, or a model that a signal needs and nobody gave.
    """
    tools = tools or Tools()
    single = by_row(signals)
    whole = [signal for signal in signals if isinstance(signal, FrameSignal)]
    if tools.held is not None:
        tools.held.mkdir(parents=True, exist_ok=True)
    parts = [pl.concat(_by_rows(pairs, single, tools=tools, workers=workers))] if single else []
    parts += [signal.of_all(parts[0]) for signal in signals if isinstance(signal, CountedSignal)]
    if whole:
        rows = Rows(pairs)
        parts += [measure_all(signal, rows, tools=tools) for signal in whole]
    frame = pl.concat(parts, how="horizontal") if parts else pl.DataFrame()
    return frame.select(column.name for column in columns_of(signals))


def by_row(signals: Sequence[Measuring]) -> list[RowSignal | CountedSignal]:
    """Return the signals that look at one row at a time."""
    return [signal for signal in signals if isinstance(signal, RowSignal | CountedSignal)]


def measure_rows(
    pairs: pl.DataFrame, signals: Sequence[RowSignal | CountedSignal], *, contracts: Sequence[Contract]
) -> pl.DataFrame:
    """Return the columns of ``signals`` of single rows, and the notes of those that count, row by row."""
    tools = Tools(contracts=contracts)
    rows = rows_of(pairs)
    return _framed(
        [(_own(signal), [signal.of(row, tools) for row in rows]) for signal in signals], pairs.height
    )


def measure_all(signal: FrameSignal, rows: Sequence[Row], *, tools: Tools) -> pl.DataFrame:
    """Return the columns of a signal of the whole table, row by row in the same order.

    Raises:
        ConfigError: a model that the signal needs and nobody gave.
    """
    stage = f"signal {signal.__struct_config__.tag}"
    tools.progress(stage, 0, 1)
    found = _framed([(signal.columns, signal.of_all(rows, tools))], len(rows))
    tools.progress(stage, 1, 1)
    return found


def columns_of(signals: Sequence[Measuring]) -> tuple[Column, ...]:
    """List the columns that ``signals`` give, in order."""
    return tuple(column for signal in signals for column in signal.columns)


def columns_table(signals: Sequence[type[Measuring]]) -> str:
    """Write what every column of ``signals`` says as a Markdown table."""
    lines = [
        f"| `{kind.__struct_config__.tag}` | `{column.name}` | {_TYPES[str(column.dtype)]} | {column.says} "
        f"| {column.null} |"
        for kind in signals
        for column in kind.columns
    ]
    return "\n".join(["| signal | column | type | says | null where |", "|---|---|---|---|---|", *lines])


def _by_rows(
    pairs: pl.DataFrame, signals: Sequence[RowSignal | CountedSignal], *, tools: Tools, workers: int
) -> Iterator[pl.DataFrame]:
    """Yield the measured chunks in order."""
    starts = range(0, max(pairs.height, 1), _CHUNK)
    held = tools.held
    pieces = (
        (pairs.slice(at, _CHUNK), None if held is None else held / f"rows-{at:09}-{_CHUNK}.parquet")
        for at in starts
    )
    once = partial(_once, signals=signals, contracts=tools.contracts)
    with Crew(1 if pairs.height < _WORTH_A_PROCESS else workers) as crew:
        yield from _told(crew.map(once, pieces, count=len(starts)), pairs.height, tools)


def _told(chunks: Iterator[pl.DataFrame], rows: int, tools: Tools) -> Iterator[pl.DataFrame]:
    done = 0
    for chunk in chunks:
        done += chunk.height
        tools.progress("signals", done, rows)
        yield chunk


def _once(
    piece: tuple[pl.DataFrame, Path | None],
    *,
    signals: Sequence[RowSignal | CountedSignal],
    contracts: Sequence[Contract],
) -> pl.DataFrame:
    """Measure a chunk unless it lies at its place; leave it there, whole or not at all."""
    pairs, place = piece
    if place is None:
        return measure_rows(pairs, signals, contracts=contracts)
    if not place.exists():
        temporary = place.with_name(f"{place.name}.{os.getpid()}.tmp")
        measure_rows(pairs, signals, contracts=contracts).write_parquet(temporary)
        temporary.replace(place)
    return pl.read_parquet(place, glob=False)


def _own(signal: RowSignal | CountedSignal) -> tuple[Column, ...]:
    return signal.notes if isinstance(signal, CountedSignal) else signal.columns


def _framed(
    measured: Sequence[tuple[tuple[Column, ...], Sequence[tuple[Any, ...]]]], height: int
) -> pl.DataFrame:
    """Lay values out by column: for each signal its columns, and a tuple for each row."""
    found: list[pl.Series] = []
    for columns, of_rows in measured:
        turned = list(zip(*of_rows, strict=True)) if height else [()] * len(columns)
        found += [pl.Series(column.name, turned[i], column.dtype) for i, column in enumerate(columns)]
    return pl.DataFrame(found)
