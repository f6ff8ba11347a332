"""Reads the texts of any evaluation file, so that training data can be held against them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.config import load
from workbench.io.readers.containers import rows_of
from workbench.io.readers.kinds import sniff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_YAML = (".yaml", ".yml")
_CASES = re.compile(r"^[\"']?cases[\"']?\s*:", re.MULTILINE)
_SUFFIXES = (".jsonl", ".json", ".csv", ".parquet", *_YAML)


class _Suite(msgspec.Struct):
    """A suite as one YAML file, as ``eval --suite`` reads it; what it says about itself is not looked at."""

    cases: list[dict[str, Any]]


class EvalText(NamedTuple):
    """One text of one record: its file, where it stands (``file:line $.path``), its record, and itself."""

    file: str
    where: str
    record: int
    text: str


def read_eval_texts(paths: Sequence[Path]) -> list[EvalText]:
    """Read every string in JSON Lines, JSON, CSV and Parquet files, YAML suites, or folders of them.

    Records are numbered through over all files; of a YAML suite they are its ``cases``. A folder's files
    named ``schema.json`` are left aside, and its YAML files without ``cases``.

    Raises:
        InputError: a file that can't be read, a row that is no record, or nothing to read at all.
        ConfigError: a YAML file that is no suite.
    """
    out: list[EvalText] = []
    record = 0
    for path in _files(paths):
        for place, value in _records(path):
            out += [EvalText(str(path), f"{place}{at}", record, text) for at, text in _strings(value, "")]
            record += 1
    return out


def _records(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield every record with where it stands, the ``$`` of its path included."""
    if path.suffix.lower() in _YAML:
        for at, case in enumerate(load(path, _Suite, what="a suite (YAML with `cases`)").cases):
            yield f"{path} $.cases[{at}]", case
        return
    for row in rows_of(path, sniff(path)):
        place = f"{path}:{row.line or row.record + 1}"
        if row.problem is not None:
            raise InputError(
                Finding(
                    where=place,
                    found=row.problem,
                    expected="an evaluation record",
                    fix="Mend or remove the row: what isn't read can't be kept out of training.",
                )
            )
        yield f"{place} $", row.value


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES and _is_data(p))
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


def _is_data(path: Path) -> bool:
    """Tell evaluation files of a folder from schemas and settings beside them."""
    if path.suffix not in _YAML:
        return path.name != "schema.json"
    return _CASES.search(path.read_text(encoding="utf-8", errors="replace")) is not None


def _strings(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _strings(inner, f"{at}[{place}]")
