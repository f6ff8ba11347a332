"""`workbench bless`: a run's verdicts as a small file to commit, for later runs to be held against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.hint import command, shown
from workbench.cli.produce import Face, refuse_taken, screen_for

if TYPE_CHECKING:
    from workbench.gate import Baseline


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("bless")(bless)


def bless(
    run: Annotated[
        Path, typer.Argument(help="Run directory, or the output directory of `eval`.", metavar="RUN")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Baseline file; an earlier one is replaced.")
    ] = Path("baseline.json"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is no baseline.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write what each case of a run showed, with the versions it rests on, as a baseline to commit.

    `workbench gate --baseline` then fails where a case that held breaks, and refuses to compare, listing
    them, cases that are asked or judged otherwise than here. Only a whole run can be blessed.

    [dim]Example:[/] workbench bless run --out baseline.json
    """
    from workbench.gate import baseline_of, dump_baseline
    from workbench.io.rundir import write_text

    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        refuse_taken(out, force=True, inputs=[run])
        _whole(run)
        new = baseline_of(run)
        _versioned(new, run)
        old = _earlier(out, force=force)
        write_text(out, dump_baseline(new))
    summary = _summary(old, new)
    screen.show({"baseline": str(out), **summary}, _page(summary, out))


def _whole(run: Path) -> None:
    """Refuse a run that isn't complete.

    Raises:
        UndecidedError: with what is missing or was changed.
    """
    from workbench.errors import UndecidedError
    from workbench.gate.complete import completeness

    wrong = [f"{one.where}: {one.found}" for one in completeness(run) if one.verdict != "passed"]
    if wrong:
        raise UndecidedError(f"{run} isn't whole, so that nothing can be blessed; " + "; ".join(wrong))


def _versioned(new: Baseline, run: Path) -> None:
    """Refuse an evaluation that doesn't say which code judged it."""
    from workbench.errors import Finding, InputError

    if not new.graders:
        raise InputError(
            Finding(
                where=str(run),
                found="an evaluation that doesn't name the versions of its graders",
                expected="one that does, as `workbench eval` writes it since it can be blessed",
                fix="Evaluate again with this version.",
            )
        )


def _earlier(out: Path, *, force: bool) -> Baseline | None:
    """Read the baseline that will be replaced; anything else stays, unless forced."""
    from workbench.errors import Finding, OutputError, UserError
    from workbench.gate import read_baseline

    if not out.exists():
        return None
    try:
        return read_baseline(out)
    except UserError as error:
        if force and out.is_file():
            return None
        raise OutputError(
            Finding(
                where=str(out),
                found=f"something that is no baseline ({error.findings[0].found})",
                expected="a free name, or an earlier baseline",
                fix="Choose another --out, or pass --force.",
            )
        ) from error


def _summary(old: Baseline | None, new: Baseline) -> dict[str, Any]:
    from workbench.gate.baseline import mismatch, newly_broken

    same = [n for n in old.cases if not mismatch(n, old, new)] if old else []
    worse = {n: fresh for n in same if old and (fresh := newly_broken(old.cases[n], new.cases[n]))}
    better = [n for n in same if old and newly_broken(new.cases[n], old.cases[n])]
    broken = sum(bool(case.broken) and "?" not in case.broken for case in new.cases.values())
    return {
        "cases": len(new.cases),
        "held": sum(not case.broken for case in new.cases.values()),
        "broken": broken,
        "unscored": sum("?" in case.broken for case in new.cases.values()),
        "replaced": None if old is None else {"compared": len(same), "worse": worse, "better": better},
    }


def _page(summary: dict[str, Any], out: Path) -> str:
    from rich.markup import escape

    counts = f"{summary['held']} hold, {summary['broken']} break a rule, {summary['unscored']} unscored"
    lines = [f"[bold]{summary['cases']}[/] cases blessed: {counts}"]
    replaced = summary["replaced"]
    if replaced is not None:
        lines.append(
            f"against the baseline before: {len(replaced['worse'])} worse, {len(replaced['better'])} better "
            f"of {replaced['compared']} that can be compared"
        )
        lines += [f"  worse  {escape(name)}: {escape(', '.join(r))}" for name, r in replaced["worse"].items()]
    lines.append(f"commit {shown(out)}; next: {command('gate', 'RUN', '--baseline', out)}")
    return "\n".join(lines)
