"""`workbench eval`: the three arms over held-out pairs and suites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from rich.markup import escape

from workbench.cli import evaluateoptions as given
from workbench.cli import options
from workbench.cli.gradernames import named_graders, refuse_other_cards, unmeasured
from workbench.cli.hint import command
from workbench.cli.produce import Face, carry_out, read_object, require, screen_for
from workbench.cli.screen import Screen
from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import typer
    from rich.table import Table

    from workbench.evaluation import Assumed, Error, Question
    from workbench.pipeline.stages import Subject
    from workbench.recipe import EvalStage


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("eval")(evaluate)


def evaluate(
    out: options.Out,
    recipe: given.Recipe = None,
    base: given.Base = None,
    templates: given.Templates = None,
    adapter: given.Adapter = None,
    data: given.Data = None,
    suite: given.Suites = None,
    max_cases: given.MaxCases = None,
    suite_cases: given.SuiteCases = None,
    teacher: given.Teacher = None,
    samples: given.Samples = None,
    temperature: given.Temperature = None,
    noise: given.Noise = None,
    batch_size: given.BatchSize = None,
    replay: given.Replay = None,
    labels: given.Labels = None,
    card: given.Cards = None,
    figures: given.Figures = None,
    grader: options.Graders = None,
    prices: given.PriceFile = None,
    cache: given.Cache = None,
    sequential: given.OneByOne = None,
    plan: given.PlanOnly = False,
    differing: given.Differing = 0.2,
    margin: given.Margin = 0.10,
    force: options.Force = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Ask base with long prompt, base with compact prompt, and adapter; grade rules and behaviours.

    Stopped half-way, the same command goes on. Writes completions.jsonl, grades.parquet and verdicts.json.

    [dim]Example:[/] workbench eval --base samples/base --adapter trained/adapter --templates converted
    --data curated --suite evals/grounding --out evaluated

    [bold]--plan[/]: what the cases can show. [bold]--samples 4 --temperature 0.7 --noise[/]: what is noise.
    No model: [bold]workbench eval --replay evaluated --templates converted --labels mine.jsonl --out again[/]
    """
    stage, base = _asked(recipe, base, suite, temperature, prices, **_plain(locals()))
    face = Face(force=force, quiet=quiet, as_json=as_json)
    adapter = _taken(adapter, face=face) if replay is None or adapter is not None else None
    what = _subject(base, templates, replay, adapter=adapter, data=data, teacher=teacher, labels=labels)
    stage = msgspec.structs.replace(stage, graders=_graders(grader, figures, face) or stage.graders)
    what = replace(what, errors=_errors(card or [], figures, stage.graders))
    if plan:
        _show_plan(what, stage, differing=differing, margin=margin, face=face)
    else:
        _carry_out(out, what, stage, cards=[*(card or []), figures], cache=cache, face=face)


def _graders(given: list[str] | None, figures: Path | None, face: Face) -> dict[str, str]:
    """Return the graders that are named, and say which of them were never measured."""
    named = named_graders(given)
    for line in unmeasured(named, _figures(figures)) if named else ():
        screen_for(face).say(f"[yellow]{line}[/]")
    return named


def _taken(adapter: Path | None, *, face: Face) -> Path | None:
    """Return the adapter named by folder or in the registry here, or the registry's default."""
    from workbench.adapters import DEFAULT_FILE, find_adapter

    found = find_adapter(None if adapter is None else str(adapter))
    if adapter is None and found is not None:
        screen_for(face).say(f"adapter: {found}, the default of {DEFAULT_FILE} (--adapter none: the base)")
    return found


def _carry_out(
    out: Path,
    what: Subject,
    stage: EvalStage,
    *,
    cards: Sequence[Path | str | None],
    cache: Path | None,
    face: Face,
) -> None:
    from pathlib import Path

    from workbench.backends import inputs_of
    from workbench.evaluation import files_of
    from workbench.graders.versions import grader_versions
    from workbench.pipeline.stages import evaluate_into

    files = _files(what, stage)
    if cache is not None and cache.exists() and not cache.is_dir():
        fix = "Name a folder, or one that isn't there yet."
        raise ConfigError(Finding(where="--cache", found=f"the file {cache}", expected="a folder", fix=fix))
    figures = [one for one in cards if isinstance(one, Path)]
    models = [*files_of(stage.graders), *([what.base] if what.base else []), *inputs_of(what.teacher or "")]
    named = [one for one in cards if isinstance(one, str)]
    carry_out(
        out,
        lambda place, progress: evaluate_into(place, what, stage, cache=cache, progress=progress),
        verb="eval",
        inputs=[*files, *figures, *models],
        options=[
            msgspec.structs.replace(stage, suites=(), batch_size=1),
            what.teacher,
            named,
            grader_versions(),
        ],
        page=_page,
        face=face,
    )


def _files(what: Subject, stage: EvalStage) -> list[Path | str]:
    """Return the files that are read, all of them there."""
    from pathlib import Path

    files = [what.converted / "templates.json", what.converted / "contract.yaml", *map(Path, stage.suites)]
    files += [path for path in (what.pairs, what.adapter, what.replay, what.labels) if path]
    require(files, what="an input of eval")
    return [*files]


