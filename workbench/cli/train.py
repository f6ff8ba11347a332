"""`workbench train`: pairs to a LoRA adapter whose parity is proven."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from workbench.cli import options, tuning
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, follow, require
from workbench.training import processes

if TYPE_CHECKING:
    from workbench.ports import Progress
    from workbench.training import Sft


_MORE = (
    "[dim]Stop on the rules:[/] workbench train curated --base samples/base --templates converted "
    "--out trained --probe-every 25 --patience 3\n\n"
    "[dim]Two GPUs:[/] accelerate launch --multi_gpu --num_processes 2 -m workbench train curated "
    "--base BASE --out trained"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("train", epilog=_MORE)(train)


def train(
    data: options.Data,
    base: tuning.Base = None,
    out: tuning.Out = None,
    recipe: tuning.Recipe = None,
    objective: tuning.Objective = None,
    templates: tuning.Templates = None,
    teacher: tuning.Teacher = None,
    teacher_store: tuning.TeacherStore = None,
    replay: tuning.Replay = None,
    max_steps: tuning.MaxSteps = None,
    batch_size: tuning.BatchSize = None,
    grad_accumulation: tuning.Accumulation = None,
    learning_rate: tuning.LearningRate = None,
    r: tuning.Rank = None,
    alpha: tuning.Alpha = None,
    targets: tuning.Targets = None,
    init: tuning.Init = None,
    rslora: tuning.RsLora = None,
    dora: tuning.Dora = None,
    packing: tuning.Packing = None,
    gradient_checkpointing: tuning.Checkpointing = None,
    dtype: tuning.Dtype = None,
    quantize: tuning.Quantize = None,
    on_overlong: tuning.Overlong = None,
    turns: tuning.Turns = None,
    seed: tuning.Seed = None,
    probe_every: tuning.ProbeEvery = None,
    patience: tuning.Patience = None,
    report_to: tuning.ReportTo = None,
    resume: tuning.Resume = True,
    explain: tuning.Explain = False,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a LoRA adapter on compact pairs, and prove that what is on disk is what was trained.

    The audit runs first. Stopped half-way, the same command goes on from its last checkpoint.

    [dim]Example:[/] workbench train curated --base samples/base --out trained --max-steps 150
    """
    spec = training_spec(recipe, **_settings(locals()))
    base = base or _base(recipe)
    face = Face(force=force, quiet=quiet, as_json=as_json)
    given = Given(
        data=data, recipe=recipe, templates=templates, store=teacher_store, replay=replay, resume=resume,
        report_to=tuple(name.strip() for name in report_to.split(",")) if report_to else (),
    )  # fmt: skip
    _carry_out(spec, base, given, out=None if explain else _needed(out), face=face)


@dataclass(frozen=True, kw_only=True)
class Given:
    """The inputs of a training as they were named."""

    data: str
    recipe: Path | None
    templates: Path | None
    store: Path | None
    replay: str | None
    resume: bool
    report_to: tuple[str, ...]


def _carry_out(spec: Sft, base: str, given: Given, *, out: Path | None, face: Face) -> None:
    """Train into ``out``, or without it show the plan."""
    from workbench.io.parts import places

    at = places(given.data)
    require([path for path in (given.recipe, given.templates) if path], what="an input of train")
    if out is None:
        from workbench.cli.plan import show_plan

        show_plan(spec, base=base, data=given.data, face=face)
        return
    carry = follow if processes.rank() > 0 else carry_out
    carry(
        out,
        partial(_work, spec, base, given),
        verb="train",
        inputs=[*at.names, base, *(path for path in (given.templates, given.replay) if path)],
        options=spec,
        page=partial(_page, base=base),
        face=face,
    )


def _work(spec: Sft, base: str, given: Given, place: Path, progress: Progress) -> None:
    from workbench.io.parts import read_parts, read_whole
    from workbench.io.rundir import clear
    from workbench.pipeline.stages import long_prompts
    from workbench.training import Teaching, Watching
    from workbench.training import train as train_adapter

    if not given.resume and processes.rank() == 0:
        clear(place / "checkpoints")
    parts = read_parts(given.data, progress=progress)
    replay = read_whole(given.replay, progress=progress) if given.replay else None
    long = long_prompts(given.templates) if given.templates else None
    probe = None
    if spec.probe_every and given.templates:
        from workbench.pipeline.probes import probing

        probe = probing(spec, converted=given.templates, valid=parts.valid)
    train_adapter(
        spec,
        base=base,
        train=parts.train,
        valid=parts.valid,
        out=place,
        teaching=Teaching(long=long, store=given.store),
        replay=replay,
        watching=Watching(report_to=given.report_to, probing=probe),
        progress=progress,
    )


def training_spec(recipe: Path | None, **given: Any) -> Sft:
    """Take the recipe's training, or the default one, with what was given on the command line."""
    import msgspec

    from workbench.io.config import convert
    from workbench.recipe import read_recipe
    from workbench.training import Sft

    spec = read_recipe(recipe).train if recipe else Sft()
    changed = msgspec.structs.replace(spec, **{k: v for k, v in given.items() if v is not None})
    return convert(msgspec.to_builtins(changed), Sft, where="the options of train", options=_option)


def _option(field: str) -> str:
    """Name the option that gives a field of the training."""
    return {"r": "--rank", "overlong": "--on-overlong"}.get(field, f"--{field.replace('_', '-')}")


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """Pick the verb's options that are fields of the spec."""
    from workbench.training import Sft

    named = {**options, "targets": _names(options["targets"]), "overlong": options["on_overlong"]}
    return {name: value for name, value in named.items() if name in Sft.__struct_fields__}


def _names(targets: str | None) -> str | tuple[str, ...] | None:
    """Take names with commas for a list; a single word for what it is: a keyword, a name or a pattern."""
    if targets is None or targets in {"all-linear", "mlp"}:
        return targets
    names = tuple(part.strip() for part in targets.split(","))
    return names if all(name.isidentifier() for name in names) else targets


def _base(recipe: Path | None) -> str:
    from workbench.recipe import read_recipe

    if recipe is None:
        raise typer.BadParameter("it is required, unless --recipe names the base", param_hint="--base")
    return read_recipe(recipe).base


def _needed(out: Path | None) -> Path:
    if out is None:
        raise typer.BadParameter("it is required, unless --explain is given", param_hint="--out")
    return out


def _page(summary: dict[str, Any], out: Path, base: str) -> str:
    figures = ", ".join(
        f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
        for k, v in summary.items()
        if isinstance(v, int | float)
    )
    trained = ("--base", base, "--adapter", out / "adapter")
    onward = (*trained, "--templates", "CONVERTED", "--data", "CURATED", "--out", "evaluated")
    return (
        f"adapter in [bold]{shown(out / 'adapter')}[/] ({escape(figures)}); parity proven: "
        f"{shown(out / 'parity.json')}\nnext: {command('eval', *onward)}"
    )
