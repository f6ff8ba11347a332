"""Applies what people decided: rejected rows go, edited answers take the place of the old ones."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.io.decisions import Decision, read_decisions, standing, text_hash
from workbench.io.frames import PAIR_SCHEMA, ledger_frame
from workbench.records import Message
from workbench.spec import Spec
from workbench.steps.noted import Noted

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reviewed(Spec, frozen=True, kw_only=True):
    """Drop the rows that a person rejected, and take over the answers that a person edited.

    ``decisions`` is a file of `workbench review`. A decision on another text than the row has now is not
    applied and counted as ``stale``; one on a row that isn't there, as ``unknown``. Where people differ, a
    row stays as it is and counts as ``disputed``: a reject beside an accept or edit, or two different edits;
    unless somebody settled it, whose word alone counts then.
    Every edit is noted with the hash of the row before and after it, as ``text_hash`` makes it.
    """

    decisions: str

    def __call__(self, frame: pl.DataFrame) -> Noted:
        """Partition rows; the notes say what was applied and what was not.

        Raises:
            InputError: the file can't be read.
        """
        by_row: dict[str, list[Decision]] = defaultdict(list)
        for one in read_decisions(Path(self.decisions)):
            by_row[one.id].append(one)
        notes: dict[str, Any] = {"rejected": 0, "edited": [], "accepted": 0}
        notes |= {"edits": [], "disputed": [], "stale": [], "unknown": sorted(set(by_row) - set(frame["id"]))}
        gone: list[dict[str, Any]] = []
        fresh: dict[int, str] = {}
        columns = frame.select("id", "prompt", "completion")
        for place, row in enumerate(columns.iter_rows(named=True)):
            if row["id"] in by_row:
                self._decide(place, row, by_row[row["id"]], (gone, fresh, notes))
        kept = _edited(frame, fresh).filter(
            ~pl.int_range(pl.len()).is_in(pl.Series([row["row"] for row in gone], dtype=pl.Int64).implode())
        )
        edits = notes.pop("edits")
        found = Noted(kept=kept, dropped=ledger_frame(gone), notes={"review": notes, "edits": edits})
        found.conserved(frame.height)
        return found

    def _decide(
        self,
        place: int,
        row: Mapping[str, Any],
        decisions: list[Decision],
        into: tuple[list[dict[str, Any]], dict[int, str], dict[str, Any]],
    ) -> None:
        gone, fresh, notes = into
        seen = text_hash(_messages(row["prompt"]), _messages(row["completion"]))
        valid = standing([one for one in decisions if one.hash == seen])
        if not valid:
            notes["stale"].append(row["id"])
            return
        rejects = [one for one in valid if one.action == "reject"]
        edits = {one.text for one in valid if one.action == "edit"}
        if (rejects and len(rejects) < len(valid)) or len(edits) > 1:
            notes["disputed"].append(row["id"])
        elif rejects:
            notes["rejected"] += 1
            gone.append({"id": row["id"], "row": place, **self._told(rejects)})
        elif edits:
            notes["edited"].append(row["id"])
            text = fresh[place] = next(iter(edits)) or ""
            edited = _with_text(row["completion"], text)
            after = text_hash(_messages(row["prompt"]), _messages(edited))
            told = self._told([one for one in valid if one.action == "edit"])
            notes["edits"].append(
                {"id": row["id"], **told, "reason": "edited", "before": seen, "after": after}
            )
        else:
            notes["accepted"] += 1

    def _told(self, decisions: list[Decision]) -> dict[str, Any]:
        who = ", ".join(sorted({one.reviewer for one in decisions if one.reviewer}))
        why = "; ".join(one.note or ", ".join(one.tags) for one in decisions if one.note or one.tags)
        return {
            "step": "reviewed",
            "reason": "review",
            "rule": who or None,
            "detail": why or None,
            "spec_key": self.key,
        }


def _messages(raw: list[dict[str, str]]) -> list[Message]:
    return [Message(role=one["role"], content=one["content"]) for one in raw]


def _with_text(completion: list[dict[str, str]], text: str) -> list[dict[str, str]]:
    return [*completion[:-1], {**completion[-1], "content": text}]


def _edited(frame: pl.DataFrame, fresh: Mapping[int, str]) -> pl.DataFrame:
    if not fresh:
        return frame
    answers = frame["completion"].to_list()
    for place, text in fresh.items():
        answers[place] = _with_text(answers[place], text)
    return frame.with_columns(pl.Series("completion", answers, dtype=PAIR_SCHEMA["completion"]))
