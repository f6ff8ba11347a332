"""Draws together all that is measured of a data set, for its card and for its gate."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from workbench.checks import load_contract
from workbench.corpus.coverage import Coverage, coverage
from workbench.corpus.difference import RowView  # noqa: TC001 - msgspec reads it
from workbench.corpus.repeats import Leak, Repeats, Views, leak, repeats
from workbench.corpus.shift import Shift, shifts
from workbench.corpus.signals import Distribution, distribution, signals
from workbench.io.dataset import PART
from workbench.io.frames import PAIR_SCHEMA, read_parquet
from workbench.ports import silent
from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.io.dataset import Dataset
    from workbench.ports import Progress

_EXAMPLES = 3
_CONVERTED = "pairs.parquet"  # the kind of a folder that `convert` wrote


class Removed(Value, frozen=True, kw_only=True):
    """A row that curation dropped, the rule or detail, and the row kept instead with its likeness."""

    row: RowView
    why: str
    kept: RowView | None
    jaccard: float | None


class Reason(Value, frozen=True, kw_only=True):
    """Rows that one step dropped for one reason, with a few examples."""

    step: str
    reason: str
    rows: int
    examples: tuple[Removed, ...]


class Profile(Value, frozen=True, kw_only=True):
    """A data set in figures.

    ``rejected`` counts rows that are no pair by reason, and records that their conversion could not use.
    ``tasks``, ``sources`` and ``parts`` count rows by name, the most frequent first. ``reasons`` and
    ``curation`` are there where the source keeps its ledger and dropped rows: each signal of all rows and of
    those kept, ``p`` being that of kept against dropped rows; ``coverage`` where there is a contract;
    ``leak`` where there are parts.
    """

    source: str
    kind: str
    rows: int
    rejected: dict[str, int]
    parts: dict[str, int]
    tasks: dict[str, int]
    sources: dict[str, int]
    signals: tuple[Distribution, ...]
    repeats: Repeats
    leak: Leak | None
    coverage: Coverage | None
    reasons: tuple[Reason, ...] = ()
    curation: tuple[Shift, ...] = ()


def profile(dataset: Dataset, *, contracts: Sequence[Contract] = (), progress: Progress = silent) -> Profile:
    """Measure a data set whole.

    Raises:
        ConfigError: a contract with a faulty check.
    """
    frame = dataset.frame
    progress("profile", 0, 4, "signals")
    numbers = signals(frame)
    reasons, curation = _curation(dataset)
    progress("profile", 1, 4, "duplicates")
    found = repeats(frame)
    progress("profile", 2, 4, "parts")
    leaking = leak(frame) if dataset.parts else None
    progress("profile", 3, 4, "rules")
    covered = coverage(frame, contracts) if contracts else None
    progress("profile", 4, 4)
    file = frame["source"].struct.field("file")
    return Profile(
        source=dataset.source,
        kind=dataset.kind,
        rows=frame.height,
        rejected=_rejected(dataset),
        parts={name: dataset.part(name).height for name in dataset.parts},
        tasks=_counted(frame["task"]),
        sources=_counted(file),
        signals=tuple(distribution(numbers[name]) for name in numbers.columns),
        repeats=found,
        leak=leaking,
        coverage=covered,
        reasons=reasons,
        curation=curation,
    )


def contracts_beside(dataset: Dataset) -> tuple[Contract, ...]:
    """Read the contracts that came with a data set: in its directory, or in `convert` beside it."""
    if dataset.home is None:
        return ()
    for place in (dataset.home, dataset.home.parent / "convert"):
        several = sorted((place / "contracts").glob("*.yaml"))
        alone = place / "contract.yaml"
        if several or alone.is_file():
            return tuple(load_contract(path) for path in several or [alone])
    return ()


def _rejected(dataset: Dataset) -> dict[str, int]:
    """Count what is no pair by reason: rows of the source, and records that its conversion could not use."""
    reasons = [reject.reason for reject in dataset.rejects]
    told = dataset.home / "rejects.jsonl" if dataset.home and dataset.kind == _CONVERTED else None
    if told is not None and told.is_file():
        reasons += [
            msgspec.json.decode(line, type=_Rejected).reason for line in told.read_bytes().splitlines()
        ]
    return dict(Counter(reasons).most_common())


class _Rejected(msgspec.Struct):
    reason: str


def _counted(column: pl.Series) -> dict[str, int]:
    counted = pl.DataFrame({"name": column.fill_null("").cast(pl.String)}).group_by("name").len()
    ordered = counted.sort("len", "name", descending=[True, False])
    return {str(name): int(rows) for name, rows in ordered.iter_rows()}


def _curation(dataset: Dataset) -> tuple[tuple[Reason, ...], tuple[Shift, ...]]:
    """Read why rows went, and compare the signals of all rows with those of the rows kept."""
    ledger, dropped = (_beside(dataset.home, name) for name in ("ledger", "dropped"))
    if ledger is None or dropped is None or not set(PAIR_SCHEMA.names()) <= set(dropped.columns):
        return (), ()
    gone = dropped.with_columns(pl.lit("").alias(PART))
    measured = _beside(dataset.home, "signals")
    if measured is not None:
        fresh = [name for name in measured.columns if name not in (*gone.columns, "row")]
        once = measured.select("id", *fresh).unique("id", keep="first")
        gone = gone.join(once, on="id", how="left", maintain_order="left")
    views = Views(dataset.frame, gone)
    grouped: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in ledger.iter_rows(named=True):
        grouped.setdefault((row["step"], row["reason"]), []).append(row)
    reasons = tuple(
        Reason(step=step, reason=reason, rows=len(rows), examples=_examples(rows, views))
        for (step, reason), rows in sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0]))
    )
    return reasons, _before_after(dataset.frame, gone) if gone.height else ()


def _before_after(kept: pl.DataFrame, gone: pl.DataFrame) -> tuple[Shift, ...]:
    """Compare all rows with those kept, on what is known of both; ``p`` is that of kept against dropped."""
    shared = [name for name in kept.columns if name in gone.columns]
    stays, went = kept.select(shared), gone.select(shared)
    chance = {shift.name: shift.p for shift in shifts(went, stays)}
    whole = pl.concat([stays, went], how="vertical_relaxed")
    return tuple(msgspec.structs.replace(shift, p=chance.get(shift.name)) for shift in shifts(whole, stays))


def _examples(rows: list[dict[str, object]], views: Views) -> tuple[Removed, ...]:
    """Choose examples that differ in rule or detail, in the order of the rows."""
    seen: dict[str, dict[str, object]] = {}
    for row in rows:
        seen.setdefault(str(row["rule"] or ""), row)
    chosen = [*seen.values(), *(row for row in rows if row not in seen.values())][:_EXAMPLES]
    found = []
    for row in chosen:
        view = views.get(str(row["id"]))
        if view is not None:
            kept = views.get(str(row["kept_id"])) if row["kept_id"] is not None else None
            jaccard = float(str(row["jaccard"])) if row["jaccard"] is not None else None
            why = str(row["rule"] or row["detail"] or "")
            found.append(Removed(row=view, why=why, kept=kept, jaccard=jaccard))
    return tuple(found)


def _beside(home: Path | None, name: str) -> pl.DataFrame | None:
    path = home / f"{name}.parquet" if home else None
    return read_parquet(path) if path is not None and path.is_file() else None
