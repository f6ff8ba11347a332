"""Puts what changed between two versions of a data set on one self-contained page, in the card's hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.cardsections import change_section
from workbench.report.markup import Html, element
from workbench.report.shell import page
from workbench.report.versions import headline, moved_surely
from workbench.report.words import count

if TYPE_CHECKING:
    from workbench.corpus import Difference

_REST = "in the JSON of workbench diff A B --out FILE"


def difference_html(found: Difference, *, examples: int) -> str:
    """Draw the page with at most ``examples`` rows of each kind; every text of the data is escaped."""
    moved = sum(map(moved_surely, found.shifts))
    sizes = f"{count(found.a.rows)} → {count(found.b.rows)} rows"
    below = sizes if found.nothing else f"{sizes}; {count(moved)} of {count(len(found.shifts))} signals moved"
    top = element("div", element("h1", headline(found), element("span", below)), class_="hero")
    parts: dict[str, Html | None] = {"change": change_section(found, most=examples, rest=_REST)}
    return page(
        title=headline(found),
        about="two versions",
        names={"change": "Changes"},
        top=top,
        parts=parts,
        foot="Made by sft-workbench from these two versions alone.",
    )
