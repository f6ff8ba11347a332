"""Looks at single rows of any file of rows without reading more of it than is asked for."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, InputError
from workbench.io.readers.containers import rows_of
from workbench.io.readers.kinds import sniff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.io.readers import Row

_ID_KEYS = ("id", "case_id", "row")
_PARTS = ("train.parquet", "pairs.parquet", "kept.parquet", "completions.jsonl", "answers.jsonl")
_INSIDE = ("", "curate", "convert", "eval")


def file_to_look_at(path: Path) -> Path:
    """Return ``path``, or for an output directory the file of rows that it is about.

    Raises:
        InputError: a directory with no such file, with what it holds.
    """
    if not path.is_dir():
        return path
    for inner, name in itertools.product(_INSIDE, _PARTS):
        if (path / inner / name).is_file():
            return path / inner / name
    held = ", ".join(sorted(entry.name for entry in path.iterdir())[:8]) or "nothing"
    raise InputError(
        Finding(
            where=str(path),
            found=f"a directory with {held}",
            expected="a file of rows, or the output directory of convert, curate, eval or run",
            fix="Name a file in it.",
        )
    )


def first_rows(path: Path, *, count: int) -> list[Row]:
    """Return the first ``count`` rows; no more of the file is read.

    Raises:
        InputError: the file can't be read as rows.
    """
    return list(itertools.islice(_rows(path), count))


def random_rows(path: Path, *, count: int, seed: int = 0) -> list[Row]:
    """Return ``count`` rows drawn alike from all, in their order (reservoir sampling, Vitter's algorithm R).

    Raises:
        InputError: the file can't be read as rows.
    """
    drawn: list[Row] = []
    rng = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    for seen, row in enumerate(_rows(path)):
        if seen < count:
            drawn.append(row)
        elif (at := rng.randrange(seen + 1)) < count:
            drawn[at] = row
    return sorted(drawn, key=lambda row: row.record)


def rows_named(path: Path, name: str) -> list[Row]:
    """Return the rows whose id is ``name``, or else begins with it.

    Raises:
        InputError: no row has such an id.
    """
    begun: list[Row] = []
    exact: list[Row] = []
    for row in _rows(path):
        held = row_id(row.value) or ""
        if held == name:
            exact.append(row)
        elif held.startswith(name):
            begun.append(row)
    if not (exact or begun):
        raise InputError(
            Finding(
                where=str(path),
                found=f"no row whose id is or begins with {name!r}",
                expected=f"an id as in its fields {', '.join(_ID_KEYS)}",
                fix="See some ids with: workbench inspect FILE --random 5",
            )
        )
    return exact or begun


def row_id(value: Any) -> str | None:
    """Return what names a row, or ``None``."""
    if isinstance(value, dict):
        for key in _ID_KEYS:
            if isinstance(value.get(key), str | int):
                return str(value[key])
    return None


def _rows(path: Path) -> Iterator[Row]:
    return rows_of(path, sniff(path))
