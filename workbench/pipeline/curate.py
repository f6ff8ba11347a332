"""Runs curation steps over pairs and splits what is left; every row that goes has a ledger row."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import polars as pl

from workbench.corpus.cardwords import (
    card_head,
    card_sentence,
    certificate_blocks,
    reasons_blocks,
    selection_blocks,
)
from workbench.errors import InvariantError
from workbench.io.frames import EDITS_SCHEMA, ledger_frame
from workbench.io.rundir import discard, write_json, write_text
from workbench.pipeline.cost import peak_mb
from workbench.pipeline.measured import check_steps, figures, with_signals
from workbench.ports import silent
from workbench.signals import Tools, columns_of
from workbench.steps import Noted
from workbench.steps.dedup import direct
from workbench.text import markdown_code, markdown_escape, markdown_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.ports import Progress, Step
    from workbench.signals import AnySignal
    from workbench.steps import Parts
    from workbench.steps.split import Leak

PARTS = ("train", "valid", "test")


@runtime_checkable
class NeedsContracts(Protocol):
    """A step that judges by the contracts that came with the pairs."""

    def bound(self, contracts: Sequence[Contract]) -> Step:
        """Return the step with the contracts in it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Curated:
    """The three parts, the ledger, the rows that went, what was measured of every row, and the figures.

    ``signals`` has ``id``, ``row`` and the columns of the signals for each row that went in, in order;
    ``edits`` (``EDITS_SCHEMA``) every answer that a person changed, with the row's hash before and after.
    """

    train: pl.DataFrame
    valid: pl.DataFrame
    test: pl.DataFrame
    ledger: pl.DataFrame
    dropped: pl.DataFrame
    signals: pl.DataFrame
    edits: pl.DataFrame
    summary: dict[str, Any]


def curate(
    pairs: pl.DataFrame,
    *,
    steps: Sequence[Step],
    split: Callable[[pl.DataFrame], Parts],
    signals: Sequence[AnySignal] = (),
    tools: Tools | None = None,
    workers: int = 1,
    contracts: Sequence[Contract] = (),
    progress: Progress = silent,
) -> Curated:
    """Measure ``signals`` of pairs (``PAIR_SCHEMA``), run ``steps`` in order, then ``split`` what is left.

    Steps and split see the signals as columns, and the parts carry them. ``tools`` holds the models that
    signals ask; ``workers`` is how many processes measure. The folder ``tools.held`` is gone in the end.

    Raises:
        InvariantError: in ≠ kept + dropped, or a step changed the order of the rows it kept.
        ConfigError: a step's contract doesn't fit, or it looks at a column that nothing measures.
    """
    begun = time.perf_counter()
    check_steps(steps, pairs.schema, signals)
    tools = replace(tools or Tools(), contracts=contracts, progress=progress)
    table = with_signals(pairs, signals, tools=tools, workers=workers)
    bound = [step.bound(contracts) if isinstance(step, NeedsContracts) else step for step in steps]
    kept, ledger, notes = _stepped(table, bound, progress)
    progress("curate", len(steps), len(steps) + 1)
    names = [column.name for column in columns_of(signals)]
    parts = split(kept)
    progress("curate", len(steps) + 1, len(steps) + 1)
    if tools.held is not None and tools.held.exists():
        discard(tools.held)
    edits = pl.DataFrame(notes.pop("edits", []), schema=EDITS_SCHEMA, orient="row")
    measured = table.select("id", pl.int_range(pl.len()).alias("row"), *names)
    summary = _summary(pairs.height, parts, ledger, notes)
    summary |= {"signals": figures(measured.select(names)), "seconds": round(time.perf_counter() - begun, 3)}
    return Curated(
        train=parts.train,
        valid=parts.valid,
        test=parts.test,
        ledger=ledger,
        dropped=pairs.select(pl.all().gather(ledger["row"])),
        signals=measured,
        edits=edits,
        summary={**summary, "peak_mb": peak_mb()},
    )


def write_curated(curated: Curated, out: Path) -> dict[str, Any]:
    """Write the parts, the ledger, the rows that went, edits, summary and card into ``out``."""
    for name in (*PARTS, "ledger", "dropped", "signals"):
        getattr(curated, name).write_parquet(out / f"{name}.parquet")
    if curated.edits.height:
        curated.edits.write_parquet(out / "edits.parquet")
    quarantine(out / "signals.parquet", out / "quarantine.jsonl")
    write_json(out / "summary.json", curated.summary)
    write_text(out / "card.md", card(curated.summary, curated.ledger))
    return curated.summary


def counts(ledger: pl.DataFrame, column: str) -> dict[str, int]:
    """Count the values of a column, ordered by value."""
    return dict(ledger.group_by(column).len().sort(column).iter_rows())


