"""Counts rows where a verb reads them and where it leaves them: whatever broke on the way, none is lost."""

import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Law:
    """Files whose rows have to add up: those ``read`` are all ``kept``, ``dropped`` or ``rejected``."""

    read: tuple[str, ...]
    kept: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """How many rows were read, and what became of them."""

    read: int = 0
    kept: int = 0
    dropped: int = 0
    rejected: int = 0

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(*(one + more for one, more in zip(self.parts, other.parts, strict=True)))

    @property
    def parts(self) -> tuple[int, int, int, int]:
        return self.read, self.kept, self.dropped, self.rejected

    @property
    def lost(self) -> int:
        return self.read - self.kept - self.dropped - self.rejected


_PAIRS = ("converted/pairs.parquet",)


def _curated(place: str, read: tuple[str, ...]) -> Law:
    parts = tuple(f"{place}/{part}.parquet" for part in ("train", "valid", "test"))
    return Law(read, parts, (f"{place}/dropped.parquet",))


def _deduped(place: str, read: tuple[str, ...]) -> Law:
    return Law(read, (f"{place}/kept.parquet",), (f"{place}/dropped.parquet",))


_BEFORE = {name: (f"{name}/kept.parquet", f"{name}/dropped.parquet") for name in ("deduped", "measured")}
LAWS = {
    "convert": (Law(("mixed.jsonl",), ("out/pairs.parquet",), (), ("out/rejects.jsonl",)),),
    "curate": (_curated("out", _PAIRS),),
    "dedupe": (_deduped("out", ("doubled.parquet",)),),
    "undo": (_deduped("deduped", _BEFORE["deduped"]),),
    "undo-aside": (_deduped("out", _BEFORE["deduped"]),),
    "rethreshold": (_deduped("out", _BEFORE["measured"]),),
    "export": (Law(_PAIRS, ("out.json",)),),
    "compact": (Law(("log.jsonl",), ("out.jsonl",)),),
    "run": (
        Law(("mixed.jsonl",), ("out/convert/pairs.parquet",), (), ("out/convert/rejects.jsonl",)),
        _curated("out/curate", ("out/convert/pairs.parquet",)),
    ),
    "teacher": (Law(_PAIRS, ("out/pairs.parquet",), (), ("out/rejected.jsonl",)),),
}


def counted(name: str, *, before: Path, after: Path) -> Rows:
    """Count what the scenario ``name`` read, as it stood ``before``, and what it left ``after``."""
    return sum((_of(law, before, after) for law in LAWS.get(name, ())), Rows())


def _of(law: Law, before: Path, after: Path) -> Rows:
    read = sum(height(before / one if (before / one).exists() else after / one) for one in law.read)
    left = ((height(after / one) for one in names) for names in (law.kept, law.dropped, law.rejected))
    return Rows(read, *map(sum, left))


def height(file: Path) -> int:
    """Count the rows of a table, a JSON array, or a file of lines (rejected samples by their row)."""
    if file.suffix == ".parquet":
        return pl.scan_parquet(file).select(pl.len()).collect().item()
    if file.suffix == ".json":
        return len(json.loads(file.read_text(encoding="utf-8")))
    lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    if file.name == "rejected.jsonl":
        return len({json.loads(line)["id"] for line in lines})
    return len(lines)
