"""Puts a data card on one self-contained page, in the hand of the evaluation's report."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from workbench.corpus.cardwords import shown_source
from workbench.report.cardmodel import concerns, sentence
from workbench.report.cardsections import (
    change_section,
    parts_section,
    reasons_section,
    repeats_section,
    rules_section,
    shifts_section,
    signals_section,
)
from workbench.report.charts import bar
from workbench.report.markup import Html, element, joined
from workbench.report.sections import data_section
from workbench.report.shell import page
from workbench.report.words import count, percent, term
from workbench.wording import Words, say

if TYPE_CHECKING:
    from workbench.corpus import Profile
    from workbench.report.cardmodel import Card

_NAMES = Words(
    {
        "funnel": "Funnel",
        "reasons": "Reasons",
        "signals": "Signals",
        "curation": "Curation",
        "duplicates": "Duplicates",
        "rules": "Rules",
        "parts": "Parts",
        "change": "Changes",
        "provenance": "Provenance",
    }
)


def render_card(card: Card) -> str:
    """Draw the page; every text of the data is escaped."""
    profile = card.profile
    note = say(
        "All rows that went in as a line, the rows that are kept as bars; chance compares kept with dropped."
    )
    parts: dict[str, Html | None] = {
        "funnel": data_section(card.funnel) if card.funnel else None,
        "reasons": reasons_section(profile.reasons) if profile.reasons else None,
        "signals": signals_section(profile.signals),
        "curation": shifts_section(profile.curation, note=note) if profile.curation else None,
        "duplicates": repeats_section(profile),
        "rules": rules_section(profile.coverage) if profile.coverage else None,
        "parts": parts_section(profile, card.certificate),
        "change": change_section(card.change) if card.change else None,
        "provenance": _provenance(card),
    }
    return page(
        title=sentence(card),
        about=say("data card"),
        names=_NAMES,
        top=_top(card),
        parts=parts,
        foot=say("Made by sft-workbench from this data alone."),
    )


def _top(card: Card) -> Html:
    first, _, rest = sentence(card).partition(say("; "))
    head, _, parts = first.partition(say(": "))
    below = say("; ").join(part for part in (parts, rest) if part)
    notices = (element("p", said, class_="notice") for said in concerns(card.profile))
    return element(
        "div",
        element("h1", head, element("span", below) if below else None),
        *notices,
        element("div", _rows(card.profile), _health(card.profile), class_="panels"),
        class_="hero",
    )


def _rows(profile: Profile) -> Html:
    counts = profile.parts or profile.tasks
    lines: list[Html] = []
    for name, rows in counts.items():
        share = rows / profile.rows if profile.rows else 0.0
        lines += [
            element("p", element("span", term(name) or say("all")), element("b", count(rows)), class_="row"),
            bar(share),
        ]
    title = say("Rows by part") if profile.parts else say("Rows by task")
    return element("section", element("h2", title), *lines, class_="panel")


def _health(profile: Profile) -> Html:
    held = profile.coverage
    facts: list[tuple[str, str]] = [
        (say("Equal rows"), count(len(profile.repeats.exact))),
        (say("Near duplicates"), count(len(profile.repeats.near))),
        (say("Conflicts"), count(len(profile.repeats.conflicts))),
    ]
    if held is not None and held.rows:
        facts.append(
            (say("Rows that hold every must rule"), percent(1 - held.rows_breaking_must / held.rows))
        )
    if profile.leak is not None:
        likeness = profile.leak.closest.jaccard if profile.leak.closest else None
        shown = (
            f"{likeness:.2f}" if likeness is not None else say("below {floor:.2f}", floor=profile.leak.floor)
        )
        facts.append((say("Greatest likeness across parts"), shown))
    lines = (element("p", element("span", name), element("b", value), class_="row") for name, value in facts)
    return element("section", element("h2", say("What to trust")), *lines, class_="panel")


def _provenance(card: Card) -> Html:
    profile = card.profile
    source = shown_source(profile.source)
    again = f"workbench card {shlex.quote(source)} --out card"
    named = "\n".join(f"{digest}  {name}" for name, digest in card.files.items())
    facts = {
        say("Source"): source,
        say("Read as"): term(profile.kind),
        say("Inputs"): card.key,
        say("Version"): card.version,
    }
    pairs = (
        element("div", element("dt", name), element("dd", value)) for name, value in facts.items() if value
    )
    listed = element(
        "details",
        element("summary", say("{files} files by content", files=len(card.files))),
        element("pre", named, class_="pre code"),
        class_="more",
    )
    return joined(
        [
            element("dl", *pairs, class_="facts"),
            element("h3", say("To draw it again")),
            element("pre", again, class_="pre code"),
            listed if card.files else None,
        ]
    )
