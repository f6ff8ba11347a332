"""`workbench evals`: suites made from a contract, or from the cases of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.evalsimport import import_suite
from workbench.cli.hint import command, shown
from workbench.cli.produce import refuse_taken, require
from workbench.errors import Finding, InputError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workbench.evaluation.probes import ProbeSuite
    from workbench.records import Pair


def register(app: typer.Typer) -> None:
    """Add the group of verbs."""
    group = typer.Typer(no_args_is_help=True, help="Suites made from a contract, or from other tools' cases.")
    group.command("from-contract")(from_contract)
    group.command("import")(import_suite)
    app.add_typer(group, name="evals")


def from_contract(
    contract: Annotated[Path, typer.Argument(help="Contract file (YAML).", metavar="CONTRACT")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Suite file: .yaml, or .jsonl.")],
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", help="Held-out inputs: output of `curate` (its test part), or a pairs file."),
    ] = None,
    per_rule: Annotated[int, typer.Option("--per-rule", min=20, help="Probes of each rule.")] = 24,
    lang: Annotated[
        list[str] | None, typer.Option("--lang", help="en or zh, for built-in inputs; default: the data's.")
    ] = None,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Make a suite that probes every rule: is it kept, does a user get it broken, does it leak elsewhere.

    Inputs are those of the test part, never of training rows; built-in ones in English and Chinese fill up.
    Rules without a check are listed as not probed. The suite is one that [bold]eval --suite[/] takes.

    [dim]Example:[/] workbench evals from-contract converted/contract.yaml --pairs curated --out probes.yaml
    """
    from workbench.checks import load_contract
    from workbench.cli.screen import Screen
    from workbench.evaluation.probes import probe
    from workbench.evaluation.probes.make import Probing
    from workbench.evaluation.suites import dump_suite
    from workbench.io.rundir import write_text

    require([contract, *([pairs] if pairs else [])], what="a contract and held-out pairs")
    refuse_taken(out, force=force, inputs=[contract, pairs])
    rules = load_contract(contract)
    held, barred = _held(pairs) if pairs else ([], 0)
    suite = probe(rules, held, how=Probing(per_rule=per_rule, languages=_languages(lang, rules, held)))
    about = _about(suite, contract=str(contract), pairs=str(pairs) if pairs else None, barred=barred)
    write_text(out, dump_suite(suite.cases, about=about, name=out.name))
    screen = Screen(quiet=quiet, as_json=as_json)
    screen.show({"out": str(out), "cases": len(suite.cases), **about}, *_page(suite, about, out))


def _held(path: Path) -> tuple[list[Pair], int]:
    """Read held-out pairs; those that a training row beside them asks word for word are left out."""
    from workbench.io.frames import frame_to_pairs, read_pairs
    from workbench.io.parts import read_whole
    from workbench.pipeline.improve.sources import identity

    curated = path / "curate" if (path / "curate").is_dir() else path
    file = curated / "test.parquet" if curated.is_dir() else curated
    if curated.is_dir() and not file.is_file():
        raise InputError(
            Finding(
                where=str(path),
                found="no test.parquet",
                expected="the output of `workbench curate`, whose test part no adapter was trained on",
                fix="Curate first, or name a file of pairs that were held out.",
            )
        )
    held = frame_to_pairs(read_whole(file))
    trained: set[str] = set()
    for name in ("train", "valid"):
        beside = file.with_name(f"{name}.parquet")
        if file.name == "test.parquet" and beside.is_file():
            trained |= {identity(pair) for pair in frame_to_pairs(read_pairs(beside))}
    kept = [pair for pair in held if identity(pair) not in trained]
    return kept, len(held) - len(kept)


def _languages(told: list[str] | None, rules: Any, held: list[Pair]) -> tuple[Any, ...]:
    """Take the languages that were asked for, or those of the data (of the rules' words without data)."""
    from workbench.evaluation.probes import PROBE_LANGUAGES
    from workbench.text import has_han

    wrong = sorted(set(told or ()) - set(PROBE_LANGUAGES))
    if wrong:
        raise InputError(
            Finding(
                where=f"--lang {wrong[0]}",
                found="no language that probes are made in",
                expected=" or ".join(PROBE_LANGUAGES),
                fix="Leave --lang out to take those of your data.",
            )
        )
    if told:
        return tuple(lang for lang in PROBE_LANGUAGES if lang in told)
    texts = [pair.prompt[-1].content for pair in held] or [rule.text for rule in rules.rules]
    found = {"zh" if has_han(text) else "en" for text in texts}
    return tuple(lang for lang in PROBE_LANGUAGES if lang in found) or ("en",)


def _about(suite: ProbeSuite, *, contract: str, pairs: str | None, barred: int) -> dict[str, Any]:
    import msgspec

    return {
        "contract": contract,
        "held_out_inputs": pairs,
        "inputs_of_training_rows_left_out": barred,
        "probed": [msgspec.to_builtins(one) for one in suite.probed],
        "not_probed": [msgspec.to_builtins(one) for one in suite.not_probed],
    }


def _page(suite: ProbeSuite, about: dict[str, Any], out: Path) -> list[RenderableType]:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("rule", overflow="fold")
    for name in ("follow", "counter", "scope", "own inputs"):
        table.add_column(name, justify="right")
    table.add_column("", overflow="fold")
    for one in suite.probed:
        counts = (str(count) for count in (one.follow, one.counter, one.scope, one.own))
        table.add_row(escape(one.rule), *counts, escape(one.note))
    for left in suite.not_probed:
        table.add_row(
            escape(left.rule), "–", "–", "–", "–", f"not probed: {escape(left.why)}", style="yellow"
        )
    lines: list[RenderableType] = [table, "", f"[bold]{len(suite.cases)}[/] probes in {shown(out)}"]
    if about["inputs_of_training_rows_left_out"]:
        count = about["inputs_of_training_rows_left_out"]
        lines.append(f"{count} held-out inputs stand in training rows too and were left out")
    if about["held_out_inputs"] is None:
        lines.append("no held-out inputs were given (--pairs): all inputs are built in")
    lines.append(f"next: {command('eval', '…', '--suite', out)}")
    return lines
