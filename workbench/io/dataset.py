"""Reads pairs from whatever people keep them in, so that every verb takes what every tool writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from workbench.errors import Finding, InputError
from workbench.io.frames import PAIR_SCHEMA, read_pairs, read_parquet
from workbench.io.hub import from_disk, from_hub, is_saved, looks_like_hub_id
from workbench.io.pairrows import pairs_of_records, pairs_of_rows
from workbench.io.readers import Reject, read_rows, rows_in, sniff
from workbench.ports import silent

if TYPE_CHECKING:
    from workbench.io.readers import Row
    from workbench.ports import Progress

PARTS = ("train", "valid", "test")
PART = "part"
_EXPECTED = (
    "pairs: a JSONL, JSON, CSV or Parquet file, an output directory of convert, curate or dedupe, "
    "a run, a saved `datasets` folder, or a hub id (owner/name)"
)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A data set as read.

    ``frame`` has the columns of ``PAIR_SCHEMA``, then ``part`` (empty where the source has no parts), then
    whatever else stood there. ``rejects`` are rows that are no pair, each with its reason, so that
    ``rows = frame.height + len(rejects)``. ``kind`` says what the source was taken for. ``home`` is the
    directory that holds the contract, ledger and summary, where there is one.
    """

    source: str
    kind: str
    frame: pl.DataFrame
    rejects: tuple[Reject, ...] = ()
    home: Path | None = None

    @property
    def rows(self) -> int:
        """Count what was read, rejected rows included."""
        return self.frame.height + len(self.rejects)

    @property
    def parts(self) -> tuple[str, ...]:
        """Name the parts in order; none where the source has no parts."""
        named = [str(name) for name in self.frame[PART].unique(maintain_order=True) if name]
        known = [name for name in PARTS if name in named]
        return tuple(known + sorted(set(named) - set(known)))

    def part(self, name: str) -> pl.DataFrame:
        """Return the rows of one part.

        Raises:
            InputError: there is no such part.
        """
        if name not in self.parts:
            held = ", ".join(self.parts) or "no parts"
            raise InputError(
                Finding(
                    where=self.source,
                    found=f"no part {name!r}",
                    expected=f"one of its parts: {held}",
                    fix="Name one of them, or leave the part out to take all rows.",
                )
            )
        return self.frame.filter(pl.col(PART) == name)


def read_dataset(source: str | Path, *, progress: Progress = silent, empty: bool = False) -> Dataset:
    """Read pairs from a file, a directory or a hub id; one without rows is an error unless ``empty``.

    Raises:
        InputError: nothing there, nothing of these kinds, or no row of it is a pair.
        MissingExtraError: a saved folder or a hub id, and `datasets` isn't installed.
    """
    path = Path(source)
    if path.is_dir():
        found = _directory(path)
    elif path.exists() or not looks_like_hub_id(str(source)):
        found = _file(path, progress)
    else:
        found = _hub(str(source))
    if not found.rows and not empty:
        raise InputError(
            Finding(
                where=str(source),
                found="no row at all",
                expected="at least one pair of prompt and answer",
                fix="Check that this is the data you mean.",
            )
        )
    if found.rejects and not found.frame.height:
        raise InputError(
            Finding(
                where=f"{source}:{reject.line}" if reject.line else f"{source} record {reject.record}",
                found=f"{reject.reason} ({reject.found})",
                expected="at least one pair of prompt and answer",
                fix="See these rows; every one of them was unusable.",
            )
            for reject in found.rejects[:5]
        )
    return found


def is_table_of_pairs(columns: list[str]) -> bool:
    """Tell whether a table has the columns of a pairs file."""
    return set(PAIR_SCHEMA.names()) <= set(columns)


