"""`workbench dedupe`: exact and near duplicates of any table, each removal with its proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.ports import Progress


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("dedupe")(dedupe)


def dedupe(
    data: Annotated[Path, typer.Argument(help="Table: JSONL, Parquet or CSV.", metavar="DATA")],
    out: options.Out,
    on: Annotated[
        str | None, typer.Option("--on", help="Columns to compare, separated by commas; default: all text.")
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(
            "--threshold", min=0.0, max=1.0, help="Jaccard similarity from which rows are duplicates."
        ),
    ] = 0.8,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Drop exact and near duplicates; a row goes only with a verified edge to a row that stays.

    Writes kept.parquet and ledger.parquet (id, kept_id, Jaccard and containment of every row that went).

    [dim]Example:[/] workbench dedupe data.jsonl --on text --out deduped
    """
    from workbench.pipeline.dedupe import dedupe as dedupe_table
    from workbench.pipeline.dedupe import read_table

    require([data], what="a table")
    columns = [name.strip() for name in on.split(",")] if on else None

    def work(place: Path, progress: Progress) -> None:
        dedupe_table(read_table(data), out=place, on=columns, threshold=threshold, progress=progress)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="dedupe", inputs=[data], options=[columns, threshold], page=_page, face=face)


def _page(summary: dict[str, Any], out: Path) -> str:
    lines = [
        f"[bold]{summary['in']}[/] rows in, [bold]{summary['kept']}[/] kept, {summary['dropped']} dropped"
    ]
    lines += [f"  {count:>6}  {reason}" for reason, count in sorted(summary["reasons"].items())]
    lines.append(f"why a row went: workbench explain {out} ID")
    return "\n".join(lines)