def _stepped(
    table: pl.DataFrame, steps: Sequence[Step], progress: Progress
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    """Run the steps; return the rows kept, the ledger with places in ``table``, and what steps noted."""
    kept, places = table, pl.int_range(table.height, eager=True, dtype=pl.Int64)
    ledgers, notes = [ledger_frame([])], dict[str, Any]()
    for done, step in enumerate(steps):
        progress("curate", done, len(steps) + 1)
        found = step(kept).conserved(kept.height)
        gone = found.dropped["row"]
        ledgers.append(found.dropped.with_columns(places.gather(gone).alias("row")))
        places = places.filter(~pl.int_range(kept.height, eager=True, dtype=pl.Int64).is_in(gone.implode()))
        kept = found.kept
        notes |= found.notes if isinstance(found, Noted) else {}
    if not table["id"].gather(places).equals(kept["id"]):
        raise InvariantError("a step did not keep its rows in their order, or its ledger names other rows")
    return kept, direct(pl.concat(ledgers)), notes


def _summary(rows: int, parts: Parts, ledger: pl.DataFrame, notes: dict[str, Any]) -> dict[str, Any]:
    frames = {"train": parts.train, "valid": parts.valid, "test": parts.test}
    return summed_up(
        rows,
        ledger,
        notes,
        sizes={name: frame.height for name, frame in frames.items()},
        clusters=pl.concat([frame["cluster"] for frame in frames.values()]).n_unique(),
        largest=parts.largest_cluster,
        across=parts.across,
    )


def quarantine(signals: Path, path: Path) -> None:
    """Put the judge's replies that could not be read where a person can look at them."""
    measured = pl.scan_parquet(signals, glob=False)
    if "judge_reply" in measured.collect_schema():
        unread = measured.filter(pl.col("judge_reply").is_not_null())
        unread.select("id", "row", reply="judge_reply").collect().write_ndjson(path)


def summed_up(
    rows: int,
    ledger: pl.DataFrame,
    notes: dict[str, Any],
    *,
    sizes: dict[str, int],
    clusters: int,
    largest: int,
    across: Mapping[str, Leak],
    rejected: int = 0,
) -> dict[str, Any]:
    """Write the summary of what went in and what came out; ``sizes`` are the parts' rows.

    ``rows`` are the pairs, ``rejected`` the rows beside them that were none.

    Raises:
        InvariantError: pairs ≠ kept + dropped.
    """
    if rows != sum(sizes.values()) + ledger.height:
        raise InvariantError(f"{rows} rows in, {sizes} kept, {ledger.height} dropped: they must add up")
    broken = ledger.filter(pl.col("step") == "contract_filter")
    rules = broken.select(pl.col("rule").str.split(", ").explode())
    filters = ledger.filter(pl.col("step") == "drop_where")
    return {
        "in": rows + rejected,
        "kept": sum(sizes.values()),
        "dropped": ledger.height,
        "rejected": rejected,
        "reasons": counts(ledger, "reason"),
        "rules": counts(rules, "rule"),
        "filters": counts(filters, "rule"),
        "parts": sizes,
        "clusters": clusters,
        "largest_cluster": largest,
        **certificate(across, against=notes.pop("against", {})),
        **notes,
    }


def certificate(across: Mapping[str, Leak], *, against: Mapping[str, Any]) -> dict[str, Any]:
    """Say how alike rows of different parts are at most, and what was found of each evaluation file."""
    leak = max(across.values(), key=lambda leak: leak.jaccard)
    return {
        "greatest_similarity_across_parts": round(leak.jaccard, 4),
        "leak": {
            "jaccard": round(leak.jaccard, 4),
            "id": leak.id,
            "other_id": leak.other_id,
            "floor": leak.floor,
        },
        "leakage": {
            "across_parts": {name: leak._asdict() for name, leak in across.items()},
            "against": against,
        },
    }


def card(summary: dict[str, Any], ledger: pl.DataFrame) -> str:
    """Write the data card: what went in, what came out and why, in Markdown; `workbench card` draws it."""
    leak = summary["leak"]
    pair = f"{markdown_code(leak['id'])} and {markdown_code(leak['other_id'])}" if leak["id"] else ""
    closest = f"{leak['jaccard']:.3f} ({pair})" if pair else "none found"
    steps = ledger.group_by("reason", "step").len().sort(["len", "reason"], descending=[True, False])
    rules = [(markdown_escape(name), f"{n:,}") for name, n in summary["rules"].items()]
    most = f"{summary['largest_cluster']:,} rows"
    more = (
        "Every dropped row is in `ledger.parquet`, its text in `dropped.parquet`; `workbench explain DIR ROW`"
        " says why it went, and which row stayed. Signals, examples and duplicates: `workbench card DIR`."
    )
    facts = [
        f"- Clusters of pairs that ask alike, none in two parts: {summary['clusters']:,}, of at most {most}.",
        f"- Greatest likeness across parts (Jaccard, searched from {leak['floor']}): {closest}.",
        f"- Pairs kept that ask alike but are answered differently: {len(summary.get('conflicts', []))}.",
    ]
    told = [
        card_head(card_sentence(summary["kept"], summary["parts"], dropped=summary["dropped"])),
        *reasons_blocks([(reason, step or "", n) for reason, step, n in steps.iter_rows()]),
        *(["## Rules broken by rows that went", markdown_table(("Rule", "Rows"), rules)] if rules else []),
        *(selection_blocks(summary["selection"]) if "selection" in summary else []),
        *certificate_blocks(summary["leakage"]),
        "\n".join(facts),
        more,
    ]
    return "\n\n".join(told) + "\n"
