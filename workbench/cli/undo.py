"""`workbench undo`: a dropped row put back, with the removal kept on record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import options
from workbench.cli.hint import command
from workbench.cli.produce import Face, read_summary, screen_for


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("undo")(undo)


def undo(
    directory: Annotated[
        Path, typer.Argument(help="Output directory of `curate` or `dedupe`.", metavar="DIR")
    ],
    row: Annotated[
        list[str], typer.Argument(help="Row ids, or the first characters of each.", metavar="ROW_ID...")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write the result here and leave DIR as it is.", metavar="DIR"),
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Put dropped rows back: into their old place, and beside the row that was kept instead of them.

    Their ledger rows move to undone.parquet. In the output of `curate` a row joins the part and cluster of
    the row kept instead, or of whatever row it asks alike; otherwise train.

    [dim]Example:[/] workbench undo deduped 3f2a91
    """
    from rich.markup import escape

    from workbench.pipeline.undo import undo as put_back

    with screen_for(Face(force=force, quiet=quiet, as_json=as_json)) as screen:
        back = put_back(directory, row, out=out, force=force)
        place = out or directory
        lines = [f"{entry.id} is back in {entry.part} (was: {entry.reason})" for entry in back]
        lines = lines or ["all of these rows were put back before: nothing to do"]
        screen.show(
            read_summary(place),
            escape("\n".join(lines)),
            then=command("train", place, "--base", "MODEL", "--out", "trained"),
        )
