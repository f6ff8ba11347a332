"""`workbench contract check|lint|diff`: contract files against data, against sense, against one another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.produce import refuse_taken, require
from workbench.cli.screen import Screen

if TYPE_CHECKING:
    from rich.table import Table

    from workbench.checks.changes import Change
    from workbench.contracts import Contract, Rule
    from workbench.io.dataset import Dataset
    from workbench.records import Pair

_YAML = {".yaml", ".yml"}
_SHOWN_PAIRS = 10


def register(group: typer.Typer) -> None:
    """Add the verbs to the group."""
    group.command("check")(check)
    group.command("lint")(lint)
    group.command("diff")(diff)


def check(
    data: Annotated[
        Path,
        typer.Argument(
            help="Pairs or chats: JSONL, JSON, CSV, Parquet, an output directory, a saved `datasets` folder.",
            metavar="DATA",
        ),
    ],
    contract: Annotated[
        Path | None,
        typer.Option(
            "--contract", help="Contract file (YAML); default: that of each task of a converted directory."
        ),
    ] = None,
    least: Annotated[
        int,
        typer.Option(
            "--least", min=1, help="Rows that have to exercise a rule for it to be learned.", metavar="N"
        ),
    ] = 20,
    as_json: options.Json = False,
) -> None:
    """Hold the outputs of a data set against a contract: rows that exercise, obey and break each rule.

    A rule that fewer than N rows exercise is warned of: it will not be learned. Of data of several tasks,
    a contract is held against the rows of its own.

    [dim]Example:[/] workbench contract check converted --least 50
    """
    from workbench.checks import load_contract
    from workbench.io.frames import frame_to_pairs

    files = [contract] if contract else _own_contracts(data)
    read = _read(data, *files)
    pairs = frame_to_pairs(read.frame)
    found = {}
    for file in files:
        loaded = load_contract(file)
        found[loaded.task] = _coverage(loaded, pairs, least) | {"rejected": len(read.rejects)}
    several = len(found) > 1
    Screen(as_json=as_json).show(
        {"tasks": found} if several else next(iter(found.values())),
        *(_covered(summary, task if several else "") for task, summary in found.items()),
        then="[bold]workbench curate DATA --out curated[/] takes out what breaks a rule",
    )


def _own_contracts(data: Path) -> list[Path]:
    """Find the contracts that `convert` wrote beside its pairs, one a task.

    Raises:
        ConfigError: there are none.
    """
    from workbench.errors import ConfigError, Finding

    files = sorted((data / "contracts").glob("*.yaml")) or [data / "contract.yaml"]
    if not files[0].is_file():
        raise ConfigError(
            Finding(
                where=f"{data}",
                found="no contract beside the pairs",
                expected="contracts/TASK.yaml or contract.yaml, as convert writes them",
                fix="Name the rules by --contract FILE.",
            )
        )
    return files


def _of_task(pairs: list[Pair], task: str) -> list[Pair]:
    """Return the rows of a task, or all where it names none of theirs."""
    return [pair for pair in pairs if pair.task == task] or pairs


def _coverage(contract: Contract, pairs: list[Pair], least: int) -> dict[str, Any]:
    from workbench.evaluation import check_outputs, coverage

    mine = _of_task(pairs, contract.task)
    rows = coverage(contract, mine, least=least)
    return {
        "rules": check_outputs(contract, mine),
        "rows": len(mine),
        "other_tasks": len(pairs) - len(mine),
        "least": least,
        "coverage": [
            {
                "id": one.rule,
                "exercised": one.exercised,
                "obeyed": one.obeyed,
                "broken": one.broken,
                "unscored": one.unscored,
                "enough": one.enough,
            }
            for one in rows
        ],
    }


def lint(
    contracts: Annotated[list[Path], typer.Argument(help="Contract files (YAML).", metavar="CONTRACT...")],
    prompt: Annotated[
        Path | None, typer.Option("--prompt", help="The prompt its spans point into: are they still there?")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 on warnings too.")] = False,
    as_json: options.Json = False,
) -> None:
    """Look through contracts edited by hand: errors, rules that exclude one another, rules without a check.

    Errors exit with 2, each with its place in the file; warnings exit with 0, or with 2 under --strict.

    [dim]Example:[/] workbench contract lint converted/contract.yaml --prompt prompt.md
    """
    from workbench.errors import ConfigError, Finding, UserError
    from workbench.io.config import read_text

    text = None if prompt is None else read_text(prompt, what="a prompt (text)")
    wrong: list[Finding] = []
    found: dict[str, dict[str, Any]] = {}
    for path in contracts:
        try:
            found[str(path)] = _linted(path, text)
        except UserError as error:
            wrong += error.findings
    if strict:
        wrong += [
            Finding(
                where=f"{path} {', '.join(one['rules'])}",
                found=one["found"],
                expected="nothing to remark",
                fix=one["fix"],
            )
            for path, summary in found.items()
            for one in summary["warnings"]
        ]
    if wrong:
        raise ConfigError(wrong)
    alone = next(iter(found.values())) if len(found) == 1 else {"contracts": found}
    said = "\n".join(_remarked(summary, Path(path)) for path, summary in found.items())
    then = "[bold]workbench contract check DATA --contract FILE[/]: is it exercised enough?"
    Screen(as_json=as_json).show(alone, said, then=then)


def _linted(path: Path, prompt: str | None) -> dict[str, Any]:
    """Read one contract and look through it.

    Raises:
        UserError: it can't be read, or a check in it is none.
    """
    from workbench.checks import load_contract
    from workbench.checks.lint import lint as find

    loaded = load_contract(path)
    remarks = find(loaded, where=str(path), prompt=prompt)
    return {
        "rules": len(loaded.rules),
        "checked": sum(rule.check is not None for rule in loaded.rules),
        "warnings": [
            {"sort": one.sort, "rules": list(one.rules), "found": one.found, "fix": one.fix}
            for one in remarks
        ],
    }


def diff(
    old: Annotated[Path, typer.Argument(help="Contract (YAML) or prompt (text) as it was.", metavar="OLD")],
    new: Annotated[Path, typer.Argument(help="Contract (YAML) or prompt (text) as it is.", metavar="NEW")],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Pairs made under OLD: which of them are invalidated?", metavar="DATA"),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option("--task", help="Task of the pairs, where DATA holds several.", metavar="NAME"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File for the invalidated pairs (JSONL).")
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
) -> None:
    """Tell what changed between two prompts or contracts, rule by rule, and which pairs that invalidates.

    A pair is invalidated where it breaks a rule that was added or changed, or says what only a removed rule
    asked for.

    [dim]Example:[/] workbench contract diff old.md new.md --data converted --out redo.jsonl
    """
    from workbench.checks.changes import contract_changes
    from workbench.errors import ConfigError, Finding
    from workbench.evaluation import invalidated

    require([old, new], what="a contract or a prompt")
    if out is not None and data is None:
        raise ConfigError(
            Finding(where="--out", found="no --data", expected="pairs to judge", fix="Name them by --data.")
        )
    before = _contract(old)
    changes = contract_changes(before, _contract(new))
    hit = invalidated(changes, _one_task(_pairs(data), before.task, named=task)) if data is not None else ()
    rows = [{"pair": one.pair, "rule": one.rule, "why": one.why, "detail": one.detail} for one in hit]
    summary: dict[str, Any] = {
        "changes": [_change(one) for one in changes if one.sort != "same"],
        "same": sum(one.sort == "same" for one in changes),
        "unjudged": [one.new.id for one in changes if _unjudged(one) and one.new],
        "invalidated": rows if data is not None else None,
        "pairs_invalidated": len({one.pair for one in hit}) if data is not None else None,
    }
    if out is not None:
        refuse_taken(out, force=force, inputs=[old, new, data])
        _written(rows, out)
    Screen(as_json=as_json).show(
        summary, _changed(summary), _touched(summary, out), then="[bold]workbench contract lint NEW[/]"
    )


def _written(rows: list[dict[str, Any]], out: Path) -> None:
    import json

    from workbench.io.rundir import write_text

    write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _one_task(pairs: list[Pair], task: str, *, named: str | None) -> list[Pair]:
    """Return the pairs that the prompt concerns: those ``named``, or else of its own ``task``.

    Raises:
        ConfigError: they are of several tasks and none of these is meant, or of none of that name.
    """
    from workbench.errors import ConfigError, Finding

    tasks = sorted({pair.task for pair in pairs})
    task = named or task
    if task not in tasks and (named or len(tasks) > 1):
        raise ConfigError(
            Finding(
                where="--data",
                found=f"pairs of {', '.join(tasks[:_SHOWN_PAIRS]) or 'no task'}",
                expected="those of the prompt's task",
                fix="Name it by --task.",
            )
        )
    return _of_task(pairs, task)


def _read(data: Path, *others: Path) -> Dataset:
    """Read pairs of any kind, the contracts ``others`` being there too."""
    from workbench.io.dataset import read_dataset

    require(list(others), what="a contract")
    return read_dataset(data)


def _pairs(data: Path) -> list[Pair]:
    """Read pairs, all of whose rows have to be some."""
    from workbench.io.frames import frame_to_pairs
    from workbench.io.parts import read_whole

    return frame_to_pairs(read_whole(data))


def _contract(path: Path) -> Contract:
    """Load a contract, or infer one from a prompt."""
    from workbench.checks import load_contract
    from workbench.convert.infer import infer_contract
    from workbench.io.config import read_text

    if path.suffix in _YAML:
        return load_contract(path)
    return infer_contract(read_text(path, what="a prompt (text)"), template_id=path.stem, task=path.stem)


def _unjudged(change: Change) -> bool:
    return change.sort in {"added", "changed"} and change.new is not None and change.new.check is None


def _change(change: Change) -> dict[str, Any]:
    return {"sort": change.sort, "old": _rule(change.old), "new": _rule(change.new)}


def _rule(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {"id": rule.id, "text": rule.text, "kind": rule.kind, "check": rule.check}


def _covered(summary: dict[str, Any], task: str = "") -> Table:
    from rich.markup import escape
    from rich.table import Table

    others = (
        f", {summary['other_tasks']} of other tasks left out" if summary["other_tasks"] and not task else ""
    )
    others += f", {summary['rejected']} rows that are no pair" if summary["rejected"] else ""
    title = f"{escape(task)}: " if task else ""
    table = Table(title=f"{title}{summary['rows']} rows{others}", box=None, pad_edge=False)
    columns = ("exercised", "obeyed", "broken", "unscored")
    for column in ("rule", *columns, ""):
        table.add_column(column, justify="right" if column in columns else "left", overflow="fold")
    for row in summary["coverage"]:
        if row["exercised"] is None:
            table.add_row(escape(row["id"]), "", "", "", "", "[yellow]no check[/]")
            continue
        few = f"[yellow]fewer than {summary['least']}: it will not be learned[/]"
        table.add_row(
            escape(row["id"]), *(str(row[column]) for column in columns), "" if row["enough"] else few
        )
    return table


def _remarked(summary: dict[str, Any], contract: Path) -> str:
    from rich.markup import escape

    head = f"{escape(str(contract))}: {summary['rules']} rules, {summary['checked']} with a check"
    lines = [
        f"[yellow]{one['sort']}[/] [bold]{escape(', '.join(one['rules']))}[/]\n  {escape(one['found'])}\n"
        f"  [dim]{escape(one['fix'])}[/]"
        for one in summary["warnings"]
    ]
    return "\n".join([head, *(lines or ["nothing to remark"])])


def _changed(summary: dict[str, Any]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=f"{summary['same']} rules as they were", box=None, pad_edge=False)
    for column in ("", "rule", "was", "is"):
        table.add_column(column, overflow="fold")
    colours = {"added": "green", "removed": "red", "changed": "yellow"}
    for one in summary["changes"]:
        rule = one["new"] or one["old"]
        table.add_row(
            f"[{colours[one['sort']]}]{one['sort']}[/]",
            escape(rule["id"]),
            *(escape(side["text"]) if side else "" for side in (one["old"], one["new"])),
        )
    return table


def _touched(summary: dict[str, Any], out: Path | None) -> str:
    from rich.markup import escape

    if summary["invalidated"] is None:
        return "Name pairs by --data to see which of them are invalidated."
    lines = [f"{summary['pairs_invalidated']} pairs invalidated"]
    if summary["unjudged"]:
        lines.append(f"no check judges {escape(', '.join(summary['unjudged']))}: a person has to look")
    if out is not None:
        return "\n".join([*lines, f"all of them: {escape(str(out))}"])
    rows = summary["invalidated"]
    lines += [escape(f"  {row['pair']} {row['why']} {row['rule']}") for row in rows[:_SHOWN_PAIRS]]
    if len(rows) > _SHOWN_PAIRS:
        lines.append(f"  and {len(rows) - _SHOWN_PAIRS} more: name a file by --out for all of them")
    return "\n".join(lines)
