"""What `gate` and `check` share: the files of a verdict, what CI is told, and the exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench import errors

if TYPE_CHECKING:
    from workbench.gate import GateResult
    from workbench.wording import Lang

Github = Annotated[
    bool | None,
    typer.Option(
        "--github/--no-github",
        help="Annotations and step summary for GitHub Actions; default: where GITHUB_ACTIONS is true.",
    ),
]


def write_verdict(
    result: GateResult, place: Path, *, title: str, verdict: str = "", lang: Lang = "en"
) -> None:
    """Write gate.json, junit.xml and gate.md into ``place``; the last speaks ``lang``."""
    import msgspec

    from workbench.io.rundir import write_json, write_text
    from workbench.report.ci import gate_markdown, junit
    from workbench.wording import speaking

    write_json(place / "gate.json", msgspec.to_builtins(result))
    write_text(place / "junit.xml", junit(result, name=title))
    with speaking(lang):
        write_text(place / "gate.md", gate_markdown(result, title=title, verdict=verdict))


def tell_github(
    result: GateResult,
    *,
    wanted: bool | None,
    title: str,
    verdict: str = "",
    file: str = "",
    lang: Lang = "en",
) -> None:
    """Print annotations on stderr and add to the step summary, in GitHub Actions or where it is asked for."""
    from workbench.cli.screen import plain
    from workbench.report.ci import gate_markdown, workflow_commands
    from workbench.wording import speaking

    if not (os.environ.get("GITHUB_ACTIONS") == "true" if wanted is None else wanted):
        return
    for line in workflow_commands(result, file=file):
        sys.stderr.write(plain(line) + "\n")
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with speaking(lang), Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(gate_markdown(result, title=title, verdict=verdict) + "\n")


def exit_code(result: GateResult) -> int:
    """Give the exit code that DESIGN promises: a clear fail beats undecided."""
    if result.passed:
        return errors.EXIT_OK
    return errors.EXIT_UNDECIDED if result.undecided else errors.EXIT_GATE_FAILED


def page(result: GateResult, *, what: str = "gate") -> str:
    """Say the verdict with every crossed limit."""
    from rich.markup import escape

    from workbench.report.ci import word

    colour = {"passed": "green", "failed": "red", "undecided": "yellow"}[word(result)]
    held = len(result.checks) - len(result.crossed)
    head = f"[bold {colour}]{what} {word(result)}[/] ({held} of {len(result.checks)} limits hold)"
    crossed = [
        f"  {c.verdict:<9} {escape(str(c.limit))}: found {escape(str(c.found))} ({escape(str(c.where))})"
        for c in result.crossed
    ]
    return "\n".join([head, *crossed])
