"""Learns the patterns of one message position from its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from workbench.convert.align import align
from workbench.convert.labels import label_before, slot_name, slot_type
from workbench.convert.pattern import match, static_length
from workbench.records import Hole, Static, Value

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from workbench.convert.pattern import Parts

_SHOWN = 50


class Learning(Value, frozen=True, kw_only=True):
    """What counts as shared.

    ``support``: this many calls make a template. ``sample``: texts that are aligned to find one; all are then
    read by it. ``long_prompt``: from this many words a system prompt makes a task of its own, below it the
    user's turn tells tasks apart.
    """

    support: Annotated[int, msgspec.Meta(ge=2)] = 3
    sample: Annotated[int, msgspec.Meta(ge=8)] = 64
    long_prompt: Annotated[int, msgspec.Meta(ge=1)] = 20


DEFAULT_LEARNING = Learning()


def learn(counted: Counter[str], *, learning: Learning, role: str, under: int) -> list[Parts]:
    """Return the patterns of ``counted`` texts, the one with most static text first."""
    found: list[Parts] = []
    if role == "system":
        exact = [t for t, n in counted.items() if t and (n > 1 or len(counted) == 1)]
        found += [(Static(text=text),) for text in exact]
    rest = [text for text in counted if role == "user" or counted[text] == 1]
    if len(rest) >= learning.support:
        parts = named(align(rest, sample=learning.sample), rest, role=role)
        if any(isinstance(part, Static) for part in parts):
            found.append(parts)
    return sorted(found, key=static_length, reverse=True)


def named(segments: Sequence[str | None], texts: Sequence[str], *, role: str) -> Parts:
    """Turn segments into parts whose holes have names and types from labels and values."""
    bare: Parts = tuple(
        Hole(name=str(i), type="other") if s is None else Static(text=s) for i, s in enumerate(segments)
    )
    holes = [i for i, part in enumerate(bare) if isinstance(part, Hole)]
    values = [read for text in texts[: 4 * _SHOWN] if (read := match(bare, text)) is not None][:_SHOWN]
    parts = list(bare)
    for k, i in enumerate(holes):
        before = parts[i - 1] if i else None
        label = label_before(before.text) if isinstance(before, Static) else ""
        kind = slot_type(label, [read[k] for read in values], last=role == "user" and i == holes[-1])
        parts[i] = Hole(name=slot_name(label, kind), type=kind)
    return tuple(parts)
