"""`workbench eval`: the three arms over held-out pairs and suites."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("eval")(evaluate)


def evaluate(
    base: options.Base,
    templates: Annotated[
        Path,
        typer.Option("--templates", help="Output directory of `convert`: templates.json and contract.yaml."),
    ],
    out: options.Out,
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="Adapter folder; without it only teacher and before.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Output directory of `curate` (its test part), or a pairs file."),
    ] = None,
    suite: Annotated[
        list[Path] | None, typer.Option("--suite", help="Suite file or folder; may be repeated.")
    ] = None,
    max_cases: Annotated[
        int | None, typer.Option("--max-cases", min=1, help="At most this many held-out pairs.")
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Ask base with long prompt, base with compact prompt, and adapter; grade rules and behaviours.

    Stopped half-way, the same command goes on. Writes completions.jsonl, grades.parquet and verdicts.json.

    [dim]Example:[/] workbench eval --base samples/base --adapter trained/adapter --templates converted
    --data curated --suite evals/grounding --out evaluated
    """
    from workbench.pipeline.stages import Subject, evaluate_into
    from workbench.recipe import EvalStage

    suites = suite or []
    pairs = data / "test.parquet" if data is not None and data.is_dir() else data
    needed = [templates / "templates.json", templates / "contract.yaml", *suites]
    require([*needed, *([pairs] if pairs else []), *([adapter] if adapter else [])], what="an input of eval")
    what = Subject(base=base, adapter=adapter, converted=templates, pairs=pairs)
    stage = EvalStage(suites=tuple(str(path) for path in suites), max_cases=max_cases)
    inputs: list[Path | str] = [*needed, base, *([pairs] if pairs else []), *([adapter] if adapter else [])]
    carry_out(
        out,
        lambda place, progress: evaluate_into(place, what, stage, progress=progress),
        verb="eval",
        inputs=inputs,
        options=[max_cases],
        page=_page,
        face=Face(force=force, quiet=quiet, as_json=as_json),
    )


def _page(summary: dict[str, Any], out: Path) -> str:
    arms = summary.get("arms", {})
    shares = ", ".join(f"{name} {share:.1%}" for name, share in arms.items() if share is not None)
    return (
        f"rules obeyed: [bold]{shares}[/] over {summary['cases']} cases\nnext: [bold]workbench gate {out}[/]"
    )
