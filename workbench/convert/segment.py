"""Tells the parts of a prompt apart: role, procedure, format, grounding … as spans that tile it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, get_args

from workbench.contracts import Span, SpanKind
from workbench.convert.compile_text import unquoted
from workbench.convert.segment_cues import scores
from workbench.convert.segment_headings import (
    DIALOGUE,
    FACT_NAMES,
    SLOT,
    heading_kind,
    heading_words,
    slot_kind,
)
from workbench.convert.segment_learnt import learnt_weights
from workbench.convert.segment_units import Unit, short, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KINDS: tuple[SpanKind, ...] = get_args(SpanKind)
_CERTAIN = 100.0
_OPENING_ROLE = 2.0
_BLOCK_FORMAT = 3.0
_SAMPLE_TURN = 6.0
# The tables of a database are facts under any heading; a tag alone goes on with what is shown.
_TABLES, _KNOWN_TABLES = re.compile(r"\bcreate (?:table|view)\b", re.IGNORECASE), 3.0
_MARKUP = re.compile(r"\s*<[^<>]+>\s*")
# A dialogue has so many speakers, and at least one of them speaks again.
_SPEAKERS = 2
_LEAD_IN = 0.6
_OWN_LABEL = 1.4
# What was learnt beside the cues: of a sentence, of a heading that no cue knows, and of one that a cue knows.
_SENTENCE, _NEW_HEADING, _KNOWN_HEADING = 1.5, 0.8, 0.3
# What a unit is where nothing tells: a step of the task.
_DEFAULT: dict[SpanKind, float] = {"procedure": 0.8}
# Neighbours tend to be of one kind: on one line, under the same headings, across a blank line.
_SAME_LINE, _SAME_BLOCK, _SAME_SECTION, _ELSEWHERE = 1.9, 1.4, 1.0, 0.1
_LATE_ROLE = 0.8
_STRONG = 6.0
_LABEL_WORDS, _LABEL_CHARACTERS = 6, 24
# Names of what a prompt is given; other placeholders under "Answer in this format:" are to be filled in.
_GIVEN = re.compile(
    r"question|query|input|context|history|document|passage|text|message|data|问题|输入|资料|上下文|文本",
    re.IGNORECASE,
)
_AFTER_SAMPLES = re.compile(r"\b(?:following|now|below|begin)\b|现在|下面|以下|开始", re.IGNORECASE)


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
    """Give every unit of ``prompt`` its kind: the likeliest sequence by wording, headings and neighbours."""
    cut = units(prompt)
    weights = _weights(prompt, cut)
    kinds = _likeliest(weights, [_bond(prompt, a, b) for a, b in pairwise(cut)])
    return _led_in(
        prompt, tuple(Part(unit=unit, kind=kind) for unit, kind in zip(cut, kinds, strict=True)), weights
    )


def _weights(prompt: str, cut: tuple[Unit, ...]) -> list[dict[SpanKind, float]]:
    texts = [unit.text(prompt) for unit in cut]
    lone = len({match.group() for text in texts for match in SLOT.finditer(text)}) == 1
    turns = _turns(cut, texts)
    out: list[dict[SpanKind, float]] = []
    lead: dict[SpanKind, float] = {}
    nested: tuple[int, dict[SpanKind, float]] | None = None
    shown = False
    for i, (unit, text) in enumerate(zip(cut, texts, strict=True)):
        if (unit.lead < unit.start and unit.form == "text") or (i and unit.path != cut[i - 1].path):
            lead = {}
        certain = _certain(prompt, cut, i, alone=lone)
        if certain is not None:
            out.append({"format" if shown and certain != "example" else certain: _CERTAIN})
            continue
        found = _wording(unit, text, first=i == 0)
        if i in turns:
            found["example"] = found.get("example", 0) + _SAMPLE_TURN * ("format" not in _headed(unit))
        opens = text.rstrip().endswith((":", "："))
        shows = opens and max(found, key=lambda k: found[k]) == "format"
        shown = shows or (shown and _MARKUP.fullmatch(text) is not None)
        if unit.form == "item":
            depth = _depth(prompt, unit)
            above = {} if nested is None or depth <= nested[0] else nested[1]
            _add(found, above or lead, _LEAD_IN)
            if not above:
                nested = (depth, found) if text.rstrip().endswith((":", "：")) else None
        else:
            lead, nested = (found if text.rstrip().endswith((":", "：")) else {}), None
        out.append(found)
    return out


def _depth(prompt: str, unit: Unit) -> int:
    """Return how far a list item is set in, in characters."""
    return unit.lead - (prompt.rfind("\n", 0, unit.lead) + 1)


def _wording(unit: Unit, text: str, *, first: bool) -> dict[SpanKind, float]:
    """Add up what the unit's words, its headings and its place say."""
    found = dict(_DEFAULT)
    if unit.form == "block":
        found["fact" if _TABLES.search(text) else "format"] = _BLOCK_FORMAT + _KNOWN_TABLES * bool(
            _TABLES.search(text)
        )
    else:
        _add(found, scores(unquoted(text)), 1)
        if not _is_field(unit):
            _add(found, learnt_weights(text, "sentence"), _SENTENCE)
    headed = _headed(unit)
    _add(found, headed, 1)
    if unit.path:
        known = _KNOWN_HEADING if headed else _NEW_HEADING
        _add(found, learnt_weights(heading_words(unit.path[-1]), "heading"), known)
    if not headed and unit.path:
        _add(found, scores(unit.path[-1]), _LEAD_IN)
    if first and not headed and unit.form == "text":
        found["role"] = found.get("role", 0) + _OPENING_ROLE
    return found


