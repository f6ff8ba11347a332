"""Measures segmentation: how many words of labelled prompts get the kind that people gave them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.text import word_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.contracts import Span

# Pairs of (kind in the labels, kind found), counted by word.
Confusion = Counter[tuple[str, str]]


def compare_spans(prompt: str, labelled: Iterable[Span], found: Iterable[Span]) -> Confusion:
    """Count the words of ``prompt`` by labelled and found kind; a word outside all labels is not counted."""
    gold, mine = _kinds(prompt, labelled), _kinds(prompt, found)
    return Counter((gold[at], mine[at]) for at in word_starts(prompt) if gold[at])


def span_figures(confusion: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Return ``accuracy`` over ``n`` words, ``macro_f1`` over the labelled kinds, and ``f1`` by kind.

    All are ``None`` or empty where nothing was labelled.
    """
    n = sum(confusion.values())
    right = sum(count for (gold, mine), count in confusion.items() if gold == mine)
    f1 = {kind: _f1(confusion, kind) for kind in sorted({gold for gold, _ in confusion})}
    return {
        "accuracy": right / n if n else None,
        "macro_f1": sum(f1.values()) / len(f1) if f1 else None,
        "f1": f1,
        "n": n,
    }


def _f1(confusion: Mapping[tuple[str, str], int], kind: str) -> float:
    hit = confusion.get((kind, kind), 0)
    wanted = sum(count for (gold, _), count in confusion.items() if gold == kind)
    given = sum(count for (_, mine), count in confusion.items() if mine == kind)
    return 2 * hit / (wanted + given)


def _kinds(prompt: str, spans: Iterable[Span]) -> list[str]:
    out = [""] * len(prompt)
    for span in spans:
        out[span.start : span.end] = [span.kind] * (min(span.end, len(prompt)) - span.start)
    return out
