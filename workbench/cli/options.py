"""Options that several verbs share, so that each is spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Data = Annotated[
    str,
    typer.Argument(
        help="Output directory of `convert`, `curate` or a run; a JSONL, JSON, CSV or Parquet file; a saved "
        "`datasets` folder; a hub id.",
        metavar="DATA",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", "-o", help="Output directory; must be new or empty.", metavar="DIR")
]
Force = Annotated[bool, typer.Option("--force", help="Replace what stands in --out.")]
Lang = Annotated[
    Literal["en", "zh"] | None,
    typer.Option("--lang", help="Language of what is written; default: the recipe's, else English."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes at work; default: one a core.")
]
Base = Annotated[str, typer.Option("--base", help="Base model: a folder or a hub id.", metavar="MODEL")]
Graders = Annotated[
    list[str] | None,
    typer.Option(
        "--grader",
        help="A model in a grader's place: grounding=hf:MODEL, harm=hf:MODEL#LABEL, harm=judge:BACKEND; "
        "rules=judge:BACKEND decides the rules of contracts that no program does.",
        metavar="NAME=WHAT",
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything random.")]
