"""Tells the parts of a prompt apart: role, procedure, format, grounding … as spans that tile it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from workbench.contracts import Span, SpanKind
from workbench.convert.compile_text import unquoted
from workbench.convert.segment_cues import COMPILED_HEADINGS, COMPILED_TEXT, INPUT_NAMES, SLOT
from workbench.convert.segment_units import Unit, units

HEADING_WEIGHT = 2.0
_OPENING_ROLE = 1.5
_STRONG = 3.0
_LABEL_WORDS, _LABEL_CHARACTERS = 6, 40
_DIALOGUE = re.compile(
    r"^(?:user|assistant|input|output|q|a|question|answer|问|答|输入|输出|用户|助手)\s?\d*\s?[:：]",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A unit with its kind."""

    unit: Unit
    kind: SpanKind


def segment(prompt: str) -> tuple[Span, ...]:
    """Split ``prompt`` into spans of one kind each, in order.

    The spans tile it: every character that is no white space is in exactly one. A heading, tag or lead-in
    belongs to what follows it; neighbours of one kind are merged.
    """
    return merge(classified(prompt))


def merge(parts: tuple[Part, ...]) -> tuple[Span, ...]:
    """Merge neighbours of one kind into spans."""
    out: list[Span] = []
    for part in parts:
        if out and out[-1].kind == part.kind:
            out[-1] = Span(start=out[-1].start, end=part.unit.stop, kind=part.kind)
        else:
            out.append(Span(start=part.unit.lead, end=part.unit.stop, kind=part.kind))
    return tuple(out)


def classified(prompt: str) -> tuple[Part, ...]:
    """Give every unit of ``prompt`` its kind."""
    cut = units(prompt)
    parts: list[Part] = []
    for i, unit in enumerate(cut):
        before = parts[-1].kind if parts else None
        parts.append(Part(unit=unit, kind=_kind(prompt, unit, first=i == 0, before=before)))
    return _led_in(prompt, tuple(parts))


def scores(text: str) -> dict[SpanKind, float]:
    """Add up the weights of the wording found in ``text``, by kind."""
    out: dict[SpanKind, float] = defaultdict(float)
    for kind, weight, pattern in COMPILED_TEXT:
        if pattern.search(text):
            out[kind] += weight
    return out


def heading_kind(path: tuple[str, ...]) -> SpanKind | None:
    """Return the kind that the innermost telling heading speaks of."""
    for depth, name in enumerate(reversed(path)):
        for kind, pattern in COMPILED_HEADINGS:
            # The title of a whole prompt ("# Role: …") says nothing of the sections below it.
            if pattern.search(name.strip()) and not (depth and kind == "role"):
                return kind
    return None


def _kind(prompt: str, unit: Unit, *, first: bool, before: SpanKind | None) -> SpanKind:
    text = unit.text(prompt)
    heading = heading_kind(unit.path)
    if heading == "example" or (before == "example" and _DIALOGUE.match(text)):
        return "example"
    slot = _slot(text, unit)
    if slot is not None:
        return slot
    found = scores(unquoted(text))
    if unit.form == "block":
        found["format"] += 3
    if heading is not None:
        found[heading] += HEADING_WEIGHT
    if first:
        found["role"] += _OPENING_ROLE
    if (
        before is not None
        and unit.form == "text"
        and not unit.path
        and before in {"role", "procedure", "context"}
    ):
        found[before] += 0.75
    if not found or max(found.values()) < 1:
        return "procedure" if before in {None, "role"} and not first else (before or "procedure")
    return max(found, key=lambda kind: found[kind])


def _slot(text: str, unit: Unit) -> SpanKind | None:
    """Tell a unit that is a slot, alone or behind a short label, from text that merely names one."""
    match = SLOT.search(text)
    if match is None:
        return None
    rest = SLOT.sub("", text).strip(" :：\"'`<>/\n-*#")
    if len(rest.split()) > _LABEL_WORDS or len(rest) > _LABEL_CHARACTERS:
        return None
    name = " ".join(filter(None, (*match.groups(), rest, *unit.path[-1:])))
    return "input" if INPUT_NAMES.search(name) else "context"


def _led_in(prompt: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Let a line that ends in a colon take the kind of what follows, where it has no strong one itself."""
    out = list(parts)
    for i in range(len(out) - 2, -1, -1):
        text = out[i].unit.text(prompt)
        if text.rstrip().endswith((":", "：")) and max(scores(unquoted(text)).values(), default=0) < _STRONG:
            out[i] = replace(out[i], kind=out[i + 1].kind)
    return tuple(out)
