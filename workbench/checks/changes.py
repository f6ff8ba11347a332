"""Tells what changed between two contracts: rules added, removed, changed, and those that stayed."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from workbench.text import fold

if TYPE_CHECKING:
    from workbench.contracts import Contract, Rule

ChangeSort = Literal["added", "removed", "changed", "same"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One rule in both contracts; ``old`` is ``None`` where it was added, ``new`` where it was removed."""

    sort: ChangeSort
    old: Rule | None
    new: Rule | None


def contract_changes(old: Contract, new: Contract, *, alike: float = 0.6) -> tuple[Change, ...]:
    """Match the rules of two contracts, in the order of ``new``, removed ones last.

    A rule is the same where check (or, without one, wording), kind and severity are equal, wherever it
    stands. Of the rest, rules of one kind match where they have the same id, the same kind of check, or texts
    whose likeness (Ratcliff and Obershelp) is at least ``alike``: those are changed.
    """
    matches = _matched(old, new, alike)
    out = []
    for rule in new.rules:
        before = matches.get(rule.id)
        if before is None:
            out.append(Change(sort="added", old=None, new=rule))
        else:
            sort: ChangeSort = "same" if _essence(before) == _essence(rule) else "changed"
            out.append(Change(sort=sort, old=before, new=rule))
    kept = {rule.id for rule in matches.values()}
    return (*out, *(Change(sort="removed", old=rule, new=None) for rule in old.rules if rule.id not in kept))


def _matched(old: Contract, new: Contract, alike: float) -> dict[str, Rule]:
    """Map ids of ``new`` to rules of ``old``, the surest matches first."""
    out: dict[str, Rule] = {}
    left = list(old.rules)
    for test in (_same, _same_id, lambda a, b: _likeness(a, b) >= alike, _same_use):
        for rule in new.rules:
            if rule.id in out:
                continue
            fits = [one for one in left if test(one, rule)]
            if fits:
                out[rule.id] = max(fits, key=lambda one, rule=rule: _likeness(one, rule))  # type: ignore[misc]
                left.remove(out[rule.id])
    return out


def _essence(rule: Rule) -> tuple[object, ...]:
    said = fold(rule.text) if rule.check is None else sorted(rule.check.items(), key=lambda item: item[0])
    return repr(said), rule.kind, rule.severity


def _same(old: Rule, new: Rule) -> bool:
    return _essence(old) == _essence(new)


def _same_id(old: Rule, new: Rule) -> bool:
    return old.id == new.id and old.kind == new.kind


def _same_use(old: Rule, new: Rule) -> bool:
    return (
        old.kind == new.kind
        and old.check is not None
        and new.check is not None
        and old.check["use"] == new.check["use"]
        and old.check.get("path") == new.check.get("path")
    )


def _likeness(old: Rule, new: Rule) -> float:
    if old.kind != new.kind:
        return 0.0
    return SequenceMatcher(None, fold(old.text), fold(new.text), autojunk=False).ratio()
