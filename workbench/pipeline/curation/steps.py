"""How each step is done over a sheet: by shards, or else over the texts of all living rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from workbench.errors import InvariantError
from workbench.io.decisions import read_decisions
from workbench.pipeline.curation.near import drop_equal, drop_near, limit_templates, widest
from workbench.pipeline.curation.sheet import TEXTS
from workbench.steps import (
    ContractFilter,
    DropWhere,
    ExactDedup,
    NearDedup,
    Noted,
    PluginStep,
    Reviewed,
    Select,
    TemplateLimit,
)
from workbench.steps.select import left_out

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from workbench.pipeline.curation.near import Living
    from workbench.pipeline.curation.sheet import Sheet
    from workbench.ports import Step

_BY_QUOTA = ("task", "template_id", "source", "tokens", "answer_lang", "rules")


class Outcome(NamedTuple):
    """What a step did: the ledger with places in the sheet, ascending; its notes; the sheet after it."""

    ledger: pl.DataFrame
    notes: dict[str, Any]
    sheet: Sheet


def decide(step: Step, living: Living) -> Outcome:
    """Do one step among the living rows.

    Raises:
        InvariantError: a row was lost, or a step changed the order of the rows it kept.
    """
    notes: dict[str, Any] = {}
    if isinstance(step, ContractFilter):
        ledger = living.judged(step)
    elif isinstance(step, ExactDedup):
        ledger, notes = drop_equal(step, living)
    elif isinstance(step, NearDedup):
        ledger, notes = drop_near(step, living)
    elif isinstance(step, TemplateLimit):
        ledger, notes = limit_templates(step, living)
    elif isinstance(step, Select):
        ledger, notes = _selected(step, living)
    elif isinstance(step, DropWhere) and not set(step.columns()) & set(TEXTS):
        return _over(step, living, living.alive, names=["id", *step.columns()])
    elif isinstance(step, Reviewed):
        return _reviewed(step, living)
    else:
        return _over(step, living, living.alive)
    return Outcome(ledger, notes, living.sheet)


def _reviewed(step: Reviewed, living: Living) -> Outcome:
    """Decide over the rows that somebody decided on: the others stay as they are."""
    said = sorted({one.id for one in read_decisions(Path(step.decisions))})
    known = living.sheet.columns(["id"])["id"].is_in(said).to_numpy()
    return _over(step, living, living.alive & known)


def _over(step: Step, living: Living, mask: NDArray[np.bool_], *, names: list[str] | None = None) -> Outcome:
    """Do a step over the rows of a mask as one table, with all columns or some."""
    chosen = None if names is None else list(dict.fromkeys(names))
    table = living.sheet.taken(pl.Series(mask), chosen)
    places = pl.Series(np.flatnonzero(mask), dtype=pl.Int64)
    found = step(table).conserved(table.height)
    ledger = found.dropped.with_columns(row=places.gather(found.dropped["row"])).sort("row")
    stay = places.filter(~places.is_in(ledger["row"].implode()))
    here = ~pl.int_range(table.height, eager=True, dtype=pl.Int64).is_in(found.dropped["row"].implode())
    before = table.filter(here)
    if not before["id"].equals(found.kept["id"]):
        raise InvariantError("a step did not keep its rows in their order, or its ledger names other rows")
    sheet = living.sheet
    if isinstance(step, Reviewed | PluginStep) and not before.equals(found.kept):
        differing = _differing(before, found.kept)
        sheet = sheet.changed(
            stay.filter(differing),
            found.kept.filter(differing),
            work=living.shop.folder("changed"),
            mark=living.step,
        )
    return Outcome(ledger, found.notes if isinstance(found, Noted) else {}, sheet)


def _differing(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """Tell which rows a step changed."""
    if before.schema != after.schema:
        return pl.Series([True] * after.height, dtype=pl.Boolean)
    unlike = [_unlike(before[name], after[name]) for name in before.columns]
    table = pl.DataFrame({str(at): column for at, column in enumerate(unlike)})
    return table.select(pl.any_horizontal(pl.all())).to_series()


def _unlike(before: pl.Series, after: pl.Series) -> pl.Series:
    if not before.dtype.is_nested():
        return before.ne_missing(after)
    pairs = zip(before.to_list(), after.to_list(), strict=True)
    return pl.Series([one != other for one, other in pairs], dtype=pl.Boolean)


def _selected(step: Select, living: Living) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Select by sketches, quality and quotas; the figures of the ledger come from the sets on disk."""
    facts, _ = living.facts()
    width = widest(facts)
    signed = living.signed(
        texts="both", width=width, ngrams=(step.ngram, step.char_ngram), sketch=(step.size, step.seed)
    )
    order = living.best_first(facts)
    sketch = np.concatenate([np.load(place / "sketch.npy") for place in signed.places])[order]
    ranked = living.sheet.columns(["id", *_BY_QUOTA, *step.columns()])[order]
    kept, notes = step.choose(ranked, sketch)
    out, near = left_out(sketch, kept)
    told = pl.DataFrame({"id": ranked["id"].gather(out), "row": order[out]})
    if near is None:
        return step.told(None, gone=told, kept_id=None), notes
    fields = [*range(widest(facts, living.alive)), width]
    figures = living.measured(signed, order[out], order[near])[:, fields]
    return step.told(figures, gone=told, kept_id=ranked["id"].gather(near)), notes
