"""Gathers inputs that a teacher could answer: further traffic, and logged calls whose answer was no good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.convert import LiveTemplates, read_templates
from workbench.convert.live import Unfit
from workbench.io.frames import frame_to_pairs, read_pairs, read_parquet
from workbench.io.readers.calls import read_calls
from workbench.io.readers.values import Reject
from workbench.ports import silent
from workbench.records import Pair, TokenCounts
from workbench.text import content_id, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from workbench.ports import Progress
    from workbench.records import LogRecord, Template

Origin = Literal["traffic", "refused", "dropped"]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Inputs as pairs without an answer, each once, where each came from, and rows that were no such call."""

    inputs: tuple[Pair, ...]
    origin: dict[str, Origin]
    rejects: tuple[Reject, ...]
    rows: int


def gather(
    traffic: Sequence[Path],
    *,
    converted: Path,
    curated: Path,
    known: Iterable[Pair],
    progress: Progress = silent,
) -> Gathered:
    """Read calls of ``traffic`` by the templates of a conversion, and calls that curation refused.

    An input that training rows (``known``) ask already, word for word, is left out; so is a second of its
    kind. Traffic may have answers: they are not looked at.

    Raises:
        InputError: a log that can't be read.
    """
    form, templates = read_templates(converted)
    live = LiveTemplates(templates.values(), form)
    inputs: dict[str, Pair] = {}
    origin: dict[str, Origin] = {}
    seen = {identity(pair) for pair in known}
    rejects: list[Reject] = []
    rows = 0
    if traffic:
        read = read_calls(traffic, progress=progress)
        rows += read.rows
        rejects += read.rejects
        for record in read.records:
            pair = _fitted(record, live, templates)
            if isinstance(pair, Unfit):
                rejects.append(_reject(record, pair))
            elif (name := identity(pair)) not in seen:
                seen.add(name)
                inputs[pair.id], origin[pair.id] = pair, "traffic"
    refused = _refused(curated)
    rows += len(refused)
    for pair in refused:
        if (name := identity(pair)) not in seen:
            seen.add(name)
            bare = unanswered(pair)
            inputs[bare.id], origin[bare.id] = bare, "refused"
    ordered = tuple(inputs[name] for name in sorted(inputs))
    return Gathered(inputs=ordered, origin=origin, rejects=tuple(rejects), rows=rows)


def identity(pair: Pair) -> str:
    """Name what a pair asks: template and slots, case and compatibility forms aside."""
    said = [part for slot in pair.slots for part in (slot.name, fold(slot.value))]
    return content_id(pair.template_id, *said)


def unanswered(pair: Pair) -> Pair:
    """Return a pair's input without its answer, under the id of the input."""
    return Pair(
        id=f"q{identity(pair)}",
        task=pair.task,
        prompt=pair.prompt,
        completion=(),
        template_id=pair.template_id,
        slots=pair.slots,
        source=pair.source,
        tokens=TokenCounts(original=0, compact=0, completion=0),
        meta={"asked_of": pair.id},
    )


def _fitted(record: LogRecord, live: LiveTemplates, templates: Mapping[str, Template]) -> Pair | Unfit:
    found = live(record.prompt)
    if isinstance(found, Unfit):
        return found
    if found.template not in templates:
        return Unfit(reason="a conversation with another number of turns than any in the log")
    pair = Pair(
        id="",
        task=found.task,
        prompt=found.prompt,
        completion=(),
        template_id=found.template,
        slots=found.slots,
        source=record.source,
        tokens=TokenCounts(original=0, compact=0, completion=0),
    )
    return unanswered(pair)


def _refused(curated: Path) -> list[Pair]:
    """Return the rows that the contract filter took out: their answers were no good, their inputs are."""
    ledger, rows = curated / "ledger.parquet", curated / "dropped.parquet"
    if not ledger.is_file() or not rows.is_file():
        return []
    gone: pl.Series = read_parquet(ledger)["step"] == "contract_filter"
    dropped = read_pairs(rows)
    return frame_to_pairs(dropped.filter(gone)) if dropped.height == gone.len() else []


def _reject(record: LogRecord, unfit: Unfit) -> Reject:
    source = record.source
    return Reject(
        file=source.file, line=source.line, record=source.record, reason=unfit.reason, found="", raw=""
    )
