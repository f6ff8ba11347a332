"""Grades answers that must come from the context, beside questions that the context leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.checks.abstention import abstention
from workbench.checks.grounding import read_support
from workbench.checks.phrases import spans_of
from workbench.checks.support import span_support, support_of
from workbench.graders.saying import placed, said
from workbench.records import Case, Evidence, Grade
from workbench.spec import Spec
from workbench.text import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence


class Grounding(Spec, frozen=True, kw_only=True):
    """Answerable: the answer holds one of ``expect.answer``, and each sentence has support in the context.

    Unanswerable: it says that the answer is not there, and adds no figure or name of its own. A sentence
    needs ``min_overlap`` of its content in context or question; the sentences of the reference are allowed as
    they are.
    """

    min_overlap: float = 0.5
    min_support: float = 0.5

    def support(self, output: str, *, context: str, question: str = "") -> float:
        """Return how far ``context`` carries ``output``, in [0, 1]; supported from ``min_support`` on."""
        return support_of(output, context, question=question, min_overlap=self.min_overlap)

    def span_support(self, spans: Sequence[str], *, context: str) -> list[float]:
        """Return how far ``context`` carries each of ``spans``, pieces of an answer."""
        return span_support(spans, context=context)

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the prose of an answer; unscored where the case doesn't say whether it is answerable."""
        answerable = case.expect.get("answerable")
        if not isinstance(answerable, bool):
            return Grade.unscored(
                f"expect.answerable of case {case.id!r} is {answerable!r}, not true or false"
            )
        spoken = said(output)
        if not spoken.strip():
            return Grade.of(False, detail="an empty answer")
        support = read_support(
            spoken,
            case.slots.get("context", ""),
            question=case.slots.get("question", ""),
            allowed=tuple(sentences(said(case.reference or ""))),
            min_overlap=self.min_overlap,
        )
        if answerable:
            return _answered(spoken, output, answers=_answers(case), invented=support.unsupported)
        hard = tuple(one for one in support.unsupported if one.what in {"number", "identifier", "name"})
        return _abstained(spoken, output, invented=hard)

    def cell(self, case: Case) -> str:
        """Name the side of the pair of twins."""
        return {True: "answerable", False: "unanswerable"}.get(case.expect.get("answerable", ""), "")


def _answers(case: Case) -> tuple[str, ...]:
    answers = case.expect.get("answer", ())
    return (answers,) if isinstance(answers, str) else tuple(str(one) for one in answers)


def _answered(spoken: str, output: str, *, answers: tuple[str, ...], invented: tuple[Evidence, ...]) -> Grade:
    if answers and not any(spans_of(spoken, answer) for answer in answers):
        given_up = abstention(spoken)
        return Grade.of(
            False,
            *(placed(one, output) for one in ([given_up] if given_up else [])),
            detail=("says that the answer isn't there; " if given_up else "")
            + "expected one of: "
            + ", ".join(answers),
        )
    evidence = tuple(placed(one, output) for one in invented)
    return Grade.of(not invented, *evidence, detail="right, but adds what has no support" if invented else "")


def _abstained(spoken: str, output: str, *, invented: tuple[Evidence, ...]) -> Grade:
    found = abstention(spoken)
    if found is None:
        detail = "does not say that the answer isn't there"
        return Grade.of(False, *(placed(one, output) for one in invented), detail=detail)
    if invented:
        detail = "says that the answer isn't there, and gives one"
        return Grade.of(False, *(placed(one, output) for one in invented), detail=detail)
    return Grade.of(True, placed(found, output))
