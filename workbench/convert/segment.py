"""Tells the parts of a prompt apart: role, procedure, format, grounding … as spans that tile it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.contracts import Span
from workbench.convert.segment_features import features
from workbench.convert.segment_learnt import likeliest, load_learnt
from workbench.convert.segment_units import Unit, units

if TYPE_CHECKING:
    from workbench.contracts import SpanKind


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
    """Give every unit of ``prompt`` its kind: the likeliest sequence by wording, headings and form."""
    cut = units(prompt)
    kinds = likeliest(load_learnt(), features(prompt, cut))
    return tuple(Part(unit=unit, kind=kind) for unit, kind in zip(cut, kinds, strict=True))
