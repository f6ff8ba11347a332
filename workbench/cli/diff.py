"""`workbench diff`: what changed between two versions of a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import command
from workbench.cli.produce import Face, refuse_taken, screen_for

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workbench.corpus import Difference

_EXAMPLES = 5


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("diff")(diff)


def diff(
    a: Annotated[str, typer.Argument(help="The version before: anything that `export` reads.", metavar="A")],
    b: Annotated[str, typer.Argument(help="The version after.", metavar="B")],
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="Write it as Markdown, for a pull request.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write it as one HTML page.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write it as JSON, with every row that differs.")
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", min=0, help="Rows of each kind shown here and in the files but JSON.")
    ] = _EXAMPLES,
    lang: options.Lang = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare two versions of a data set: rows added, removed and changed, and how each signal moved.

    Rows are known again by id, then by prompt, then by the record of the log that they came from; a numeric
    column beside the pair's own is a signal.

    [dim]Example:[/] workbench diff curated_monday curated --markdown diff.md --html diff.html
    """
    from workbench.corpus import difference, plain
    from workbench.io.dataset import read_dataset
    from workbench.io.rundir import write_json, write_text
    from workbench.report.versions import render_difference
    from workbench.report.versionspage import difference_html
    from workbench.wording import speaking

    for page in (markdown, html, out):
        if page is not None:
            refuse_taken(page, force=True, inputs=[a, b])
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        found = difference(read_dataset(a, progress=screen.report), read_dataset(b, progress=screen.report))
    with speaking(lang or "en"):
        if markdown is not None:
            write_text(markdown, render_difference(found, examples=examples))
        if html is not None:
            write_text(html, difference_html(found, examples=examples))
    if out is not None:
        write_json(out, plain(found))
    then = f"hold it to limits: {command('check', b, '--policy', 'POLICY', '--base', a)}"
    screen.show(plain(found), *_page(found, examples), then=then)


def _page(found: Difference, examples: int) -> list[RenderableType]:
    from workbench.corpus import said
    from workbench.report.versions import headline

    shown: list[RenderableType] = [f"[bold]{escape(headline(found))}[/]", _signals(found)]
    kinds = (
        ("[green]+[/]", found.added),
        ("[red]-[/]", found.removed),
        ("[yellow]~[/]", tuple(change.after for change in found.changed)),
    )
    for sign, rows in kinds:
        shown += [f"{sign} {escape(row.id)}  {escape(said(row))}" for row in rows[:examples]]
        if len(rows) > examples:
            shown.append(f"{sign} … and {len(rows) - examples} more; all of them: --out FILE")
    return shown


def _signals(found: Difference) -> RenderableType:
    from rich.table import Table

    from workbench.report.versions import moved_surely, number, signed, size_rows

    table = Table(box=None, pad_edge=False)
    for column in ("", "before", "after", "effect", "distance"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("rows", str(found.a.rows), str(found.b.rows))
    for name, old, new in size_rows(found):
        table.add_row(escape(name), old, new)
    for shift in found.shifts:
        name = escape(f"mean {shift.name}")
        style = "bold" if moved_surely(shift) else "dim"
        figures = (number(shift.a.mean), number(shift.b.mean), signed(shift.effect), number(shift.distance))
        table.add_row(name, *figures, style=style)
    return table
