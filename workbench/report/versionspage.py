"""Puts what changed between two versions of a data set on one self-contained page, in the card's hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.cardsections import change_section
from workbench.report.markup import Html, element
from workbench.report.shell import page
from workbench.report.versions import headline, moved_surely
from workbench.report.words import count
from workbench.wording import say

if TYPE_CHECKING:
    from workbench.corpus import Difference

_REST = "in the JSON of workbench diff A B --out FILE"


def difference_html(found: Difference, *, examples: int) -> str:
    """Draw the page with at most ``examples`` rows of each kind; every text of the data is escaped."""
    moved = sum(map(moved_surely, found.shifts))
    sizes = say("{rows} → {after} rows", rows=count(found.a.rows), after=count(found.b.rows))
    below = (
        sizes
        if found.nothing
        else say(
            "{sizes}; {moved} of {shifts} signals moved",
            sizes=sizes,
            moved=count(moved),
            shifts=count(len(found.shifts)),
        )
    )
    top = element("div", element("h1", headline(found), element("span", below)), class_="hero")
    parts: dict[str, Html | None] = {"change": change_section(found, most=examples, rest=_REST)}
    return page(
        title=headline(found),
        about=say("two versions"),
        names={"change": say("Changes")},
        top=top,
        parts=parts,
        foot=say("Made by sft-workbench from these two versions alone."),
    )
