"""`workbench train`: pairs to a LoRA adapter whose parity is proven."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from workbench.cli import options
from workbench.cli.produce import produce, require, screen_for, work_key


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("train")(train)


def train(
    data: Annotated[
        Path, typer.Argument(help="Output directory of `curate`, or a pairs file.", metavar="DATA")
    ],
    base: options.Base,
    out: options.Out,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", help="Recipe whose `train` section says how.")
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option("--max-steps", min=1, help="Steps; overrides epochs.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", help="Peak learning rate.")
    ] = None,
    on_overlong: Annotated[
        Literal["error", "drop"] | None,
        typer.Option(
            "--on-overlong", help="Rows longer than the model takes: list them and stop, or drop them."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a LoRA adapter on compact pairs, and prove that what is on disk is what was trained.

    Stopped half-way, the same command goes on from its last checkpoint. Writes adapter/, log.jsonl, loss.svg,
    parity.json and card.md.

    [dim]Example:[/] workbench train curated --base samples/base --out trained --max-steps 150
    """
    import msgspec

    from workbench.io.frames import read_pairs
    from workbench.recipe import read_recipe
    from workbench.training import Sft
    from workbench.training import train as train_adapter

    rows = data / "train.parquet" if data.is_dir() else data
    valid = rows.with_name("valid.parquet")
    require([rows, *([recipe] if recipe else [])], what="a pairs file")
    given = {"max_steps": max_steps, "learning_rate": learning_rate, "overlong": on_overlong, "seed": seed}
    spec = msgspec.structs.replace(
        read_recipe(recipe).train if recipe else Sft(),
        **{name: value for name, value in given.items() if value is not None},
    )
    inputs = [rows, *([valid] if valid.exists() else []), base]
    with screen_for(quiet=quiet, as_json=as_json) as screen:

        def work(place: Path) -> None:
            train_adapter(
                spec,
                base=base,
                train=read_pairs(rows),
                valid=read_pairs(valid) if valid.exists() else None,
                out=place,
                progress=screen.report,
            )

        key = work_key("train", inputs, spec)
        summary = produce(out, work, verb="train", key=key, force=force, screen=screen)
    screen.show(summary, _page(summary, out, base))


def _page(summary: dict[str, Any], out: Path, base: str) -> str:
    figures = ", ".join(
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in summary.items()
        if isinstance(v, int | float)
    )
    return (
        f"adapter in [bold]{out / 'adapter'}[/] ({figures}); parity proven: {out / 'parity.json'}\n"
        f"next: [bold]workbench eval --base {base} --adapter {out / 'adapter'} --templates converted "
        "--data curated --out evaluated[/]"
    )
