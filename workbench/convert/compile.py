"""Turns the text of one rule into its demands, each with a check where a program can decide it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.checks.ifeval import Ifeval
from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.compile_plain import OF_EACH, compile_plain
from workbench.convert.compile_shape import compile_count, compile_json, compile_xml
from workbench.convert.compile_text import Demand, Shape, unquoted
from workbench.convert.compile_when import compile_when, condition_of
from workbench.convert.segment_units import sentence_spans

if TYPE_CHECKING:
    from workbench.contracts import SpanKind

_KINDS: dict[str, SpanKind] = {
    "length_constraints": "length",
    "language": "language",
    "keywords": "style",
    "change_case": "style",
    "punctuation": "style",
}
# What a plain compiler's rule has said already, by the start of its name.
_SAME_GROUND = {
    "max-": "length_constraints",
    "min-": "length_constraints",
    "no-comma": "punctuation",
    "no-": "keywords",
    "opening": "keywords",
    "closing": "startend",
    "language-": "language",
    "avoid-phrases": "keywords",
    "include-phrases": "keywords",
}


def compile_text(text: str, shape: Shape, *, tags: tuple[str, ...] = ()) -> tuple[Demand, ...]:
    """Compile a unit of a prompt; spans are characters of ``text``.

    A sentence that says what to say where the one before names the condition joins it. Sentences that no
    compiler understands are left out: the caller decides whether they are rules all the same.
    """
    return tuple(
        replace(demand, span=(demand.span[0] + start, demand.span[1] + start))
        for start, end in joined(text)
        for demand in _sentence(text[start:end], shape, tags)
    )


def joined(text: str) -> list[tuple[int, int]]:
    """Cut ``text`` into sentences, and join a condition with the sentence that says how to react to it."""
    out: list[tuple[int, int]] = []
    for start, end in sentence_spans(text):
        if out and continues(text[slice(*out[-1])], text[start:end]):
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def continues(before: str, sentence: str) -> bool:
    """Tell whether ``sentence`` ("Say …", "Then ask …") has no condition and ``before`` has one."""
    head = sentence.lstrip().casefold()
    says = head.startswith(
        (
            "say ",
            "then ",
            "reply ",
            "answer ",
            "respond ",
            "write ",
            "ask ",
            "in that case",
            "in this case",
            "此时",
            "这时",
            "请回复",
            "回复",
        )
    )
    return (
        says and condition_of(unquoted(before))[0] is not None and condition_of(unquoted(sentence))[0] is None
    )


def _sentence(text: str, shape: Shape, tags: tuple[str, ...]) -> list[Demand]:
    when = compile_when(text, shape)
    if when is not None:
        return [when]
    count = compile_count(text, tags)
    if count is not None:
        return [count]
    shown = compile_json(text, shape)
    if shown is not None:
        return [shown]
    structure = compile_xml(text, shape)
    if structure:
        return structure
    found = compile_plain(text, shape)
    return [*found, *_published(text, {demand.slug for demand in found})]


def _published(text: str, covered: set[str]) -> list[Demand]:
    """Add the demands of IFEval's kinds that no other compiler has read from the sentence already."""
    kinds = _SAME_GROUND if covered else {}
    each = {"length_constraints"} if OF_EACH.search(text) else set[str]()
    taken = each | {prefix for slug in covered for start, prefix in kinds.items() if slug.startswith(start)}
    return [
        Demand(
            kind=_KINDS.get(one.id.partition(":")[0], "format"),
            slug=one.id.partition(":")[2].replace("_", "-"),
            check=Ifeval(instruction=one.id, arguments=one.arguments),
            span=(0, len(text)),
        )
        for one in read_instructions(text)
        if not any(one.id.startswith(prefix) for prefix in taken)
    ]
