"""Cuts files where they can be cut, without reading them: the same places whoever reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.io.frames import parquet_rows
from workbench.io.readers.values import START, Container, Mark
from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRETCH = 16_000_000
SLICE = 10_000


class Stretch(Value, frozen=True, kw_only=True):
    """Rows of a file from ``start`` to ``end``: a byte of JSON Lines, a record of Parquet, ``None`` for all.

    The line of ``start`` is 1 wherever it lies: only who has read what is before it knows its number.
    """

    path: str
    container: Container
    start: Mark = START
    end: int | None = None


def stretches_of(path: Path, container: Container) -> list[Stretch]:
    """Cut a file into stretches.

    JSON documents and CSV stay whole: where their rows begin shows only as they are read.

    Raises:
        InputError: a Parquet file that can't be read.
    """
    starts = [START]
    if container == "jsonl":
        starts = [Mark(at=at) for at in _line_starts(path)]
    elif container == "parquet":
        starts = [Mark(record=record) for record in range(0, parquet_rows(path), SLICE)] or [START]
    ends = [mark.at if container == "jsonl" else mark.record for mark in starts[1:]]
    return [
        Stretch(path=str(path), container=container, start=start, end=end)
        for start, end in zip(starts, [*ends, None], strict=True)
    ]


def _line_starts(path: Path) -> Iterator[int]:
    """Yield the first bytes of lines that are about `STRETCH` apart."""
    yield 0
    last, size = 0, path.stat().st_size
    with path.open("rb") as stream:
        for near in range(STRETCH, size, STRETCH):
            if near <= last:
                continue
            stream.seek(near - 1)
            stream.readline()
            if stream.tell() < size:
                last = stream.tell()
                yield last
