"""Decides a finished deduplication anew at another threshold, from the signatures it left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from workbench.engines import LocalEngine
from workbench.errors import Finding, InputError
from workbench.io.config import convert, load
from workbench.io.frames import read_parquet
from workbench.io.places import named, own
from workbench.io.rundir import discard, write_json
from workbench.pipeline.dedupe.ledger import write_ledger
from workbench.pipeline.dedupe.options import Layout
from workbench.pipeline.dedupe.run import SIGNATURES, Signed, summarise
from workbench.pipeline.dedupe.search import Search
from workbench.pipeline.dedupe.shards import RebandTask, reband
from workbench.pipeline.regroup import regroup
from workbench.ports import silent
from workbench.similarity.store import Store
from workbench.steps import NearDedup
from workbench.text import excerpt

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.ports import Engine, Progress


def rethreshold(
    source: Path,
    *,
    threshold: float,
    out: Path,
    layout: Layout | None = None,
    engine: Engine | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Write into ``out`` what ``dedupe`` would have with ``threshold``, from the signatures in ``source``.

    No text is read or hashed. Above the threshold of ``source`` its band hashes serve as they are (they
    propose such pairs with even greater probability); below it, bands are made anew from the kept sets.

    Raises:
        InputError: ``source`` has no signatures.
        ConfigError: a threshold outside (0, 1].
    """
    begun = time.perf_counter()
    made, store = _opened(source)
    layout, engine = layout or Layout(), engine or LocalEngine()
    plain = msgspec.to_builtins(made.options.near) | {"threshold": threshold}
    near = convert(plain, NearDedup, where="rethreshold")
    work = out / "work"
    work.mkdir(exist_ok=True)
    banding = made.options.near.banding
    if near.threshold < made.options.near.threshold:
        banding = near.banding
        store = _rebanded(store, near, work=work, engine=engine, progress=progress)
    rows = pl.concat([read_parquet(shard / "rows.parquet") for shard in store.shards])
    search = Search(
        store=store, near=near, banding=banding, layout=layout, engine=engine, progress=progress, work=work
    )
    verdict, rebanded = search.decide(rows, made.keys)
    ledger = write_ledger(rows["id"], verdict, store=store, near=near, held=layout.held_shingles)
    before = read_parquet(source / "ledger.parquet")["row"]
    kept = regroup(source, before=before, after=ledger["row"], out=out)
    ledger.write_parquet(out / "ledger.parquet")
    discard(work)
    found = {
        "in": store.rows,
        "kept": kept,
        "rebanded": rebanded,
        "bands": "as kept" if banding == made.options.near.banding else "made anew from the kept sets",
        "signatures_mb": 0.0,
    }
    options = msgspec.structs.replace(made.options, near=near)
    summary = summarise(found, msgspec.structs.replace(made, options=options), ledger, begun=begun)
    write_json(out / "summary.json", summary)
    return summary


def _opened(source: Path) -> tuple[Signed, Store]:
    place = source / SIGNATURES
    if not (place / "signed.json").is_file():
        raise InputError(
            Finding(
                where=str(source),
                found="no signatures",
                expected="the output of `workbench dedupe`, made without --no-signatures",
                fix="Run `workbench dedupe` on the data again, with the threshold you want.",
            )
        )
    made = load(place / "signed.json", Signed, what="the signatures' description")
    shards = [named(place, name) for name in made.shards]
    if not shards:
        raise InputError(
            Finding(
                where=str(source), found="no rows", expected="at least one", fix="Nothing can change here."
            )
        )
    for file in (file for shard in shards for file in sorted(shard.glob("*.npy"))):
        _refuse_unfit(own(file, of=place))
    return made, Store.of(shards, fields=len(made.columns), compared=len(made.columns))


def _refuse_unfit(file: Path) -> None:
    """Refuse what is no array; only its head is read."""
    try:
        found = "" if file.is_file() else "no plain file"
        if not found:
            np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        found = excerpt(str(error))
    if found:
        fix = "Run `workbench dedupe` on the data again."
        raise InputError(Finding(where=str(file), found=found, expected="an array of signatures", fix=fix))


def _rebanded(store: Store, near: NearDedup, *, work: Path, engine: Engine, progress: Progress) -> Store:
    tasks = [
        RebandTask(source=str(shard), near=near, fields=store.fields, out=str(work / shard.name))
        for shard in store.shards
    ]
    engine.map(reband, tasks, stage="bands", progress=progress)
    return Store.of(
        [work / shard.name for shard in store.shards], fields=store.fields, compared=store.compared
    )
