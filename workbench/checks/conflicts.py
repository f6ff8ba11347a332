"""Finds rules that no answer can obey together, so that a contract never asks for the impossible."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from workbench.checks.conditional import PhraseWhen
from workbench.checks.counts import Length, count
from workbench.checks.ifeval import Ifeval
from workbench.checks.language import Language
from workbench.checks.phrases import (
    Contains,
    EndsWith,
    NoCharacters,
    NotContains,
    OneOf,
    StartsWith,
    judge_characters,
    judge_not_contains,
)
from workbench.checks.schema import JsonOnly, JsonSchema
from workbench.checks.xmltext import XmlOnly, XmlStructure
from workbench.text import fold

if TYPE_CHECKING:
    from workbench.checks.union import AnyCheck, CompiledRules

_CASES = ("change_case:english_capital", "change_case:english_lowercase")


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Two rules by id, and why no answer obeys both."""

    first: str
    second: str
    why: str


def conflicts(compiled: CompiledRules) -> tuple[Conflict, ...]:
    """Hold every pair of rules against one another.

    Rules of different fields of the answer do not meet; a rule that holds under a condition is compared by
    what it makes the answer say.
    """
    checked = [(rule, check) for rule, check in compiled if check is not None]
    out = []
    for (first, a), (second, b) in combinations(checked, 2):
        why = _clash(a, b) or _clash(b, a)
        if why:
            out.append(Conflict(first=first.id, second=second.id, why=why))
    return tuple(out)


def _clash(a: AnyCheck, b: AnyCheck) -> str | None:
    """Say why ``a`` and ``b`` exclude one another, looked at from ``a``."""
    if not _meet(a, b):
        return None
    for test in (_bounds, _languages, _edges, _wording, _values, _shapes, _casing):
        why = test(a, b)
        if why:
            return why
    return None


def _meet(a: AnyCheck, b: AnyCheck) -> bool:
    """Tell whether two checks look at the same text: one field, or the whole answer on both sides."""
    mine, theirs = getattr(a, "path", None), getattr(b, "path", None)
    return mine == theirs or mine is None or theirs is None


def _bounds(a: AnyCheck, b: AnyCheck) -> str | None:
    low, high = _range(a), _range(b)
    if low is None or high is None or low[0] != high[0] or low[1] is None or high[2] is None:
        return None
    return f"at least {low[1]} and at most {high[2]} {low[0]}" if low[1] > high[2] else None


def _range(check: AnyCheck) -> tuple[str, int | None, int | None] | None:
    """Read what a length rule bounds: unit, least, most."""
    if isinstance(check, Length):
        if check.each is not None:
            return None
        return check.unit, check.min, check.max
    if not isinstance(check, Ifeval):
        return None
    unit = check.instruction.removeprefix("length_constraints:number_")
    n = check.arguments.get(f"num_{unit}")
    if unit not in {"words", "sentences", "paragraphs"} or not isinstance(n, int):
        return None
    relation = check.arguments.get("relation")
    return (
        unit,
        None if relation == "less than" else n,
        None if relation == "at least" else _most(n, relation),
    )


def _most(n: int, relation: object) -> int:
    return n - 1 if relation == "less than" else n


def _languages(a: AnyCheck, b: AnyCheck) -> str | None:
    mine, theirs = _language(a), _language(b)
    return f"{mine} and {theirs}" if mine and theirs and mine != theirs else None


def _language(check: AnyCheck) -> str | None:
    if isinstance(check, Language):
        return None if check.mixed or check.asked else check.lang
    if isinstance(check, Ifeval) and check.instruction == "language:response_language":
        return str(check.arguments["language"])
    return None


def _edges(a: AnyCheck, b: AnyCheck) -> str | None:
    mine, theirs = getattr(a, "phrase", ""), getattr(b, "phrase", "")
    if isinstance(a, StartsWith) and isinstance(b, StartsWith):
        x, y = fold(mine), fold(theirs)
        apart = not (x.startswith(y) or y.startswith(x))
    elif isinstance(a, EndsWith) and isinstance(b, EndsWith):
        x, y = fold(mine), fold(theirs)
        apart = not (x.endswith(y) or y.endswith(x))
    else:
        return None
    return f"both {mine!r} and {theirs!r} in one place" if apart else None


def _said(check: AnyCheck) -> tuple[str, ...]:
    """List the phrases that a check makes every answer say, or every answer under its condition."""
    match check:
        case StartsWith() | EndsWith():
            return (check.phrase,)
        case Contains():
            return () if check.any else check.phrases
        case PhraseWhen():
            return (check.phrase,) if check.phrase else ()
        case Ifeval(instruction="keywords:existence"):
            return tuple(str(word) for word in check.arguments["keywords"])
        case Ifeval(instruction="startend:end_checker"):
            return (str(check.arguments["end_phrase"]),)
        case _:
            return ()


def _wording(a: AnyCheck, b: AnyCheck) -> str | None:
    return next((why for phrase in _said(a) if (why := _forbids(b, phrase))), None)


def _forbids(check: AnyCheck, phrase: str) -> str | None:
    """Say how a check forbids a phrase that another rule asks for."""
    match check:
        case NotContains():
            grade = judge_not_contains(phrase, check.phrases, pattern=check.pattern)
        case NoCharacters():
            grade = judge_characters(phrase, check.characters)
        case Ifeval(instruction="punctuation:no_comma"):
            grade = judge_characters(phrase, ",")
        case Ifeval(instruction="keywords:forbidden_words"):
            grade = judge_not_contains(phrase, tuple(check.arguments["forbidden_words"]))
        case Length(max=int(most)) if (
            check.unit in {"words", "characters"} and count(phrase, check.unit) > most
        ):
            return f"{phrase!r} alone is longer than {most} {check.unit}"
        case _:
            return None
    return f"{phrase!r} is asked for, {grade.evidence[0].text!r} forbidden" if grade.label == "fail" else None


def _values(a: AnyCheck, b: AnyCheck) -> str | None:
    if not isinstance(a, OneOf):
        return None
    mine = {fold(value) for value in a.values}
    if isinstance(b, OneOf) and a.path == b.path:
        return None if mine & {fold(v) for v in b.values} else "no value that both allow"
    if isinstance(b, JsonSchema) and a.path:
        field = b.schema.get("properties", {}).get(a.path.removeprefix("$."), {})
        allowed = field.get("enum") if isinstance(field, dict) else None
        if allowed and not mine & {fold(str(value)) for value in allowed}:
            return f"the schema allows none of the values of {a.path}"
    return None


def _shapes(a: AnyCheck, b: AnyCheck) -> str | None:
    if not isinstance(a, JsonOnly):
        return None
    if isinstance(b, XmlOnly | XmlStructure):
        return "JSON alone and XML"
    if isinstance(b, StartsWith | EndsWith) and b.path is None:
        return f"JSON alone and {b.phrase!r} at the answer's edge"
    if isinstance(b, JsonSchema) and b.schema.get("type") not in (None, a.root) and a.root != "any":
        return f"JSON {a.root} and a schema of type {b.schema['type']}"
    return None


def _casing(a: AnyCheck, b: AnyCheck) -> str | None:
    if not isinstance(a, Ifeval) or a.instruction not in _CASES:
        return None
    if isinstance(b, Ifeval) and b.instruction in _CASES and b.instruction != a.instruction:
        return "all capitals and all small letters"
    return None
