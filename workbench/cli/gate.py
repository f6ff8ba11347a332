"""`workbench gate`: the verdict that CI reads from the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import options
from workbench.cli.hint import command
from workbench.cli.produce import Face, screen_for
from workbench.cli.verdict import Github, exit_code, page, tell_github, write_verdict

if TYPE_CHECKING:
    from workbench.gate import GateResult, Policy
    from workbench.wording import Lang

TITLE = "workbench gate"


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
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Baseline by `bless`: nothing it holds may break.")
    ] = None,
    graders: Annotated[
        Path | None, typer.Option("--graders", help="Figures by `graders measure --out`.", metavar="FILE")
    ] = None,
    github: Github = None,
    lang: options.Lang = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Hold a run against a policy: exit 0 passed, 1 failed, 3 undecided (too few cases, or not whole).

    Writes gate.json, junit.xml and gate.md (for a pull request) into the run.

    [dim]Example:[/] workbench gate run --policy policy.yaml
    """
    with screen_for(Face(quiet=quiet, as_json=as_json)) as screen:
        result = decide_run(run, policy, baseline=baseline, graders=graders, lang=lang)
    import msgspec

    from workbench.report.files import read_lang

    speak = lang or read_lang(run)
    told = verdict_of(run, lang=speak)
    tell_github(result, wanted=github, title=TITLE, verdict=told, file=str(policy or ""), lang=speak)
    then = _next(result, run)
    screen.show(msgspec.to_builtins(result), page(result), then=then)
    raise typer.Exit(exit_code(result))


def _next(result: GateResult, run: Path) -> str:
    """Say what to do next: where nothing can be compared with a baseline, more cases would not help."""
    bless = command("bless", run, "--out", "baseline.json")
    if result.passed:
        return f"{bless}: later runs are held against it"
    if not result.undecided:
        return f"{command('report', run)} shows the cases that broke"
    if all(one.limit.startswith("baseline.") for one in result.crossed):
        return (
            "judge both alike: [bold]workbench eval --replay[/] the blessed run with this version, and bless "
            f"that; or {bless} where the change was meant"
        )
    return "more held-out cases, or wider limits: [bold]workbench eval --plan[/] says how many"


def decide_run(
    run: Path,
    policy: Path | None,
    *,
    baseline: Path | None = None,
    graders: Path | None = None,
    lang: Lang | None = None,
) -> GateResult:
    """Decide over a run directory and write its gate.json, junit.xml and gate.md.

    gate.md speaks ``lang``, or the run's own language; what limits found stays as it was found.

    Raises:
        InputError: the run has no finished evaluation, or a file of the policy isn't there.
        ConfigError: the policy is wrong.
    """
    from workbench.gate import Policy, gate_run, read_policy
    from workbench.report.files import read_lang

    limits = _with_files(read_policy(policy) if policy else Policy(), baseline=baseline, graders=graders)
    result = gate_run(run, limits)
    speak = lang or read_lang(run)
    write_verdict(result, run, title=TITLE, verdict=verdict_of(run, lang=speak), lang=speak)
    return result


def verdict_of(run: Path, *, lang: Lang = "en") -> str:
    """Say what the evaluation found, in the sentence of its report."""
    from workbench.gate.run import evaluated_in
    from workbench.report.files import read_verdicts
    from workbench.report.words import verdict_sentence
    from workbench.wording import speaking

    found = read_verdicts(evaluated_in(run))
    with speaking(lang):
        return verdict_sentence(found.rules, found.tokens)


def _with_files(policy: Policy, *, baseline: Path | None, graders: Path | None) -> Policy:
    """Put files of the command line in the place of the policy's."""
    from msgspec.structs import replace

    from workbench.gate.policy import BaselineLimits, GraderLimits

    if baseline is not None:
        file = str(baseline)
        limits = replace(policy.baseline, file=file) if policy.baseline else BaselineLimits(file=file)
        policy = replace(policy, baseline=limits)
    if graders is not None:
        policy = replace(policy, graders=replace(policy.graders or GraderLimits(), file=str(graders)))
    return policy
