"""Decides which of a teacher's answers is taken, and says of every other why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.teaching.agreement import central

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.checks import CompiledRules
    from workbench.recipe import TeacherStage
    from workbench.records import Completion
    from workbench.teaching.asking import Question

FAILED = "no answer came"
CUT = "cut at the token limit"
BREAKS = "breaks a rule"
DISAGREES = "samples disagree"
BUDGET = "not asked: the budget was spent"


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A sample that isn't taken: why, by which rules, and what it said (``sample`` -1: never asked)."""

    id: str
    sample: int
    reason: str
    rules: tuple[str, ...] = ()
    detail: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a question: the answer taken, or none, with the share of samples that are like it."""

    text: str | None
    agreement: float
    refused: tuple[Refused, ...]


def take(
    question: Question, samples: Sequence[Completion], *, rules: CompiledRules, stage: TeacherStage
) -> Taken:
    """Take the sample that keeps every rule and that most samples agree with.

    Samples that are like the one taken are no refusals: they say the same.
    """
    refused: list[Refused] = []
    good: list[tuple[int, str]] = []
    for number, one in enumerate(samples):
        why = _unfit(question, number, one, rules=rules, stage=stage)
        if why is None:
            good.append((number, one.text))
        else:
            refused.append(why)
    if not good:
        return Taken(text=None, agreement=0.0, refused=tuple(refused))
    at, alike = central([text for _, text in good], least=stage.likeness)
    agreement = alike / len(samples)
    if len(samples) > 1 and agreement < stage.min_agreement:
        detail = f"{alike} of {len(samples)} samples alike, {stage.min_agreement:.0%} wanted"
        refused += [
            Refused(id=question.id, sample=number, reason=DISAGREES, detail=detail, text=text)
            for number, text in good
        ]
        return Taken(text=None, agreement=agreement, refused=tuple(sorted(refused, key=lambda r: r.sample)))
    return Taken(text=good[at][1], agreement=agreement, refused=tuple(refused))


def broken(
    question: Question, answer: str, *, rules: CompiledRules, stage: TeacherStage
) -> list[tuple[str, str]]:
    """Return id and detail of every rule of the stage's severity that ``answer`` breaks."""
    found = []
    for rule, check in rules:
        if check is None or (stage.severity == "must" and rule.severity != "must"):
            continue
        grade = check(question.case, answer)
        if grade.label == "fail":
            found.append((rule.id, grade.detail))
    return found


def counted(refused: Sequence[Refused]) -> dict[str, dict[str, int]]:
    """Count refused samples by reason, and by rule."""
    reasons = Counter(one.reason for one in refused)
    rules = Counter(rule for one in refused for rule in one.rules)
    return {"reasons": dict(sorted(reasons.items())), "rules": dict(sorted(rules.items()))}


def _unfit(
    question: Question, number: int, one: Completion, *, rules: CompiledRules, stage: TeacherStage
) -> Refused | None:
    if one.finish == "error" or not one.text.strip():
        return Refused(id=question.id, sample=number, reason=FAILED)
    if one.finish == "length":
        return Refused(id=question.id, sample=number, reason=CUT, text=one.text)
    found = broken(question, one.text, rules=rules, stage=stage)
    if not found:
        return None
    return Refused(
        id=question.id,
        sample=number,
        reason=BREAKS,
        rules=tuple(rule for rule, _ in found),
        detail="; ".join(f"{rule}: {detail}" for rule, detail in found),
        text=one.text,
    )
