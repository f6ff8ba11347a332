"""Cuts the removed prompt at its rules, so that a reader sees which sentence is which verdict."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from workbench.records import Template
from workbench.report.files import optional_json
from workbench.report.model import Passage

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.contracts import Contract


def read_prompt(templates: Path, contract: Contract | None) -> tuple[Passage, ...]:
    """Return the text of the prompt that the contract was read from, cut at the spans of its rules.

    Empty where the files aren't there, or where no template is the contract's.
    """
    raw = optional_json(templates)
    if raw is None or contract is None:
        return ()
    held = {t.id: t for t in msgspec.convert(raw["templates"], list[Template])}
    sources = [rule.source.template for rule in contract.rules if rule.source is not None]
    template = next((held[name] for name in sources if name in held), None)
    if template is None:
        return ()
    spans = [
        (*rule.source.span, rule.id)
        for rule in contract.rules
        if rule.source is not None and rule.source.template == template.id
    ]
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
