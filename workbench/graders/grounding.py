"""Grades answers that must come from the context, beside questions that the context leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.checks.claims import carried, held_claims
from workbench.checks.phrases import spans_of
from workbench.checks.support import span_support, support_of
from workbench.graders.saying import placed, said
from workbench.records import Case, Evidence, Grade
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.checks.claims import HeldClaim

HALLUCINATED, UNANSWERED = "made up", "not answered"


class Grounding(Spec, frozen=True, kw_only=True):
    """Answerable: the answer holds one of ``expect.answer``, and the context carries every claim of it.

    Unanswerable: it says that the answer isn't there, and states nothing that the context doesn't carry. The
    scorer is that of the grader's card: a claim is carried from ``min_support`` on. The reference counts as
    context, since it is known to be right; polite sentences about speaker or reader are no claims.
    """

    min_support: float = 0.5

    def support(self, output: str, *, context: str, question: str = "") -> float:
        """Return how far ``context`` carries ``output``, in [0, 1]; supported from ``min_support`` on."""
        return support_of(output, context, question=question)

    def weakest(
        self, output: str, *, context: str, question: str = "", support: float | None = None
    ) -> float:
        """Return how far ``context`` carries the weakest claim of ``output``, as cases are graded.

        ``support`` is that of the whole output, where it is known already.
        """
        return carried(output, context, question=question, whole=support)

    def span_support(self, spans: Sequence[str], *, context: str) -> list[float]:
        """Return how far ``context`` carries each of ``spans``, pieces of an answer."""
        return span_support(spans, context=context)

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the prose of an answer; unscored where the case doesn't say whether it is answerable."""
        return judge_grounding(case, output, hold=self.hold, min_support=self.min_support)

    def hold(self, spoken: str, context: str, question: str) -> Sequence[HeldClaim]:
        """Split what was said into claims, and hold each against ``context``."""
        return held_claims(spoken, context, question=question)

    def cell(self, case: Case) -> str:
        """Name the side of the pair of twins."""
        return {True: "answerable", False: "unanswerable"}.get(case.expect.get("answerable", ""), "")


def judge_grounding(
    case: Case, output: str, *, hold: Callable[[str, str, str], Sequence[HeldClaim]], min_support: float
) -> Grade:
    """Judge one answer by the claims that ``hold(spoken, context, question)`` finds in it."""
    answerable = case.expect.get("answerable")
    if not isinstance(answerable, bool):
        return Grade.unscored(f"expect.answerable of case {case.id!r} is {answerable!r}, not true or false")
    spoken, context, question = held_texts(case, output)
    if not spoken.strip():
        return Grade.of(False, detail="an empty answer", outcome=UNANSWERED)
    held = hold(spoken, context, question)
    bad = [one for one in held if one.kind == "claim" and one.score < min_support]
    if answerable:
        return _answered(spoken, output, answers=_answers(case), held=held, bad=bad)
    return _abstained(output, held, bad)


def held_texts(case: Case, output: str) -> tuple[str, str, str]:
    """Return what an answer says, what it is held against (with the reference), and the question."""
    context = f"{case.slots.get('context', '')}\n{said(case.reference or '')}"
    return said(output), context, case.slots.get("question", "")


def _answers(case: Case) -> tuple[str, ...]:
    answers = case.expect.get("answer", ())
    return (answers,) if isinstance(answers, str) else tuple(str(one) for one in answers)


def _answered(
    spoken: str, output: str, *, answers: tuple[str, ...], held: Sequence[HeldClaim], bad: Sequence[HeldClaim]
) -> Grade:
    right = not answers or any(spans_of(spoken, answer) for answer in answers)
    if right:
        detail = "right, but adds what the context doesn't carry" if bad else ""
        outcome = HALLUCINATED if bad else "answered"
        return Grade.of(not bad, *_quoted(bad, output), detail=detail, outcome=outcome)
    silent = [one for one in held if one.kind == "abstention"]
    detail = ("says that the answer isn't there; " if silent else "") + "expected one of: "
    outcome = "wrongly not stated" if silent else HALLUCINATED if bad else "wrong answer"
    return Grade.of(
        False, *_quoted(silent or bad, output), detail=detail + ", ".join(answers), outcome=outcome
    )


def _abstained(output: str, held: Sequence[HeldClaim], bad: Sequence[HeldClaim]) -> Grade:
    silent = [one for one in held if one.kind == "abstention" and not one.unsupported]
    mixed = [one for one in held if one.kind == "abstention" and one.unsupported]
    if not silent and not mixed:
        detail = "does not say that the answer isn't there"
        return Grade.of(False, *_quoted(bad, output), detail=detail, outcome=HALLUCINATED)
    if bad or mixed:
        detail = "says that the answer isn't there, and gives one"
        return Grade.of(False, *_quoted([*bad, *mixed], output), detail=detail, outcome=HALLUCINATED)
    return Grade.of(True, *_quoted(silent, output), outcome="not stated")


def _quoted(held: Sequence[HeldClaim], output: str) -> list[Evidence]:
    """Quote the pieces that the context doesn't carry, or the claim where no single piece is to blame."""
    what = {"abstention": "abstention", "claim": "not in the context", "courtesy": "courtesy"}
    return [
        placed(piece, output)
        for one in held
        for piece in (one.unsupported or (Evidence(what=what[one.kind], text=one.text),))
    ]