def _is_field(unit: Unit) -> bool:
    """Tell a field of the output ("- voice: who spoke"), whose words say nothing of its kind."""
    heading = heading_kind(unit.path) if unit.label and unit.form == "item" else None
    return heading is not None and heading[0] == "format"


def _headed(unit: Unit) -> dict[SpanKind, float]:
    """Weigh what the unit stands under; the label of a field of the output says nothing of its own."""
    heading = heading_kind(unit.path)
    label = heading_kind((unit.label,)) if unit.label else None
    if label is not None and not _is_field(unit):
        return {label[0]: label[1] * _OWN_LABEL}
    return {} if heading is None else {heading[0]: heading[1]}


def _add(into: dict[SpanKind, float], more: Mapping[SpanKind, float], share: float) -> None:
    for kind, weight in more.items():
        into[kind] = into.get(kind, 0) + weight * share


def _certain(prompt: str, cut: tuple[Unit, ...], i: int, *, alone: bool) -> SpanKind | None:
    """Name the kind that form alone decides: a slot, or a part of a worked sample."""
    unit = cut[i]
    text = unit.text(prompt)
    slot = _slot(text, unit, alone=alone)
    in_sample = any(_is_example(name) for name in (*unit.path, unit.label) if name)
    if (
        in_sample
        and not (slot and DIALOGUE.match(f"{unit.label or unit.path[-1]}:"))
        and not _leaves(prompt, cut, i)
    ):
        return "example"
    return slot


def _is_example(name: str) -> bool:
    found = heading_kind((name,))
    return found is not None and found[0] == "example"


def _leaves(prompt: str, cut: tuple[Unit, ...], i: int) -> bool:
    """Tell a lead-in to the real input that stands after the samples, below a blank line."""
    unit, text = cut[i], cut[i].text(prompt)
    gap = prompt[cut[i - 1].stop : unit.lead] if i else ""
    return gap.count("\n") > 1 and _AFTER_SAMPLES.search(text) is not None and not _is_turn(text)


