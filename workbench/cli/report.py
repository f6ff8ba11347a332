"""`workbench report`: the pages of a run, made again from its directory alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import Face, screen_for


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("report")(report)


def report(
    run: Annotated[Path, typer.Argument(help="Run directory.", metavar="RUN")],
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write report.html, report.md and report.json into a run.

    [dim]Example:[/] workbench report run
    """
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        summary = write_report(run)
    screen.show(summary, f"{summary['verdict']}", then=f"read [bold]{run / 'report.html'}[/]")


def write_report(run: Path) -> dict[str, Any]:
    """Build the report of ``run`` and write its three files; returns what report.json holds.

    Raises:
        InputError: there is no finished evaluation in the run.
    """
    from workbench.io.rundir import write_json, write_text
    from workbench.report import build_report, render_html, render_markdown, to_json

    built = build_report(run)
    summary = to_json(built)
    write_json(run / "report.json", summary)
    write_text(run / "report.md", render_markdown(built))
    write_text(run / "report.html", render_html(built))
    return summary
