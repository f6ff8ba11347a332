"""Drops exact and near duplicates of any table, each removal with its proof."""

from __future__ import annotations

import difflib
import time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl

from workbench.errors import ConfigError, Finding, InputError, InvariantError
from workbench.io.config import convert, read_text
from workbench.io.frames import ledger_frame, read_parquet
from workbench.io.rundir import write_json
from workbench.pipeline.cost import peak_mb
from workbench.pipeline.curate import counts
from workbench.ports import silent
from workbench.steps import ExactDedup, NearDedup
from workbench.steps.dedup import direct, first_equal
from workbench.text import content_id, excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.ports import Progress

_SHOWN = 20


def dedupe(
    frame: pl.DataFrame,
    *,
    out: Path,
    on: Sequence[str] | None = None,
    threshold: float = 0.8,
    ngram: int = 3,
    char_ngram: int = 5,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Write ``kept.parquet``, ``dropped.parquet``, ``ledger.parquet`` and ``summary.json`` into ``out``.

    Rows are compared in the columns ``on``, each of which has to reach ``threshold``; without it, in every
    column of text or nested values but ``id``. A shingle is ``ngram`` words, or ``char_ngram``
    characters of a script without spaces. Of two alike rows the longer stays, then the one of smaller id.
    A table without ``id`` gets one: the hash of the row's content.

    Raises:
        ConfigError: a column that isn't there, or a threshold outside (0, 1].
        InputError: no column to compare.
    """
    begun = time.perf_counter()
    fields = {"threshold": threshold, "ngram": ngram, "char_ngram": char_ngram}
    near = convert({"use": "near_dedup", **fields}, NearDedup, where="dedupe")
    columns = _compared(frame, on)
    progress("dedupe", 0, 3, "reading texts")
    texts = pl.DataFrame([_text(frame[name]) for name in columns])
    identified = frame if "id" in frame.columns else frame.with_columns(_ids(frame))
    ledger, stays = _decide(identified["id"].cast(pl.String), texts, near, progress)
    kept, dropped = identified.filter(stays), identified.filter(~stays)
    if frame.height != kept.height + ledger.height:
        raise InvariantError(f"{frame.height} rows in, {kept.height} kept, {ledger.height} dropped")
    summary = {
        "in": frame.height,
        "kept": kept.height,
        "dropped": ledger.height,
        "rejected": 0,
        "reasons": counts(ledger, "reason"),
        "columns": columns,
        "threshold": threshold,
        "seconds": round(time.perf_counter() - begun, 3),
        "peak_mb": peak_mb(),
    }
    kept.write_parquet(out / "kept.parquet")
    dropped.write_parquet(out / "dropped.parquet")
    ledger.write_parquet(out / "ledger.parquet")
    write_json(out / "summary.json", summary)
    return summary


def read_table(path: Path) -> pl.DataFrame:
    """Read JSON Lines (one object a line), CSV (all columns as text) or Parquet, told apart by content.

    Raises:
        InputError: missing, a directory, empty, of another encoding, or with lines that hold no object.
    """
    if path.is_file() and path.read_bytes()[:4] == b"PAR1":
        return read_parquet(path)
    text = read_text(path, what="a table: JSONL, CSV or Parquet")
    if text.lstrip()[:1] == "{":
        return _json_lines(path, text)
    try:
        return pl.read_csv(text.encode(), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            Finding(
                where=str(path),
                found=str(error).splitlines()[0][:200],
                expected="JSONL (one object a line), CSV with a head line, or Parquet",
                fix="Mend the file, or convert it to one of the three.",
            )
        ) from error


def _decide(
    ids: pl.Series, texts: pl.DataFrame, near: NearDedup, progress: Progress
) -> tuple[pl.DataFrame, pl.Series]:
    """Return the ledger and which rows stay."""
    order = _best_first(ids, texts)
    ids, texts, places = ids.gather(order), texts.select(pl.all().gather(order)), pl.Series(order)
    progress("dedupe", 1, 3, "exact")
    equal = first_equal(texts)
    rows = ExactDedup().ledger_rows(equal, ids=ids, places=places)
    progress("dedupe", 2, 3, "near")
    shingled = near.shingled(texts.get_columns())
    alike, _ = near.search(shingled, group=np.zeros(len(ids), np.uint64), among=equal < 0)
    rows += near.ledger_rows(shingled, alike, ids=ids, places=places)
    stays = np.ones(len(ids), np.bool_)
    stays[order[(equal >= 0) | (alike >= 0)]] = False
    progress("dedupe", 3, 3)
    return direct(ledger_frame(sorted(rows, key=lambda row: int(row["row"])))), pl.Series(stays)


def _best_first(ids: pl.Series, texts: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    length = texts.select(pl.sum_horizontal(pl.all().str.len_chars().fill_null(0).cast(pl.Int64))).to_series()
    keys = pl.DataFrame({"length": -length, "id": ids, "row": pl.int_range(len(ids), eager=True)})
    ordered: np.ndarray[Any, np.dtype[np.int64]] = keys.sort("length", "id", "row")["row"].to_numpy()
    return ordered.astype(np.int64)


def _compared(frame: pl.DataFrame, on: Sequence[str] | None) -> list[str]:
    """Choose the columns to compare."""
    missing = [name for name in on or () if name not in frame.columns]
    if missing:
        raise ConfigError(_no_column(name, frame.columns) for name in missing)
    textual = [n for n, t in frame.schema.items() if (t == pl.String or t.is_nested()) and n != "id"]
    columns = list(on or textual)
    if not columns:
        raise InputError(
            Finding(
                where="the table",
                found=f"no column of text among {frame.columns}",
                expected="at least one",
                fix="Name columns with --on.",
            )
        )
    return columns


def _no_column(name: str, known: list[str]) -> Finding:
    near = difflib.get_close_matches(name, known, n=1)
    return Finding(
        where=f"--on {name}",
        found="no such column",
        expected=f"one of {known}",
        fix=f"Did you mean {near[0]!r}?" if near else "Name a column of the table.",
    )


def _text(column: pl.Series) -> pl.Series:
    """Read a column as text: nested values as JSON, anything else as polars prints it."""
    if column.dtype.is_nested():
        plain = (None if value is None else msgspec.json.encode(value).decode() for value in column.to_list())
        return pl.Series(column.name, plain, pl.String)
    return column.cast(pl.String)


def _ids(frame: pl.DataFrame) -> pl.Series:
    """Hash the content of each row: equal rows have equal ids on every machine."""
    texts = [_text(frame[name]) for name in sorted(frame.columns)]
    rows = zip(*(column.to_list() for column in texts), strict=True)
    return pl.Series("id", [content_id(*("" if v is None else "=" + v for v in row)) for row in rows])


def _json_lines(path: Path, text: str) -> pl.DataFrame:
    """Decode one object a line; values that are not scalars become JSON text, so that no type clashes."""
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    rows, findings = list[dict[str, Any]](), list[Finding]()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append({name: _scalar(value) for name, value in decode(line).items()})
        except msgspec.MsgspecError as error:
            findings.append(
                Finding(
                    where=f"{path}:{number}",
                    found=f"{excerpt(line)} ({error})",
                    expected="one JSON object",
                    fix="Mend or remove the line.",
                )
            )
    if findings:
        more = len(findings) - _SHOWN
        rest = [
            Finding(
                where=str(path), found=f"{more} further lines like these", expected="none", fix="See above."
            )
        ]
        raise InputError([*findings[:_SHOWN], *(rest if more > 0 else [])])
    return pl.DataFrame(rows, infer_schema_length=None, strict=False)


def _scalar(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value
