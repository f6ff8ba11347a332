"""What the card of a data set says whoever writes it: `curate` of its output, `card` of any data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.text import markdown_escape, markdown_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOLD = 2  # folder and name of a file
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
