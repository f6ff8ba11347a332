"""Pairs as files of some thousand rows each: curation holds columns in memory, never all texts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from workbench.errors import InvariantError
from workbench.io.config import read_json
from workbench.io.frames import iter_parquet, refuse_no_pairs
from workbench.io.rundir import write_json
from workbench.pipeline.dedupe.shards import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workbench.ports import Progress

TEXTS = ("prompt", "completion", "slots")
_BLOCK = 65_536


class PairShard(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` pairs from place ``first`` on: as they came in, as they are now, and what was measured.

    ``signals`` is empty where nothing was measured, or where it stands in ``pairs`` itself.
    """

    first: int
    rows: int
    original: str
    pairs: str
    signals: str = ""

    @property
    def name(self) -> str:
        """Name the shard by its content: another name once rows in it were changed."""
        return Path(self.pairs).stem

    def read(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read the rows as they are now with their signals, or only some ``columns`` of that."""
        schema, measured = pl.scan_parquet(self.pairs, glob=False).collect_schema(), self._measured()
        own = [name for name in schema if name not in measured and (columns is None or name in columns)]
        beside = [name for name in measured if columns is None or name in columns]
        frame = pl.read_parquet(self.pairs, columns=own, glob=False)
        if beside:
            frame = frame.hstack(pl.read_parquet(self.signals, columns=beside, glob=False))
        return frame if columns is None else frame.select(columns)

    def schema(self) -> pl.Schema:
        """Return the columns that ``read`` gives."""
        return pl.Schema({**pl.scan_parquet(self.pairs, glob=False).collect_schema(), **self._measured()})

    def _measured(self) -> dict[str, pl.DataType]:
        return dict(pl.scan_parquet(self.signals, glob=False).collect_schema()) if self.signals else {}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All pairs as shards in order; a row's place is its number across all of them."""

    shards: tuple[PairShard, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(shard.rows for shard in self.shards)

    def schema(self) -> pl.Schema:
        """Return the columns of every row."""
        return self.shards[0].schema()

    def columns(self, names: Iterable[str]) -> pl.DataFrame:
        """Read some columns of all rows; those that aren't there are left out."""
        known = self.schema()
        wanted = [name for name in dict.fromkeys(names) if name in known]
        return pl.concat([shard.read(wanted) for shard in self.shards])

    def taken(self, mask: pl.Series, names: Sequence[str] | None = None) -> pl.DataFrame:
        """Read the rows of a mask by place, in order, with all their columns or some."""
        return pl.concat(
            [shard.read(names).filter(part) for shard, part in self.parts(mask) if part.any()]
            or [self.shards[0].read(names).clear()],
            how="diagonal_relaxed",
        )

    def parts(self, by_place: pl.Series) -> Iterator[tuple[PairShard, pl.Series]]:
        """Yield each shard with its rows' part of a column by place."""
        for shard in self.shards:
            yield shard, by_place.slice(shard.first, shard.rows)

    def changed(self, places: pl.Series, rows: pl.DataFrame, *, work: Path, mark: str) -> Sheet:
        """Return the sheet with other ``rows`` at ``places``, in the same order; the other files are kept.

        Raises:
            InvariantError: the rows are not those that stand at these places.
        """
        fresh = rows.with_columns(places.cast(pl.Int64).alias("__place"))
        if fresh["__place"].n_unique() != rows.height:
            raise InvariantError("a step gave a row twice")
        shards = []
        for shard in self.shards:
            mine = fresh.filter(pl.col("__place").is_between(shard.first, shard.first + shard.rows - 1))
            shards.append(shard if mine.is_empty() else _changed(shard, mine, work=work, mark=mark))
        return replace(self, shards=tuple(shards))


def cut(paths: Sequence[Path], *, work: Path, shard_rows: int, progress: Progress) -> Sheet:
    """Cut pairs files into shards in ``work``, unless they lie there; columns are those of any of the files.

    Raises:
        InputError: missing, not Parquet, or without the columns of a pairs file.
    """
    done = work / "complete.json"
    if not done.exists():
        work.mkdir(parents=True, exist_ok=True)
        schemas = [refuse_no_pairs(path) for path in paths]
        kinds = {name: kind for schema in reversed(schemas) for name, kind in schema.items()}
        names = dict.fromkeys(name for schema in schemas for name in schema)
        whole = pl.DataFrame(schema={name: kinds[name] for name in names})
        rows: list[int] = []
        block = shard_rows * max(1, _BLOCK // shard_rows)
        for frame in (frame for path in paths for frame in iter_parquet(path, rows=block)):
            for part in frame.iter_slices(shard_rows):
                full = pl.concat([whole, part], how="diagonal")
                write_whole(full, str(_file(work, len(rows))))
                rows.append(part.height)
                progress("read", sum(rows), None)
        if not rows:
            write_whole(whole, str(_file(work, 0)))
        write_json(done, {"rows": rows or [0]})
    counts = read_json(done, what="a list of shards")["rows"]
    starts = [sum(counts[:at]) for at in range(len(counts))]
    files = [str(_file(work, at)) for at in range(len(counts))]
    return Sheet(
        shards=tuple(
            PairShard(first=first, rows=rows, original=file, pairs=file)
            for first, rows, file in zip(starts, counts, files, strict=True)
        )
    )


def _changed(shard: PairShard, rows: pl.DataFrame, *, work: Path, mark: str) -> PairShard:
    """Write a shard anew with other rows at some places."""
    old = shard.read().with_columns(__place=pl.int_range(pl.len(), dtype=pl.Int64) + shard.first)
    stay = old.filter(~pl.col("__place").is_in(rows["__place"].implode()))
    whole = pl.concat([stay, rows], how="diagonal_relaxed").sort("__place")
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"{shard.name}-{mark}.parquet"
    write_whole(whole.drop("__place"), str(path))
    return msgspec.structs.replace(shard, pairs=str(path), signals="")


def _file(work: Path, number: int) -> Path:
    return work / f"{number:06d}.parquet"
