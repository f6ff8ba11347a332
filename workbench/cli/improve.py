"""`workbench improve`: from what an evaluation found to the next data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.attribute import Templates, Trained
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, read_object, require, work_key
from workbench.io.rundir import is_complete

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workbench.pipeline.improve.run import Improving
    from workbench.recipe import Recipe


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("improve")(improve)


Run = Annotated[
    Path,
    typer.Argument(
        help="A run (convert/, curate/ and eval/), or the output directory of `eval` alone.", metavar="RUN"
    ),
]
Inputs = Annotated[
    list[Path] | None,
    typer.Option("--inputs", help="Log of further calls, answered or not; may be repeated.", metavar="LOG"),
]
PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="An edited plan to carry out. Default: OUT/plan.yaml, if there.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Carry the plan out: make the next version.")]
Teacher = Annotated[
    str | None,
    typer.Option(
        "--teacher", help="Who answers: local:BASE, openai:URL#MODEL, replay:FILE. Default: the run's."
    ),
]
Base = Annotated[
    str | None,
    typer.Option("--base", help="Base whose tokenizer counts. Default: the run's.", metavar="MODEL"),
]
RecipeFile = Annotated[
    Path | None,
    typer.Option("--recipe", help="Recipe whose teacher and curation to use. Default: the run's."),
]
Target = Annotated[int, typer.Option("--target", min=1, help="Training rows that a rule should have.")]


def improve(
    run: Run,
    out: options.Out,
    inputs: Inputs = None,
    data: Trained = None,
    templates: Templates = None,
    plan: PlanFile = None,
    apply: Apply = False,
    teacher: Teacher = None,
    base: Base = None,
    recipe: RecipeFile = None,
    target: Target = 60,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Plan the next data set from a run: rules that want rows, rows to drop, inputs to ask the teacher.

    Writes plan.yaml to edit. With [bold]--apply[/] the teacher answers, and the next version is converted and
    curated into convert/ and curate/; its test part is the run's own, and no case of the evaluation gets in.

    [dim]Example:[/] workbench improve run --inputs further.jsonl --out next
    """
    from workbench.pipeline.attribution import Places
    from workbench.pipeline.improve.plan import PLAN, Drafting
    from workbench.pipeline.improve.run import Improving, open_plan

    places = Places.of(run, data=data, templates=templates)
    require([*(inputs or []), *([plan] if plan else []), *([recipe] if recipe else [])], what="an input")
    ready = out / PLAN
    edited = plan or (ready if apply and ready.is_file() else None)
    told = Improving(
        places=places,
        inputs=tuple(inputs or ()),
        plan=open_plan(edited) if edited else None,
        drafting=Drafting(target=target),
        recipe=_recipe(run, recipe),
        teacher=teacher,
        base=base,
        apply=apply,
    )
    face = Face(force=force, quiet=quiet, as_json=as_json)
    _carry_out(told, out, face=face, own_plan=edited == ready)


def _carry_out(told: Improving, out: Path, *, face: Face, own_plan: bool) -> None:
    """Draw or make in ``out``; a plan that lies there itself may be replaced by what comes of it."""
    from dataclasses import replace

    from workbench.pipeline.improve.run import improve_into

    read: list[Path | str] = [*told.places.inputs, *told.inputs]
    done = is_complete(out, key=work_key("improve", read, told.key))
    carry_out(
        out,
        lambda place, progress: improve_into(place, told, progress=progress),
        verb="improve",
        inputs=read,
        options=told.key,
        page=_page,
        face=replace(face, force=face.force or (own_plan and not done)),
    )


def _recipe(run: Path, given: Path | None) -> Recipe | None:
    """Take the recipe that was given, or the one the run was made by, where there is one."""
    from workbench.io.config import convert
    from workbench.recipe import Recipe, read_recipe

    if given is not None:
        return read_recipe(given)
    marker = run / "run.json"
    if not marker.is_file():
        return None
    held = read_object(marker, what="the marker of a run").get("recipe")
    found: Recipe = convert(held, Recipe, where=f"{marker} $.recipe")
    return found


def _page(summary: dict[str, Any], out: Path) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("rule", overflow="fold")
    for name in ("why", "teacher", "after", "rows", "to add", "inputs"):
        table.add_column(name, justify="left" if name == "why" else "right")
    table.add_column("", overflow="fold")
    for one in summary["plan"]["rules"]:
        rates = ("–" if one[arm] is None else f"{one[arm]:.0%}" for arm in ("teacher", "after"))
        counts = (str(one[name]) for name in ("rows", "add", "inputs"))
        table.add_row(escape(one["rule"]), one["why"], *rates, *counts, escape(one["note"]))
    shown = table if table.row_count else "no rule was lost, and none is thinly covered"
    return Group(shown, "", *_told(summary, out))


def _told(summary: dict[str, Any], out: Path) -> list[str]:
    plan, made = summary["plan"], summary.get("made")
    dropped = ", ".join(f"{count} {escape(why)}" for why, count in plan["drop"].items())
    lines = [
        f"[bold]{plan['ask']}[/] inputs to ask, [bold]{sum(plan['drop'].values())}[/] rows to drop"
        + (f" ({dropped})" if dropped else "")
    ]
    seen = plan["gathered"]
    if seen and seen["evaluated"]:
        lines.append(f"{seen['evaluated']} inputs hold a case of the evaluation and are not asked")
    if seen and seen["rejected"]:
        lines.append(f"{seen['rejected']} rows are no such call: {shown(out / 'rejects.jsonl')}")
    if made is None:
        again = command("improve", Path(summary["run"]), "--out", out, "--apply")
        return [*lines, f"next: read and edit {shown(out / 'plan.yaml')}, then {again}"]
    lines += [f"  {count:>6}  {state}" for state, count in made["inputs"].items()]
    for rule, one in made["rules"].items():
        if one["wanted"]:
            lines.append(f"{escape(rule)}: {one['rows_before']} rows before, {one['rows_now']} now")
    parts = ", ".join(f"{name} {rows}" for name, rows in made["curated"].items())
    return [
        *lines,
        f"parts: {parts}",
        f"no case of the evaluation in the {made['evaluation']['rows_checked']} rows to train on (checked)",
        f"what changed: {command('diff', Path(summary['run']) / 'curate', out / 'curate')}",
        f"next: {command('train', out / 'curate', '--base', 'MODEL', '--out', 'trained')}",
    ]
