"""Reads how long an answer may be, and what an instruction is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.convert.compile_polarity import denied, unwanted
from workbench.convert.compile_text import NUMBER, number

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction by its published name, its arguments, and the characters that ask for it."""

    id: str
    arguments: dict[str, Any] = field(default_factory=dict)
    span: tuple[int, int]


RELATION = (
    r"(?P<how>at least|at most|no more than|not more than|no less than|no fewer than|not less than|"
    r"not fewer than|less than|fewer than|cap(?:ped)?(?: \w+){0,3} at|upwards of|"
    r"more than|under|below|over|above|"
    r"up to|exactly|(?:no|not) longer than|longer than|(?:no|not) shorter than|shorter than|around|"
    r"about|a minimum of|a maximum of|minimum of|maximum of|"
    r"within|(?:limit|restrict)(?:ed|s)?(?: \w+){0,3} to|(?:don't|do not|not|never) exceed|exceeding|"
    r"excluding)?"
)
_COUNT = re.compile(
    rf"{RELATION}[\s,]{{0,8}}(?:the |a )?(?P<n>{NUMBER})\+?(?P<more> or (?:more|fewer|"
    rf"less))?[\s-]*(?:\w{{1,40}} )?(?P<unit>words?|sentences?)\b(?P<after>\s*(?:or (?:more|less|fewer)|"
    rf"minimum|maximum|at (?:the )?(?:least|most)|long)?)",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?<![-\w])(?P<low>{NUMBER})\s*(?:-|–|to|and)\s*(?P<n>{NUMBER})[\s-]*(?P<unit>words?|sentences?)\b"
    rf"|\b(?:(?:number of|total) (?=words?|sentences?)|(?=(?:word|sentence) count))(?P<u2>words?|"
    rf"sentences?)\b[^.\n]{{0,60}}?(?P<l2>{NUMBER})\s*(?:-|–|to|"
    rf"and)\s*(?P<h2>{NUMBER})",
    re.IGNORECASE,
)
_EXACT = re.compile(rf"\bexactly (?P<n>{NUMBER}) (?P<unit>words?|sentences?)\b", re.IGNORECASE)
_PLUS = re.compile(r"(?<!\d)(?P<n>\d{1,18})\s?\+\s*(?P<unit>words?|sentences?)\b", re.IGNORECASE)
_TOTAL = re.compile(
    rf"\b(?:number of|total) (?P<unit>words?|"
    rf"sentences?)\b[^.\n]{{0,40}}?\b{RELATION}\s*(?P<n>{NUMBER})(?P<after>\s*(?:or (?:more|less|fewer))?)",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    rf"[\s,]*(?:and|but|yet|while)(?: \w+){{0,2}}?\s+{RELATION}\s*(?P<n>{NUMBER})(?!\w)"
    r"(?=\s*(?:[.,;:!?)]|$|times\b|in (?:all|total)\b|overall\b))",
    re.IGNORECASE,
)
# What is said of so many words bounds no length: that they be in capitals, or in italics.
_NO_LENGTH = (
    r"[^.\n]{0,45}(?:capital|uppercase|all caps)|\s*(?:or phrases|(?:should |must )?(?:be )?(?:in|"
    r"with) \*?(?:italic|bold))"
)
_BEFORE = 60


def _ranges(prompt: str) -> Iterator[Instruction]:
    found = [
        (number(m["low"] or m["l2"]), number(m["n"] or m["h2"]), m["unit"] or m["u2"], m.span())
        for m in _RANGE.finditer(prompt)
    ]
    # "one hundred and twenty words" is no range.
    found = [one for one in found if one[0] <= one[1]]
    found += [(number(m["n"]), number(m["n"]), m["unit"], m.span()) for m in _EXACT.finditer(prompt)]
    for low, high, noun, span in found:
        unit = "words" if noun.lower().startswith("word") else "sentences"
        for relation, n in (("at least", low), ("less than", high + 1)):
            yield Instruction(
                id=f"length_constraints:number_{unit}",
                arguments={"relation": relation, f"num_{unit}": n},
                span=span,
            )


def lengths(prompt: str) -> Iterator[Instruction]:
    """Read how many words and sentences there may be."""
    taken = [one.span for one in _ranges(prompt)]
    yield from _ranges(prompt)
    for match in (*_COUNT.finditer(prompt), *_PLUS.finditer(prompt), *_TOTAL.finditer(prompt)):
        if any(start <= match.start("n") < end for start, end in taken):
            continue
        groups = match.groupdict()
        how = " ".join(filter(None, (groups.get("how"), groups.get("more"), groups.get("after")))).lower()
        if match.re is _PLUS:
            how = "at least"
        bounded = bound(how, number(match["n"]))
        if bounded and turned(prompt, match.start(), match.end(), how):
            bounded = other(bounded)
        if bounded is None or _capitals_follow(
            prompt, match.end() if match.re is _COUNT else match.end("unit")
        ):
            continue
        unit = "words" if match["unit"].lower().startswith("word") else "sentences"
        for relation, n in filter(None, (bounded, beside(prompt, match.end()))):
            yield Instruction(
                id=f"length_constraints:number_{unit}",
                arguments={"relation": relation, f"num_{unit}": n},
                span=match.span(),
            )


def turned(text: str, start: int, end: int, how: str) -> bool:
    """Tell a strict bound that its sentence forbids ("don't write more than 30") from one it asks for."""
    strict = re.search(r"\b(?:more|longer|less|fewer|shorter) than|\b(?:over|above|under|below)\b", how)
    if strict is None or re.match(r"no", how):
        return False
    return denied(text[max(0, start - _BEFORE) : start]) or unwanted(text[end : end + _BEFORE])


def beside(prompt: str, end: int) -> tuple[str, int] | None:
    """Read the other bound of a pair, which names no unit of its own: "five times but fewer than nine"."""
    match = _BESIDE.match(prompt, end)
    return bound(match["how"].lower(), number(match["n"])) if match and match["how"] else None


def other(bounded: tuple[str, int]) -> tuple[str, int]:
    """Return what a forbidden bound asks for: not more than 5 is less than 6."""
    return ("less than" if bounded[0] == "at least" else "at least", bounded[1])


def bound(how: str, n: int) -> tuple[str, int] | None:
    """Read a relation in words as IFEval writes it: "at most 5" is less than 6."""
    if re.search(
        r"at (?:the )?most|no more|not more|no[t]? longer than|up to|maximum|within|limit|restrict|"
        r"\bcap|exceed|or less|or fewer",
        how,
    ):
        return "less than", n + 1
    if re.search(r"no[t]? shorter than", how):
        return "at least", n
    if re.search(r"less than|fewer than|shorter than|under|below", how) and not re.match(r"not? ", how):
        return "less than", n
    if re.search(r"more than|longer than|over|above", how):
        return "at least", n + 1
    if re.search(r"at (?:the )?least|not? less|not? fewer|minimum|or more|upwards", how):
        return "at least", n
    return None


def _capitals_follow(prompt: str, at: int) -> bool:
    return re.match(_NO_LENGTH, prompt[at:], re.IGNORECASE) is not None
