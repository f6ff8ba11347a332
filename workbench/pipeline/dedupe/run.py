"""Deduplicates a table from file to files: sign, decide, write; what stands complete is not done again."""

from __future__ import annotations

import dataclasses
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from workbench.engines import LocalEngine
from workbench.errors import InvariantError
from workbench.io.rundir import discard, write_json
from workbench.io.tables import Table, open_table
from workbench.pipeline.cost import peak_mb
from workbench.pipeline.curate import counts
from workbench.pipeline.dedupe.ledger import ledger_hash, write_ledger
from workbench.pipeline.dedupe.options import DedupeOptions, KeeperKey, Layout, compared_columns, keeper_keys
from workbench.pipeline.dedupe.search import Search
from workbench.pipeline.dedupe.shards import PartTask, SignTask, sign, write_part
from workbench.ports import silent
from workbench.similarity.ondisk import save_whole
from workbench.similarity.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.pipeline.dedupe.ledger import Verdict
    from workbench.ports import Engine, Progress

SIGNATURES = "signatures"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in ``signatures/``: how it was made, the columns, and the shards in order."""

    options: DedupeOptions
    columns: tuple[str, ...]
    keys: tuple[KeeperKey, ...]
    shards: tuple[str, ...]


def dedupe(
    path: Path,
    *,
    out: Path,
    options: DedupeOptions | None = None,
    layout: Layout | None = None,
    engine: Engine | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Write ``kept.parquet``, ``dropped.parquet``, ``ledger.parquet`` and ``summary.json`` into ``out``.

    Rows keep their order; a row without an id gets the hash of its content as one. The result does not depend
    on ``layout`` or ``engine``. A call after a kill goes on from the shards and bands that were done.

    Raises:
        ConfigError: a column that isn't there.
        InputError: no table, or no column to compare.
    """
    begun = time.perf_counter()
    options, layout, engine = options or DedupeOptions(), layout or Layout(), engine or LocalEngine()
    work = out / f"work-{layout.shard_rows}"
    work.mkdir(exist_ok=True)
    table = open_table(path, scratch=work / "table", shard_rows=layout.shard_rows, progress=progress)
    columns = compared_columns(table.columns, options.on)
    keys = keeper_keys(table.columns, options.keeper)
    search = Search(
        store=Store.of([], fields=len(columns), compared=len(columns)),
        near=options.near,
        banding=options.near.banding,
        layout=layout,
        engine=engine,
        progress=progress,
        work=work,
    )
    search = _signed(table, columns, keys, search=search)
    store = search.store
    rows = pl.concat(
        [_no_rows(table, keys), *(pl.read_parquet(s / "rows.parquet", glob=False) for s in store.shards)]
    )
    verdict, rebanded = search.decide(rows, keys)
    ledger = write_ledger(rows["id"], verdict, store=store, near=options.near, held=layout.held_shingles)
    ledger.write_parquet(out / "ledger.parquet")
    kept = _write_rows(table, verdict, search=search, out=out)
    made = Signed(options=options, columns=columns, keys=keys, shards=tuple(s.name for s in store.shards))
    held = leave_signatures(store, made, out) if layout.signatures else 0
    discard(work)
    found = {"in": table.rows, "kept": kept, "rebanded": rebanded, "signatures_mb": held}
    summary = summarise(found, made, ledger, begun=begun)
    write_json(out / "summary.json", summary)
    return summary


def _signed(table: Table, columns: tuple[str, ...], keys: tuple[KeeperKey, ...], *, search: Search) -> Search:
    """Hash every shard that isn't hashed yet; return the search over them."""
    tasks = [
        SignTask(
            shard=shard, columns=columns, near=search.near, keys=keys, out=str(search.work / f"sign-{n:06d}")
        )
        for n, shard in enumerate(table.shards)
    ]
    done = search.engine.map(sign, tasks, stage="sign", progress=search.progress)
    store = Store.of([Path(name) for name in done], fields=len(columns), compared=len(columns))
    return dataclasses.replace(search, store=store)


def summarise(found: dict[str, Any], made: Signed, ledger: pl.DataFrame, *, begun: float) -> dict[str, Any]:
    """Add what options, ledger and clock say to the figures found, and check that rows are conserved.

    Raises:
        InvariantError: in ≠ kept + dropped.
    """
    if found["in"] != found["kept"] + ledger.height:
        raise InvariantError(f"{found['in']} rows in, {found['kept']} kept, {ledger.height} dropped")
    return {
        **found,
        "dropped": ledger.height,
        "rejected": 0,
        "reasons": counts(ledger, "reason"),
        "columns": list(made.columns),
        "threshold": made.options.near.threshold,
        "keeper": [*made.options.keeper, "id"],
        "ledger_hash": ledger_hash(ledger),
        "seconds": round(time.perf_counter() - begun, 3),
        "peak_mb": peak_mb(),
    }


def _no_rows(table: Table, keys: Sequence[KeeperKey]) -> pl.DataFrame:
    names = {f"k{n}": table.columns.get(key.column, pl.Int64()) for n, key in enumerate(keys)}
    return pl.DataFrame(schema={"id": pl.String(), **names, "d0": pl.UInt64(), "d1": pl.UInt64()})


def _write_rows(table: Table, verdict: Verdict, *, search: Search, out: Path) -> int:
    """Write ``kept.parquet`` and ``dropped.parquet`` by shards; return how many rows are kept."""
    work = search.work
    stays = np.ones(table.rows, np.bool_)
    stays[verdict.gone] = False
    save_whole(str(work / "stays.npy"), stays)
    firsts = np.cumsum([0, *(shard.rows for shard in table.shards)]).tolist()
    tasks = [
        PartTask(
            shard=shard,
            first=firsts[n],
            signed=str(search.store.shards[n]),
            stays=str(work / "stays.npy"),
            kept=str(work / f"kept-{n:06d}.parquet"),
            dropped=str(work / f"dropped-{n:06d}.parquet"),
        )
        for n, shard in enumerate(table.shards)
    ]
    kept = sum(search.engine.map(write_part, tasks, stage="write", progress=search.progress))
    for name in ("kept", "dropped"):
        parts = [pl.scan_parquet(getattr(task, name), glob=False) for task in tasks]
        whole = (
            pl.concat(parts)
            if parts
            else pl.LazyFrame(schema={**table.columns, "id": table.columns.get("id", pl.String())})
        )
        whole.sink_parquet(out / f"{name}.parquet")
    return kept


def leave_signatures(store: Store, made: Signed, out: Path) -> float:
    """Move the signatures to ``out/signatures``; return how many MiB they are."""
    size = round(store.bytes / (1 << 20), 1)
    place = out / SIGNATURES
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for shard in store.shards:
        shard.rename(place / shard.name)
    write_json(place / "signed.json", msgspec.to_builtins(made))
    return size
