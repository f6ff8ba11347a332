"""The options of a training, apart from its verb: each is one choice of the spec or one input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Base = Annotated[
    str | None,
    typer.Option("--base", help="Base model: a folder or a hub id; default: the recipe's.", metavar="MODEL"),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Output directory; must be new or empty.", metavar="DIR"),
]
Recipe = Annotated[Path | None, typer.Option("--recipe", help="Recipe whose `train` section says how.")]
Objective = Annotated[
    Literal["sft", "distill", "distill-onpolicy", "mixed"] | None,
    typer.Option(help="Copy logged answers, or follow the base under the long prompt (--templates)."),
]
Templates = Annotated[
    Path | None,
    typer.Option("--templates", help="Output directory of `convert`: the teacher's long prompts."),
]
Teacher = Annotated[
    Literal["stored", "live"] | None,
    typer.Option(help="Ask the teacher before the first step and keep its answers, or as steps need them."),
]
TeacherStore = Annotated[
    Path | None,
    typer.Option("--teacher-store", help="Folder where the teacher's answers are kept for further runs."),
]
Replay = Annotated[
    str | None,
    typer.Option("--replay", help="Rows, of any form of DATA, mixed in against forgetting (replay_share)."),
]
MaxSteps = Annotated[int | None, typer.Option(min=1, help="Steps; overrides epochs.")]
BatchSize = Annotated[int | None, typer.Option(min=1, help="Rows a batch (of each process).")]
Accumulation = Annotated[
    int | None,
    typer.Option("--grad-accumulation", min=1, help="Batches a step; the gradient is theirs together."),
]
ProbeEvery = Annotated[
    int | None,
    typer.Option(min=0, help="Every so many steps, hold validation answers against the rules (--templates)."),
]
Patience = Annotated[
    int | None,
    typer.Option(min=0, help="Stop after so many probes without a better one, and keep the best adapter."),
]
ReportTo = Annotated[
    str | None,
    typer.Option("--report-to", help="Trackers that get the log: tensorboard, wandb, trackio, with commas."),
]
LearningRate = Annotated[float | None, typer.Option(help="Peak learning rate.")]
Rank = Annotated[int | None, typer.Option("--rank", "-r", help="Rank of the adapter.")]
Alpha = Annotated[float | None, typer.Option(help="Scale of the adapter: alpha over rank.")]
Targets = Annotated[
    str | None,
    typer.Option(help="all-linear, mlp, a regular expression over names, or last names with commas."),
]
Init = Annotated[
    Literal["default", "gaussian", "orthogonal", "eva", "pissa", "loftq", "corda"] | None,
    typer.Option(help="How the adapter begins; the last three are refused, with the reason."),
]
RsLora = Annotated[bool | None, typer.Option(help="Scale by alpha over the root of the rank.")]
Dora = Annotated[bool | None, typer.Option(help="Learn magnitudes apart from directions.")]
Packing = Annotated[bool | None, typer.Option(help="Let short rows of a batch share a line.")]
Checkpointing = Annotated[bool | None, typer.Option(help="Compute activations twice and hold few of them.")]
Dtype = Annotated[
    Literal["auto", "float32", "bfloat16", "float16"] | None, typer.Option(help="Precision of the base.")
]
Quantize = Annotated[
    Literal["none", "4bit", "8bit"] | None,
    typer.Option(help="Hold the base in 4 (NF4) or 8 bits; needs the extra `quantize`."),
]
Overlong = Annotated[
    Literal["error", "drop", "split"] | None,
    typer.Option(help="Rows longer than the model takes: list and stop, drop, or keep the turns that fit."),
]
Turns = Annotated[
    Literal["all", "last", "chat"] | None,
    typer.Option(
        help="Answers that are learned: the row's, its last turn, or its prompt's earlier ones too."
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")]
Resume = Annotated[
    bool,
    typer.Option("--resume/--no-resume", help="Go on from the checkpoints of a stopped run, or begin anew."),
]
Explain = Annotated[
    bool,
    typer.Option("--explain", help="Print the plan, with what every setting does, and stop."),
]
