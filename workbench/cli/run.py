"""`workbench run`: the whole pipeline from a recipe; killed and run again, it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import engineoptions, options
from workbench.cli.hint import shown
from workbench.cli.produce import Face, screen_for

if TYPE_CHECKING:
    from workbench.cli.screen import Screen
    from workbench.ports import Engine
    from workbench.recipe import Recipe


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run")(run)


def run(
    recipe: Annotated[Path, typer.Argument(help="Recipe (YAML).", metavar="RECIPE.yaml")],
    out: options.Out,
    engine: Annotated[
        Literal["local", "ray"], typer.Option("--engine", help="Who curates; the result is the same.")
    ] = "local",
    ray_address: engineoptions.RayAddress = None,
    workers: options.Workers = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Convert, curate, train, evaluate, report and gate, as a recipe says.

    Stages that stand complete are not done again. The exit code is the gate's: 0, 1 or 3.

    [dim]Example:[/] workbench run recipe.yaml --out run
    [dim]Curated on Ray:[/] workbench run recipe.yaml --engine ray --ray-address HEAD:6379 --out /shared/run
    """
    from workbench.recipe import read_recipe

    loaded = read_recipe(recipe)
    hands = engineoptions.hands(engine, workers=workers, address=ray_address)
    with screen_for(Face(quiet=quiet, as_json=as_json), lines=True) as screen:
        summary, code = run_all(loaded, out, force=force, screen=screen, hands=hands)
    screen.show(summary, summary["page"])
    raise typer.Exit(code)


def run_all(
    recipe: Recipe, out: Path, *, force: bool, screen: Screen, hands: tuple[Engine, Engine] | None = None
) -> tuple[dict[str, Any], int]:
    """Run every stage, gate and report; returns the summary and the gate's exit code.

    ``hands`` do the tasks of the curation, as in ``workbench.pipeline.run.run``.
    """
    from workbench.cli.gate import decide_run
    from workbench.cli.report import write_report
    from workbench.cli.verdict import exit_code, page
    from workbench.pipeline.run import run as run_pipeline

    seconds = run_pipeline(recipe, out, force=force, hands=hands, progress=screen.report)
    result = decide_run(out, Path(recipe.gate) if recipe.gate else None)
    report = write_report(out)
    read = shown((out / "report.html").resolve())
    text = f"{escape(report['verdict'])}\n{page(result)}\nnext: read [bold]{read}[/]"
    summary = {
        "verdict": report["verdict"],
        "passed": result.passed,
        "undecided": result.undecided,
        "seconds": seconds,
    }
    return {**summary, "report": str(out / "report.html"), "page": text}, exit_code(result)
