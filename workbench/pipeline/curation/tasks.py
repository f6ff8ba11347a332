"""The tasks on one shard of pairs: measure it, judge it, note its facts, sign it, write its rows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import polars as pl

from workbench.contracts import Contract  # noqa: TC001 - msgspec reads these
from workbench.io.rundir import carry
from workbench.pipeline.curation.sheet import PairShard  # noqa: TC001
from workbench.pipeline.dedupe.shards import digest, fresh_folder, write_whole
from workbench.signals import AnySignal, by_row, measure_rows
from workbench.similarity import guards, shingle
from workbench.similarity.banding import Banding, hash_bands
from workbench.similarity.selection import sketches
from workbench.steps import ContractFilter  # noqa: TC001
from workbench.steps.split import contexts_of
from workbench.steps.texts import answered, asked, groups


class MeasureTask(msgspec.Struct, frozen=True, kw_only=True):
    """Measure the signals of single rows, and note what others count, into the file ``out``."""

    shard: PairShard
    signals: tuple[AnySignal, ...]
    contracts: tuple[Contract, ...]
    out: str


class JudgeTask(msgspec.Struct, frozen=True, kw_only=True):
    """Hold the rows ``alive`` (a ``.npy`` mask by place) against their contract; ``out`` is the ledger."""

    shard: PairShard
    step: ContractFilter
    alive: str
    out: str


class FactsTask(msgspec.Struct, frozen=True, kw_only=True):
    """Write what later steps ask of each row instead of its texts into the folder ``out``.

    ``rows.parquet``: a digest of 128 bits of all that makes rows equal, the answer's length in characters,
    and how many slots. ``contexts.parquet``: the place of each row with a context, and its digest.
    """

    shard: PairShard
    out: str


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """Band hashes over the first ``compared`` texts; rows share one only where ``guard`` agrees.

    ``numbers``: those of the texts, and the group; ``group``: the group alone; ``none``: whatever they are.
    """

    name: str
    compared: int
    banding: tuple[int, int, int, int]
    guard: Literal["numbers", "group", "none"]


class SignTask(msgspec.Struct, frozen=True, kw_only=True):
    """Hash the shingles of ``texts`` into the folder ``out``: sets, numbers, a sketch, band hashes by cut.

    ``width`` slots are what is asked; ``group`` says what rows must share: task and template, or the task.
    """

    shard: PairShard
    texts: Literal["asked", "answered", "both"]
    width: int
    ngram: int
    char_ngram: int
    group: Literal["template", "task"]
    cuts: tuple[Cut, ...]
    sketch: tuple[int, int] | None
    out: str


class WriteTask(msgspec.Struct, frozen=True, kw_only=True):
    """Write a shard's rows by what became of them into the folder ``out``.

    ``fate`` is a ``.npy`` file by place: the part of ``parts`` that a row is in, or ``-1 - n`` where step n
    dropped it; ``clusters`` a Parquet file with the cluster of each row of the shard.
    """

    shard: PairShard
    fate: str
    clusters: str
    parts: tuple[str, ...]
    signals: tuple[str, ...]
    out: str


def measure_shard(task: MeasureTask) -> str:
    """Do one ``MeasureTask`` unless its file is there; return the file."""
    if not Path(task.out).exists():
        pairs = pl.read_parquet(task.shard.original, glob=False)
        write_whole(measure_rows(pairs, by_row(task.signals), contracts=task.contracts), task.out)
    return task.out


def judge_shard(task: JudgeTask) -> str:
    """Do one ``JudgeTask`` unless its file is there; return the file."""
    if not Path(task.out).exists():
        places, rows = living(task.shard, task.alive)
        gone = task.step(task.shard.read().filter(rows)).dropped
        write_whole(gone.with_columns(row=places.gather(gone["row"])), task.out)
    return task.out


def living(shard: PairShard, alive: str) -> tuple[pl.Series, pl.Series]:
    """Return the places of a shard's living rows, and the mask of them in the shard."""
    mask = np.load(alive, mmap_mode="r")[shard.first : shard.first + shard.rows]
    return pl.Series(np.flatnonzero(mask) + shard.first, dtype=pl.Int64), pl.Series(np.asarray(mask))


