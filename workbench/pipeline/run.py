"""The whole pipeline over one run directory: each stage whole or absent, none done twice."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

import workbench
from workbench.backends import inputs_of
from workbench.errors import Finding, OutputError
from workbench.graders.versions import grader_versions
from workbench.io.fingerprint import Unchanged, fingerprint
from workbench.io.lock import OWNER, locked
from workbench.io.places import edited, spare_inputs
from workbench.io.rundir import is_complete, output, write_json
from workbench.pipeline import stages
from workbench.ports import silent
from workbench.recipe import against, sources
from workbench.spec import spec_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from workbench.ports import Engine, Progress
    from workbench.recipe import Recipe

RUN_FILE = "run.json"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One directory of a run: its name, the key of what goes into it, and the work that fills it."""

    name: str
    key: str
    work: Callable[[Path], None]


def run(
    recipe: Recipe,
    out: Path,
    *,
    force: bool = False,
    hands: tuple[Engine, Engine] | None = None,
    progress: Progress = silent,
) -> dict[str, float]:
    """Run every stage that does not stand complete, and return the seconds of those that ran.

    ``hands`` do the tasks of the curation, those in Python and those compiled (default: this machine's
    processors); they change nothing in the result.

    Raises:
        OutputError: ``out`` holds something else, or the run of another recipe, and ``force`` isn't set; or
            another process is at work there.
        UserError: what a stage says about its input.
    """
    read = [*sources(recipe), *recipe.eval.suites, *against(recipe.curate), *_judge(recipe)]
    spare_inputs(out, [*read, recipe.base])
    still = Unchanged(read, out=out)
    key = run_key(recipe)
    _refuse_other(out, key=key, force=force)
    with locked(out):
        _refuse_other(out, key=key, force=force)  # another process may have begun meanwhile
        _claim(out, recipe, key=key, force=force)
        return _stages(plan(recipe, out, key=key, hands=hands, progress=progress), out, still, progress)


def _stages(stages: Sequence[Stage], out: Path, still: Unchanged, progress: Progress) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for stage in stages:
        place = out / stage.name
        if is_complete(place, key=stage.key):
            progress(f"{stage.name} (done before)", 1, 1)
            continue
        if changed := edited(place):
            progress(stage.name, 0, None, f"edited by hand, kept in {place}.edited: {', '.join(changed)}")
        start = time.perf_counter()
        with output(place, verb=stage.name, key=stage.key, force=True) as work, still:
            stage.work(work)
        seconds[stage.name] = round(time.perf_counter() - start, 2)
    return seconds


def run_key(recipe: Recipe) -> str:
    """Name everything that decides a run: the recipe, the content it points at, and the version."""
    inputs: list[Path | str] = [
        *sources(recipe),
        *recipe.eval.suites,
        *against(recipe.curate),
        *_judge(recipe),
        recipe.base,
    ]
    inputs += [*_of_writer(recipe), *(inputs_of(recipe.teacher.name) if recipe.teacher else [])]
    return spec_key([workbench.__version__, _portable(recipe), [fingerprint(name) for name in inputs]])


def plan(
    recipe: Recipe,
    out: Path,
    *,
    key: str,
    progress: Progress,
    hands: tuple[Engine, Engine] | None = None,
) -> list[Stage]:
    """List the stages with their keys; a stage's key holds the keys of all stages before it."""
    portable = _portable(recipe)
    read = [fingerprint(name) for name in (*sources(recipe), *_of_writer(recipe))]
    source = portable["knowledge"] if recipe.knowledge else portable["convert"]
    convert = spec_key([workbench.__version__, source, read, fingerprint(recipe.base)])
    taught = convert
    if recipe.teacher is not None:
        told = [portable["teacher"], *(fingerprint(name) for name in inputs_of(recipe.teacher.name))]
        taught = spec_key([convert, told])
    beside = [fingerprint(name) for name in (*against(recipe.curate), *_judge(recipe))]
    curate = spec_key([taught, portable["curate"], beside])
    train = spec_key([curate, portable["train"]])
    suites = [fingerprint(name) for name in recipe.eval.suites]
    evaluate = spec_key([train, portable["eval"], suites, grader_versions(), key])
    teacher = Stage(name="teacher", key=taught, work=lambda work: stages.teach(recipe, out, work, progress))
    return [
        Stage(name="convert", key=convert, work=lambda work: stages.begin(recipe, work, progress)),
        *([teacher] if recipe.teacher is not None else []),
        Stage(name="curate", key=curate, work=lambda work: stages.curate(recipe, out, work, progress, hands)),
        Stage(name="adapter", key=train, work=lambda work: stages.train(recipe, out, work, progress)),
        Stage(name="eval", key=evaluate, work=lambda work: stages.evaluate(recipe, out, work, progress)),
    ]


def _of_writer(recipe: Recipe) -> list[Path | str]:
    """Return the files behind who writes questions from documents."""
    named = recipe.knowledge.teacher if recipe.knowledge else None
    return list(inputs_of(named)) if named else []


def _judge(recipe: Recipe) -> tuple[str, ...]:
    return () if recipe.curate.judge is None else (recipe.curate.judge,)


def _portable(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe without the paths, whose content counts and not where it lies."""
    plain: dict[str, Any] = msgspec.to_builtins(recipe)
    plain.pop("base")
    plain.pop("gate")
    plain.pop("lang")
    for source, name in (("convert", "logs"), ("convert", "contracts"), ("knowledge", "docs")):
        if plain[source] is not None:
            plain[source].pop(name)
    if recipe.knowledge is None:
        plain.pop("knowledge")
    elif _of_writer(recipe):
        plain["knowledge"].pop("teacher")
    if recipe.teacher is not None and inputs_of(recipe.teacher.name):
        plain["teacher"].pop("name")
    plain["eval"].pop("suites")
    plain["curate"].pop("judge")
    for step in plain["curate"]["steps"]:
        step.pop("against", None)
    return plain


def _refuse_other(out: Path, *, key: str, force: bool) -> None:
    """Refuse a place that holds anything but this run; with ``force``, anything but a run."""
    if os.path.lexists(out) and not out.is_dir():
        raise OutputError(_occupied(out, "a file"))
    if not out.is_dir() or not _others(out):
        return
    marker = out / RUN_FILE
    try:
        held = msgspec.json.decode(marker.read_bytes()) if marker.is_file() else None
    except (OSError, msgspec.DecodeError, RecursionError):
        held = None
    if not isinstance(held, dict) or not {"key", "workbench", "recipe"} <= held.keys():
        raise OutputError(_occupied(out, "files that no run of the workbench made"))
    if held["key"] != key and not force:
        raise OutputError(
            _occupied(out, "the run of another recipe, or of other inputs", or_="pass --force to go over it")
        )


def _others(out: Path) -> bool:
    """Tell whether anything stands there but what a run that was killed at once leaves."""
    names = {path.name for path in out.iterdir()} - {OWNER}
    return any(not (name.startswith(f".{RUN_FILE}.") and name.endswith(".tmp")) for name in names)


def _claim(out: Path, recipe: Recipe, *, key: str, force: bool) -> None:
    """Say in ``out`` whose it is."""
    marker = out / RUN_FILE
    if not marker.exists() or force:
        write_json(
            marker,
            {"key": key, "workbench": workbench.__version__, "recipe": msgspec.to_builtins(recipe)},
        )


def _occupied(out: Path, found: str, *, or_: str = "remove by hand what isn't wanted there") -> Finding:
    return Finding(
        where=str(out),
        found=found,
        expected="an empty or absent directory, or this same run to go on with",
        fix=f"Choose another --out, or {or_}.",
    )
