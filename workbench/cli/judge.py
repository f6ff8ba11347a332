"""`workbench judge`: a model's verdict on recorded answers, by a rubric from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, require
from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.ports import Backend, Progress

    Doing = Callable[[Path, Path, Backend, str, Progress], None]

ANSWERS = "answers.jsonl"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("judge")(judge)


def judge(
    evaluated: Annotated[
        Path, typer.Argument(help="Output directory of `eval`: completions and cases.", metavar="DIR")
    ],
    judge: Annotated[
        str, typer.Option("--judge", help="Who judges: openai:URL#MODEL, local:BASE or replay:FILE.")
    ],
    out: options.Out,
    rubric: Annotated[
        Path | None, typer.Option("--rubric", help="Rubric (YAML): name, question, labels, passes.")
    ] = None,
    contract: Annotated[
        Path | None, typer.Option("--contract", help="Contract whose `use: judge` rules to ask about.")
    ] = None,
    own: Annotated[
        bool, typer.Option("--own", help="Ask what cases ask a judge themselves (`llm-rubric` of an import).")
    ] = False,
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
    With --contract every rule that no program decides is asked about (`contract infer --judged` drafts them).

    [dim]Example:[/] workbench judge evaluated --rubric tone.yaml --judge local:MODEL --out judged
    """
    from workbench.backends import KeptBackend, inputs_of, open_backend

    _chosen(rubric, contract, prefer, own=own)
    asked = [path for path in (rubric, contract) if path is not None]
    needed = [evaluated / "completions.jsonl", evaluated / "cases.jsonl", *asked]
    require(needed, what="an evaluation and a rubric or contract")
    do = _own if own else _by_rules(asked[0]) if contract else _by_rubric(asked[0], prefer)

    def work(place: Path, progress: Progress) -> None:
        opened = open_backend(judge, where="--judge")
        backend = KeptBackend(opened.backend, place / ANSWERS, identity=opened.identity)
        do(place, evaluated, backend, opened.name, progress)
        (place / ANSWERS).unlink(missing_ok=True)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    inputs: list[Path | str] = [*needed, *inputs_of(judge)]
    carry_out(out, work, verb="judge", inputs=inputs, options=[judge, prefer, own], page=_page, face=face)


def _own(place: Path, evaluated: Path, backend: Backend, by: str, progress: Progress) -> None:
    from workbench.evaluation.opinions import judge_own_into

    judge_own_into(place, evaluated, backend=backend, by=by, progress=progress)


def _chosen(rubric: Path | None, contract: Path | None, prefer: str | None, *, own: bool) -> None:
    """Refuse what doesn't go together.

    Raises:
        ConfigError: none or several of rubric, contract and --own, or a preference without a rubric.
    """
    given = (rubric is not None) + (contract is not None) + own
    if given != 1 or (rubric is None and prefer is not None):
        raise ConfigError(
            Finding(
                where="--rubric, --contract, --own",
                found="--prefer without a rubric" if prefer and given == 1 else f"{given} of them",
                expected="a rubric, a contract, or --own; two arms are compared by a rubric",
                fix="Pass --rubric FILE, --contract FILE, or --own.",
            )
        )


def _by_rubric(rubric: Path, prefer: str | None) -> Doing:
    from workbench.evaluation.opinions import judge_into
    from workbench.graders.judge import Judge, read_rubric

    asked = read_rubric(rubric)

    def do(place: Path, evaluated: Path, backend: Backend, by: str, progress: Progress) -> None:
        judge_into(place, evaluated, Judge(asked, backend=backend), prefer=prefer, by=by, progress=progress)

    return do


def _by_rules(contract: Path) -> Doing:
    from workbench.checks import load_contract
    from workbench.checks.judged import questions
    from workbench.evaluation.opinions import judge_rules_into

    asked = questions(load_contract(contract))
    if not asked:
        raise ConfigError(
            Finding(
                where=str(contract),
                found="no rule with `use: judge`",
                expected="at least one rule that a judge decides",
                fix="Draft their questions: workbench contract infer PROMPT --judged",
            )
        )

    def do(place: Path, evaluated: Path, backend: Backend, by: str, progress: Progress) -> None:
        judge_rules_into(place, evaluated, asked, backend=backend, by=by, progress=progress)

    return do


def _page(summary: dict[str, Any], out: Path) -> str:
    lines = []
    for rule, found in summary.get("rules", {}).items():
        told = ", ".join(
            f"{arm} {n['pass']}/{n['pass'] + n['fail']}"
            + (f" ({n['unscored']} unscored)" if n["unscored"] else "")
            for arm, n in found["arms"].items()
        )
        lines.append(f"{escape(rule)}: kept {told}")
    for arm, counts in summary.get("arms", {}).items():
        judged = counts["pass"] + counts["fail"]
        share = f"{counts['pass'] / judged:.1%}" if judged else "none"
        lines.append(f"{escape(arm)}: [bold]{share}[/] of {judged} pass, {counts['unscored']} unscored")
    if "preferred" in summary:
        told = ", ".join(f"{escape(name)} {count}" for name, count in summary["preferred"].items())
        lines.append(f"preferred: [bold]{told}[/]")
    lines += [
        f"{name.replace('_', ' ')}: {summary[name]:.1%}"
        for name in ("self_agreement", "order_consistency")
        if summary.get(name) is not None
    ]
    lines.append(
        f"next: read {shown(out / 'opinions.jsonl')}, or {command('inspect', out / 'opinions.jsonl')}"
    )
    return "\n".join(lines)
