"""`workbench convert`: logs to compact pairs, a contract and templates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, require_sources
from workbench.cli.sharing import sharing

if TYPE_CHECKING:
    from workbench.ports import Progress, Tokenizer
    from workbench.recipe import ConvertStage


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("convert")(convert)


Logs = Annotated[
    list[Path] | None,
    typer.Argument(help="Log files: JSONL, JSON, Parquet or CSV; default: the recipe's.", metavar="LOG..."),
]
Recipe = Annotated[
    Path | None, typer.Option("--recipe", help="Recipe whose `convert` section says logs and how.")
]
LogFormat = Annotated[
    Literal["auto", "openai", "openai_calls", "messages", "sharegpt", "alpaca", "prompt_completion"] | None,
    typer.Option("--from", help="The records' shape; `auto` (the default) looks at the content."),
]
Compact = Annotated[
    Literal["none", "tag", "short"] | None,
    typer.Option("--compact", help="What stands for the prompt: nothing, a [tag] (default), or one line."),
]
Context = Annotated[
    Literal["keep", "internalize"] | None,
    typer.Option("--context", help="`internalize` leaves retrieved passages out: learnt by heart."),
]
Base = Annotated[
    str | None,
    typer.Option("--base", help="Base whose tokenizer counts; without it, estimated.", metavar="MODEL"),
]


def convert(
    out: options.Out,
    logs: Logs = None,
    recipe: Recipe = None,
    log_format: LogFormat = None,
    compact: Compact = None,
    context: Context = None,
    base: Base = None,
    workers: options.Workers = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Take the prompts of a log apart into rules, template and slots, and write pairs without them.

    Lossless: template and slots give every original prompt back, byte for byte. Writes pairs.parquet,
    templates.json, contract.yaml and rejects.jsonl.

    [dim]Example:[/] workbench convert logs.jsonl --base samples/base --out converted
    """
    from workbench.pipeline.stages import convert_logs

    stage, base = _stage(recipe, logs, base, format=log_format, form=compact, context=context)
    named = [Path(name) for name in (*stage.logs, *stage.contracts)]
    require_sources(named, what="a log file, a saved `datasets` folder, or a hub id")
    inputs: list[Path | str] = [*named, *([base] if base else [])]

    def work(place: Path, progress: Progress) -> None:
        by = _tokenizer(base)
        convert_logs(stage, place, tokenizer=by, workers=workers, progress=progress)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="convert", inputs=inputs, options=stage.options, page=_page, face=face)


def _stage(
    recipe: Path | None, logs: list[Path] | None, base: str | None, **given: str | None
) -> tuple[ConvertStage, str | None]:
    """Take the recipe's conversion and base, or the default one, with what the command line says."""
    import msgspec

    from workbench.recipe import ConvertStage, read_recipe

    replace = msgspec.structs.replace
    if recipe is None and not logs:
        raise typer.BadParameter("it is required, unless --recipe names the logs", param_hint="LOG...")
    whole = read_recipe(recipe) if recipe else None
    stage = (whole.convert if whole else None) or ConvertStage(logs=())
    if not (logs or stage.logs):
        raise typer.BadParameter("the recipe has no logs; give them", param_hint="LOG...")
    said = {name: value for name, value in given.items() if value is not None}
    form = {name: said.pop(name) for name in ("form", "context") if name in said}
    how = replace(stage.options, **said, compact=replace(stage.options.compact, **form))
    stage = replace(stage, options=how, logs=tuple(map(str, logs)) if logs else stage.logs)
    return stage, base or (whole.base if whole else None)


def _tokenizer(base: str | None) -> Tokenizer:
    from workbench.io.tokenizer import WordTokenizer, load_tokenizer

    return load_tokenizer(base) if base else WordTokenizer()


def _page(summary: dict[str, Any], out: Path) -> str:
    head = (
        f"[bold]{summary['in']}[/] records in, [bold]{summary['pairs']}[/] pairs, "
        f"{summary['rejected']} rejected (why: {shown(out / 'rejects.jsonl')}), "
        f"{summary['templates']} templates"
    )
    lines = [head]
    tokens = summary.get("tokens")
    if tokens:
        share = tokens["saved_share"]
        estimate = "" if tokens["exact"] else "; an estimate, give --base"
        lines.append(
            f"prompt tokens a call: {tokens['original_mean']:.0f} → {tokens['compact_mean']:.0f} "
            f"([bold]{abs(share):.0%}[/] {'less' if share >= 0 else 'more'}{estimate})"
        )
    lines += sharing(
        calls=summary["pairs"],
        tasks=list(summary["tasks"].values()),
        prompts=summary["system_prompts"],
        unshared=summary["unshared"],
        folders=summary["folders"],
    )
    bare = summary.get("without_rules", [])
    if bare and summary["unshared"] < summary["pairs"]:
        names = ", ".join(escape(task) for task in bare[:3]) + (", …" if bare[3:] else "")
        lines.append(
            f"[yellow]no rule found[/] in the prompts of {names}: rules are read in English and Chinese; "
            "write others into the contract by hand"
        )
    read = shown(out / "contract.yaml")
    lines.append(f"next: read {read}, then {command('curate', out, '--out', 'curated')}")
    return "\n".join(lines)