def note_facts(task: FactsTask) -> str:
    """Do one ``FactsTask`` unless its folder is there; return the folder."""
    if Path(task.out).exists():
        return task.out
    work = fresh_folder(Path(task.out))
    frame = task.shard.read(["task", "template_id", "prompt", "completion", "slots"])
    said = frame.select(
        "task",
        "template_id",
        _written("prompt", ("role", "content")),
        _written("completion", ("role", "content")),
        _written("slots", ("name", "type", "value")),
    )
    rows = frame.select(
        pl.Series("d0", digest(said, seed=0)),
        pl.Series("d1", digest(said, seed=1)),
        answered(frame).str.len_chars().cast(pl.Int64).alias("length"),
        pl.col("slots").list.len().fill_null(0).cast(pl.Int64).alias("width"),
    )
    rows.write_parquet(work / "rows.parquet")
    contexts = contexts_of(frame)
    values = contexts.select("value")
    contexts.select(
        pl.col("at") + task.shard.first,
        pl.Series("d0", digest(values, seed=0)),
        pl.Series("d1", digest(values, seed=1)),
    ).write_parquet(work / "contexts.parquet")
    work.rename(task.out)
    return task.out


def sign(task: SignTask) -> str:
    """Do one ``SignTask`` unless its folder is there; return the folder."""
    if Path(task.out).exists():
        return task.out
    work = fresh_folder(Path(task.out))
    frame = task.shard.read(["task", "template_id", "prompt", "completion", "slots"])
    columns = [] if task.texts == "answered" else asked(frame, width=task.width)
    columns += [] if task.texts == "asked" else [answered(frame)]
    shingled = shingle(columns, ngram=task.ngram, char_ngram=task.char_ngram, threads=1)
    np.save(work / "sets.npy", shingled.sets)
    np.save(work / "starts.npy", shingled.starts)
    np.save(work / "numbers.npy", shingled.numbers)
    if task.sketch is not None:
        np.save(work / "sketch.npy", sketches(shingled, size=task.sketch[0], seed=task.sketch[1]))
    group = groups(frame, by=("task", "template_id") if task.group == "template" else ("task",))
    for one in task.cuts:
        place = work / one.name
        place.mkdir()
        guard = group if one.guard == "group" else np.zeros(frame.height, np.uint64)
        if one.guard == "numbers":
            guard = guards(shingled, compared=one.compared, group=group)
        bands, per_band, max_bucket, seed = one.banding
        banding = Banding(bands=bands, per_band=per_band, max_bucket=max_bucket, seed=seed)
        hashes = hash_bands(shingled, banding=banding, guard=guard, compared=one.compared, threads=1)
        np.save(place / "hashes.npy", hashes)
        np.save(place / "guard.npy", guard)
        for name in ("sets.npy", "starts.npy"):
            carry(work / name, place / name)
    work.rename(task.out)
    return task.out


def write_shard(task: WriteTask) -> int:
    """Do one ``WriteTask`` unless its files are there; return how many rows stay."""
    shard, out = task.shard, Path(task.out)
    fate = np.asarray(np.load(task.fate, mmap_mode="r")[shard.first : shard.first + shard.rows])
    if not (out / "complete").exists():
        work = fresh_folder(out)
        frame = shard.read().with_columns(pl.read_parquet(task.clusters, glob=False)["cluster"])
        for number, name in enumerate(task.parts):
            frame.filter(pl.Series(fate == number)).write_parquet(work / f"{name}.parquet")
        original = pl.read_parquet(shard.original, glob=False)
        for step in sorted({-1 - int(one) for one in fate if one < 0}):
            original.filter(pl.Series(fate == -1 - step)).write_parquet(work / f"gone-{step}.parquet")
        places = pl.Series("row", np.arange(shard.rows) + shard.first, dtype=pl.Int64)
        measured = frame.select(task.signals) if task.signals else pl.DataFrame()
        pl.DataFrame([original["id"], places, *measured]).write_parquet(work / "signals.parquet")
        (work / "complete").touch()
        shutil.rmtree(out, ignore_errors=True)
        work.rename(out)
    return int((fate >= 0).sum())


def _written(name: str, fields: tuple[str, ...]) -> pl.Expr:
    """Write a list of structs of text as one text, different for different lists."""
    parts = []
    for field in fields:
        value = pl.element().struct.field(field)
        told = pl.concat_str(value.str.len_bytes().cast(pl.String), pl.lit(":"), value)
        parts.append(told.fill_null("-"))
    return pl.col(name).list.eval(pl.concat_str(parts)).list.join("\x1e").fill_null("~").alias(name)
