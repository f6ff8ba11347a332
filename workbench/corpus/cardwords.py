"""What the card of a data set says whoever writes it: `curate` of its output, `card` of any data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.text import markdown_escape, markdown_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOLD = 2  # folder and name of a file
_TENTH = 0.1
_LINES = 8  # of a curve, in a table
CERTIFICATE = ("Between", "Greatest likeness left", "Rows dropped")


def card_sentence(rows: int, parts: Mapping[str, int], *, dropped: int) -> str:
    """Say a data set of ``rows`` pairs in a sentence."""
    noun = "pair" if rows == 1 else "pairs"
    told = ", ".join(f"{n:,} {name}" for name, n in parts.items())
    said = f"{rows:,} {noun}" + (f": {told}" if told else "")
    if dropped:
        said += f"; {dropped:,} of {rows + dropped:,} dropped, each with its reason"
    return said


def card_head(said: str) -> str:
    """Write the heading of a card."""
    return f"# Data card: {markdown_escape(said)}"


def reasons_blocks(reasons: Sequence[tuple[str, str, int]]) -> list[str]:
    """Write why rows went: reason, step, rows; nothing where none did."""
    rows = [(markdown_escape(reason), markdown_escape(step), f"{n:,}") for reason, step, n in reasons]
    return ["## Why rows went", markdown_table(("Reason", "Step", "Rows"), rows)] if rows else []


def short_name(file: str) -> str:
    """Name a file by its folder and name: where it lay on somebody's machine is nobody's business."""
    return "/".join(Path(file).parts[-_TOLD:])


def certificate_rows(leakage: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """List the leakage certificate: across each two parts, and against each evaluation file."""
    across = [
        (name, f"Jaccard {found['jaccard']:.3f}", "") for name, found in leakage["across_parts"].items()
    ]
    against = [
        (
            f"{short_name(name)} ({found['texts']:,} texts)",
            f"containment {found['greatest_containment_left']:.3f}",
            f"{found['rows_dropped']:,}",
        )
        for name, found in leakage["against"].items()
    ]
    return [*across, *against]


def certificate_blocks(leakage: Mapping[str, Any]) -> list[str]:
    """Write the leakage certificate; nothing where nothing was compared."""
    rows = [tuple(map(markdown_escape, row)) for row in certificate_rows(leakage)]
    return ["## Leakage certificate", markdown_table(CERTIFICATE, rows)] if rows else []


def selection_words(selection: Mapping[str, Any]) -> str:
    """Say what a selection stands for, and what its last tenth and further rows add."""
    curve, n = selection["curve"], selection["selected"]
    if not curve or not n:
        return "Nothing was selected: no row fits into the budget."
    reached, last = selection["covered"], curve[-1]
    before = _covered(curve, round(n * (1 - _TENTH)))
    said = f"{n:,} rows stand for {reached:.1%} of the table; the last tenth added {reached - before:.1%}"
    if last["rows"] > n:
        said += f", and {last['rows'] - n:,} more rows would add {last['covered'] - reached:.1%}"
    return said + "."


def minima_words(selection: Mapping[str, Any]) -> list[str]:
    """Say which minima were not met, and what there was."""
    return [
        f"{one['selected']:,} of at least {one['at_least']:,} rows of {one['by']} {one['value']!r}; "
        f"the data has {one['there']:,}."
        for one in selection.get("minima", ())
        if not one["met"]
    ]


def selection_blocks(selection: Mapping[str, Any]) -> list[str]:
    """Write the curve of marginal value as a table of a few points."""
    curve = selection["curve"]
    step = max(1, -(-len(curve) // _LINES))
    points = [one for at, one in enumerate(curve) if at % step == 0 or at == len(curve) - 1]
    rows = [(f"{one['rows']:,}", f"{one['spent']:,}", f"{one['covered']:.1%}") for one in points]
    blocks = ["## Selection", markdown_escape(selection_words(selection))]
    blocks += [f"> too few: {markdown_escape(said)}" for said in minima_words(selection)]
    if rows:
        blocks.append(markdown_table(("Rows", "Of the budget", "Of the table they stand for"), rows))
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