def _turns(cut: Sequence[Unit], texts: Sequence[str]) -> set[int]:
    """Find the turns of dialogues that are shown: two that follow each other, or labels that take turns."""
    named = [_is_turn(text) for text in texts]
    out = {
        i
        for i, is_turn in enumerate(named)
        if is_turn and any(named[max(0, i - 1) : i] + named[i + 1 : i + 2])
    }
    run: list[int] = []
    for i in range(len(cut) + 1):
        spoken = i < len(cut) and cut[i].label != "" and SLOT.search(texts[i]) is None
        if spoken and (not run or cut[i].path == cut[run[-1]].path):
            run.append(i)
            continue
        said = [name for name, _ in groupby(cut[j].label for j in run)]
        if len(said) > len(set(said)) <= _SPEAKERS and len(said) > _SPEAKERS:
            out.update(run)
        run = [i] if spoken else []
    return out


def _is_turn(text: str) -> bool:
    return DIALOGUE.match(text) is not None and SLOT.search(text) is None


def _slot(text: str, unit: Unit, *, alone: bool) -> SpanKind | None:
    """Tell a unit that is a slot, alone or behind a short label, from text that merely names one."""
    match = SLOT.search(text)
    # A lead-in may name a placeholder ("{x} stands for …:") and is no slot for it.
    if match is None or text.rstrip().endswith((":", "：")):
        return None
    rest = SLOT.sub("", text).strip(" :：\"'`<>/\n-*#、,，.。()（）")
    if not short(rest, words=_LABEL_WORDS, han=_LABEL_CHARACTERS):
        return None
    names = [name for name in match.groups() if name]
    headed = heading_kind(unit.path[-1:])
    if headed is not None and headed[0] == "format" and not any(_GIVEN.search(name) for name in names):
        return "format"
    kind = slot_kind([*names, *([rest] if rest else [])], unit.path, alone=alone)
    dated = names and all(FACT_NAMES.search(name) for name in names)
    return "fact" if rest and (dated or (kind == "context" and "fact" in scores(rest))) else kind


def _bond(prompt: str, first: Unit, second: Unit) -> float:
    """Return how strongly two neighbours belong together."""
    gap = prompt[first.stop : second.lead]
    if "\n" not in gap and second.lead == second.start:
        return _SAME_LINE
    if first.path != second.path:
        return _ELSEWHERE
    return _SAME_BLOCK if gap.count("\n") == 1 else _SAME_SECTION


def _likeliest(weights: Sequence[dict[SpanKind, float]], bonds: Sequence[float]) -> list[SpanKind]:
    """Find the sequence of kinds with the greatest sum of weights and bonds (Viterbi 1967)."""
    if not weights:
        return []
    best = {kind: weights[0].get(kind, 0.0) for kind in _KINDS}
    steps: list[dict[SpanKind, SpanKind]] = []
    for bond, here in zip(bonds, weights[1:], strict=True):
        top = max(_KINDS, key=lambda kind: best[kind])
        step: dict[SpanKind, SpanKind] = {}
        following: dict[SpanKind, float] = {}
        for kind in _KINDS:
            stays = best[kind] + bond >= best[top]
            step[kind] = kind if stays else top
            value = best[kind] + bond if stays else best[top] - (_LATE_ROLE if kind == "role" else 0.0)
            following[kind] = value + here.get(kind, 0.0)
        best = following
        steps.append(step)
    kinds = [max(_KINDS, key=lambda kind: best[kind])]
    for step in reversed(steps):
        kinds.append(step[kinds[-1]])
    return kinds[::-1]


def _led_in(
    prompt: str, parts: tuple[Part, ...], weights: Sequence[dict[SpanKind, float]]
) -> tuple[Part, ...]:
    """Let a line that ends in a colon take the kind of what follows, where it has no strong one itself."""
    out = list(parts)
    for i in range(len(out) - 2, -1, -1):
        ends = out[i].unit.text(prompt).rstrip().endswith((":", "："))
        if ends and weights[i].get(out[i].kind, 0) < _STRONG:
            out[i] = replace(out[i], kind=out[i + 1].kind)
    return tuple(out)
