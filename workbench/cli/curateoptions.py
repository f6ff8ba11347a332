"""The options of `workbench curate`, each spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.curation import print_signals

Data = Annotated[
    Path,
    typer.Argument(
        help="Output of `convert`, a pairs file; or chats: JSONL, JSON, CSV, Parquet, a saved `datasets` "
        "folder, a hub id.",
        metavar="DATA",
    ),
]
Contract = Annotated[
    Path | None, typer.Option("--contract", help="Contract to filter by; default: the one beside the pairs.")
]
RecipeFile = Annotated[
    Path | None, typer.Option("--recipe", help="Recipe whose `curate` section says signals and steps.")
]
Signals = Annotated[
    str | None,
    typer.Option("--signals", help="What to measure: default, none, or names separated by commas."),
]
ListSignals = Annotated[
    bool,
    typer.Option(
        "--list-signals",
        help="Print what every signal measures, and end.",
        callback=print_signals,
        is_eager=True,
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        "--drop", help='Drop rows where this SQL condition on signals holds, as "pii > 0"; repeatable.'
    ),
]
Against = Annotated[
    list[Path] | None,
    typer.Option(
        "--against",
        help="Evaluation file or folder that no row may hold a text of; repeatable.",
        metavar="EVAL",
    ),
]
Rows = Annotated[
    int | None, typer.Option("--rows", min=1, help="Keep this many rows: the best that differ most.")
]
Tokens = Annotated[
    int | None, typer.Option("--tokens", min=1, help="Keep rows of this many tokens, prompt and answer.")
]
Quality = Annotated[
    str | None,
    typer.Option("--quality", help='What a row is worth, in SQL over signals, as "1 / (1 + violations)".'),
]
Quotas = Annotated[
    list[str] | None,
    typer.Option(
        "--quota",
        help="Share of the budget that each task, template, source, lang or rule may take, as task=0.5 or "
        "lang:zh=0.3; repeatable.",
        metavar="BY=SHARE",
    ),
]
AtLeast = Annotated[
    list[str] | None,
    typer.Option(
        "--at-least",
        help="Rows that the selection shall have at least of each task, template, source, lang or rule, as "
        "rule=20 or lang:zh=100; repeatable.",
        metavar="BY=ROWS",
    ),
]
ScoringBase = Annotated[
    str | None,
    typer.Option("--base", help="Base that scores answers: perplexity and IFD.", metavar="MODEL"),
]
Decisions = Annotated[
    Path | None,
    typer.Option("--decisions", help="What people decided, from `workbench review`.", metavar="FILE"),
]
JudgeModel = Annotated[
    str | None, typer.Option("--judge", help="Model that judges answers from 0 to 1.", metavar="MODEL")
]
