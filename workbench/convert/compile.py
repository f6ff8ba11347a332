"""Turns the text of one rule into its demands, each with a check where a program can decide it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.checks import encode_check
from workbench.checks.counts import Length
from workbench.checks.ifeval import Ifeval
from workbench.checks.phrases import OneOf
from workbench.checks.unless import Unless
from workbench.convert.compile_bounds import no_bound
from workbench.convert.compile_choice import choices
from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.compile_markup import markup
from workbench.convert.compile_parts import language_when, notation
from workbench.convert.compile_plain import OF_EACH, compile_plain
from workbench.convert.compile_range import ranged
from workbench.convert.compile_shape import compile_count, compile_json, compile_xml
from workbench.convert.compile_text import Demand, Shape, unquoted
from workbench.convert.compile_unless import exception_of
from workbench.convert.compile_when import compile_when, condition_of
from workbench.convert.segment_units import sentence_spans
from workbench.text import has_han

if TYPE_CHECKING:
    from workbench.checks import AnyCheck
    from workbench.contracts import SpanKind
    from workbench.convert.compile_lengths import Instruction

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
    "count-": "keywords",
    "bullet": "detectable_format:number_bullet",
    "min-items": "detectable_format:number_bullet",
    "max-items": "detectable_format:number_bullet",
    "min-max-items": "detectable_format:number_bullet",
}

_LONGEST = 4_000


def compile_text(text: str, shape: Shape, *, tags: tuple[str, ...] = ()) -> tuple[Demand, ...]:
    """Compile a unit of a prompt; spans are characters of ``text``.

    A sentence that says what to say where the one before names the condition joins it. Sentences that no
    compiler understands are left out: the caller decides whether they are rules all the same. So are those
    longer than ``_LONGEST`` characters: no one puts a rule that way, and reading them takes long.
    """
    return tuple(
        replace(demand, span=(demand.span[0] + start, demand.span[1] + start))
        for start, end in joined(text)
        if end - start <= _LONGEST
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
    excepted = exception_of(text)
    if excepted is not None:
        return [_excused(one, excepted[0]) for one in _sentence(excepted[1], shape, tags)]
    asked = language_when(text, shape)
    if asked:
        return asked
    when = compile_when(text, shape)
    if when is not None or _elsewhere(text):
        return [when] if when else []
    alone = (
        _choice(text, shape) or compile_count(text, tags) or ranged(text, shape) or compile_json(text, shape)
    )
    if alone is not None:
        return [alone]
    structure = compile_xml(text, shape)
    if structure:
        return structure
    found = compile_plain(text, shape)
    found += [
        Demand(kind=kind, slug=slug, check=check, span=(0, len(text)))
        for kind, slug, check in (*notation(text, shape), *markup(text, shape))
        if not any(demand.slug.endswith(("-items", "-a-item")) for demand in found)
    ]
    return [*found, *_published(text, {demand.slug for demand in found})]


def _choice(text: str, shape: Shape) -> Demand | None:
    """Compile a closed list of labels; in a JSON answer they are the values of a key instead."""
    labels = () if shape.keys else choices(text)
    if not labels:
        return None
    return Demand(kind="procedure", slug="one-of", check=OneOf(values=labels), span=(0, len(text)))


def _excused(demand: Demand, exception: str) -> Demand:
    """Let an exception of the rule excuse what the check finds."""
    if demand.check is None:
        return demand
    check = Unless(check=encode_check(demand.check), exception=exception)
    return replace(demand, check=check)


# A condition that no program recognises: what the sentence asks for doesn't hold for every answer.
_CONDITION = re.compile(
    r"^\W*(?:if|when|whenever|for (?:questions|requests|complaints|greetings)|in case|"
    r"should the)\b(?!.{0,6}\b(?:answering|replying|"
    r"responding|writing|you (?:answer|reply|respond|write)|giving|generating|producing)\b)|\botherwise\b|"
    r"^\W*(?:如果|若|假如|当|遇到|一旦|如遇)(?!.{0,4}(?:回答|回复|作答|输出|引用))|否则|"
    r"^[^,，。]{2,14}时[,，]",
    re.IGNORECASE,
)


def _elsewhere(text: str) -> bool:
    return _CONDITION.search(unquoted(text)) is not None


def _published(text: str, covered: set[str]) -> list[Demand]:
    """Add the demands of IFEval's kinds that no other compiler has read from the sentence already."""
    kinds = _SAME_GROUND if covered else {}
    each = {"length_constraints"} if OF_EACH.search(text) or no_bound(unquoted(text)) else set[str]()
    taken = each | {prefix for slug in covered for start, prefix in kinds.items() if slug.startswith(start)}
    return [
        Demand(
            kind=_KINDS.get(one.id.partition(":")[0], "format"),
            slug=one.id.partition(":")[2].replace("_", "-"),
            check=_check(one, text),
            span=(0, len(text)),
        )
        for one in read_instructions(text)
        if not any(one.id.startswith(prefix) for prefix in taken)
    ]


def _check(one: Instruction, text: str) -> AnyCheck:
    """Name the check of an instruction; words of Chinese are its characters, which IFEval does not count."""
    if one.id != "length_constraints:number_words" or not has_han(text):
        return Ifeval(instruction=one.id, arguments=one.arguments)
    n = one.arguments["num_words"]
    return Length(max=n - 1) if one.arguments["relation"] == "less than" else Length(min=n)
