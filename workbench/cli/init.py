"""`workbench init`: three questions, and a project for the user's own log that its CI can hold."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape

from workbench.cli import options
from workbench.cli.hint import shown
from workbench.cli.produce import Face, require, screen_for

if TYPE_CHECKING:
    from workbench.pipeline.beginning import Begun


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("init")(init)


def init(
    place: Annotated[
        Path, typer.Argument(help="Directory of the project; made if absent.", metavar="[DIR]")
    ] = Path(),
    log: Annotated[
        Path | None, typer.Option("--log", help="Log of calls: JSONL, JSON, Parquet or CSV.", metavar="LOG")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", help="Base model: a folder or a hub id.", metavar="MODEL")
    ] = None,
    ci: Annotated[
        Literal["github", "gitlab", "none"] | None, typer.Option("--ci", help="Whose CI file to write.")
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy the log into DIR/data, so that CI has it too.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over files that stand there.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Ask three questions and write recipe, contract, policies and CI file for your own log.

    What isn't given by an option is asked on a terminal; elsewhere --log and --base have to be given. The log
    is read and measured, no model is loaded, and nothing is downloaded.

    [dim]Example:[/] workbench init desk --log logs.jsonl --base Qwen/Qwen3-0.6B --ci github
    """
    from workbench.pipeline.beginning import Answers, begin, write_project

    log, base, ci = _answers(log, base, ci)
    require([log], what="a log file")
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        named = f"data/{log.name}" if copy else _relative(log, place)
        begun = begin(log, Answers(log=named, base=_based(base, place), ci=ci), progress=screen.report)
        write_project(place, begun.files, copies={named: log} if copy else {}, force=force)
    summary = _summary(place, begun, log=named)
    screen.show(summary, _page(summary, place))


def _answers(
    log: Path | None, base: str | None, ci: Literal["github", "gitlab", "none"] | None
) -> tuple[Path, str, Literal["github", "gitlab", "none"]]:
    """Ask on a terminal what isn't given; elsewhere refuse, naming each option.

    Raises:
        ConfigError: no terminal, and the log or the base isn't given.
    """
    if not sys.stdin.isatty():
        _refuse_silence({"--log": log, "--base": base})
        ci = ci or "github"
    log = log or Path(typer.prompt("Where is your log of calls (JSONL, JSON, Parquet, CSV)?"))
    base = base or typer.prompt("Which base model (a folder or a hub id)?")
    while ci is None:
        given = typer.prompt("Which CI (github, gitlab, none)?", default="github")
        ci = given if given in {"github", "gitlab", "none"} else None
    return log, str(base), ci


def _refuse_silence(given: dict[str, object]) -> None:
    from workbench.errors import ConfigError, Finding

    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise ConfigError(
            Finding(
                where=name,
                found="nothing, and no terminal to ask on",
                expected="the path of your log" if name == "--log" else "a folder or a hub id",
                fix="Example: workbench init desk --log logs.jsonl --base Qwen/Qwen3-0.6B --ci github",
            )
            for name in missing
        )


def _relative(path: Path, place: Path) -> str:
    return Path(os.path.relpath(path.resolve(), place.resolve())).as_posix()


def _based(base: str, place: Path) -> str:
    """Name a folder relative to the project; a hub id names itself."""
    return _relative(Path(base), place) if Path(base).is_dir() else base


def _summary(place: Path, begun: Begun, *, log: str) -> dict[str, Any]:
    held = begun.profile.coverage
    rules = held.rules if held else ()
    return {
        "directory": str(place),
        "files": sorted(begun.files),
        "log": log,
        "log_inside": not log.startswith("../"),
        "contracts": "contract.yaml" if "contract.yaml" in begun.files else "contracts",
        "pairs": begun.profile.rows,
        "rejected": begun.rejected,
        "rules": len(rules),
        "checked": sum(rule.checked for rule in rules),
        "broken_today": {rule.id: rule.breaks for rule in rules if rule.breaks},
    }


def _page(summary: dict[str, Any], place: Path) -> str:
    head = (
        f"{summary['pairs']} pairs, {summary['rejected']} records rejected; {summary['rules']} rules found, "
        f"{summary['checked']} of them checked by a program"
    )
    lines = [
        head,
        *(f"  wrote {escape(str(place / name))}" for name in summary["files"]),
    ]
    if summary["broken_today"]:
        broken = ", ".join(f"{name} {n}" for name, n in summary["broken_today"].items())
        lines.append(f"broken by answers of the log today, and so the limit: {broken}")
    if not summary["log_inside"]:
        lines.append(
            f"[yellow]the log lies outside[/] ({escape(summary['log'])}): CI needs it inside; "
            "--copy puts it into data/"
        )
    lines.append(
        f"next: read {shown(place / summary['contracts'])} and correct it, then "
        f"[bold]sh {shown(place / 'ci.sh')}[/]"
    )
    return "\n".join(lines)
