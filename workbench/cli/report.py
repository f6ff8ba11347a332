"""`workbench report`: the pages of a run, made again from its directory alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import shown
from workbench.cli.produce import Face, refuse_taken, screen_for
from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from workbench.wording import Lang

ResultFormat = Literal["csv", "junit", "evallog"]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("report")(report)


def report(
    run: Annotated[Path, typer.Argument(help="Run directory.", metavar="RUN")],
    to: Annotated[
        ResultFormat | None,
        typer.Option(
            "--to", help="Write the results for another tool instead: csv, junit, evallog (inspect)."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="--to: the file to write.")] = None,
    arm: Annotated[str, typer.Option("--arm", help="--to junit, evallog: whose results.")] = "after",
    lang: options.Lang = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write report.html, report.md and report.json into a run.

    [dim]Example:[/] workbench report run

    In Chinese: [bold]workbench report run --lang zh[/]

    For other tools: [bold]workbench report run --to evallog --out after.json[/]
    """
    if to is not None or out is not None:
        _results(run, to, out, arm=arm, face=Face(force=force, quiet=quiet, as_json=as_json))
        return
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        summary = write_report(run, lang=lang)
    screen.show(summary, escape(summary["verdict"]), then=f"read [bold]{shown(run / 'report.html')}[/]")


def _results(run: Path, to: ResultFormat | None, out: Path | None, *, arm: str, face: Face) -> None:
    from workbench.io.rundir import write_text
    from workbench.report.results import results

    if to is None or out is None:
        missing = "--to" if to is None else "--out"
        fix = "For example: --to csv --out results.csv"
        raise ConfigError(
            Finding(where=missing, found="nothing", expected="--to and --out together", fix=fix)
        )
    refuse_taken(out, force=face.force, inputs=[run])
    text = results(run, to, arm=arm)
    write_text(out, text)
    with screen_for(face) as screen:
        screen.show({"file": str(out), "format": to}, f"{to} in [bold]{shown(out)}[/]")


def write_report(run: Path, *, lang: Lang | None = None) -> dict[str, Any]:
    """Build the report of ``run`` and write its three files; returns what report.json holds.

    The page and its Markdown speak ``lang``, or the run's own language; report.json is the same in each.

    Raises:
        InputError: there is no finished evaluation in the run.
    """
    from workbench.io.rundir import write_json, write_text
    from workbench.report import build_report, render_html, render_markdown, to_json
    from workbench.report.files import read_lang
    from workbench.wording import speaking

    built = build_report(run)
    summary = to_json(built)
    write_json(run / "report.json", summary)
    with speaking(lang or read_lang(run)):
        write_text(run / "report.md", render_markdown(built))
        write_text(run / "report.html", render_html(built))
    return summary
