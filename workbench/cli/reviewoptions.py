"""The options of `workbench review`, each spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Data = Annotated[
    Path, typer.Argument(help="Pairs, or the output directory of `convert` or `eval`.", metavar="DATA")
]
Contract = Annotated[
    Path | None, typer.Option("--contract", help="Rules to check while editing; default: beside DATA.")
]
OfArm = Annotated[
    Literal["after", "before", "teacher"],
    typer.Option("--arm", help="Whose answers of an evaluation: the adapter's, or another arm's."),
]
Opinions = Annotated[
    Path | None,
    typer.Option("--opinions", help="Of `judge`: answers on which judge and graders disagree come early."),
]
StoreAt = Annotated[
    Path | None, typer.Option("--store", help="Database of decisions; default: beside DATA.", metavar="FILE")
]
Reviewer = Annotated[str, typer.Option("--reviewer", help="Your name.")]
InOrder = Annotated[
    Literal["telling", "random"],
    typer.Option("--order", help="What teaches most first, or at random (for labels that correct shares)."),
]
Language = Annotated[
    Literal["auto", "en", "zh"], typer.Option("--lang", help="Language of the page; auto: the browser's.")
]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show personal data and secrets.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")]
Export = Annotated[
    Path | None, typer.Option("--export", help="Write the decisions to FILE and end.", metavar="FILE")
]
Labels = Annotated[
    Path | None, typer.Option("--labels", help="Write verdicts on an evaluation for `eval --labels`.")
]
Labelled = Annotated[
    Path | None, typer.Option("--labelled", help="Write labelled rows for `graders measure --data`.")
]
