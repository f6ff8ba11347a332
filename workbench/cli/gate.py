"""`workbench gate`: the verdict that CI reads from the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench import errors
from workbench.cli import options
from workbench.cli.produce import Face, read_object, screen_for

if TYPE_CHECKING:
    from workbench.gate import GateResult


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("gate")(gate)


def gate(
    run: Annotated[
        Path, typer.Argument(help="Run directory, or the output directory of `eval`.", metavar="RUN")
    ],
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Policy (YAML); default: the built-in limits.")
    ] = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Hold a run against a policy: exit 0 passed, 1 failed, 3 undecided (too few cases).

    Writes gate.json into the run.

    [dim]Example:[/] workbench gate run --policy policy.yaml
    """
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        result = decide_run(run, policy)
    import msgspec

    screen.show(msgspec.to_builtins(result), page(result))
    raise typer.Exit(exit_code(result))


def decide_run(run: Path, policy: Path | None) -> GateResult:
    """Decide over a run directory and write its gate.json.

    Raises:
        InputError: the run has no finished evaluation.
        ConfigError: the policy is wrong.
    """
    import msgspec

    from workbench.gate import Policy, decide, read_policy
    from workbench.io.config import convert
    from workbench.io.rundir import write_json
    from workbench.verdicts import Verdicts

    evaluated = run / "eval" if (run / "eval").is_dir() else run
    raw = read_object(evaluated / "verdicts.json", what="the verdicts of a finished evaluation")
    parity_file = evaluated / "parity.json"
    parity = read_object(parity_file, what="a parity file") if parity_file.exists() else None
    verdicts = convert(raw, Verdicts, where=str(evaluated / "verdicts.json"))
    limits = read_policy(policy) if policy else Policy()
    result = decide(verdicts, parity=parity, policy=limits, grades=evaluated / "grades.parquet")
    write_json(run / "gate.json", msgspec.to_builtins(result))
    return result


def exit_code(result: GateResult) -> int:
    """Give the exit code that DESIGN promises: a clear fail beats undecided."""
    if result.passed:
        return errors.EXIT_OK
    return errors.EXIT_UNDECIDED if result.undecided else errors.EXIT_GATE_FAILED


def page(result: GateResult) -> str:
    """Say the verdict with every crossed limit."""
    from rich.markup import escape

    word = (
        "[bold green]gate passed[/]"
        if result.passed
        else "[bold yellow]gate undecided[/]"
        if result.undecided
        else "[bold red]gate failed[/]"
    )
    crossed = [
        f"  {c.verdict:<9} {escape(str(c.limit))}: found {escape(str(c.found))} ({escape(str(c.where))})"
        for c in result.crossed
    ]
    return "\n".join([word, *crossed])
