"""Fails a run whose result no person would want: a source swallowed by one cluster, or nearly all lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.errors import Finding, GuardError

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.steps import Guards


def enforce_on_pairs(guards: Guards, *, out: Path) -> None:
    """Hold a curation, written in ``out``, against its guards; rows that a selection left out are no loss.

    Raises:
        GuardError: with every limit that is crossed, and where.
    """
    told = (pl.col("source").struct.field("file").fill_null("").alias("source"), "task", "id")
    parts = [pl.scan_parquet(out / f"{name}.parquet", glob=False) for name in ("train", "valid", "test")]
    kept = pl.concat([part.select(*told, "cluster", gone=False) for part in parts]).collect()
    homes = kept.select(pl.col("id").alias("kept_id"), "cluster").unique("kept_id", keep="first")
    ledger = pl.read_parquet(out / "ledger.parquet", columns=["step", "kept_id", "rule"], glob=False)
    chosen_against = pl.col("step") == "select"  # a budget that somebody set loses nothing
    ledger = ledger.with_columns(
        pl.when(~chosen_against).then(pl.col("kept_id", "rule")).name.keep(), gone=~chosen_against
    ).join(homes, on="kept_id", how="left", maintain_order="left")
    dropped = pl.scan_parquet(out / "dropped.parquet", glob=False).select(*told).collect()
    dropped = dropped.with_columns(ledger["cluster"], ledger["rule"], ledger["gone"])
    gone = dropped.select("source", "task", "id", pl.coalesce("cluster", "id").alias("cluster"), "gone")
    rows = pl.concat([kept, gone])
    findings = [*_crossed(guards, rows), *_rules(guards, rows, dropped)]
    if findings:
        raise GuardError(_with_place(findings, out))


def enforce_on_table(guards: Guards, *, out: Path, source: str | None) -> None:
    """Hold a deduplication, written in ``out``, against the guards; ``source`` is a column or ``None``.

    Raises:
        GuardError: with every limit that is crossed, and where.
    """
    named = pl.col(source).cast(pl.String).fill_null("") if source else pl.lit("the table")
    ledger = pl.read_parquet(out / "ledger.parquet", columns=["kept_id"], glob=False)
    kept = pl.scan_parquet(out / "kept.parquet", glob=False).select(
        named.alias("source"), pl.col("id").cast(pl.String).alias("cluster"), gone=False
    )
    dropped = (
        pl.scan_parquet(out / "dropped.parquet", glob=False)
        .select("id", named.alias("source"), gone=True)
        .collect()
    )
    rows = pl.concat(
        [kept.collect(), dropped.select("source", ledger["kept_id"].alias("cluster"), pl.col("gone"))]
    )
    findings = _crossed(guards, rows)
    if findings:
        raise GuardError(_with_place(findings, out))


def _crossed(guards: Guards, rows: pl.DataFrame) -> list[Finding]:
    """Find sources with too large a cluster or too great a loss."""
    sources = rows.group_by("source").agg(pl.len().alias("rows"), pl.col("gone").sum().alias("lost"))
    clusters = rows.group_by("source", "cluster").len("members")
    # Of equal clusters the one of the smaller name, so that the message does not depend on row order.
    largest = clusters.sort("members", "cluster", descending=[True, False]).unique(
        "source", keep="first", maintain_order=True
    )
    found = list[Finding]()
    for row in sources.join(largest, on="source").sort("source").iter_rows(named=True):
        if row["rows"] < guards.min_rows:
            continue
        where = f"source {row['source']}"
        if guards.max_cluster_share and row["members"] > guards.max_cluster_share * row["rows"]:
            held = f"{row['members']} of {row['rows']} rows in the cluster of {row['cluster']}"
            found.append(_finding(where, held, f"at most {guards.max_cluster_share:.0%} in one cluster"))
        if guards.max_loss_share and row["lost"] > guards.max_loss_share * row["rows"]:
            lost = f"{row['lost']} of {row['rows']} rows dropped"
            found.append(_finding(where, lost, f"at most {guards.max_loss_share:.0%} dropped"))
    return found


def _rules(guards: Guards, rows: pl.DataFrame, dropped: pl.DataFrame) -> list[Finding]:
    """Find rules that drop too much of their task."""
    if guards.max_loss_share is None:
        return []
    broken = dropped.drop_nulls("rule").with_columns(pl.col("rule").str.split(", ")).explode("rule")
    counted = broken.group_by("task", "rule").len("lost").join(rows.group_by("task").len("rows"), on="task")
    return [
        _finding(
            f"rule {row['rule']} of task {row['task']}",
            f"{row['lost']} of {row['rows']} rows dropped by it",
            f"at most {guards.max_loss_share:.0%}",
        )
        for row in counted.sort("task", "rule").iter_rows(named=True)
        if row["rows"] >= guards.min_rows and row["lost"] > guards.max_loss_share * row["rows"]
    ]


def _finding(where: str, found: str, expected: str) -> Finding:
    return Finding(where=where, found=found, expected=expected, fix="")


def _with_place(findings: list[Finding], out: Path) -> list[Finding]:
    fix = f"Read {out / 'ledger.parquet'}; mend the data, rule or threshold, or set the guard wider."
    return [Finding(where=f.where, found=f.found, expected=f.expected, fix=fix) for f in findings]
