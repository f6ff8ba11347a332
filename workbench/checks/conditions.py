"""Decides whether a conditional rule applies: by what the case says, else its reference, else by reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.checks.phrases import spans_of
from workbench.checks.requests import contested_topic, harmful_request

if TYPE_CHECKING:
    from workbench.records import Case

Condition = Literal["unanswerable", "missing_input", "harmful", "contested"]
_CONTEXT = re.compile(
    r"context|passage|document|note|material|knowledge|source|article|reference|资料|上下文|材料|背景|"
    r"文档|参考",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"question|query|request|message|input|user|ask|问题|提问|请求|消息", re.IGNORECASE)
ORDER_NUMBER = r"\d{4,}"


@dataclass(frozen=True, kw_only=True)
class Applies:
    """Whether a condition holds (``None``: it can't be told), and what that rests on."""

    holds: bool | None
    why: str


def applies(
    condition: Condition,
    case: Case,
    *,
    phrase: str | None = None,
    what: str = "",
    pattern: str = ORDER_NUMBER,
) -> Applies:
    """Tell whether ``condition`` holds for ``case``.

    ``phrase`` is what the rule prescribes; ``what`` and ``pattern`` describe the input that may be missing.
    """
    told = _from_expect(condition, case)
    if told is not None:
        return Applies(holds=told, why="the case says so")
    if case.reference is not None and phrase:
        return Applies(holds=bool(spans_of(case.reference, phrase)), why="by the reference answer")
    return _from_text(condition, case, what=what, pattern=pattern)


def context_of(case: Case) -> str:
    """Join the slots that hold data to answer from."""
    named = [value for name, value in case.slots.items() if _CONTEXT.search(name)]
    rest = [value for name, value in case.slots.items() if not _QUESTION.search(name)]
    return "\n".join(named or (rest if len(case.slots) > 1 else []))


def question_of(case: Case) -> str:
    """Join the slots that hold what is asked."""
    named = [
        value for name, value in case.slots.items() if _QUESTION.search(name) and not _CONTEXT.search(name)
    ]
    rest = [value for name, value in case.slots.items() if not _CONTEXT.search(name)]
    return "\n".join(named or rest)


def _from_expect(condition: Condition, case: Case) -> bool | None:
    expect = case.expect
    if "condition" in expect:
        return bool(expect["condition"] == condition)
    match condition:
        case "unanswerable" if "answerable" in expect:
            return not expect["answerable"]
        case "harmful" if "comply" in expect:
            return not expect["comply"]
        case "contested" if "topic" in expect:
            return expect["topic"] in {"politics", "religion"}
        case _:
            return None


def _from_text(condition: Condition, case: Case, *, what: str, pattern: str) -> Applies:
    question = question_of(case)
    if condition == "harmful":
        words = harmful_request(question)
        return Applies(
            holds=bool(words) or None,
            why=f"asks to {words!r}" if words else "no harmful request was recognised",
        )
    if condition == "contested":
        topic = contested_topic(question)
        return Applies(
            holds=bool(topic) or None,
            why=f"{topic[0]}: {topic[1]!r}" if topic else "no contested topic was recognised",
        )
    if condition == "missing_input" and what:
        return _missing(question, what=what, pattern=pattern)
    return Applies(holds=None, why="the case does not say whether the context holds the answer")


def _missing(question: str, *, what: str, pattern: str) -> Applies:
    """Tell whether the question speaks of one particular ``what`` and gives no number for it."""
    if re.search(pattern, question):
        return Applies(holds=False, why="a number is given")
    spoken = re.search(
        rf"\b(?:my|our|the|this|that) (?:\w+ )?{re.escape(what)}\b|我的?{re.escape(what)}",
        question,
        re.IGNORECASE,
    )
    return Applies(
        holds=True if spoken else None,
        why=f"speaks of {spoken.group()!r}" if spoken else f"no {what} spoken of",
    )
