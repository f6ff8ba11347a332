"""`workbench explain`: why a row is, or is no longer, in the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import options
from workbench.cli.hint import command
from workbench.cli.screen import Screen


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("explain")(explain)


def explain(
    directory: Annotated[
        Path, typer.Argument(help="Output directory of `curate` or `dedupe`.", metavar="DIR")
    ],
    row: Annotated[str, typer.Argument(help="Row id, or the first characters of it.", metavar="ROW_ID")],
    as_json: options.Json = False,
) -> None:
    """Say where a row is, or which step dropped it, by what figure, and which row was kept instead.

    [dim]Example:[/] workbench explain curated 3f2a91
    """
    import msgspec
    from rich.markup import escape

    from workbench.pipeline.explain import explain as explain_row

    found = explain_row(directory, row)
    back = f"{command('undo', directory, row)} puts the row back"
    home = directory / "curate" if (directory / "curate" / "ledger.parquet").is_file() else directory
    held = home / f"{found.parts[0] if found.parts else 'dropped'}.parquet"
    seen = f"{command('inspect', held, '--id', found.id)} shows it whole"
    then = back if found.state == "dropped" else seen
    Screen(as_json=as_json).show(msgspec.to_builtins(found), escape(found.text), then=then)
