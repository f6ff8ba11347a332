"""Reads the texts of any evaluation file, so that training data can be held against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import Finding, InputError
from workbench.io.readers.containers import rows_of, sniff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")


class EvalText(NamedTuple):
    """One text of one record: its file, where it stands (``file:line $.path``), its record, and itself."""

    file: str
    where: str
    record: int
    text: str


def read_eval_texts(paths: Sequence[Path]) -> list[EvalText]:
    """Read every string in JSON Lines, JSON, CSV or Parquet files, and in such files of folders, in order.

    Records are numbered through over all files. A folder's files named ``schema.json`` are left aside.

    Raises:
        InputError: a file that can't be read, a row that is no record, or nothing to read at all.
    """
    out: list[EvalText] = []
    record = 0
    for path in _files(paths):
        for row in rows_of(path, sniff(path)):
            if row.problem is not None:
                raise InputError(
                    Finding(
                        where=f"{path}:{row.line or row.record + 1}",
                        found=row.problem,
                        expected="an evaluation record",
                        fix="Mend or remove the row: what isn't read can't be kept out of training.",
                    )
                )
            place = f"{path}:{row.line or row.record + 1}"
            out += [
                EvalText(str(path), f"{place} {at}", record, text) for at, text in _strings(row.value, "$")
            ]
            record += 1
    return out


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES and p.name != "schema.json")
        if not inside:
            raise InputError(
                Finding(
                    where=str(path),
                    found=f"a folder without {', '.join(_SUFFIXES)} files",
                    expected="evaluation files",
                    fix="Name the files, or the folder that holds them.",
                )
            )
        found += inside
    return found


def _strings(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _strings(inner, f"{at}[{place}]")
