"""`workbench demo`: the whole pipeline for real on the bundled sample and the bundled tiny base."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import options
from workbench.cli.produce import Face, screen_for
from workbench.cli.run import run_all

if TYPE_CHECKING:
    from workbench.recipe import Recipe


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo")(demo)


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Run directory; must be new, or this demo's own.")
    ] = Path("demo"),
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer steps and cases: shows that everything runs, not how well.")
    ] = False,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run the whole pipeline on the bundled support-desk log with the bundled tiny base model.

    Nothing is downloaded. It trains and generates for real, on the CPU, in a few minutes.

    [dim]Example:[/] workbench demo --out demo
    """
    from workbench.io.bundled import bundled
    from workbench.recipe import read_recipe

    recipe = read_recipe(bundled("samples/support/recipe.yaml"))
    if quick:
        recipe = quicker(recipe)
    with screen_for(Face(quiet=quiet, as_json=as_json), lines=True) as screen:
        screen.say(
            "A support desk pays for a long system prompt on every call. Log → pairs → adapter → proof:"
        )
        summary, code = run_all(recipe, out, force=force, screen=screen)
    note = (
        "\n--quick shows that everything runs; it trains too little to pass, and exits 0 all the same"
        if quick
        else ""
    )
    screen.show(summary, summary["page"] + note)
    raise typer.Exit(0 if quick else code)


def quicker(recipe: Recipe) -> Recipe:
    """Cut a recipe down to what shows that every stage runs."""
    import msgspec

    replace = msgspec.structs.replace
    return replace(
        recipe,
        train=replace(recipe.train, max_steps=10),
        eval=replace(recipe.eval, max_cases=24, max_suite_cases=6),
    )
