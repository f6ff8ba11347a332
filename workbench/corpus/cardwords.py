"""What the card of a data set says whoever writes it: `curate` of its output, `card` of any data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.text import markdown_escape, markdown_table
from workbench.wording import known, listed, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOLD = 2  # folder and name of a file
_TENTH = 0.1
_LINES = 8  # of a curve, in a table
CERTIFICATE = ("Between", "Greatest likeness left", "Rows dropped")


def card_sentence(rows: int, parts: Mapping[str, int], *, dropped: int) -> str:
    """Say a data set of ``rows`` pairs in a sentence."""
    told = listed([say("{n:,} {name}", n=n, name=_term(name)) for name, n in parts.items()])
    said = say("1 pair") if rows == 1 else say("{rows:,} pairs", rows=rows)
    said += say(": ") + told if told else ""
    if dropped:
        whole = rows + dropped
        said += say("; ") + say(
            "{dropped:,} of {whole:,} dropped, each with its reason", dropped=dropped, whole=whole
        )
    return said


def card_head(said: str) -> str:
    """Write the heading of a card."""
    return say("# Data card: {said}", said=markdown_escape(said))


def reasons_blocks(reasons: Sequence[tuple[str, str, int]]) -> list[str]:
    """Write why rows went: reason, step, rows; nothing where none did."""
    rows = [
        (markdown_escape(_term(reason)), markdown_escape(_term(step)), f"{n:,}")
        for reason, step, n in reasons
    ]
    return (
        [f"## {say('Why rows went')}", markdown_table((say("Reason"), say("Step"), say("Rows")), rows)]
        if rows
        else []
    )


def _term(key: str) -> str:
    return say(key) if known(key) else key


def short_name(file: str) -> str:
    """Name a file by its folder and name: where it lay on somebody's machine is nobody's business."""
    return "/".join(Path(file).parts[-_TOLD:])


def shown_source(source: str) -> str:
    """Name data as it was given; a path from the root of somebody's machine by its folder and name."""
    return short_name(source) if source.startswith("/") else source


def certificate_rows(leakage: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """List the leakage certificate: across each two parts, and against each evaluation file."""
    across = [
        (name, say("Jaccard {likeness:.3f}", likeness=found["jaccard"]), "")
        for name, found in leakage["across_parts"].items()
    ]
    against = [
        (
            say("{name} ({texts:,} texts)", name=short_name(name), texts=found["texts"]),
            say("containment {share:.3f}", share=found["greatest_containment_left"]),
            f"{found['rows_dropped']:,}",
        )
        for name, found in leakage["against"].items()
    ]
    return [*across, *against]


def certificate_blocks(leakage: Mapping[str, Any]) -> list[str]:
    """Write the leakage certificate; nothing where nothing was compared."""
    rows = [tuple(map(markdown_escape, row)) for row in certificate_rows(leakage)]
    head = f"## {say('Leakage certificate')}"
    return [head, markdown_table([say(name) for name in CERTIFICATE], rows)] if rows else []


def selection_words(selection: Mapping[str, Any]) -> str:
    """Say what a selection stands for, and what its last tenth and further rows add."""
    curve, n = selection["curve"], selection["selected"]
    if not curve or not n:
        return say("Nothing was selected: no row fits into the budget.")
    reached, last = selection["covered"], curve[-1]
    before = _covered(curve, round(n * (1 - _TENTH)))
    said = say(
        "{n:,} rows stand for {reached:.1%} of the table; the last tenth added {added:.1%}",
        n=n,
        reached=reached,
        added=reached - before,
    )
    if last["rows"] > n:
        said += say(
            ", and {n:,} more rows would add {added:.1%}", n=last["rows"] - n, added=last["covered"] - reached
        )
    return said + say(".")


def minima_words(selection: Mapping[str, Any]) -> list[str]:
    """Say which minima were not met, and what there was."""
    return [
        say(
            "{selected:,} of at least {least:,} rows of {by} {value}; the data has {there:,}.",
            selected=one["selected"],
            least=one["at_least"],
            by=_term(one["by"]),
            value=repr(one["value"]),
            there=one["there"],
        )
        for one in selection.get("minima", ())
        if not one["met"]
    ]


def selection_blocks(selection: Mapping[str, Any]) -> list[str]:
    """Write the curve of marginal value as a table of a few points."""
    curve = selection["curve"]
    step = max(1, -(-len(curve) // _LINES))
    points = [one for at, one in enumerate(curve) if at % step == 0 or at == len(curve) - 1]
    rows = [(f"{one['rows']:,}", f"{one['spent']:,}", f"{one['covered']:.1%}") for one in points]
    blocks = [f"## {say('Selection')}", markdown_escape(selection_words(selection))]
    blocks += ["> " + say("too few: {said}", said=markdown_escape(said)) for said in minima_words(selection)]
    if rows:
        blocks.append(
            markdown_table((say("Rows"), say("Of the budget"), say("Of the table they stand for")), rows)
        )
    return blocks


def _covered(curve: Sequence[Mapping[str, Any]], rows: int) -> float:
    """Read the curve at ``rows``, by a line between its points."""
    below = {"rows": 0, "covered": 0.0}
    for point in curve:
        if point["rows"] >= rows:
            share = (rows - below["rows"]) / (point["rows"] - below["rows"])
            return float(below["covered"] + share * (point["covered"] - below["covered"]))
        below = dict(point)
    return float(below["covered"])
