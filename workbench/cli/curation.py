"""Turns the options of `workbench curate` into the stage that a recipe would say."""

from __future__ import annotations

import difflib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from workbench.cli.produce import require_sources
from workbench.errors import ConfigError, Finding, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.recipe import CurateStage
    from workbench.signals import AnySignal, Judge, Likelihood
    from workbench.steps import AnyStep


def stage_of(
    recipe: Path | None,
    *,
    decisions: Path | None = None,
    signals: str | None = None,
    drop: list[str] | None = None,
    against: list[Path] | None = None,
    base: str | None = None,
    judge: str | None = None,
    select: Mapping[str, Any] | None = None,
) -> tuple[CurateStage, str | None]:
    """Take the recipe's curation, or the default one, with what the command line adds; and the scoring base.

    The base is the one given, or else the recipe's, where its signals ask for one. Filters come right behind
    the contract filter, so that a bad row is never the one kept of two duplicates; people's decisions come
    first of all, so that what they edited is what is filtered.

    Raises:
        ConfigError: an unknown signal, a signal whose model nobody names, or what the recipe says.
    """
    from workbench.io.config import convert
    from workbench.recipe import CurateStage, read_recipe
    from workbench.signals import Judge, Likelihood
    from workbench.steps import Decontaminate, DropWhere, Reviewed, Select

    whole = read_recipe(recipe) if recipe else None
    stage = whole.curate if whole else CurateStage()
    measured = list(stage.signals if signals is None else _signals(signals))
    judge = stage.judge if judge is None else judge
    for given, kind in ((base, Likelihood), (judge, Judge)):
        if given is not None and not any(isinstance(signal, kind) for signal in measured):
            measured.append(kind())
    asks = {kind: any(isinstance(signal, kind) for signal in measured) for kind in (Likelihood, Judge)}
    base = whole.base if whole and base is None and asks[Likelihood] else base
    _require_models(
        recipe, missing=[k for k, m in ((Likelihood, base), (Judge, judge)) if asks[k] and m is None]
    )
    further: list[AnyStep] = [DropWhere(where=condition) for condition in drop or ()]
    if against:
        further.append(Decontaminate(against=tuple(map(str, against))))
    said = () if decisions is None else (Reviewed(decisions=str(decisions)),)
    steps = (*said, *_inserted(stage.steps, further))
    wanted = {name: value for name, value in (select or {}).items() if value is not None}
    if wanted:
        steps = (*steps, convert(wanted, Select, where="the options of selection"))
    return msgspec.structs.replace(stage, signals=tuple(measured), judge=judge, steps=steps), base


def _require_models(recipe: Path | None, *, missing: list[type[Likelihood | Judge]]) -> None:
    """Refuse signals whose model nobody names, before anything is measured."""
    told = {
        "likelihood": ("a base model to score with", "--base MODEL, or a --recipe with a `base`"),
        "judge": ("a model that judges", "--judge MODEL, or `judge: MODEL` under `curate` of the --recipe"),
    }
    tags = [str(kind.__struct_config__.tag) for kind in missing]
    if tags:
        raise ConfigError(
            Finding(
                where=f"{recipe or '--signals'}: signal {tag!r}",
                found="no model named for it",
                expected=told[tag][0],
                fix=f"Give {told[tag][1]}; or leave the signal out.",
            )
            for tag in tags
        )


def quotas_of(most: list[str] | None, at_least: list[str] | None) -> list[dict[str, Any]] | None:
    """Read ``--quota`` (``by=share`` or ``by:value=share``) and ``--at-least`` (``by=rows`` …).

    Raises:
        ConfigError: another form.
    """
    out = [_quota("--quota", told, "most", float) for told in most or ()]
    out += [_quota("--at-least", told, "at_least", int) for told in at_least or ()]
    return out or None


def _quota(flag: str, told: str, field: str, read: Callable[[str], float]) -> dict[str, Any]:
    name, equals, number = told.rpartition("=")
    by, colon, value = name.partition(":")
    try:
        bound = read(number)
    except ValueError:
        equals, bound = "", 0
    if not equals or not by:
        what, said = (
            ("rows", "rule=20 or lang:zh=100") if read is int else ("share", "task=0.5 or lang:zh=0.3")
        )
        raise ConfigError(
            Finding(
                where=f"{flag} {told}",
                found="no such form",
                expected=f"by={what} or by:value={what}, such as {said}",
                fix="by is one of task, template, source, lang, rule.",
            )
        )
    return {"by": by, field: bound, **({"value": value} if colon else {})}


def pairs_file(data: Path) -> Path:
    """Return the pairs file that DATA means; rows that are to become pairs first are DATA itself.

    Raises:
        InputError: nothing there, or a folder without pairs.
    """
    require_sources([data], what="pairs, chats in a file, a saved `datasets` folder, or a hub id")
    if not data.is_dir():
        return data
    from workbench.io.hub import is_saved

    named = (data / "pairs.parquet", data / "convert" / "pairs.parquet")
    found = next((file for file in named if file.is_file()), data if is_saved(data) else None)
    if found is None:
        raise InputError(
            Finding(
                where=str(data),
                found="a folder without pairs.parquet",
                expected="the output directory of `workbench convert`, or a saved `datasets` folder",
                fix=f"Run: workbench convert LOG --out {shlex.quote(str(data))}",
            )
        )
    return found


def without_contract(stage: CurateStage) -> CurateStage:
    """Leave out steps that hold rows against the contract beside them."""
    from workbench.steps import ContractFilter

    stays = (one for one in stage.steps if not isinstance(one, ContractFilter) or one.contracts)
    return msgspec.structs.replace(stage, steps=tuple(stays))


def _inserted(steps: tuple[AnyStep, ...], further: list[AnyStep]) -> tuple[AnyStep, ...]:
    from workbench.steps import ContractFilter

    filters = [at for at, step in enumerate(steps) if isinstance(step, ContractFilter)]
    place = filters[-1] + 1 if filters else 0
    return (*steps[:place], *further, *steps[place:])


def _signals(names: str) -> tuple[AnySignal, ...]:
    """Read ``--signals``: ``default``, ``none``, or names separated by commas."""
    from workbench.signals import DEFAULT, AnySignal

    known: dict[str, Any] = {kind.__struct_config__.tag: kind for kind in get_args(AnySignal)}
    out: list[AnySignal] = []
    for name in (part.strip() for part in names.split(",")):
        if name == "default":
            out += DEFAULT
        elif name in known:
            out.append(known[name]())
        elif name != "none":
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigError(
                Finding(
                    where="--signals",
                    found=repr(name),
                    expected=f"default, none, or some of: {', '.join(known)}",
                    fix=f"Did you mean {near[0]!r}?" if near else "docs/signals.md says what each measures.",
                )
            )
    return tuple(dict.fromkeys(out))


def print_signals(value: bool) -> None:
    """Print what every signal measures, as a Markdown table, and end."""
    import typer

    if value:
        from workbench.signals import table

        typer.echo(table())
        raise typer.Exit
