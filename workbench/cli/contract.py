"""`workbench contract`: rules from a prompt, the prompt's parts and their cost, how good the compiler is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import contract_files, options
from workbench.cli.hint import command, shown
from workbench.cli.produce import refuse_taken
from workbench.cli.screen import Screen

if TYPE_CHECKING:
    from rich.table import Table

    from workbench.contracts import Contract


def register(app: typer.Typer) -> None:
    """Add the group of verbs."""
    group = typer.Typer(no_args_is_help=True, help="Rules from a prompt; outputs against rules.")
    group.command("infer")(infer)
    group.command("show")(show)
    contract_files.register(group)
    group.command("measure")(measure)
    app.add_typer(group, name="contract")


def infer(
    prompt: Annotated[Path, typer.Argument(help="Text file with one system prompt.", metavar="PROMPT_FILE")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Contract file to write (YAML).")] = None,
    task: Annotated[
        str | None, typer.Option("--task", help="Name of the task; default: the file's name.")
    ] = None,
    judged: Annotated[
        bool, typer.Option("--judged", help="Draft a judge's question for rules without a check.")
    ] = False,
    force: options.Force = False,
    as_json: options.Json = False,
) -> None:
    """Split a prompt into spans and rules, each with a check where a program can decide it.

    With --judged the other rules get a question for `workbench judge --contract`, to be edited by hand.

    [dim]Example:[/] workbench contract infer prompt.md --out contract.yaml
    """
    from dataclasses import replace

    from workbench.checks import dump_contract
    from workbench.checks.judged import drafted
    from workbench.convert.infer import infer as infer_prompt
    from workbench.io.rundir import write_text

    text = _prompt(prompt)
    inferred = infer_prompt(text, template_id=prompt.stem, task=task or prompt.stem)
    if judged:
        inferred = replace(inferred, contract=drafted(inferred.contract))
    if out is not None:
        refuse_taken(out, force=force, inputs=[prompt])
        write_text(out, dump_contract(inferred.contract))
    lint = command("contract", "lint", out)
    then = f"correct {shown(out)} by hand, then {lint}" if out else "--out FILE keeps it"
    table = _table(inferred.contract)
    Screen(as_json=as_json).show(_plain(inferred), table, then=then)


def show(
    prompt: Annotated[
        Path,
        typer.Argument(
            help="Text file with one system prompt, or a folder that `convert` wrote.", metavar="PROMPT_FILE"
        ),
    ],
    base: Annotated[
        str | None,
        typer.Option("--base", help="Base whose tokenizer counts; without it, estimated.", metavar="MODEL"),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Print a prompt with its parts in colour, each with its tokens and its share of the bill.

    Of a folder that `convert` wrote it is the prompt with the most calls, without what its slots held.

    [dim]Example:[/] workbench contract show prompt.md --base samples/base
    """
    from workbench.cli.spans import bill, page
    from workbench.convert.segment import segment
    from workbench.io.tokenizer import WordTokenizer, load_tokenizer

    text = _prompt(prompt)
    tokenizer = WordTokenizer() if base is None else load_tokenizer(base)
    summary = bill(text, segment(text), tokenizer.count_text, estimated=base is None)
    Screen(as_json=as_json).show(
        summary,
        *page(text, summary),
        then="[bold]workbench contract infer PROMPT_FILE --out contract.yaml[/]",
    )


def _prompt(path: Path) -> str:
    """Read a prompt, or the commonest one of a conversion.

    Raises:
        InputError: it can't be read, or is a contract, which holds none.
    """
    from workbench.checks import load_contract
    from workbench.convert import read_templates
    from workbench.convert.files import TEMPLATES
    from workbench.errors import Finding, InputError, UserError
    from workbench.io.config import read_text

    if path.name == TEMPLATES or (path / TEMPLATES).is_file():
        template = next(iter(read_templates(path)[1].values()))
        text = template.system if template.system.strip() else template.static("user")
        if text.strip():
            return text
        raise InputError(
            Finding(
                where=str(path),
                found="calls that share no prompt",
                expected="a prompt that calls share",
                fix="Save one of their prompts as text, and name that.",
            )
        )
    text = read_text(path, what="a prompt (text), or a folder that `convert` wrote")
    if path.suffix in {".yaml", ".yml"}:
        try:
            load_contract(path)
        except UserError:
            return text
        raise InputError(
            Finding(
                where=str(path),
                found="a contract, which holds no prompt",
                expected="a prompt (text), or a folder that `convert` wrote",
                fix="Name the prompt, or the folder that the contract came in.",
            )
        )
    return text


def measure(
    data: Annotated[Path, typer.Option("--data", help="Labelled prompts (JSONL).")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File for the figures (JSON).")] = None,
    as_json: options.Json = False,
) -> None:
    """Measure the compiler on prompts labelled with their instructions, verdicts or spans.

    [dim]Example:[/] workbench contract measure --data labelled.jsonl --out figures.json
    """
    from workbench.convert.measure import measure_contract, read_labelled
    from workbench.io.rundir import write_json

    figures = measure_contract(read_labelled(data))
    if out is not None:
        write_json(out, figures)
    import json

    told = json.dumps(figures, indent=2, ensure_ascii=False)
    then = f"compare {out} with the next version's" if out else "--out FILE keeps it"
    Screen(as_json=as_json).show(figures, told, then=then)


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
