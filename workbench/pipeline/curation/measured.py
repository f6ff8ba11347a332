"""Measures the signals of a sheet shard by shard, and those of the whole table over all shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, overload

import msgspec
import polars as pl

from workbench.pipeline.curation.tasks import MeasureTask, measure_shard
from workbench.pipeline.dedupe.shards import write_whole
from workbench.signals import CountedSignal, FrameSignal, RowSignal, columns_of, measure_all
from workbench.signals.rows import Row, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.pipeline.curation.near import Workshop
    from workbench.pipeline.curation.sheet import Sheet
    from workbench.signals import AnySignal, Tools


def with_signals(sheet: Sheet, signals: Sequence[AnySignal], *, tools: Tools, shop: Workshop) -> Sheet:
    """Return the sheet with the columns of ``signals``; columns of the same names are measured anew.

    Raises:
        ConfigError: two signals of one column name, or a model that a signal needs and nobody gave.
    """
    if not signals:
        return sheet
    place = shop.folder("signals")
    single = tuple(signal for signal in signals if isinstance(signal, RowSignal | CountedSignal))
    counted = [signal for signal in signals if isinstance(signal, CountedSignal)]
    whole = [signal for signal in signals if isinstance(signal, FrameSignal)]
    tasks = [
        MeasureTask(
            shard=shard,
            signals=single,
            contracts=tuple(tools.contracts),
            out=str(place / f"{'noted' if counted else 'rows'}-{shard.name}.parquet"),
        )
        for shard in sheet.shards
    ]
    files = shop.crew.map(measure_shard, tasks, stage="signals", progress=shop.progress) if single else []
    if counted or whole:
        beside = [_counted(signal, sheet, files, place=place) for signal in counted]
        beside += [_whole(signal, sheet, tools=tools, place=place) for signal in whole]
        order = [column.name for column in columns_of(signals)]
        parts = [files, *beside] if single else beside
        files = [
            _together(order, list(one), place / f"{Path(one[0]).stem}-all.parquet")
            for one in zip(*parts, strict=True)
        ]
    return replace(
        sheet,
        shards=tuple(
            msgspec.structs.replace(shard, signals=file)
            for shard, file in zip(sheet.shards, files, strict=True)
        ),
    )


def _whole(signal: FrameSignal, sheet: Sheet, *, tools: Tools, place: Path) -> list[str]:
    """Measure a signal of the whole table, unless that was done; return its file for each shard."""
    measured = partial(measure_all, signal, SheetRows(sheet), tools=tools)
    return _by_shard(str(signal.__struct_config__.tag), sheet, measured, place=place)


def _counted(signal: CountedSignal, sheet: Sheet, noted: list[str], *, place: Path) -> list[str]:
    """Count over the notes of all shards, unless that was done; return the signal's file for each shard."""
    names = [column.name for column in signal.notes]

    def count() -> pl.DataFrame:
        return signal.of_all(pl.concat([pl.read_parquet(one, columns=names, glob=False) for one in noted]))

    return _by_shard(str(signal.__struct_config__.tag), sheet, count, place=place)


def _by_shard(tag: str, sheet: Sheet, measured: Callable[[], pl.DataFrame], *, place: Path) -> list[str]:
    files = [place / f"{tag}-{shard.name}.parquet" for shard in sheet.shards]
    if not all(file.exists() for file in files):
        found = measured()
        for shard, file in zip(sheet.shards, files, strict=True):
            write_whole(found.slice(shard.first, shard.rows), str(file))
    return [str(file) for file in files]


def _together(order: list[str], files: list[str], out: Path) -> str:
    if not out.exists():
        frame = pl.concat([pl.read_parquet(file, glob=False) for file in files], how="horizontal")
        write_whole(frame.select(order), str(out))
    return str(out)


class SheetRows(Sequence[Row]):
    """The rows of a sheet, taken apart a shard at a time, and anew each time they are asked for."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def __len__(self) -> int:
        return self._sheet.rows

    def __iter__(self) -> Iterator[Row]:
        for shard in self._sheet.shards:
            yield from rows_of(pl.read_parquet(shard.original, glob=False))

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        places = range(len(self))[at]
        if isinstance(places, int):
            shard = next(one for one in self._sheet.shards if one.first + one.rows > places)
            return rows_of(pl.read_parquet(shard.original, glob=False)[places - shard.first])[0]
        return [self[place] for place in places]
