"""The tasks on one shard of a table: hash it, write what stays and what goes; each done once and whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from workbench.io.tables import Shard  # noqa: TC001 - msgspec reads it
from workbench.pipeline.dedupe.options import KeeperKey  # noqa: TC001
from workbench.similarity import guards, shingle
from workbench.similarity.room import mapped
from workbench.similarity.store import reband_shard, write_shard
from workbench.steps import NearDedup  # noqa: TC001
from workbench.text import content_id

_FOLD = np.uint64(0x9E3779B97F4A7C15)


class SignTask(msgspec.Struct, frozen=True, kw_only=True):
    """Hash one shard into the folder ``out``: signatures, and ``rows.parquet`` with ids, keys and digests."""

    shard: Shard
    columns: tuple[str, ...]
    near: NearDedup
    keys: tuple[KeeperKey, ...]
    out: str


class RebandTask(msgspec.Struct, frozen=True, kw_only=True):
    """Copy one shard's sets to ``out`` with band hashes for the threshold of ``near``."""

    source: str
    near: NearDedup
    fields: int
    out: str


class PartTask(msgspec.Struct, frozen=True, kw_only=True):
    """Write the rows of one shard that ``stays`` (a ``.npy`` mask by place) keeps, and those it drops."""

    shard: Shard
    first: int
    signed: str
    stays: str
    kept: str
    dropped: str


def sign(task: SignTask) -> str:
    """Do one ``SignTask`` unless its folder is there; return the folder."""
    place = Path(task.out)
    if place.exists():
        return task.out
    work = fresh_folder(place)
    frame = task.shard.read()
    texts = pl.DataFrame([as_text(frame[name]) for name in task.columns])
    shingled = shingle(texts.get_columns(), ngram=task.near.ngram, char_ngram=task.near.char_ngram, threads=1)
    none = np.zeros(frame.height, np.uint64)
    guard = guards(shingled, compared=shingled.fields, group=none) if task.near.numbers == "same" else none
    write_shard(work, shingled, banding=task.near.banding, guard=guard, compared=shingled.fields)
    _rows(frame, texts, task.keys).write_parquet(work / "rows.parquet")
    work.rename(place)
    return task.out


def reband(task: RebandTask) -> str:
    """Do one ``RebandTask`` unless its folder is there; return the folder."""
    place, source = Path(task.out), Path(task.source)
    if place.exists():
        return task.out
    work = fresh_folder(place)
    reband_shard(source, work, banding=task.near.banding, fields=task.fields, compared=task.fields)
    shutil.copyfile(source / "rows.parquet", work / "rows.parquet")
    work.rename(place)
    return task.out


def write_part(task: PartTask) -> int:
    """Do one ``PartTask`` unless its files are there; return how many rows stay."""
    stays = mapped(task.stays)[task.first : task.first + task.shard.rows]
    if not (Path(task.kept).exists() and Path(task.dropped).exists()):
        frame = with_ids(
            task.shard.read(), pl.read_parquet(Path(task.signed) / "rows.parquet", glob=False)["id"]
        )
        mask = pl.Series(np.asarray(stays))
        write_whole(frame.filter(~mask), task.dropped)
        write_whole(frame.filter(mask), task.kept)
    return int(stays.sum())


def with_ids(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Give a table the column ``id`` where it has none, or fill the gaps in the one it has."""
    if "id" in frame.columns and not frame["id"].null_count():
        return frame
    return frame.with_columns(ids.alias("id"))


def as_text(column: pl.Series) -> pl.Series:
    """Read a column as text: nested values as JSON, anything else as polars prints it."""
    if column.dtype.is_nested():
        plain = (None if value is None else msgspec.json.encode(value).decode() for value in column.to_list())
        return pl.Series(column.name, plain, pl.String)
    return column.cast(pl.String)


def _rows(frame: pl.DataFrame, texts: pl.DataFrame, keys: tuple[KeeperKey, ...]) -> pl.DataFrame:
    length = texts.select(pl.sum_horizontal(pl.all().str.len_chars().fill_null(0).cast(pl.Int64))).to_series()
    ordered = {f"k{n}": frame[key.column] if key.column else length for n, key in enumerate(keys)}
    digests = {f"d{n}": digest(texts, seed=n) for n in range(2)}
    return pl.DataFrame({"id": row_ids(frame), **ordered, **digests})


def digest(texts: pl.DataFrame, *, seed: int) -> pl.Series:
    """Hash the columns of text of each row, a null unlike any text; two seeds make 128 bits."""
    out = np.full(texts.height, seed + 1, np.uint64)
    for column in texts.get_columns():
        found = column.fill_null("").hash(seed=seed).to_numpy() ^ column.is_null().to_numpy().astype(
            np.uint64
        )
        out = (out ^ found) * _FOLD
        out ^= out >> np.uint64(29)
    return pl.Series(out)


def row_ids(frame: pl.DataFrame) -> pl.Series:
    """Return the ids as text; a row without one has the hash of its content, on every machine the same."""
    if "id" in frame.columns and not frame["id"].null_count():
        return frame["id"].cast(pl.String)
    given = frame["id"].cast(pl.String) if "id" in frame.columns else pl.Series([None] * frame.height)
    texts = [as_text(frame[name]).to_list() for name in sorted(frame.columns) if name != "id"]
    rows = zip(*texts, strict=True) if texts else ((),) * frame.height
    made = (content_id(*("" if value is None else "=" + value for value in row)) for row in rows)
    return pl.Series(
        [old if old is not None else new for old, new in zip(given.to_list(), made, strict=True)],
        dtype=pl.String,
    )


def fresh_folder(place: Path) -> Path:
    """Make an empty folder beside ``place``, to be renamed to it when it is whole."""
    work = place.with_name(f"{place.name}.{os.getpid()}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return work


def write_whole(frame: pl.DataFrame, path: str) -> None:
    """Write a Parquet file that is there whole or not at all."""
    temporary = f"{path}.{os.getpid()}.tmp"
    frame.write_parquet(temporary, compression="uncompressed")  # read once more, then deleted
    Path(temporary).replace(path)
