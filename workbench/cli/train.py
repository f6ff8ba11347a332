"""`workbench train`: pairs to a LoRA adapter whose parity is proven."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.ports import Progress
    from workbench.training import Sft


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
    max_steps: Annotated[int | None, typer.Option(min=1, help="Steps; overrides epochs.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    on_overlong: Annotated[
        Literal["error", "drop"] | None,
        typer.Option(help="Rows longer than the model takes: list them and stop, or drop them."),
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
    from workbench.io.frames import read_pairs
    from workbench.training import train as train_adapter

    rows = data / "train.parquet" if data.is_dir() else data
    valid = rows.with_name("valid.parquet")
    require([rows, *([recipe] if recipe else [])], what="a pairs file")
    spec = _spec(recipe, max_steps=max_steps, learning_rate=learning_rate, overlong=on_overlong, seed=seed)

    def work(place: Path, progress: Progress) -> None:
        held = read_pairs(valid) if valid.exists() else None
        train_adapter(spec, base=base, train=read_pairs(rows), valid=held, out=place, progress=progress)

    inputs: list[Path | str] = [rows, *([valid] if valid.exists() else []), base]
    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="train", inputs=inputs, options=spec, page=partial(_page, base=base), face=face)


def _spec(recipe: Path | None, **given: Any) -> Sft:
    """Take the recipe's training, or the default one, with what was given on the command line."""
    import msgspec

    from workbench.io.config import convert
    from workbench.recipe import read_recipe
    from workbench.training import Sft

    spec = read_recipe(recipe).train if recipe else Sft()
    changed = msgspec.structs.replace(spec, **{k: v for k, v in given.items() if v is not None})
    return convert(msgspec.to_builtins(changed), Sft, where="the options of train")


def _page(summary: dict[str, Any], out: Path, base: str) -> str:
    figures = ", ".join(
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in summary.items()
        if isinstance(v, int | float)
    )
    return (
        f"adapter in [bold]{out / 'adapter'}[/] ({figures}); parity proven: {out / 'parity.json'}\n"
        f"next: [bold]workbench eval --base {base} --adapter {out / 'adapter'} --templates CONVERTED "
        "--data CURATED --out evaluated[/]"
    )
