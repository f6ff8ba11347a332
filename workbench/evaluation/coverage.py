"""Says of each rule how much of a data set exercises it, and which pairs a change invalidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.checks import compile_contract
from workbench.checks.conditional import PhraseWhen
from workbench.checks.phrases import Contains, EndsWith, OneOf, StartsWith
from workbench.checks.schema import JsonOnly, JsonSchema
from workbench.checks.structured import Structured
from workbench.checks.xmltext import XmlOnly, XmlStructure
from workbench.contracts import Contract
from workbench.evaluation.outputs import check_outputs
from workbench.records import Case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.checks import AnyCheck
    from workbench.checks.changes import Change
    from workbench.contracts import Rule
    from workbench.records import Pair

_SAYING = (
    StartsWith,
    EndsWith,
    Contains,
    OneOf,
    PhraseWhen,
    JsonOnly,
    JsonSchema,
    XmlOnly,
    XmlStructure,
    Structured,
)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Rows that exercise a rule (it applies and could be judged), obey it, break it; ``None``: no check."""

    rule: str
    exercised: int | None
    obeyed: int | None
    broken: int | None
    unscored: int | None
    enough: bool | None


@dataclass(frozen=True, kw_only=True)
class Invalidated:
    """One pair that a change touches: it ``breaks`` a new rule, or was ``shaped`` by one that is gone."""

    pair: str
    rule: str
    why: Literal["breaks", "shaped"]
    detail: str


def coverage(contract: Contract, pairs: Iterable[Pair], *, least: int) -> tuple[Coverage, ...]:
    """Count rows for every rule of ``contract``; fewer than ``least`` that exercise a rule aren't enough."""
    counts = check_outputs(contract, pairs)
    return tuple(_of_rule(rule, counts.get(rule.id), least) for rule in contract.rules)


def invalidated(changes: tuple[Change, ...], pairs: Iterable[Pair]) -> tuple[Invalidated, ...]:
    """List the pairs that no longer show what the new contract asks for, in order of pairs and rules.

    A pair breaks a rule that was added or changed, or was shaped by one that was removed: it says what only
    that rule asked for. A bound or a ban that is gone leaves no pair wrong, and rules without a check touch
    none: a person has to look.
    """
    asked = _compiled([one.new for one in changes if one.sort in {"added", "changed"}])
    gone = [one for one in _compiled([one.old for one in changes if one.sort == "removed"]) if _adds(one[1])]
    out = []
    for pair in pairs:
        case = Case(id=pair.id, behaviour="rules", slots=pair.slot_values)
        for rule, check in asked:
            grade = check(case, pair.output)
            if grade.label == "fail":
                out.append(Invalidated(pair=pair.id, rule=rule.id, why="breaks", detail=grade.detail))
        for rule, check in gone:
            if check(case, pair.output).label == "pass":
                out.append(Invalidated(pair=pair.id, rule=rule.id, why="shaped", detail=rule.text))
    return tuple(out)


def _adds(check: AnyCheck) -> bool:
    """Tell a check that makes an answer say something from a bound or a ban."""
    return isinstance(check, _SAYING)


def _compiled(rules: list[Rule | None]) -> list[tuple[Rule, AnyCheck]]:
    contract = Contract(task="changes", rules=tuple(rule for rule in rules if rule is not None))
    return [(rule, check) for rule, check in compile_contract(contract) if check is not None]


def _of_rule(rule: Rule, counts: dict[str, int] | None, least: int) -> Coverage:
    if counts is None:
        return Coverage(rule=rule.id, exercised=None, obeyed=None, broken=None, unscored=None, enough=None)
    exercised = counts["pass"] + counts["fail"]
    return Coverage(
        rule=rule.id,
        exercised=exercised,
        obeyed=counts["pass"],
        broken=counts["fail"],
        unscored=counts["unscored"],
        enough=exercised >= least,
    )
