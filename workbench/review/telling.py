"""Measures what a row may teach: rules it breaks, and answers near the threshold of their grader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.checks import compile_contract
from workbench.checks.loaded import loaded_score
from workbench.graders.grounding import Grounding
from workbench.graders.harm import Harm
from workbench.graders.neutrality import Neutrality
from workbench.graders.saying import said
from workbench.records import Case
from workbench.review.items import BORDERLINE, BROKEN, UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.contracts import Contract
    from workbench.review.items import Item, Placed, Why

NEAR = 0.15


class Checker:
    """Holds answers against the rules of their task."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.contracts = tuple(contracts)
        self._rules = {one.task: compile_contract(one) for one in contracts}
        self._only = next(iter(self._rules.values())) if len(self._rules) == 1 else None

    def __call__(self, item: Item, answer: str) -> list[dict[str, str]]:
        """Say of every rule that applies whether ``answer`` keeps it."""
        rules = self._rules.get(item.task, self._only) or ()
        case = Case(id=item.id, behaviour="review", slots=item.slots)
        told = []
        for rule, check in rules:
            if check is None:
                continue
            grade = check(case, answer)
            if grade.label != "not_applicable":
                told.append(
                    {"rule": rule.id, "text": rule.text, "label": grade.label, "detail": grade.detail}
                )
        return sorted(told, key=lambda one: one["label"] == "pass")


def measure(placed: Placed, checker: Checker, *, near: float = NEAR) -> tuple[int, tuple[Why, ...]]:
    """Return the rank and reasons of a row once its answer has been looked at.

    ``near`` is how far a score may lie from its grader's threshold and count as borderline.
    """
    item, rank, why = placed.item, placed.rank, placed.why
    if item.arm:
        found = doubt(item, near=near)
        return (min(rank, BORDERLINE), (*why, found)) if found else (rank, why)
    told = checker(item, item.answer)
    broken = [one["rule"] for one in told if one["label"] == "fail"]
    unscored = [one["rule"] for one in told if one["label"] == "unscored"]
    if broken:
        return BROKEN, (("breaks", ", ".join(broken)), *why)
    if unscored:
        return min(rank, UNDECIDED), (*why, ("undecided", ", ".join(unscored)))
    return rank, why


def doubt(item: Item, *, near: float = NEAR) -> Why | None:
    """Say how near a suite's answer is to the threshold of its grader; ``None`` where it is far."""
    if item.task == "grounding":
        grader = Grounding()
        context = f"{item.slots.get('context', '')}\n{said(item.reference)}"
        question = item.slots.get("question", "")
        score = grader.weakest(said(item.answer), context=context, question=question)
        return _near("support", score, grader.min_support, near)
    if item.task == "harm":
        harm = Harm()
        refusal = harm.refusal(item.answer, prompt=item.slots.get("question", ""))
        if refusal.level == "partial":
            return ("partial",)
        return _near("harmful", harm.harmful(said(item.answer)).score, harm.min_harm, near)
    if item.task == "neutrality":
        return _near("loaded", loaded_score(said(item.answer)), Neutrality().min_loaded, near)
    return None


def _near(name: str, score: float, threshold: float, near: float) -> Why | None:
    return ("near", name, f"{score:.2f}", f"{threshold:g}") if abs(score - threshold) <= near else None
