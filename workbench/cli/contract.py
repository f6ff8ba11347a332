"""`workbench contract`: rules from a prompt, outputs against rules, and how good the compiler is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import refuse_taken, require
from workbench.cli.screen import Screen

if TYPE_CHECKING:
    from rich.table import Table

    from workbench.contracts import Contract


def register(app: typer.Typer) -> None:
    """Add the group of verbs."""
    group = typer.Typer(no_args_is_help=True, help="Rules from a prompt; outputs against rules.")
    group.command("infer")(infer)
    group.command("check")(check)
    group.command("measure")(measure)
    app.add_typer(group, name="contract")


def infer(
    prompt: Annotated[Path, typer.Argument(help="Text file with one system prompt.", metavar="PROMPT_FILE")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Contract file to write (YAML).")] = None,
    task: Annotated[
        str | None, typer.Option("--task", help="Name of the task; default: the file's name.")
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
) -> None:
    """Split a prompt into spans and rules, each with a check where a program can decide it.

    [dim]Example:[/] workbench contract infer prompt.md --out contract.yaml
    """
    from workbench.checks import dump_contract
    from workbench.convert.infer import infer as infer_prompt
    from workbench.io.config import read_text
    from workbench.io.rundir import write_text

    text = read_text(prompt, what="a prompt (text)")
    inferred = infer_prompt(text, template_id=prompt.stem, task=task or prompt.stem)
    if out is not None:
        refuse_taken(out, force=force)
        write_text(out, dump_contract(inferred.contract))
    Screen(as_json=as_json).show(_plain(inferred), _table(inferred.contract))


def check(
    data: Annotated[
        Path, typer.Argument(help="Pairs file, or output directory of `convert`.", metavar="DATA")
    ],
    contract: Annotated[Path, typer.Option("--contract", help="Contract file (YAML).")],
    as_json: options.Json = False,
) -> None:
    """Hold the outputs of a data set against a contract: for each rule, how many obey and break it.

    [dim]Example:[/] workbench contract check converted --contract converted/contract.yaml
    """
    from workbench.checks import load_contract
    from workbench.evaluation import check_outputs
    from workbench.io.frames import frame_to_pairs, read_pairs

    pairs_file = data / "pairs.parquet" if data.is_dir() else data
    require([pairs_file, contract], what="pairs and a contract")
    counts = check_outputs(load_contract(contract), frame_to_pairs(read_pairs(pairs_file)))
    Screen(as_json=as_json).show({"rules": counts}, _counts(counts))


def measure(
    data: Annotated[Path, typer.Option("--data", help="Labelled prompts (JSONL).")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File for the figures (JSON).")] = None,
    as_json: options.Json = False,
) -> None:
    """Measure the rule compiler on prompts labelled with their instructions, or with verdicts.

    [dim]Example:[/] workbench contract measure --data labelled.jsonl --out figures.json
    """
    from workbench.convert.measure import measure_contract, read_labelled
    from workbench.io.rundir import write_json

    figures = measure_contract(read_labelled(data))
    if out is not None:
        write_json(out, figures)
    import json

    Screen(as_json=as_json).show(figures, json.dumps(figures, indent=2, ensure_ascii=False))


def _plain(inferred: Any) -> dict[str, Any]:
    rules = [
        {
            "id": rule.id,
            "start": rule.source.span[0] if rule.source else None,
            "end": rule.source.span[1] if rule.source else None,
            "kind": rule.kind,
            "text": rule.text,
            "check": rule.check,
        }
        for rule in inferred.contract.rules
    ]
    return {
        "spans": [{"start": s.start, "end": s.end, "kind": s.kind} for s in inferred.spans],
        "rules": rules,
    }


def _table(contract: Contract) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{len(contract.rules)} rules", box=None, pad_edge=False)
    for column in ("rule", "kind", "check", "text"):
        table.add_column(column, overflow="fold")
    for rule in contract.rules:
        checked = (
            escape(str(rule.check["use"])) if rule.check else "[yellow]none: a program can't decide it[/]"
        )
        table.add_row(escape(rule.id), rule.kind, checked, escape(rule.text))
    return table


def _counts(counts: dict[str, dict[str, int]]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    labels = ("pass", "fail", "not_applicable", "unscored")
    for column in ("rule", *labels):
        table.add_column(column, justify="left" if column == "rule" else "right")
    for rule, row in counts.items():
        table.add_row(escape(rule), *(str(row.get(label, 0)) for label in labels))
    return table
