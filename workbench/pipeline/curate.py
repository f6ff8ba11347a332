"""Runs curation steps over pairs and splits what is left; every row that goes has a ledger row."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import polars as pl

from workbench.errors import InvariantError
from workbench.io.frames import ledger_frame
from workbench.io.rundir import write_json, write_text
from workbench.pipeline.cost import peak_mb
from workbench.ports import silent
from workbench.steps import Noted
from workbench.steps.dedup import direct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.ports import Progress, Step
    from workbench.steps import Parts

PARTS = ("train", "valid", "test")


@runtime_checkable
class NeedsContracts(Protocol):
    """A step that judges by the contracts that came with the pairs."""

    def bound(self, contracts: Sequence[Contract]) -> Step:
        """Return the step with the contracts in it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Curated:
    """The three parts, the ledger, the rows that went, and the figures."""

    train: pl.DataFrame
    valid: pl.DataFrame
    test: pl.DataFrame
    ledger: pl.DataFrame
    dropped: pl.DataFrame
    summary: dict[str, Any]


def curate(
    pairs: pl.DataFrame,
    *,
    steps: Sequence[Step],
    split: Callable[[pl.DataFrame], Parts],
    contracts: Sequence[Contract] = (),
    progress: Progress = silent,
) -> Curated:
    """Run ``steps`` in order over pairs (``PAIR_SCHEMA``), then ``split`` what is left.

    Raises:
        InvariantError: in ≠ kept + dropped, or a step changed the order of the rows it kept.
        ConfigError: a step's contract doesn't fit.
    """
    begun = time.perf_counter()
    kept, places = pairs, pl.int_range(pairs.height, eager=True, dtype=pl.Int64)
    ledgers, notes = [ledger_frame([])], dict[str, Any]()
    for done, step in enumerate(steps):
        progress("curate", done, len(steps) + 1)
        found = (step.bound(contracts) if isinstance(step, NeedsContracts) else step)(kept)
        found.conserved(kept.height)
        gone = found.dropped["row"]
        ledgers.append(found.dropped.with_columns(places.gather(gone).alias("row")))
        places = places.filter(~pl.int_range(kept.height, eager=True, dtype=pl.Int64).is_in(gone.implode()))
        kept = found.kept
        notes |= found.notes if isinstance(found, Noted) else {}
    if not pairs["id"].gather(places).equals(kept["id"]):
        raise InvariantError("a step did not keep its rows in their order, or its ledger names other rows")
    progress("curate", len(steps), len(steps) + 1)
    parts = split(kept)
    progress("curate", len(steps) + 1, len(steps) + 1)
    ledger = direct(pl.concat(ledgers))
    dropped = pairs.select(pl.all().gather(ledger["row"]))
    return Curated(
        train=parts.train,
        valid=parts.valid,
        test=parts.test,
        ledger=ledger,
        dropped=dropped,
        summary=_summary(pairs.height, parts, ledger, notes, time.perf_counter() - begun),
    )


def write_curated(curated: Curated, out: Path) -> dict[str, Any]:
    """Write the parts, the ledger, the rows that went, summary and card into ``out``."""
    for name in (*PARTS, "ledger", "dropped"):
        getattr(curated, name).write_parquet(out / f"{name}.parquet")
    write_json(out / "summary.json", curated.summary)
    write_text(out / "card.md", card(curated.summary))
    return curated.summary


def counts(ledger: pl.DataFrame, column: str) -> dict[str, int]:
    """Count the values of a column, ordered by value."""
    return dict(ledger.group_by(column).len().sort(column).iter_rows())


def _summary(
    rows: int, parts: Parts, ledger: pl.DataFrame, notes: dict[str, Any], seconds: float
) -> dict[str, Any]:
    sizes = {"train": parts.train.height, "valid": parts.valid.height, "test": parts.test.height}
    if rows != sum(sizes.values()) + ledger.height:
        raise InvariantError(f"{rows} rows in, {sizes} kept, {ledger.height} dropped: they must add up")
    rules = ledger.select(pl.col("rule").drop_nulls().str.split(", ").explode())
    clusters = pl.concat([parts.train["cluster"], parts.valid["cluster"], parts.test["cluster"]])
    return {
        "in": rows,
        "kept": sum(sizes.values()),
        "dropped": ledger.height,
        "rejected": 0,
        "reasons": counts(ledger, "reason"),
        "rules": counts(rules, "rule"),
        "parts": sizes,
        "clusters": clusters.n_unique(),
        "largest_cluster": parts.largest_cluster,
        "greatest_similarity_across_parts": round(parts.leak.jaccard, 4),
        "leak": {
            "jaccard": round(parts.leak.jaccard, 4),
            "id": parts.leak.id,
            "other_id": parts.leak.other_id,
            "floor": parts.leak.floor,
        },
        **notes,
        "seconds": round(seconds, 3),
        "peak_mb": peak_mb(),
    }


def card(summary: dict[str, Any]) -> str:
    """Write the data card: what went in, what came out and why, in Markdown."""
    parts = ", ".join(f"{name} {rows}" for name, rows in summary["parts"].items())
    leak = summary["leak"]
    greatest = (
        f"{leak['jaccard']:.3f} (`{leak['id']}` and `{leak['other_id']}`)" if leak["id"] else "none found"
    )
    return f"""# Data card

{summary["in"]} pairs in, {summary["kept"]} kept ({parts}), {summary["dropped"]} dropped.

{_table("dropped because", summary["reasons"])}
{_table("rule broken", summary["rules"])}
Clusters of pairs that ask alike: {summary["clusters"]}, the largest of {summary["largest_cluster"]} rows; \
no cluster is in two parts.
Greatest likeness across parts (Jaccard, searched from {leak["floor"]}): {greatest}.
Pairs kept that ask alike but are answered differently: {len(summary.get("conflicts", []))}.

Every dropped row is in `ledger.parquet`, its text in `dropped.parquet`; `workbench explain DIR ROW_ID` says
why it went and which row stayed instead.
"""


def _table(head: str, rows: dict[str, int]) -> str:
    lines = [f"| {name} | {count} |" for name, count in rows.items()]
    return "\n".join([f"| {head} | rows |", "|---|---|", *lines, ""]) if lines else ""
