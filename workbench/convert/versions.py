"""Tells versions of one prompt, which replace each other over time, from prompts of different tasks."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from workbench.records import Hole, Value
from workbench.text import has_han, sentences, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.convert.pattern import Parts

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
_RUN = 4


class Drift(Value, frozen=True, kw_only=True):
    """When two prompts are versions of one.

    They share ``likeness`` of their runs of words and follow each other in the log, in that at most
    ``overlap`` of the shorter one's span of rows lies within the other's; or they share ``twin`` at any time.
    A run of words that stands in more than ``boilerplate`` different prompts says nothing. Of a prompt with
    more than ``recalled`` versions, the latest are compared.
    """

    likeness: Share = 0.5
    overlap: Share = 0.2
    twin: Share = 0.85
    boilerplate: Annotated[int, msgspec.Meta(ge=1)] = 64
    recalled: Annotated[int, msgspec.Meta(ge=1)] = 64


class Era(NamedTuple):
    """A prompt with the places of its first and last call in the log."""

    text: str
    first: int
    last: int


def lineages(eras: Sequence[Era], *, drift: Drift) -> list[int]:
    """Number the prompt that each of ``eras`` is a version of, by the place of its first version.

    Every prompt is held against the versions of each earlier prompt that it shares a telling run of words
    with. Texts without a run of words stay alone.
    """
    order = sorted(range(len(eras)), key=lambda i: (eras[i].first, eras[i].text))
    numbers: dict[str, int] = {}
    runs = {i: frozenset(numbers.setdefault(r, len(numbers)) for r in _runs(eras[i].text)) for i in order}
    holders: dict[int, list[int]] = {}
    members: list[list[int]] = []
    home: dict[int, int] = {}
    for i in order:
        candidates = {
            lineage
            for run in runs[i]
            if len(found := holders.get(run, [])) <= drift.boilerplate
            for lineage in found
        }
        at = _best(i, [members[c][-drift.recalled :] for c in sorted(candidates)], eras, runs, drift)
        lineage = len(members) if at is None else sorted(candidates)[at]
        if at is None:
            members.append([])
        members[lineage].append(i)
        home[i] = lineage
        for run in runs[i]:
            known = holders.setdefault(run, [])
            if lineage not in known and len(known) <= drift.boilerplate:
                known.append(lineage)
    return [home[i] for i in range(len(eras))]


def shown(parts: Parts) -> str:
    """Write a message as text in which every hole is its name in braces."""
    return "".join(f"{{{part.name}}}" if isinstance(part, Hole) else part.text for part in parts)


def difference(old: str, new: str) -> list[str]:
    """Return what went (``- …``) and what came (``+ …``), sentence by sentence."""
    before, after = _units(old), _units(new)
    return [
        f"{line[0]} {line[2:]}"
        for line in difflib.ndiff(before, after, linejunk=None, charjunk=None)
        if line[:2] in {"- ", "+ "}
    ]


def _best(
    i: int, groups: list[list[int]], eras: Sequence[Era], runs: dict[int, frozenset[int]], drift: Drift
) -> int | None:
    """Return the group with the likest version of ``i``."""
    best, found = 0.0, None
    own = runs[i]
    for at, group in enumerate(groups):
        for j in group:
            other = runs[j]
            shared = len(own & other)
            alike = shared / (len(own) + len(other) - shared)
            if alike <= best or alike < drift.likeness:
                continue
            if alike >= drift.twin or _overlap(eras[i], eras[j]) <= drift.overlap:
                best, found = alike, at
    return found


def _overlap(one: Era, other: Era) -> float:
    shared = min(one.last, other.last) - max(one.first, other.first) + 1
    return max(0, shared) / (min(one.last - one.first, other.last - other.first) + 1)


def _runs(text: str) -> set[str]:
    found = [word.casefold() for word in words(text)]
    size = 2 * _RUN if has_han(text) else _RUN
    return {" ".join(found[k : k + size]) for k in range(len(found) - size + 1)}


def _units(text: str) -> list[str]:
    """Take a text apart into lines, and long lines into sentences."""
    return [unit.strip() for line in re.split(r"\r?\n", text) for unit in sentences(line) if unit.strip()]
