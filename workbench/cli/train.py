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
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Output directory; must be new or empty.", metavar="DIR"),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", help="Recipe whose `train` section says how.")
    ] = None,
    objective: Annotated[
        Literal["sft", "distill", "distill-onpolicy", "mixed"] | None,
        typer.Option(help="Copy logged answers, or follow the base under the long prompt (--templates)."),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option("--templates", help="Output directory of `convert`: the teacher's long prompts."),
    ] = None,
    teacher_store: Annotated[
        Path | None,
        typer.Option("--teacher-store", help="Folder where the teacher's answers are kept for further runs."),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option("--replay", help="Pairs file mixed in against forgetting (recipe: replay_share)."),
    ] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Steps; overrides epochs.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    r: Annotated[int | None, typer.Option("--rank", "-r", help="Rank of the adapter.")] = None,
    alpha: Annotated[float | None, typer.Option(help="Scale of the adapter: alpha over rank.")] = None,
    targets: Annotated[
        str | None,
        typer.Option(help="all-linear, mlp, a regular expression over names, or last names with commas."),
    ] = None,
    init: Annotated[
        Literal["default", "gaussian", "orthogonal", "eva", "pissa", "loftq", "corda"] | None,
        typer.Option(help="How the adapter begins; the last three are refused, with the reason."),
    ] = None,
    rslora: Annotated[bool | None, typer.Option(help="Scale by alpha over the root of the rank.")] = None,
    dora: Annotated[bool | None, typer.Option(help="Learn magnitudes apart from directions.")] = None,
    packing: Annotated[bool | None, typer.Option(help="Let short rows of a batch share a line.")] = None,
    gradient_checkpointing: Annotated[
        bool | None, typer.Option(help="Compute activations twice and hold few of them.")
    ] = None,
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"] | None, typer.Option(help="Precision of the base.")
    ] = None,
    quantize: Annotated[
        Literal["none", "4bit", "8bit"] | None,
        typer.Option(help="Hold the base in 4 (NF4) or 8 bits; needs the extra `quantize`."),
    ] = None,
    on_overlong: Annotated[
        Literal["error", "drop", "split"] | None,
        typer.Option(
            help="Rows longer than the model takes: list and stop, drop, or keep the turns that fit."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Print the plan, with what every setting does, and stop."),
    ] = False,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a LoRA adapter on compact pairs, and prove that what is on disk is what was trained.

    The audit runs first and refuses what can't be trained whole. Stopped half-way, the same command goes on
    from its last checkpoint. Writes adapter/, log.jsonl, loss.svg, parity.json and card.md.

    [dim]Example:[/] workbench train curated --base samples/base --out trained --max-steps 150
    """
    rows, valid = data_files(data)
    require([rows, *(path for path in (recipe, templates, replay) if path)], what="an input of train")
    spec = training_spec(
        recipe, objective=objective, max_steps=max_steps, learning_rate=learning_rate, r=r, alpha=alpha,
        targets=_names(targets), init=init, rslora=rslora, dora=dora, packing=packing,
        gradient_checkpointing=gradient_checkpointing, dtype=dtype, quantize=quantize, overlong=on_overlong,
        seed=seed,
    )  # fmt: skip
    face = Face(force=force, quiet=quiet, as_json=as_json)
    if explain:
        from workbench.cli.plan import show_plan

        show_plan(spec, base=base, rows=rows, face=face)
        return
    files = [path for path in (valid, templates, replay) if path]
    carry_out(
        _needed(out),
        partial(_work, spec, base, rows, valid, templates=templates, store=teacher_store, replay=replay),
        verb="train",
        inputs=[rows, base, *files],
        options=spec,
        page=partial(_page, base=base),
        face=face,
    )


def _work(
    spec: Sft,
    base: str,
    rows: Path,
    valid: Path | None,
    place: Path,
    progress: Progress,
    *,
    templates: Path | None,
    store: Path | None,
    replay: Path | None,
) -> None:
    from workbench.io.frames import read_pairs
    from workbench.pipeline.stages import long_prompts
    from workbench.training import Teaching
    from workbench.training import train as train_adapter

    train_adapter(
        spec,
        base=base,
        train=read_pairs(rows),
        valid=read_pairs(valid) if valid else None,
        out=place,
        teaching=Teaching(long=long_prompts(templates) if templates else None, store=store),
        replay=read_pairs(replay) if replay else None,
        progress=progress,
    )


def data_files(data: Path) -> tuple[Path, Path | None]:
    """Return the rows to train on, and those to validate on where they stand beside them."""
    rows = data / "train.parquet" if data.is_dir() else data
    valid = rows.with_name("valid.parquet")
    return rows, valid if valid.exists() else None


def training_spec(recipe: Path | None, **given: Any) -> Sft:
    """Take the recipe's training, or the default one, with what was given on the command line."""
    import msgspec

    from workbench.io.config import convert
    from workbench.recipe import read_recipe
    from workbench.training import Sft

    spec = read_recipe(recipe).train if recipe else Sft()
    changed = msgspec.structs.replace(spec, **{k: v for k, v in given.items() if v is not None})
    return convert(msgspec.to_builtins(changed), Sft, where="the options of train")


def _names(targets: str | None) -> str | tuple[str, ...] | None:
    """Take names with commas for a list; a single word for what it is: a keyword, a name or a pattern."""
    if targets is None or targets in {"all-linear", "mlp"}:
        return targets
    names = tuple(part.strip() for part in targets.split(","))
    return names if all(name.isidentifier() for name in names) else targets


def _needed(out: Path | None) -> Path:
    if out is None:
        raise typer.BadParameter("it is needed, but for --explain", param_hint="--out")
    return out


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
