"""The options of `workbench eval`, each spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        help="Base model: a folder or a hub id; default: the recipe's; none with --replay.",
        metavar="MODEL",
    ),
]
Recipe = Annotated[
    Path | None,
    typer.Option(
        "--recipe", help="Recipe whose `eval` section says suites and how; what is given here goes before it."
    ),
]
Templates = Annotated[
    Path | None,
    typer.Option(
        "--templates",
        help="Output directory of `convert`: templates.json and contract.yaml; of a replayed run, its own.",
    ),
]
Adapter = Annotated[
    Path | None,
    typer.Option("--adapter", help="Adapter folder or a name in adapters.json; else its default, or none."),
]
Data = Annotated[
    Path | None, typer.Option("--data", help="Output directory of `curate` (its test part), or a pairs file.")
]
Suites = Annotated[
    list[Path] | None,
    typer.Option("--suite", help="Suite file or folder (evals/… is found everywhere); repeatable."),
]
MaxCases = Annotated[int | None, typer.Option("--max-cases", min=1, help="At most this many held-out pairs.")]
SuiteCases = Annotated[
    int | None,
    typer.Option(
        "--suite-cases",
        min=2,
        help="At most this many cases of each suite: the same ones each time, languages and slices in turn.",
    ),
]
Teacher = Annotated[
    str | None,
    typer.Option(
        "--teacher", help="Another teacher than the base: openai:URL#MODEL, local:BASE, replay:FILE."
    ),
]
OneByOne = Annotated[
    bool | None,
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
Samples = Annotated[
    int | None,
    typer.Option("--samples", min=1, max=1000, help="Answers a case in each arm: pass@1 and pass^k."),
]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0.0, help="Of decoding; 0 (the default) is greedy.")
]
Noise = Annotated[
    bool | None,
    typer.Option("--noise", help="Ask every arm twice and hold it against itself: the noise floor (A/A)."),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        min=1,
        help="Prompts of a local base at a time: memory and speed, never the result; default 32.",
    ),
]
Replay = Annotated[
    Path | None,
    typer.Option(
        "--replay", help="Grade the answers of this run (or completions.jsonl) again; no model is loaded."
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        help="Directory that keeps answers and grades for other evaluations too: of the same base, say.",
        metavar="DIR",
    ),
]
PriceFile = Annotated[
    Path | None,
    typer.Option(
        "--prices",
        help="What a million tokens cost, by arm (YAML): shows what each arm cost.",
        metavar="FILE",
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", help="A person's verdicts (JSONL: case_id, arm, verdict, rule) to correct by."),
]
Cards = Annotated[
    list[str] | None,
    typer.Option(
        "--card",
        help="Correct a behaviour by its grader's card: grounding=SET; may be repeated.",
        metavar="NAME=SET",
    ),
]
Figures = Annotated[
    Path | None,
    typer.Option("--figures", help="--card: figures of `graders measure`; default: this version's own."),
]