def _converted(templates: Path | None, replay: Path | None, base: str | None) -> Path:
    """Return the conversion that the prompts come from; a run that is replayed holds its own."""
    if base is None and replay is None:
        raise ConfigError(
            Finding(
                where="--base", found="nothing", expected="a base model", fix="Give --base, or --replay RUN."
            )
        )
    if templates is not None:
        return templates
    if replay is not None:
        return (replay if (replay / "convert").is_dir() else replay.parent) / "convert"
    fix = "Give the output directory of `workbench convert`."
    raise ConfigError(Finding(where="--templates", found="nothing", expected="a conversion", fix=fix))


def _subject(
    base: str | None, templates: Path | None, replay: Path | None, *, data: Path | None, **rest: Any
) -> Subject:
    from workbench.pipeline.stages import Subject

    pairs = data / "test.parquet" if data is not None and data.is_dir() else data
    converted = _converted(templates, replay, base)
    return Subject(base=base or "", converted=converted, pairs=pairs, replay=replay, **rest)


def _figures(figures: Path | None) -> dict[str, Any]:
    from workbench.graders.cards.page import bundled_figures

    return read_object(figures, what="figures of `graders measure`") if figures else bundled_figures()


def _errors(cards: list[str], figures: Path | None, named: dict[str, str]) -> dict[str, Error]:
    """Read what the named cards say of graders."""
    from workbench.evaluation import errors_of

    if not cards:
        return {}
    wrong = [one for one in cards if not all(one.partition("=")[::2])]
    if wrong:
        fix = "For example: --card grounding=begin_dev_wow"
        raise ConfigError(Finding(where="--card", found=one, expected="NAME=SET", fix=fix) for one in wrong)
    chosen = {name: found for one in cards for name, _, found in [one.partition("=")]}
    known = _figures(figures)
    refuse_other_cards(named, chosen.items(), known)
    return errors_of(chosen, known)


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Pick what was given of the verb's options that a stage has by the same name, or nearly."""
    named = ("samples", "max_cases", "noise", "batch_size", "sequential", "replay")
    return {**{name: options[name] for name in named}, "max_suite_cases": options["suite_cases"]}


def _asked(
    recipe: Path | None,
    base: str | None,
    suites: list[Path] | None,
    temperature: float | None,
    prices: Path | None,
    *,
    replay: Path | None,
    **given: Any,
) -> tuple[EvalStage, str | None]:
    """Take the recipe's evaluation and base, or the default one, with what the command line says.

    Recorded answers need no base, so that none is taken from the recipe for them.
    """
    from workbench.evaluation import read_prices
    from workbench.io.bundled import here_or_bundled
    from workbench.recipe import EvalStage, read_recipe

    whole = read_recipe(recipe) if recipe else None
    stage = whole.eval if whole else EvalStage()
    said = {name: value for name, value in given.items() if value is not None}
    if suites:
        said["suites"] = tuple(str(here_or_bundled(path)) for path in suites)
    if temperature is not None:
        said["sampling"] = msgspec.structs.replace(stage.sampling, temperature=temperature)
    if prices is not None:
        said["prices"] = read_prices(prices)
    return msgspec.structs.replace(stage, **said), base or (whole.base if whole and not replay else None)


def _page(summary: dict[str, Any], out: Path) -> str:
    from workbench.report.beside import beside

    asked = {"rules obeyed": summary["arms"], **summary["behaviours"]}
    found = {name: _shares(arms) for name, arms in asked.items()}
    lines = [f"{escape(name)}: [bold]{shares}[/]" for name, shares in found.items() if shares]
    lines.append(f"{summary['cases']:,} cases in {summary['clusters']:,} clusters, each arm the same")
    return "\n".join([*lines, *beside(summary), f"next: {command('gate', out)}"])


def _shares(arms: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {share:.1%}" for name, share in arms.items() if share is not None)


def _show_plan(what: Subject, stage: EvalStage, *, differing: float, margin: float, face: Face) -> None:
    from dataclasses import asdict

    from workbench.evaluation import Assumed
    from workbench.pipeline.stages import plan_eval

    _files(what, stage)
    assumed = Assumed(differing=differing, margin=margin)
    questions = plan_eval(what, stage, assumed)
    short = [one for one in questions if not one.enough]
    summary = {
        "assumed": asdict(assumed),
        "questions": [{**asdict(one), "enough": one.enough} for one in questions],
        "short": len(short),
    }
    few = f"{len(short)} of {len(questions)} have too few cases to show a loss of {margin:.0%}, or none"
    last = few if short else "every question has enough cases"
    screen = Screen(quiet=face.quiet, as_json=face.as_json)
    screen.show(summary, _plan_table(questions, assumed), last)


def _plan_table(questions: list[Question], assumed: Assumed) -> Table:
    from rich.table import Table

    table = Table(
        caption="finds: the least loss so many clusters show · to find, rule out: the clusters for a loss of "
        f"{assumed.margin:.0%}, and for none",
        title=f"What these cases can show at {assumed.wanted:.0%} power, level {assumed.level:.0%} (Holm), "
        f"where {assumed.differing:.0%} of verdicts change",
    )
    table.add_column("question", overflow="fold", ratio=1)
    for name in ("cases", "clusters", "finds", "to find", "rule out"):
        table.add_column(name, justify="right")
    for one in questions:
        least = "none" if one.detectable is None else f"{one.detectable:.1%}"
        needs = "over a million" if one.for_margin is None else f"{one.for_margin:,}"
        table.add_row(
            escape(one.name),
            f"{one.cases:,}",
            f"{one.clusters:,}",
            least,
            needs,
            f"{one.for_equivalence:,}",
            style="" if one.enough else "yellow",
        )
    return table
