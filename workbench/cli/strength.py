"""`workbench adapters strength`: the rules over an adapter's strength, from off to beyond as trained."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.adapternames import read_factor
from workbench.cli.adapterwork import DEFAULT, One, OwnBase, RegistryFile, located
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, require
from workbench.io.rundir import clear

if TYPE_CHECKING:
    from rich.console import Group

    from workbench.ports import Progress

_FIGURES = "{:.3f}"


def strength(
    adapter: One,
    templates: Annotated[Path, typer.Option("--templates", help="Output of `workbench convert`.")],
    data: Annotated[
        Path, typer.Option("--data", help="Pairs to ask; of a curated folder the validation part.")
    ],
    out: options.Out,
    scales: Annotated[
        str, typer.Option("--scales", help="Strengths with commas: 0 is the base, 1 as trained.")
    ] = "0,0.25,0.5,0.75,1,1.25,1.5",
    max_cases: Annotated[int | None, typer.Option("--max-cases", min=1, help="Ask at most so many.")] = None,
    base: OwnBase = None,
    registry: RegistryFile = DEFAULT,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Ask the same cases at several strengths of an adapter, and draw how many rules are obeyed at each.

    Writes strength.json and strength.svg. Take a strength with `merge --scale`, `export --scale`,
    `serve --scale NAME=N` or `/strength N` in `chat`.

    [dim]Example:[/] workbench adapters strength desk --templates converted --data curated --out strength
    """
    chosen = tuple(
        sorted({read_factor(text.strip(), where=f"--scales {scales}") for text in scales.split(",")})
    )
    folder, place = located(adapter, base=base, registry=registry)
    pairs = data / "valid.parquet" if data.is_dir() else data
    needed = [folder, pairs, templates / "templates.json", templates / "contract.yaml"]
    require(needed, what="an input of strength")

    def work(target: Path, progress: Progress) -> None:
        from workbench.pipeline.strength import Turned, write_strength
        from workbench.pipeline.strength import strength as draw

        what = Turned(base=place, adapter=folder, converted=templates, pairs=pairs, max_cases=max_cases)
        found = draw(what, chosen, cache=target / "answers", progress=progress)
        write_strength(found, target, name=adapter)
        clear(target / "answers")

    carry_out(
        out, work, verb="adapters strength", inputs=[place, *needed], options=[chosen, max_cases, adapter],
        page=partial(_page, name=adapter), face=Face(force=force, quiet=quiet, as_json=as_json),
    )  # fmt: skip


def _page(summary: dict[str, Any], out: Path, *, name: str) -> Group:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    points = summary["points"]
    table = Table(title=f"Rules obeyed over {summary['cases']} cases: {escape(name)}")
    for column in ("strength", "obeyed", "95 % interval", "recovery", "least obeyed rule"):
        table.add_column(column, justify="right" if column != "least obeyed rule" else "left")
    for point in points:
        judged = {rule: rate for rule, rate in point["rules"].items() if rate is not None}
        least = min(judged, key=lambda rule: (judged[rule], rule), default="")
        told = f"{escape(least)} {judged[least]:.3f}" if least else ""
        mark = " ←" if point["scale"] == summary["best"] else ""
        table.add_row(f"{point['scale']:g}{mark}", *_figure(point["obeyed"]), _shown(point["recovery"]), told)
    arms = [
        f"{label}: {_shown(summary[arm]['rate'])}"
        for arm, label in (("teacher", "base, long prompt"), ("before", "base, compact prompt"))
    ]
    then = "next: " + command("adapters", "merge", name, "--scale", f"{summary['best']:g}", "--out", "merged")
    return Group(table, "; ".join(arms), f"drawn in [bold]{shown(out / 'strength.svg')}[/]\n{then}")


def _figure(figure: dict[str, Any]) -> tuple[str, str]:
    ci = figure["ci"]
    return _shown(figure["rate"]), f"{ci[0]:.3f} to {ci[1]:.3f}" if ci else ""


def _shown(value: float | None) -> str:
    return "" if value is None else _FIGURES.format(value)
