"""`workbench rethreshold`: a deduplication decided anew, without reading the data again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.dedupe import onward
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.ports import Progress


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("rethreshold")(rethreshold)


def rethreshold(
    directory: Annotated[Path, typer.Argument(help="Output directory of `dedupe`.", metavar="DIR")],
    out: options.Out,
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.0, max=1.0, help="The Jaccard similarity to decide by now.")
    ],
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Tasks at a time; default: one a processor.")
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Decide a deduplication anew at another threshold, from the signatures that `dedupe` left in DIR.

    No text is read or hashed again; every removal is verified as before.

    [dim]Example:[/] workbench rethreshold deduped --threshold 0.9 --out stricter
    """
    from workbench.engines import LocalEngine
    from workbench.pipeline.dedupe.rethreshold import rethreshold as decide_anew

    require([directory], what="an output directory of `workbench dedupe`")

    def work(place: Path, progress: Progress) -> None:
        decide_anew(
            directory, threshold=threshold, out=place, engine=LocalEngine(threads=threads), progress=progress
        )

    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="rethreshold", inputs=[directory], options=threshold, page=_page, face=face)


def _page(summary: dict[str, Any], out: Path) -> str:
    lines = [
        f"threshold {summary['threshold']}: [bold]{summary['kept']}[/] kept, {summary['dropped']} dropped"
    ]
    lines += [f"  {count:>6}  {escape(reason)}" for reason, count in sorted(summary["reasons"].items())]
    return "\n".join([*lines, *onward(out)])
