"""Reads the labelled prompts of `gold/`, where a mark such as ⟦role⟧ opens a span."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from workbench.contracts import Span

_MARK = re.compile(r"⟦(\w+)⟧")


@dataclass(frozen=True, kw_only=True)
class Labelled:
    name: str
    language: str
    half: str
    set: str
    prompt: str
    spans: tuple[Span, ...]


def gold() -> list[Labelled]:
    """All prompts, set after set; of each set the English ones first."""
    folder = Path(__file__).parent / "gold"
    return [
        _labelled(row, language, name)
        for name, tail in (
            ("first", ""),
            ("second", "_second"),
            ("third", "_third"),
            ("fourth", "_fourth"),
            ("fifth", "_fifth"),
            ("sixth", "_sixth"),
            ("seventh", "_seventh"),
        )
        for language in ("english", "chinese")
        for row in yaml.load((folder / f"{language}{tail}.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    ]


def unseen(row):
    """Tell what neither the cues nor the weights were made from."""
    return row.set != "first" and row.half == "held"


def _labelled(row, language, name):
    pieces = _MARK.split(row["marked"])
    kinds, texts = pieces[1::2], pieces[2::2]
    # What stands before the first mark is the label of the first span.
    texts[0] = pieces[0] + texts[0]
    spans, at = [], 0
    for kind, text in zip(kinds, texts, strict=True):
        spans.append(Span(start=at, end=at + len(text), kind=kind))
        at += len(text)
    return Labelled(
        name=row["name"],
        language=language,
        half=row["half"],
        set=name,
        prompt="".join(texts),
        spans=tuple(spans),
    )
