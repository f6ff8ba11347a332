"""`workbench graders`: how good the graders are, on sets that people labelled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.gradernames import named_graders
from workbench.cli.produce import Face, read_object, refuse_taken, require, screen_for
from workbench.errors import ConfigError, Finding, InputError

if TYPE_CHECKING:
    from rich.table import Table


_THEN = "hold a gate to them: `graders: {file: figures.json, min_balanced_accuracy: …}` in its policy"


def register(app: typer.Typer) -> None:
    """Add the group of verbs."""
    group = typer.Typer(no_args_is_help=True, help="Grader cards: how far each grader agrees with people.")
    group.command("list")(show)
    group.command("measure")(measure)
    app.add_typer(group, name="graders")


def show(
    write: Annotated[
        Path | None, typer.Option("--write", help="Folder to write the cards to (Markdown).", metavar="DIR")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option("--figures", help="Figures of `measure`; default: this version's own.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the graders with their measured figures; with --write, write their cards.

    [dim]Example:[/] workbench graders list --write docs/graders
    """
    from workbench.cli.screen import Screen
    from workbench.graders.cards.page import ABOUT, bundled_figures, card
    from workbench.io.rundir import write_text

    found = (
        bundled_figures() if figures is None else read_object(figures, what="figures of `graders measure`")
    )
    if write is not None:
        for name in ABOUT:
            write_text(write / f"{name}.md", card(name, found))
    Screen(as_json=as_json).show(found, _table(found["sets"]), then=_THEN)


def measure(
    data: Annotated[Path, typer.Option("--data", help="Folder (or file) of labelled sets: *.jsonl.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File for the figures (JSON).")] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Earlier figures: exit 1 where one of them fell.")
    ] = None,
    grader: options.Graders = None,
    resamples: Annotated[int, typer.Option("--resamples", min=100, help="Bootstrap resamples.")] = 1000,
    seed: options.Seed = 0,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure every grader on labelled rows: agreement, intervals, slices, and what was left out and why.

    [dim]Example:[/] workbench graders measure --data labelled --out figures.json

    A model in the place of a grader that ships, measured on the same rows:
    [bold]workbench graders measure --data labelled --grader grounding=hf:models/nli --out nli.json[/]
    """
    from workbench.graders.cards.labelled import read_labelled
    from workbench.graders.cards.measure import measure_sets
    from workbench.graders.cards.page import lowered
    from workbench.io.rundir import write_json

    named = named_graders(grader)
    require([data, *([against] if against else [])], what="labelled sets")
    if out is not None:
        refuse_taken(out, force=force, inputs=[data, against])
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        sets = [one for one in read_labelled(data) if not named or one.behaviour in named]
        missing = sorted(set(named) - {one.behaviour for one in sets})
        if missing:
            raise InputError(_nothing_of(missing, data))
        how: dict[str, Any] = {"resamples": resamples, "seed": seed, "models": _models(named)}
        found = measure_sets(sets, progress=screen.report, **how)
        if out is not None:
            write_json(out, found)
    screen.show(found, _table(found["sets"]), then=_THEN)
    if against is not None:
        fallen = lowered(read_object(against, what="figures of `graders measure`"), found)
        for line in fallen:
            typer.echo(f"lower than before: {line}", err=True)
        if fallen:
            raise typer.Exit(1)


def _nothing_of(missing: list[str], data: Path) -> Finding:
    return Finding(
        where=str(data),
        found=f"no set of {', '.join(missing)}",
        expected="labelled rows of each behaviour that --grader names",
        fix="Give other rows, or leave --grader out. See docs/graders/README.md for their form.",
    )


def _models(named: dict[str, str]) -> dict[str, Any]:
    """Open the models that are to be measured."""
    from workbench.evaluation import choose_graders
    from workbench.evaluation.chosen import BY_MODEL

    strange = {name: what for name, what in named.items() if name not in BY_MODEL or what[:3] != "hf:"}
    if strange:
        raise ConfigError(
            Finding(
                where=f"--grader {name}",
                found=repr(what),
                expected=f"hf:MODEL, for {' or '.join(BY_MODEL)}",
                fix="Judges and packages' graders are held against a person's verdicts: `eval --labels`.",
            )
            for name, what in strange.items()
        )
    graders = choose_graders(named).graders if named else {}
    return {name: graders[name] for name in named}


def _table(sets: dict[str, Any]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    names = ("balanced_accuracy", "kappa", "auroc", "auprc", "f1", "accuracy")
    for column in ("set", "grader", "n", *names, "left out"):
        table.add_column(column, justify="left" if column in {"set", "grader"} else "right", overflow="fold")
    for name, one in sets.items():
        shown = ("" if one[metric] is None else f"{one[metric]:.3f}" for metric in names)
        out = sum(one["left_out"].values())
        table.add_row(escape(name), escape(one["grader"]), str(one["n"]), *shown, str(out) if out else "")
    return table
