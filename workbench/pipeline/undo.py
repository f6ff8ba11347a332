"""Puts rows back that a deduplication or a curation dropped, and keeps the removal on record."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from workbench.errors import Finding, InputError, OutputError
from workbench.io.frames import PAIR_SCHEMA, read_parquet
from workbench.io.manifest import read_manifest
from workbench.io.places import own, spare_inputs
from workbench.io.rundir import carry, output, recover, write_json
from workbench.pipeline.curate import PARTS, counts
from workbench.pipeline.explain import resolve
from workbench.pipeline.regroup import regroup
from workbench.spec import spec_key
from workbench.steps import ClusterSplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_UNDONE = "undone.parquet"


class Back(NamedTuple):
    """A row that was put back: its id, the part it is in now, and why it had gone."""

    id: str
    part: str
    reason: str


def undo(directory: Path, ids: Sequence[str], *, out: Path | None = None, force: bool = False) -> list[Back]:
    """Put the dropped rows ``ids`` (or beginnings of ids) back, in ``directory`` itself or a copy at ``out``.

    Every removal of such an id is undone; the ledger rows move to ``undone.parquet``. What was put back in
    ``directory`` before stays as it is, and isn't returned.

    Raises:
        InputError: no finished output there, or an id that no dropped row has.
        OutputError: the directory is a stage of a run, on which later stages rest, and no ``out`` is given.
    """
    recover(directory)
    manifest = read_manifest(directory)
    if manifest is None or not (directory / "ledger.parquet").is_file():
        raise InputError(_no_output(directory))
    if out is None and (directory.parent / "run.json").is_file():
        raise OutputError(_in_a_run(directory))
    if out is not None:
        spare_inputs(out, [directory])
    ledger = read_parquet(directory / "ledger.parquet")
    dropped = set(ledger["id"].drop_nulls())
    before = {name for undone in _undone(directory) if out is None for name in undone["id"]}
    known = sorted(dropped | before)
    named = {resolve(name, known, where=f"dropped rows of {directory}") for name in ids}
    found = sorted(named & dropped)
    if not found:
        return []
    key = spec_key([manifest["key"], "undo", found])
    inplace = out is None
    with output(out or directory, verb="undo", key=key, force=force or inplace, carries=inplace) as work:
        return _put_back(directory, work, ledger, found, inplace=inplace)


def _put_back(
    directory: Path, work: Path, ledger: pl.DataFrame, ids: list[str], *, inplace: bool
) -> list[Back]:
    chosen = pl.col("id").is_in(ids)
    back, rest = ledger.filter(chosen), ledger.filter(~chosen)
    if (directory / "train.parquet").is_file():
        changed = {"train.parquet", "valid.parquet", "test.parquet", "dropped.parquet"}
        placed = _into_parts(directory, work, ledger, chosen)
    else:
        changed = {"kept.parquet", "dropped.parquet"}
        regroup(directory, before=ledger["row"], after=rest["row"], out=work)
        placed = ["kept"] * back.height
    _carry(
        directory,
        work,
        besides=changed | {"ledger.parquet", "summary.json", "manifest.json", _UNDONE},
        linked=inplace,
    )
    rest.write_parquet(work / "ledger.parquet")
    pl.concat([*_undone(directory), back]).write_parquet(work / _UNDONE)
    write_json(work / "summary.json", _summary(directory, rest, placed))
    return [Back(*row) for row in zip(back["id"], placed, back["reason"], strict=True)]


def _undone(directory: Path) -> list[pl.DataFrame]:
    file = directory / _UNDONE
    return [read_parquet(file)] if file.is_file() else []


def _into_parts(directory: Path, work: Path, ledger: pl.DataFrame, chosen: pl.Expr) -> list[str]:
    """Write the three parts with the chosen rows in them; return the part of each, in the ledger's order."""
    parts = {name: read_parquet(directory / f"{name}.parquet") for name in PARTS}
    dropped = read_parquet(directory / "dropped.parquet")
    chosen_rows = ledger.select(chosen.alias("chosen"))["chosen"]
    back, kept_ids = dropped.filter(chosen_rows), ledger.filter(chosen)["kept_id"]
    if (directory / "signals.parquet").is_file():
        measured = read_parquet(directory / "signals.parquet")[ledger.filter(chosen)["row"].to_list()]
        further = [name for name in measured.columns if name not in {*back.columns, "row"}]
        back = back.hstack(measured.select(further))
    homes = pl.concat(
        frame.select("id", "cluster", part=pl.lit(name)) for name, frame in parts.items()
    ).unique("id", keep="first", maintain_order=True)
    home = {row["id"]: row for row in homes.iter_rows(named=True)}
    alike = _alike(pl.concat([*parts.values()]), back)
    placed = []
    for at, (name, kept_id) in enumerate(zip(back["id"], kept_ids, strict=True)):
        near = home.get(kept_id) or home.get(alike.get(name, ""))
        part, cluster = (near["part"], near["cluster"]) if near else (PARTS[0], name)
        row = back.slice(at, 1).with_columns(pl.lit(cluster).alias("cluster"))
        parts[part] = pl.concat([parts[part], row.select(parts[part].columns)])
        placed.append(part)
    for name, frame in parts.items():
        frame.write_parquet(work / f"{name}.parquet")
    dropped.filter(~chosen_rows).write_parquet(work / "dropped.parquet")
    return placed


def _alike(kept: pl.DataFrame, back: pl.DataFrame) -> dict[str, str]:
    """Return for each row put back the id of a kept row in the cluster that the splitter would give it."""
    pairs = PAIR_SCHEMA.names()
    whole = pl.concat([kept.select(pairs), back.select(pairs)])
    found = ClusterSplit().clusters(whole)
    cluster = pl.DataFrame({"id": whole["id"], "home": found})
    of_kept = dict(cluster.head(kept.height).select("home", "id").iter_rows())
    return {name: of_kept[home] for name, home in cluster.tail(back.height).iter_rows() if home in of_kept}


def _carry(directory: Path, work: Path, *, besides: set[str], linked: bool) -> None:
    """Bring all other files along; without copying where the old directory goes and the disk allows it.

    Two directories never share a file: who edits it in one would change the other.
    """
    for file in sorted(p for p in directory.rglob("*") if p.is_file()):
        name = file.relative_to(directory)
        if name.as_posix() in besides:
            continue
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        own(file, of=directory)
        (carry if linked else shutil.copyfile)(file, work / name)


def _summary(directory: Path, rest: pl.DataFrame, placed: list[str]) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    summary |= {
        "kept": summary["kept"] + len(placed),
        "dropped": rest.height,
        "reasons": counts(rest, "reason"),
        "undone": summary.get("undone", 0) + len(placed),
    }
    if "parts" in summary:
        summary["parts"] = {n: rows + placed.count(n) for n, rows in summary["parts"].items()}
    return summary


def _no_output(directory: Path) -> Finding:
    return Finding(
        where=str(directory),
        found="no finished output with a ledger",
        expected="the output directory of `workbench curate` or `workbench dedupe`",
        fix="Name that directory.",
    )


def _in_a_run(directory: Path) -> Finding:
    return Finding(
        where=str(directory),
        found="a stage of a run, whose later stages were made from it as it is",
        expected="a place of its own for the changed data",
        fix="Pass --out DIR, then train and evaluate from there.",
    )
