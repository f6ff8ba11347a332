"""`workbench compare`: many runs side by side, over time, and the best adapter per rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import shown
from workbench.cli.produce import Face, refuse_taken, screen_for

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workbench.report.comparison import Comparison


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("compare")(compare)


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Runs, or outputs of `eval`, in the order of time.", metavar="RUN...")
    ],
    html: Annotated[Path | None, typer.Option("--html", help="Write it as one HTML page.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="Write it as Markdown, for a pull request.")
    ] = None,
    lang: options.Lang = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare runs: how each stands, what became of each rule, and which adapter holds it best.

    A best that is not clearly above the others (its interval overlaps theirs) is said to be so.

    [dim]Example:[/] workbench compare run1 run2 run3 --html comparison.html
    """
    from workbench.io.rundir import write_text
    from workbench.report.comparison import compare_runs, plain_comparison
    from workbench.report.comparisonfaces import comparison_html, comparison_markdown
    from workbench.report.files import read_lang
    from workbench.wording import speaking

    for page in (html, markdown):
        if page is not None:
            refuse_taken(page, force=True, inputs=runs)
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        found = compare_runs(runs)
    with speaking(lang or read_lang(runs[-1])):
        if html is not None:
            write_text(html, comparison_html(found))
        if markdown is not None:
            write_text(markdown, comparison_markdown(found))
    then = "--html FILE and --markdown FILE keep it" if html is None else f"read [bold]{shown(html)}[/]"
    screen.show(plain_comparison(found), *_page(found), then=then)


def _page(found: Comparison) -> list[RenderableType]:
    from rich.table import Table

    from workbench.report.comparisonfaces import HEAD, headline, run_cells, share

    table = Table(box=None, pad_edge=False)
    for column in HEAD:
        table.add_column(column, overflow="fold")
    for run in found.runs:
        table.add_row(*(escape(cell) for cell in run_cells(run)))
    rules = Table(box=None, pad_edge=False)
    for column in ("Rule", *(run.name for run in found.runs)):
        rules.add_column(escape(column), overflow="fold")
    for rule in found.rules:
        cells = [escape(share(one)) for one in rule.after]
        if rule.best is not None:
            cells[rule.best] = f"[bold]{cells[rule.best]}[/]" + ("" if rule.clear else " ~")
        rules.add_row(escape(rule.id), *cells)
    notes = [f"[yellow]note[/] {escape(note)}" for note in found.notes]
    key = "the best of a rule is bold; ~ not clearly above the others"
    return [f"[bold]{escape(headline(found))}[/]", *notes, table, "", rules, f"[dim]{key}[/]"]
