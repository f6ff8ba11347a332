"""`workbench check`: a data set held against a policy, for the pull requests that change it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import options
from workbench.cli.hint import command
from workbench.cli.produce import Face, screen_for
from workbench.cli.verdict import Github, exit_code, page, tell_github, write_verdict

if TYPE_CHECKING:
    from workbench.contracts import Contract
    from workbench.corpus import Leak
    from workbench.gate import GateResult
    from workbench.gate.data import DataFindings
    from workbench.gate.datapolicy import DataPolicy
    from workbench.io.dataset import Dataset
    from workbench.ports import Progress

TITLE = "workbench check"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check")(check)


def check(
    data: options.Data,
    policy: Annotated[Path, typer.Option("--policy", help="Policy for data (YAML).")],
    base: Annotated[
        str | None,
        typer.Option("--base", help="The version before, for the limits on change.", metavar="DATA"),
    ] = None,
    contract: Annotated[
        Path | None, typer.Option("--contract", help="Contract; default: the policy's, or beside the data.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Directory for gate.json, junit.xml and gate.md.")
    ] = None,
    github: Github = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Hold a data set against a policy: exit 0 passed, 1 failed, 3 undecided.

    Schema, contract, duplicates, leakage, personal data, balance, size, and change since another version.

    [dim]Example:[/] workbench check curated --policy data-policy.yaml --base main/curated
    """
    import msgspec

    from workbench.gate.data import decide_data
    from workbench.gate.datapolicy import read_data_policy

    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        limits = read_data_policy(policy)
        found = findings(data, limits, base=base, contract=contract, progress=screen.report)
        result = decide_data(found, limits)
    said = f"{found.profile.rows} rows of {data}"
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_verdict(result, out, title=TITLE, verdict=said)
    tell_github(result, wanted=github, title=TITLE, verdict=said, file=str(policy))
    screen.show(msgspec.to_builtins(result), page(result, what="check"), then=_then(result, data))
    raise typer.Exit(exit_code(result))


def _then(result: GateResult, data: str) -> str:
    if result.passed:
        return "keep the policy beside the data, and let CI run this"
    return f"look at the rows named: {command('inspect', data, '--id', 'ID')}"


def findings(
    data: str, policy: DataPolicy, *, base: str | None, contract: Path | None, progress: Progress
) -> DataFindings:
    """Measure what the policy asks about.

    Raises:
        InputError: data, evaluation data or the version before can't be read.
        ConfigError: the contract is wrong.
    """
    from workbench.corpus import difference, profile, with_signals
    from workbench.gate.data import DataFindings, columns_needed
    from workbench.io.dataset import read_dataset

    read = read_dataset(data, progress=progress)
    contracts = _contracts(read, contract or (Path(policy.contract) if policy.contract else None))
    needed = columns_needed(policy)
    before = read_dataset(base, progress=progress) if base else None
    read = with_signals(read, wanted=needed, contracts=contracts, progress=progress)
    return DataFindings(
        profile=profile(read, contracts=contracts, progress=progress),
        frame=read.frame,
        against=_against(read, policy, progress) if policy.against else None,
        change=difference(with_signals(before, wanted=needed, contracts=contracts), read) if before else None,
    )


def _contracts(read: Dataset, contract: Path | None) -> tuple[Contract, ...]:
    from workbench.checks import load_contract
    from workbench.corpus import contracts_beside

    return (load_contract(contract),) if contract else contracts_beside(read)


def _against(read: Dataset, policy: DataPolicy, progress: Progress) -> Leak:
    """Find the greatest likeness of the data, one part, with all evaluation data, another."""
    import polars as pl

    from workbench.corpus import leak
    from workbench.io.dataset import PART, read_dataset
    from workbench.io.frames import PAIR_SCHEMA

    columns = [*PAIR_SCHEMA.names(), PART]
    mine = read.frame.with_columns(pl.lit("data").alias(PART)).select(columns)
    others = [
        read_dataset(name, progress=progress).frame.with_columns(pl.lit("evaluation").alias(PART))
        for name in policy.against
    ]
    return leak(pl.concat([mine, *(other.select(columns) for other in others)]))
