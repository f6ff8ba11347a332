"""Keeps evaluation cases out of the next data set: says which rows hold one, and fails where one got in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from workbench.errors import Finding, GuardError
from workbench.evaluation.arms import choose
from workbench.io.evaltexts import EvalText
from workbench.io.frames import PAIR_SCHEMA, pairs_to_frame
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.steps import ClusterSplit, Decontaminate
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.records import Case, Template

_HELDOUT = "rules"
_SHOWN = 10


class Leaks:
    """Finds rows that an evaluation's cases must not meet.

    A row holds a held-out case where both would be of one cluster (``split``: every slot alike, numbers the
    same, or one context), and a case of a suite where ``Decontaminate`` says so.
    """

    def __init__(
        self, cases: Sequence[Case], templates: Mapping[str, Template], *, split: ClusterSplit | None = None
    ) -> None:
        self._split = split or ClusterSplit()
        self._cases = pairs_to_frame([_as_pair(case, *choose(case, templates)) for case in cases])
        self._suites = [case for case in cases if case.behaviour != _HELDOUT]
        self._how = Decontaminate(against=())

    def of(self, frame: pl.DataFrame) -> dict[str, str]:
        """Return for the id of each pair that holds a case the id of (one of) the cases."""
        found: dict[str, str] = {}
        rows = frame.select(PAIR_SCHEMA.names())
        both = pl.concat([self._cases, rows])
        clusters = self._split.clusters(both)
        home = dict(zip(clusters.head(self._cases.height), self._cases["id"], strict=True))
        for cluster, name in zip(clusters.tail(rows.height), rows["id"], strict=True):
            if cluster in home:
                found[name] = home[cluster]
        units = [
            EvalText("cases", case.id, number, text)
            for number, case in enumerate(self._suites)
            for _, text in sorted(case.slots.items())
            if len(words(text)) >= self._how.min_words
        ]
        ids = rows["id"].to_list()
        for row, unit in self._how.matches(rows, units).select("row", "unit").iter_rows():
            found.setdefault(ids[row], units[unit].where)
        return found

    def refuse(self, frame: pl.DataFrame, *, out: Path) -> None:
        """Fail where a row of ``frame`` holds a case.

        Raises:
            GuardError: with the rows and cases.
        """
        found = sorted(self.of(frame).items())
        if found:
            raise GuardError(
                Finding(
                    where=f"row {row} of the next version in {out}",
                    found=f"what the evaluation's case {case} asks",
                    expected="no case of the evaluation among rows to train on",
                    fix="Put the row under `drop` in the plan, or take its input out of `ask`.",
                )
                for row, case in found[:_SHOWN]
            )


def _as_pair(case: Case, template: Template, filled: Mapping[str, str]) -> Pair:
    """Lay a case out as a pair, so that it can be clustered with rows."""
    return Pair(
        id=case.id,
        task=template.task,
        prompt=(Message(role="user", content=""),),
        completion=(Message(role="assistant", content=case.reference or ""),),
        template_id=template.id,
        slots=tuple(Slot(name=h.name, type=h.type, value=filled[h.name]) for h in template.holes),
        source=Source(file="", line=0, record=0),
        tokens=TokenCounts(original=0, compact=0, completion=0),
    )
