"""`workbench curate`: pairs to train, valid and test parts, with a reason for every row that went."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from workbench.cli import curateoptions as given
from workbench.cli import engineoptions, options
from workbench.cli.curation import pairs_file, quotas_of, stage_of, without_contract
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, carry_out, require
from workbench.errors import Finding, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contracts import Contract
    from workbench.ports import Engine, Progress
    from workbench.recipe import CurateStage
    from workbench.signals import Tools


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("curate")(curate)


def curate(
    data: given.Data,
    out: options.Out,
    contract: given.Contract = None,
    recipe: given.RecipeFile = None,
    signals: given.Signals = None,
    list_signals: given.ListSignals = False,
    drop: given.Drop = None,
    against: given.Against = None,
    decisions: given.Decisions = None,
    rows: given.Rows = None,
    tokens: given.Tokens = None,
    quality: given.Quality = None,
    quota: given.Quotas = None,
    at_least: given.AtLeast = None,
    base: given.ScoringBase = None,
    judge: given.JudgeModel = None,
    engine: engineoptions.EngineName = "local",
    ray_address: engineoptions.RayAddress = None,
    workers: options.Workers = None,
    shard_rows: engineoptions.ShardRows = 4_096,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure pairs, filter by contract and signals, drop verified duplicates, and split without leaks.

    Writes train, valid, test, ledger (one row for every row that went) and signals (of every row) as Parquet.

    [dim]Example:[/] workbench curate converted --drop "pii > 0" --out curated
    [dim]Rows of any chat shape, as they stand:[/] workbench curate chats.jsonl --out curated
    [dim]On Ray:[/] workbench curate converted --engine ray --ray-address HEAD:6379 --out /shared/curated
    """
    del list_signals  # its callback has printed and ended
    against = _evaluations(against or ())
    require([*filter(None, (recipe, decisions)), *against], what="a file that is there")
    pairs = pairs_file(data)
    select = {"rows": rows, "tokens": tokens, "quality": quality, "quotas": quotas_of(quota, at_least)}
    asks = {"signals": signals, "base": base, "judge": judge}
    stage, base = stage_of(recipe, decisions=decisions, drop=drop, against=against, select=select, **asks)
    rules, stage = _held(pairs, contract, stage, own=recipe is None)
    hands = engineoptions.hands(engine, workers=workers, address=ray_address)
    tools = functools.partial(_tools, stage, rules, base=base, alone=contract is not None)

    def work(place: Path, progress: Progress) -> None:
        _write(pairs, stage, tools(progress), hands=hands, shard_rows=shard_rows, place=place.absolute())

    inputs = _inputs(pairs, rules, stage, (base, decisions))
    face = Face(force=force, quiet=quiet, as_json=as_json)
    carry_out(out, work, verb="curate", inputs=inputs, options=stage, page=_page, face=face)


def _evaluations(paths: Iterable[Path]) -> list[Path]:
    from workbench.io.bundled import here_or_bundled

    return [here_or_bundled(path) for path in paths]


def _inputs(
    pairs: Path, rules: Path, stage: CurateStage, further: tuple[Path | str | None, ...]
) -> list[Path | str]:
    """List what decides the result by its content."""
    inputs: list[Path | str] = [pairs, *(path for path in [rules] if path.exists())]
    inputs += [Path(name) for step in stage.steps for name in getattr(step, "against", ())]
    return inputs + [given for given in (*further, stage.judge) if given is not None]


def _tools(stage: CurateStage, rules: Path, progress: Progress, *, base: str | None, alone: bool) -> Tools:
    """Open what signals ask, with the contracts of the pairs."""
    from workbench.pipeline.asking import open_tools

    known = _contracts(rules, alone=alone)
    return open_tools(stage.signals, base=base, judge=stage.judge, contracts=known, progress=progress)


