"""What people decided about rows: one JSON object a line, bound to the text that they saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.config import read_text
from workbench.text import content_id, excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.records import Message

Action = Literal["accept", "reject", "edit"]
Order = Literal["telling", "random"]
_FORM = '{"id": …, "hash": …, "action": "accept", "reject" or "edit", "text": the answer where it was edited}'


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One person's word on one row; ``hash`` is that of the prompt and answer the person saw.

    ``labels`` are answers to what was asked about it, by rule or behaviour. ``order`` says how the row came
    up: because it tells much, or drawn at random, as shares are corrected by. ``settles``: the last word on a
    row on which others differ, given in sight of what they said.
    """

    id: str
    hash: str
    action: Action
    text: str | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    reviewer: str = ""
    labels: dict[str, str] = {}
    order: Order = "telling"
    settles: bool = False


def standing(decisions: Sequence[Decision]) -> list[Decision]:
    """Return what counts of the decisions on one text of a row: the one that settles it, or else all."""
    last = [one for one in decisions if one.settles]
    return last[-1:] or list(decisions)


def differ(decisions: Sequence[Decision]) -> bool:
    """Tell whether people differ on a row: on keeping it, in two edits of it, or in an answer about it."""
    rejects = {one.action == "reject" for one in decisions}
    edits = {one.text for one in decisions if one.action == "edit"}
    said: dict[str, set[str]] = {}
    for one in decisions:
        for name, label in one.labels.items():
            said.setdefault(name, set()).add(label)
    return len(rejects) > 1 or len(edits) > 1 or any(len(labels) > 1 for labels in said.values())


def text_hash(prompt: Sequence[Message], completion: Sequence[Message]) -> str:
    """Return the hash of a row as a person sees it."""
    said = [part for message in (*prompt, *completion) for part in (message.role, message.content)]
    return content_id(str(len(prompt)), *said)


def read_decisions(path: Path) -> list[Decision]:
    """Read decisions (JSON Lines), as `workbench review --export` writes them.

    Raises:
        InputError: the file can't be read, or a line is no decision; an edit without text is none.
    """
    found, wrong = [], []
    for number, line in enumerate(read_text(path, what="decisions (JSON Lines)").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=Decision)
        except (msgspec.DecodeError, RecursionError) as error:
            said = excerpt(str(error), limit=200)
            wrong.append(Finding(where=f"{path}:{number}", found=said, expected=_FORM, fix="Mend this line."))
            continue
        if one.action == "edit" and not (one.text or "").strip():
            wrong.append(
                Finding(
                    where=f"{path}:{number}",
                    found="an edit without text",
                    expected=_FORM,
                    fix="Mend this line.",
                )
            )
        found.append(one)
    if wrong:
        raise InputError(wrong)
    return found
