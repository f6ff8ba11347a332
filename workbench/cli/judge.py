"""`workbench judge`: a model's verdict on recorded answers, by a rubric from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.ports import Progress

ANSWERS = "answers.jsonl"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("judge")(judge)


def judge(
    evaluated: Annotated[
        Path, typer.Argument(help="Output directory of `eval`: completions and cases.", metavar="DIR")
    ],
    rubric: Annotated[Path, typer.Option("--rubric", help="Rubric (YAML): name, question, labels, passes.")],
    judge: Annotated[
        str, typer.Option("--judge", help="Who judges: openai:URL#MODEL, local:BASE or replay:FILE.")
    ],
    out: options.Out,
    prefer: Annotated[
        str | None,
        typer.Option("--prefer", help="Compare two arms instead (teacher,after), in both orders."),
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Have a model judge the answers of an evaluation by a rubric; a verdict that can't be read is unscored.

    Verdicts are bound to the rubric's labels. Several samples measure how far the judge agrees with itself;
    with --prefer each two answers are shown in both orders, and a preference that turns counts as none.

    [dim]Example:[/] workbench judge evaluated --rubric tone.yaml --judge local:MODEL --out judged
    """
    from workbench.backends import KeptBackend, inputs_of, open_backend
    from workbench.evaluation.opinions import judge_into
    from workbench.graders.judge import Judge, read_rubric

    needed = [evaluated / "completions.jsonl", evaluated / "cases.jsonl", rubric]
    require(needed, what="an evaluation and a rubric")
    asked = read_rubric(rubric)

    def work(place: Path, progress: Progress) -> None:
        opened = open_backend(judge, where="--judge")
        backend = KeptBackend(opened.backend, place / ANSWERS, identity=opened.identity)
        bound = Judge(asked, backend=backend)
        judge_into(place, evaluated, bound, prefer=prefer, by=opened.name, progress=progress)
        (place / ANSWERS).unlink(missing_ok=True)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    inputs: list[Path | str] = [*needed, *inputs_of(judge)]
    carry_out(out, work, verb="judge", inputs=inputs, options=[judge, prefer], page=_page, face=face)


def _page(summary: dict[str, Any], out: Path) -> str:
    lines = []
    for arm, counts in summary.get("arms", {}).items():
        judged = counts["pass"] + counts["fail"]
        share = f"{counts['pass'] / judged:.1%}" if judged else "none"
        lines.append(f"{arm}: [bold]{share}[/] of {judged} pass, {counts['unscored']} unscored")
    if "preferred" in summary:
        told = ", ".join(f"{name} {count}" for name, count in summary["preferred"].items())
        lines.append(f"preferred: [bold]{told}[/]")
    lines += [
        f"{name.replace('_', ' ')}: {summary[name]:.1%}"
        for name in ("self_agreement", "order_consistency")
        if summary.get(name) is not None
    ]
    lines.append(f"every verdict: {out / 'opinions.jsonl'}")
    return "\n".join(lines)
