"""Reads how long an answer may be, and what an instruction is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
    r"(?P<how>at least|at most|no more than|not more than|no less than|no fewer than|less than|fewer than|"
    r"more than|under|below|over|above|"
    r"up to|exactly|(?:no|not) longer than|longer than|(?:no|not) shorter than|shorter than|around|"
    r"about|a minimum of|a maximum of|minimum of|maximum of|"
    r"within|limited? to|(?:don't|do not|not|never) exceed|exceeding|excluding)?"
)
_TIMES = r"(?:times?\b|\bonce\b|\btwice\b)"
_COUNT = re.compile(
    rf"{RELATION}[\s,]*(?:the |a )?(?P<n>{NUMBER})\+?(?P<more> or (?:more|fewer|"
    rf"less))?[\s-]*(?:\w{{1,40}} )?(?P<unit>words?|sentences?)\b(?P<after>\s*(?:or (?:more|less|fewer)|"
    rf"minimum|maximum|at (?:least|most)|long)?)",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?<![-\w])(?P<low>{NUMBER})\s*(?:-|–|to|and)\s*(?P<n>{NUMBER})[\s-]*(?P<unit>words?|sentences?)\b"
    rf"|\b(?:number of|total) (?P<u2>words?|sentences?)\b[^.\n]{{0,60}}?(?P<l2>{NUMBER})\s*(?:-|–|to|"
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
_LETTER_CASE = ("change_case:english_capital", "change_case:english_lowercase")


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
        if bounded and _denied(prompt, match, how):
            bounded = ("less than" if bounded[0] == "at least" else "at least", bounded[1])
        if bounded is None or _capitals_follow(
            prompt, match.end() if match.re is _COUNT else match.end("unit")
        ):
            continue
        relation, n = bounded
        unit = "words" if match["unit"].lower().startswith("word") else "sentences"
        yield Instruction(
            id=f"length_constraints:number_{unit}",
            arguments={"relation": relation, f"num_{unit}": n},
            span=match.span(),
        )


def _denied(prompt: str, match: re.Match[str], how: str) -> bool:
    """Tell "don't write more than 30 words" from "write more than 30 words"; likewise fewer."""
    more = re.search(r"\b(?:more|longer|less|fewer|shorter) than|\b(?:over|above|under|below)\b", how)
    more = None if re.match(r"no", how) else more
    before = prompt[max(0, match.start() - 60) : match.start()]
    return bool(
        more
        and re.search(
            r"(?:\bnot|n't|\bnever|\bavoid|\bwithout|\bno|nothing)\b[^.\n]{0,40}$", before, re.IGNORECASE
        )
    )


def bound(how: str, n: int) -> tuple[str, int] | None:
    """Read a relation in words as IFEval writes it: "at most 5" is less than 6."""
    if re.search(
        r"at most|no more|not more|no[t]? longer than|up to|maximum|within|limit|exceed|or less|or fewer", how
    ):
        return "less than", n + 1
    if re.search(r"no[t]? shorter than", how):
        return "at least", n
    if re.search(r"less than|fewer than|shorter than|under|below", how) and not how.startswith("no "):
        return "less than", n
    if re.search(r"more than|longer than|over|above", how):
        return "at least", n + 1
    if re.search(r"at least|no less|no fewer|minimum|or more", how):
        return "at least", n
    return None


def _capitals_follow(prompt: str, at: int) -> bool:
    return re.match(r"[^.\n]{0,45}(?:capital|uppercase|all caps)", prompt[at:], re.IGNORECASE) is not None
