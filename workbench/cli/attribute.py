"""`workbench attribute`: what stands in the training data behind each case that was lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli import options
from workbench.cli.hint import shown
from workbench.cli.produce import Face, carry_out, work_key
from workbench.io.manifest import read_manifest
from workbench.io.rundir import is_complete

if TYPE_CHECKING:
    from rich.console import Group

    from workbench.ports import Progress


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("attribute")(attribute)


Run = Annotated[Path, typer.Argument(help="A run, or the output directory of `eval` alone.", metavar="RUN")]
Trained = Annotated[
    Path | None, typer.Option("--data", help="What was trained on: output of `curate`. Default: RUN/curate.")
]
Templates = Annotated[
    Path | None, typer.Option("--templates", help="Output directory of `convert`. Default: RUN/convert.")
]


def attribute(
    run: Run,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Output directory. Default: RUN/attribution.")
    ] = None,
    data: Trained = None,
    templates: Templates = None,
    compare: Annotated[
        Literal["teacher", "before"], typer.Option("--compare", help="The arm in which a case had passed.")
    ] = "teacher",
    most: Annotated[int, typer.Option("--near", min=1, help="Training rows to show beside each case.")] = 5,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Show for each case that was lost the nearest training rows, and which slices lose more than chance.

    A case is lost where it passed with the long prompt and fails after training. Cases whose text stands in
    training rows are counted apart. Writes attribution.json and attribution.md; no model is asked.

    [dim]Example:[/] workbench attribute run
    """
    from workbench.evaluation.attribution import Tracing
    from workbench.pipeline.attribution import Places, write_attribution
    from workbench.pipeline.attribution import attribute as trace_run

    places = Places.of(run, data=data, templates=templates)
    how = Tracing(reference=compare, most=most)

    def work(place: Path, progress: Progress) -> None:
        write_attribution(trace_run(places, how=how, progress=progress).attribution, place)

    place = out or run / "attribution"
    own = out is None and (read_manifest(place) or {}).get("verb") == "attribute"
    done = is_complete(place, key=work_key("attribute", [*places.inputs], how))
    carry_out(
        place,
        work,
        verb="attribute",
        inputs=[*places.inputs],
        options=how,
        page=_page,
        face=Face(force=force or (own and not done), quiet=quiet, as_json=as_json),
    )


def _page(summary: dict[str, Any], out: Path) -> Group:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("rule or behaviour", overflow="fold")
    for name in ("lost", "clean", "contaminated", "rows that show it"):
        table.add_column(name, justify="right")
    for one in summary["questions"]:
        dirty = (one["lost_contaminated"], one["held_contaminated"])
        clean = (one["lost"] - dirty[0], one["held"] - dirty[1])
        rows = "–" if one["exercised"] is None else str(one["exercised"])
        rows += f" ({one['broken']} break it)" if one["broken"] else ""
        told = (f"{a} of {b}" if b else "–" for a, b in ((one["lost"], one["held"]), clean, dirty))
        table.add_row(escape(one["id"]), *told, rows, style="yellow" if one["lost"] else "")
    return Group(table, "", *_told(summary, out))


def _told(summary: dict[str, Any], out: Path) -> list[str]:
    from rich.markup import escape

    lines = [
        f"{escape(one['question'] or 'all together')}: [bold]{escape(one['feature'])}: "
        f"{escape(one['value'])}[/] in {one['lost']} of {one['of_lost']} lost clusters, "
        f"{one['held']} of {one['of_held']} in all (p {one['p_holm']:.2g})"
        for one in summary["slices"][:6]
    ]
    if summary["lost"] and not lines:
        lines = ["no slice loses more often than chance gives"]
    told = shown(out / "attribution.md")
    then = (
        f"next: read {told}, each case with its nearest rows; [bold]workbench improve RUN --out DIR[/] plans"
    )
    return [*lines, f"{then} the next data"]