def _write(
    pairs: Path,
    stage: CurateStage,
    tools: Tools,
    *,
    hands: tuple[Engine, Engine],
    shard_rows: int,
    place: Path,
) -> None:
    from workbench.io.frames import with_examples
    from workbench.pipeline.curation import Curation, curate_files
    from workbench.pipeline.dedupe import Layout
    from workbench.pipeline.guards import enforce_on_pairs

    how = Curation(signals=stage.signals, steps=stage.steps, split=stage.split, tools=tools)
    layout, (crew, engine) = Layout(shard_rows=shard_rows), hands
    curate_files(with_examples(pairs), out=place, how=how, layout=layout, crew=crew, engine=engine)
    enforce_on_pairs(stage.guards, out=place)


def _held(pairs: Path, contract: Path | None, stage: CurateStage, *, own: bool) -> tuple[Path, CurateStage]:
    """Return the contract's file and what it is held by; refuse to filter by one that isn't there.

    With steps of our ``own``, chats that never had a contract are not filtered by any.
    """
    from workbench.io.gathered import is_pairs_file
    from workbench.steps import ContractFilter

    named, rules = contract is not None, contract or pairs.with_name("contract.yaml")
    if own and not (named or rules.is_file() or is_pairs_file(pairs)):
        stage = without_contract(stage)
    asks = any(isinstance(step, ContractFilter) and not step.contracts for step in stage.steps)
    if (named or asks) and not rules.is_file():
        raise InputError(
            Finding(
                where=str(rules),
                found="no contract beside the pairs" if not named else "no such file",
                expected="contract.yaml, as `workbench convert` writes it beside pairs.parquet",
                fix="Give it with --contract FILE, or a --recipe whose steps have no contract_filter.",
            )
        )
    return rules, stage


def _contracts(rules: Path, *, alone: bool) -> list[Contract]:
    from workbench.checks import load_contract
    from workbench.pipeline.stages import read_contracts

    if alone:
        return [load_contract(rules)]
    return read_contracts(rules.parent) if rules.exists() else []


def _page(summary: dict[str, Any], out: Path) -> str:
    from rich.markup import escape

    lines = [
        f"[bold]{summary['in']}[/] pairs in, [bold]{summary['kept']}[/] kept, {summary['dropped']} dropped"
    ]
    if summary["rejected"]:
        lines.append(f"{summary['rejected']} rows are no pair (why: {shown(out / 'rejects.jsonl')})")
    lines += [
        f"  {count:>6}  {escape(reason)}"
        for reason, count in sorted(summary["reasons"].items(), key=lambda x: (-x[1], x[0]))
    ]
    named = {**summary["rules"], **summary["filters"]}
    lines += [f"          {count:>6}  {escape(rule)}" for rule, count in named.items()]
    if not summary["kept"]:
        lines.append(
            "[yellow]nothing is left[/]: read the contract; a rule that all rows break is misread, or new"
        )
        return "\n".join(lines)
    lines += _selection(summary.get("selection"))
    if "as_they_stand" in summary:
        lines.append(
            "rows were taken as they stand; [bold]workbench convert[/] first takes long prompts out of them"
        )
    parts = summary.get("parts")
    if parts:
        lines.append("parts: " + ", ".join(f"{name} {rows}" for name, rows in parts.items()))
    lines += [
        f"why a row went: {command('explain', out, 'ID')}",
        f"next: {command('train', out, '--base', 'MODEL', '--out', 'trained')}",
    ]
    return "\n".join(lines)


def _selection(found: dict[str, Any] | None) -> list[str]:
    """Draw the curve of marginal value: how much of the table a selection of so many rows stands for."""
    from rich.markup import escape

    from workbench.corpus.cardwords import minima_words

    if not found or not found["curve"]:
        return []
    curve = found["curve"]
    bars = "".join("▁▂▃▄▅▆▇█"[min(7, int(point["covered"] * 8))] for point in curve)
    last = curve[-1]
    return [
        f"selected {found['selected']} rows, which stand for {found['covered']:.0%} of the table",
        f"curve: {bars}  {last['rows']} rows would stand for {last['covered']:.0%}",
        *(f"[yellow]too few[/]: {escape(said)}" for said in minima_words(found)),
    ]
