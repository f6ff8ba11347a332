"""Reads the rows of a training: what is trained, what is validated on, and nothing that can't be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import Finding, InputError
from workbench.io.dataset import read_dataset
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from workbench.io.dataset import Dataset
    from workbench.io.readers import Reject
    from workbench.ports import Progress

_SUFFIXES = ("parquet", "jsonl", "json", "csv")
_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Rows of ``PAIR_SCHEMA`` to train on, and to validate on where there are any."""

    train: pl.DataFrame
    valid: pl.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a training's rows are: one source, and the file of its validation rows where it has one."""

    train: str
    valid: str | None = None

    @property
    def names(self) -> list[Path | str]:
        """All of them."""
        return [self.train, *([self.valid] if self.valid else [])]


def places(source: str | Path) -> Places:
    """Find the files behind a source: ``train`` and ``valid`` of a folder, or of the folder of a file.

    Other folders (the output of ``convert``, a saved ``datasets`` folder) and hub ids stand for themselves.
    """
    path = Path(source)
    named = (
        inner / f"train.{suffix}"
        for inner in (path, path / "curate")
        for suffix in _SUFFIXES
        if path.is_dir()
    )
    train = next((file for file in named if file.is_file()), path)
    beside = train.with_name(f"valid{train.suffix}") if train.is_file() else train
    held = beside != train and beside.is_file()
    return Places(train=str(train), valid=str(beside) if held else None)


def read_parts(source: str | Path, *, progress: Progress = silent) -> Parts:
    """Read the rows of a training from whatever ``read_dataset`` reads.

    Raises:
        InputError: as ``read_dataset``; parts of which none is ``train``; or rows that are no pair, which are
            never left out here: the first 20 with file, line and reason.
    """
    at = places(source)
    read = _whole(at.train, progress)
    if read.parts and "train" not in read.parts:
        raise InputError(
            Finding(
                where=at.train,
                found=f"the parts {', '.join(read.parts)}",
                expected="rows in a part named train, or in no part",
                fix="Name the rows to learn from train; the others are kept for measuring.",
            )
        )
    train = read.part("train") if read.parts else read.frame
    held = read.part("valid") if "valid" in read.parts else None
    return Parts(train=train, valid=_whole(at.valid, progress).frame if at.valid else held)


def read_whole(source: str | Path, *, progress: Progress = silent) -> pl.DataFrame:
    """Read every row of a data set, whatever its part.

    Raises:
        InputError: as ``read_parts``.
    """
    return _whole(str(source), progress).frame


def _whole(source: str, progress: Progress) -> Dataset:
    read = read_dataset(source, progress=progress, empty=True)
    if read.rejects:
        raise InputError(_listed(source, read.rejects, read.rows))
    return read


def _listed(source: str, rejects: Sequence[Reject], rows: int) -> list[Finding]:
    found = [
        Finding(
            where=f"{source}:{one.line}" if one.line else f"{source} record {one.record}",
            found=f"{one.reason} ({one.found})",
            expected="a pair of prompt and answer",
            fix="Correct the row, or take it out of the file.",
        )
        for one in rejects[:_LISTED]
    ]
    if len(rejects) > _LISTED:
        found.append(
            Finding(
                where=source,
                found=f"{len(rejects) - _LISTED} more of its {rows} rows are no pairs",
                expected="none",
                fix="The rows above are the first of them; `workbench export` lists them all.",
            )
        )
    return found
