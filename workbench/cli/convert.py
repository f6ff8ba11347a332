"""`workbench convert`: logs to compact pairs, a contract and templates."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.produce import Face, carry_out, require

if TYPE_CHECKING:
    from workbench.ports import Progress, Tokenizer


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("convert")(convert)


def convert(
    logs: Annotated[
        list[Path], typer.Argument(help="Log files: JSONL, JSON, Parquet or CSV.", metavar="LOG...")
    ],
    out: options.Out,
    log_format: Annotated[
        Literal["auto", "openai", "openai_calls", "messages", "sharegpt", "alpaca", "prompt_completion"],
        typer.Option("--from", help="The records' shape; `auto` looks at the content."),
    ] = "auto",
    compact: Annotated[
        Literal["none", "tag", "short"],
        typer.Option("--compact", help="What stands for the prompt: nothing, a [tag], or one line."),
    ] = "tag",
    context: Annotated[
        Literal["keep", "internalize"],
        typer.Option("--context", help="`internalize` leaves retrieved passages out: learnt by heart."),
    ] = "keep",
    base: Annotated[
        str | None,
        typer.Option("--base", help="Base whose tokenizer counts; without it, estimated.", metavar="MODEL"),
    ] = None,
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
    from workbench.convert import CompactForm, ConvertOptions
    from workbench.convert import convert as convert_logs

    require(logs, what="a log file")
    settings = ConvertOptions(format=log_format, compact=CompactForm(form=compact, context=context))
    inputs: list[Path | str] = [*logs, *([base] if base else [])]

    def work(place: Path, progress: Progress) -> None:
        by = _tokenizer(base)
        convert_logs(logs, place, options=settings, tokenizer=by, workers=workers, progress=progress)

    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="convert", inputs=inputs, options=settings, page=_page, face=face)


def _tokenizer(base: str | None) -> Tokenizer:
    from workbench.io.tokenizer import WordTokenizer, load_tokenizer

    return load_tokenizer(base) if base else WordTokenizer()


def _page(summary: dict[str, Any], out: Path) -> str:
    head = (
        f"[bold]{summary['in']}[/] records in, [bold]{summary['pairs']}[/] pairs, "
        f"{summary['rejected']} rejected (why: {_shown(out / 'rejects.jsonl')}), "
        f"{summary['templates']} templates"
    )
    lines = [head]
    tokens = summary.get("tokens")
    if tokens:
        estimate = "" if tokens["exact"] else "; an estimate, give --base"
        lines.append(
            f"prompt tokens a call: {tokens['original_mean']:.0f} → {tokens['compact_mean']:.0f} "
            f"([bold]{tokens['saved_share']:.0%}[/] less{estimate})"
        )
    read = _shown(out / "contract.yaml")
    lines.append(f"next: read {read}, then [bold]workbench curate {_shown(out)} --out curated[/]")
    return "\n".join(lines)


def _shown(path: Path) -> str:
    """Write a path so that it can be pasted into a shell, whatever is in it."""
    return escape(shlex.quote(str(path)))
