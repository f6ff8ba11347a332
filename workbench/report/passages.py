"""Cuts the removed prompt at its rules, so that a reader sees which sentence is which verdict."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from workbench.records import Template
from workbench.report.files import optional_json
from workbench.report.model import Passage, PromptText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from workbench.contracts import Contract


def read_prompts(templates: Path, contracts: Sequence[Contract]) -> tuple[PromptText, ...]:
    """Return the prompt that each contract was read from, cut at the spans of its rules.

    Empty where there are no templates; a contract none of whose templates is there is left out.
    """
    raw = optional_json(templates)
    if raw is None:
        return ()
    held = {t.id: t for t in msgspec.convert(raw["templates"], list[Template])}
    found = (PromptText(task=c.task, passages=_passages(c, held)) for c in contracts)
    return tuple(prompt for prompt in found if prompt.passages)


def _passages(contract: Contract, held: Mapping[str, Template]) -> tuple[Passage, ...]:
    sourced = [(rule.id, rule.source) for rule in contract.rules if rule.source is not None]
    template = next((held[source.template] for _, source in sourced if source.template in held), None)
    if template is None:
        return ()
    spans = [(*source.span, name) for name, source in sourced if source.template == template.id]
    return cut(template.system or template.static("user"), spans)


def cut(text: str, spans: list[tuple[int, int, str]]) -> tuple[Passage, ...]:
    """Cut ``text`` at ``[start, end)`` spans with rule ids; a piece in several names all their rules."""
    edges = sorted(
        {0, len(text), *(min(max(0, e), len(text)) for start, end, _ in spans for e in (start, end))}
    )
    pieces = (
        Passage(text=text[a:b], rules=tuple(rule for start, end, rule in spans if start <= a and b <= end))
        for a, b in pairwise(edges)
    )
    return tuple(piece for piece in pieces if piece.text)
