"""The plan of the next data set: what `workbench improve` writes, a person edits, and --apply carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import yaml
from msgspec import Meta

from workbench.errors import ConfigError, Finding
from workbench.io.config import load
from workbench.io.rundir import write_text
from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PLAN, INPUTS = "plan.yaml", "inputs.parquet"
PLAN_VERSION: Literal[1] = 1
_HEAD = """\
# The next data set, as `workbench improve` would make it of this run. Edit it, then add --apply.
#   rules  why each rule wants rows, and how many to add: change `add`, or take a rule out
#   drop   rows to leave out: take a line out to keep the row
#   ask    inputs for the teacher, the best first: take a line out and it isn't asked
# `settings` shows how it was drawn; changing it here changes nothing.
"""

Positive = Annotated[int, Meta(ge=1)]
Why = Literal["lost", "slipped", "thin"]
Share = Annotated[float, Meta(ge=0, le=1)]


class Drafting(Value, frozen=True, kw_only=True):
    """How a plan is drawn.

    A rule wants rows where it was lost, where the adapter obeys in ``margin`` less of the cases than the
    teacher and lost ``several`` clusters or more, or where fewer than ``target`` training rows show it. It
    gets what it lacks to ``target``; one that was lost gets ``grow`` of ``target`` at least. ``spare`` inputs
    are asked for each row to add, because some answers are refused. Rows count as near a lost case from the
    likeness ``near``; two rows contradict each other where their inputs are alike by ``alike``.
    """

    target: Positive = 60
    grow: Annotated[float, Meta(ge=0)] = 0.5
    spare: Annotated[float, Meta(ge=1)] = 1.5
    margin: Share = 0.10
    several: Positive = 2
    near: Share = 0.1
    alike: Share = 0.8


class Feed(Value, frozen=True, kw_only=True):
    """One rule that wants rows.

    ``teacher`` and ``after`` are shares of cases that obey, ``lost`` of ``held`` cases turned; ``rows``
    training rows show the rule now. ``add`` rows are wanted, ``inputs`` of the plan are asked for it.
    ``slices`` are those that lose more than chance gives.
    """

    rule: str
    why: Why
    add: Annotated[int, Meta(ge=0)]
    rows: int
    inputs: int
    lost: int
    held: int
    teacher: float | None = None
    after: float | None = None
    slices: tuple[str, ...] = ()
    note: str = ""


class Drop(Value, frozen=True, kw_only=True):
    """One training row to leave out.

    It ``breaks`` a rule near lost cases, ``contradicts`` a row that keeps it (``instead``), or holds the text
    of a case of the evaluation (``evaluated``).
    """

    id: str
    why: Literal["breaks", "contradicts", "evaluated"]
    rule: str = ""
    near: tuple[str, ...] = ()
    instead: str = ""


class Ask(Value, frozen=True, kw_only=True):
    """One input for the teacher: a row of ``inputs.parquet``, the rules it is asked for, and what it asks.

    ``source``: further ``traffic``, or a logged call whose answer was ``refused`` or is to be ``dropped``.
    """

    id: str
    rules: tuple[str, ...]
    source: Literal["traffic", "refused", "dropped"]
    asks: str = ""


class ImprovePlan(Value, frozen=True, kw_only=True):
    """The whole plan; ``evaluation`` and ``data`` name by content what it was drawn from."""

    evaluation: str
    data: str
    version: Literal[1] = PLAN_VERSION
    settings: Drafting = Drafting()
    rules: tuple[Feed, ...] = ()
    drop: tuple[Drop, ...] = ()
    ask: tuple[Ask, ...] = ()


def write_plan(plan: ImprovePlan, path: Path) -> None:
    """Write a plan as YAML that people can edit."""
    plain = msgspec.to_builtins(plan)
    ordered = {"version": plain.pop("version"), **plain}
    text = yaml.safe_dump(ordered, allow_unicode=True, sort_keys=False, width=110)
    write_text(path, _HEAD + text)


def read_plan(path: Path) -> ImprovePlan:
    """Read a plan.

    Raises:
        InputError: the file can't be read.
        ConfigError: an unknown key (with the nearest known one) or a value of another type.
    """
    return load(path, ImprovePlan, what="a plan of `workbench improve` (YAML)")


def check_plan(
    plan: ImprovePlan,
    where: str,
    *,
    evaluation: str,
    data: str,
    rows: Collection[str],
    inputs: Collection[str],
    rules: Collection[str],
) -> None:
    """Hold a plan, edited perhaps, against the run it is to be carried out on.

    Raises:
        ConfigError: it was drawn from another evaluation or data set, or names a row, input or rule that is
            not there; all of it at once.
    """
    findings = []
    told = (("evaluation", plan.evaluation, evaluation), ("data", plan.data, data))
    for name, held, real in told:
        if held != real:
            findings.append(
                Finding(
                    where=f"{where} $.{name}",
                    found=held,
                    expected=f"{real}, which is what this run holds",
                    fix="Draw the plan anew: it belongs to another run, or the run has changed since.",
                )
            )
    named = (
        *((f"$.drop[{n}].id", one.id, rows, "a training row of the run") for n, one in enumerate(plan.drop)),
        *((f"$.ask[{n}].id", one.id, inputs, f"a row of {INPUTS}") for n, one in enumerate(plan.ask)),
        *(
            (f"$.rules[{n}].rule", one.rule, rules, "a rule of the contract")
            for n, one in enumerate(plan.rules)
        ),
        *(
            (f"$.ask[{n}].rules", rule, rules, "rules of the contract")
            for n, one in enumerate(plan.ask)
            for rule in one.rules
        ),
    )
    for at, name, known, what in named:
        if name not in known:
            findings.append(
                Finding(where=f"{where} {at}", found=repr(name), expected=what, fix="Correct or remove it.")
            )
    if findings:
        raise ConfigError(findings)
