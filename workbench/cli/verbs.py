"""The list of verbs: each module adds its own; nothing heavy is imported before a verb runs."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

import workbench

VERBS = (
    "demo",
    "init",
    "run",
    "convert",
    "inspect",
    "templates",
    "compact",
    "contract",
    "dedupe",
    "rethreshold",
    "teacher",
    "knowledge",
    "curate",
    "review",
    "explain",
    "undo",
    "export",
    "diff",
    "card",
    "audit",
    "train",
    "adapters",
    "evaluate",
    "serve",
    "chat",
    "attribute",
    "improve",
    "evals",
    "judge",
    "report",
    "graders",
    "gate",
    "bless",
    "compare",
    "check",
    "schema",
    "doctor",
)

app = typer.Typer(
    name="workbench",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From a log of long-prompt LLM calls to a tuned, evaluated, gated LoRA adapter.\n\n"
    "Start with [bold]workbench demo[/]; for your own log: [bold]workbench init[/].",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(workbench.__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of a bug.")] = False,
) -> None:
    """Hold the options that stand before the verb."""
    del version, debug  # read by their callbacks and by ``run``


for _name in VERBS:
    importlib.import_module(f"workbench.cli.{_name}").register(app)