def _directory(path: Path) -> Dataset:
    if is_saved(path):
        return _from_parts(str(path), "a saved `datasets` folder", from_disk(path))
    for inner in (path, path / "curate", path / "convert"):
        parts = [name for name in PARTS if (inner / f"{name}.parquet").is_file()]
        if parts:
            frames = [_placed(read_pairs(inner / f"{name}.parquet"), name) for name in parts]
            whole = _with_signals(pl.concat(frames, how="diagonal_relaxed"), inner)
            return Dataset(source=str(path), kind="curated parts", frame=whole, home=inner)
        for name in ("pairs.parquet", "kept.parquet"):
            if (inner / name).is_file():
                frame = _placed(read_pairs(inner / name), "")
                return Dataset(source=str(path), kind=name, frame=frame, home=inner)
    held = ", ".join(sorted(entry.name for entry in path.iterdir())[:8]) or "nothing"
    raise InputError(
        Finding(
            where=str(path),
            found=f"a directory with {held}",
            expected=_EXPECTED,
            fix="Name the file in it, or another directory.",
        )
    )


def _with_signals(frame: pl.DataFrame, home: Path) -> pl.DataFrame:
    """Put beside each row what curation measured of it, where it kept that (``signals.parquet``, by id)."""
    path = home / "signals.parquet"
    if not path.is_file():
        return frame
    measured = read_parquet(path).unique("id", keep="first", maintain_order=True)
    fresh = [name for name in measured.columns if name not in frame.columns and name != "row"]
    return frame.join(measured.select("id", *fresh), on="id", how="left", maintain_order="left")


def _file(path: Path, progress: Progress) -> Dataset:
    if sniff(path) == "parquet":
        table = read_parquet(path)
        if is_table_of_pairs(table.columns):
            frame = _placed(read_pairs(path), None)
            return Dataset(source=str(path), kind="a pairs file", frame=frame, home=path.parent)
    return _of_rows(str(path), path, rows_in(path, progress=progress))


def _hub(name: str) -> Dataset:
    return _from_parts(name, "a data set of the hub", from_hub(name))


def _from_parts(source: str, kind: str, parts: dict[str, list[Row]]) -> Dataset:
    read = [
        (name if len(parts) > 1 or name in PARTS else "", _of_rows(source, Path(source), rows))
        for name, rows in parts.items()
        if rows
    ]
    frames = [one.frame.with_columns(pl.lit(name).alias(PART)) for name, one in read]
    empty = _placed(pl.DataFrame(schema=PAIR_SCHEMA), "")
    return Dataset(
        source=source,
        kind=kind,
        frame=pl.concat(frames, how="diagonal_relaxed") if frames else empty,
        rejects=tuple(reject for _, one in read for reject in one.rejects),
    )


def _of_rows(source: str, place: Path, rows: list[Row]) -> Dataset:
    """Make pairs of rows: rows of a pairs file as they are, rows of a known shape by reading them."""
    of_pairs = [row for row in rows if isinstance(row.value, dict) and is_table_of_pairs(list(row.value))]
    if len(of_pairs) * 2 > len(rows):
        frame, rejects = pairs_of_rows(rows, place=place)
        kind = "rows of a pairs file"
    else:
        read = read_rows(rows, place=place)
        frame, rejects = pairs_of_records(read.records), list(read.rejects)
        kind = f"rows of the shape {next(iter(read.formats.values()))}"
    return Dataset(source=source, kind=kind, frame=_placed(frame, None), rejects=tuple(rejects))


def _placed(frame: pl.DataFrame, part: str | None) -> pl.DataFrame:
    """Put ``part`` behind the columns of a pair: as given, or as the rows themselves say."""
    if part is None and frame.schema.get(PART) == pl.String:
        column = pl.col(PART).fill_null("")
    else:
        column = pl.lit(part or "").alias(PART)
    placed = frame.with_columns(column)
    further = [name for name in placed.columns if name not in PAIR_SCHEMA and name != PART]
    return placed.select(*PAIR_SCHEMA.names(), PART, *further)
