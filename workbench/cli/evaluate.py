"""`workbench eval`: the three arms over held-out pairs and suites."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require
from workbench.cli.screen import Screen

if TYPE_CHECKING:
    from rich.table import Table

    from workbench.evaluation import Assumed, Question
    from workbench.pipeline.stages import Subject
    from workbench.recipe import EvalStage


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("eval")(evaluate)


Templates = Annotated[
    Path, typer.Option("--templates", help="Output directory of `convert`: templates.json and contract.yaml.")
]
Adapter = Annotated[
    Path | None, typer.Option("--adapter", help="Adapter folder; without it only teacher and before.")
]
Data = Annotated[
    Path | None, typer.Option("--data", help="Output directory of `curate` (its test part), or a pairs file.")
]
Suites = Annotated[list[Path] | None, typer.Option("--suite", help="Suite file or folder; may be repeated.")]
MaxCases = Annotated[int | None, typer.Option("--max-cases", min=1, help="At most this many held-out pairs.")]
Teacher = Annotated[
    str | None,
    typer.Option(
        "--teacher", help="Another teacher than the base: openai:URL#MODEL, local:BASE, replay:FILE."
    ),
]
OneByOne = Annotated[
    bool,
    typer.Option("--sequential", help="Stop as soon as it is clear whether the adapter is worse (for CI)."),
]
PlanOnly = Annotated[
    bool, typer.Option("--plan", help="Ask no model: say what these cases can show, question by question.")
]
Differing = Annotated[
    float,
    typer.Option("--differing", min=0.01, max=1.0, help="--plan: share of cases whose verdict may change."),
]
Margin = Annotated[
    float, typer.Option("--margin", min=0.01, max=0.99, help="--plan: the loss that counts as one.")
]


def evaluate(
    base: options.Base,
    templates: Templates,
    out: options.Out,
    adapter: Adapter = None,
    data: Data = None,
    suite: Suites = None,
    max_cases: MaxCases = None,
    teacher: Teacher = None,
    sequential: OneByOne = False,
    plan: PlanOnly = False,
    differing: Differing = 0.2,
    margin: Margin = 0.10,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Ask base with long prompt, base with compact prompt, and adapter; grade rules and behaviours.

    Stopped half-way, the same command goes on. Writes completions.jsonl, grades.parquet and verdicts.json.

    [dim]Example:[/] workbench eval --base samples/base --adapter trained/adapter --templates converted
    --data curated --suite evals/grounding --out evaluated

    Add [bold]--plan[/] to see first what the cases can show; nothing is asked or written.
    """
    from workbench.backends import inputs_of
    from workbench.pipeline.stages import Subject, evaluate_into

    pairs = data / "test.parquet" if data is not None and data.is_dir() else data
    needed = [templates / "templates.json", templates / "contract.yaml", *(suite or [])]
    optional = [path for path in (pairs, adapter) if path]
    require([*needed, *optional], what="an input of eval")
    what = Subject(base=base, adapter=adapter, converted=templates, pairs=pairs, teacher=teacher)
    stage = _asked(suite or [], max_cases, sequential=sequential)
    if plan:
        _show_plan(
            what, stage, differing=differing, margin=margin, screen=Screen(quiet=quiet, as_json=as_json)
        )
        return
    inputs: list[Path | str] = [*needed, base, *optional, *inputs_of(teacher or "")]
    carry_out(
        out,
        lambda place, progress: evaluate_into(place, what, stage, progress=progress),
        verb="eval",
        inputs=inputs,
        options=[max_cases, sequential, teacher],
        page=_page,
        face=Face(force=force, quiet=quiet, as_json=as_json),
    )


def _asked(suites: list[Path], max_cases: int | None, *, sequential: bool) -> EvalStage:
    from workbench.recipe import EvalStage

    names = tuple(str(path) for path in suites)
    return EvalStage(suites=names, max_cases=max_cases, sequential=sequential)


def _page(summary: dict[str, Any], out: Path) -> str:
    arms = summary.get("arms", {})
    shares = ", ".join(f"{name} {share:.1%}" for name, share in arms.items() if share is not None)
    return (
        f"rules obeyed: [bold]{shares}[/] over {summary['cases']} cases\nnext: [bold]workbench gate {out}[/]"
    )


def _show_plan(what: Subject, stage: EvalStage, *, differing: float, margin: float, screen: Screen) -> None:
    from dataclasses import asdict

    from workbench.evaluation import Assumed
    from workbench.pipeline.stages import plan_eval

    assumed = Assumed(differing=differing, margin=margin)
    questions = plan_eval(what, stage, assumed)
    short = [one for one in questions if not one.enough]
    summary = {
        "assumed": asdict(assumed),
        "questions": [{**asdict(one), "enough": one.enough} for one in questions],
        "short": len(short),
    }
    few = f"{len(short)} of {len(questions)} have too few cases to show a loss of {margin:.0%}, or none"
    last = few if short else "every question has enough cases"
    screen.show(summary, _plan_table(questions, assumed), last)


def _plan_table(questions: list[Question], assumed: Assumed) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        caption="finds: the least loss so many clusters show · to find, rule out: the clusters for a loss of "
        f"{assumed.margin:.0%}, and for none",
        title=f"What these cases can show at {assumed.wanted:.0%} power, level {assumed.level:.0%} (Holm), "
        f"where {assumed.differing:.0%} of verdicts change",
    )
    table.add_column("question", overflow="fold", ratio=1)
    for name in ("cases", "clusters", "finds", "to find", "rule out"):
        table.add_column(name, justify="right")
    for one in questions:
        least = "none" if one.detectable is None else f"{one.detectable:.1%}"
        needs = "over a million" if one.for_margin is None else f"{one.for_margin:,}"
        table.add_row(
            escape(one.name),
            f"{one.cases:,}",
            f"{one.clusters:,}",
            least,
            needs,
            f"{one.for_equivalence:,}",
            style="" if one.enough else "yellow",
        )
    return table
