"""Learns the patterns of one message position from its texts."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from workbench.convert.align import align
from workbench.convert.families import families, spread
from workbench.convert.labels import label_before, slot_name, slot_type, width
from workbench.convert.pattern import Pattern
from workbench.convert.wording import by_wording, without_wording
from workbench.records import Hole, Static, Value

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator, Sequence


_SHOWN = 50
_VERSIONS = 12
_VERSION_WORDS = 6
_SYSTEM_SHARE = 0.1
_SYSTEM_SHARE_OF_FEW = 0.7
_SYSTEM_WORDS = 5


class Learning(Value, frozen=True, kw_only=True):
    """What counts as shared.

    ``support``: this many calls make a template. ``survey``: distinct prompts, of at most
    ``survey_characters`` in all, that are learnt from at a time; those of the log that then fit nothing are
    learnt from in turn, at most ``rounds`` times. ``pool``: distinct texts among which families are looked
    for, and ``sample``: those of a family that are aligned, fewer where they have more than
    ``sample_characters`` in all; all texts are then read by what was found.
    ``long_prompt``: from this many words a system prompt makes a task of its own, below it the user's turn
    tells tasks apart.
    """

    support: Annotated[int, msgspec.Meta(ge=2)] = 3
    survey: Annotated[int, msgspec.Meta(ge=100)] = 20_000
    survey_characters: Annotated[int, msgspec.Meta(ge=1_000_000)] = 100_000_000
    rounds: Annotated[int, msgspec.Meta(ge=1)] = 8
    pool: Annotated[int, msgspec.Meta(ge=100)] = 1500
    sample: Annotated[int, msgspec.Meta(ge=8)] = 64
    sample_characters: Annotated[int, msgspec.Meta(ge=100_000)] = 3_000_000
    long_prompt: Annotated[int, msgspec.Meta(ge=1)] = 20


DEFAULT_LEARNING = Learning()


class Learnt(NamedTuple):
    """What the texts of a position share: patterns, and texts that are static as they are."""

    slotted: list[Pattern]
    exact: dict[str, Pattern]

    @property
    def empty(self) -> bool:
        """Tell whether nothing is shared."""
        return not self.slotted and not self.exact

    def joined(self, more: Learnt) -> Learnt:
        """Return both; of several patterns the one with most static text is read first."""
        if more.empty:
            return self
        slotted = sorted([*self.slotted, *more.slotted], key=lambda p: p.static_length, reverse=True)
        return Learnt(slotted, more.exact | self.exact)

    def read(self, text: str) -> tuple[Pattern, list[str]] | None:
        """Return the pattern that ``text`` fits and the values of its holes, or ``None``.

        Of several the one with most static text counts. The cost doesn't depend on the number of exact texts.
        """
        whole = self.exact.get(text)
        if whole is not None:
            return whole, []
        for pattern in self.slotted:
            values = pattern.match(text)
            if values is not None:
                return pattern, values
        return None


def learn_plain(counted: Counter[str], *, learning: Learning, role: str, under: int) -> Learnt:
    """Learn from ``counted`` texts as they are.

    ``under`` counts the static words of the system prompt above them. Rounds go on with the texts that fit
    nothing so far, as long as they bring something. Of system prompts, what is left and stands more than
    once, or is the only one, is static as it is.
    """
    learnt = Learnt([], {})
    rest = [text for text in counted if text]
    for _ in range(learning.rounds):
        fresh = _round(rest, counted, learning=learning, role=role, under=under)
        if fresh.empty:
            break
        learnt = learnt.joined(fresh)
        rest = [text for text in rest if fresh.read(text) is None]
    if role == "system":
        learnt = learnt.joined(_exact(text for text in rest if stands_alone(text, counted)))
    return learnt


def _exact(texts: Iterable[str]) -> Learnt:
    return Learnt([], {text: Pattern((Static(text=text),)) for text in texts})


def stands_alone(text: str, counted: Counter[str]) -> bool:
    """Tell whether a system text is a prompt by itself: it stands more than once, or is the only one."""
    return counted[text] > 1 or len(counted) == 1


def _round(rest: list[str], counted: Counter[str], *, learning: Learning, role: str, under: int) -> Learnt:
    pool = spread(rest, limit=learning.pool)
    found = families(
        pool, support=learning.support, prompted=under >= learning.long_prompt, system=role == "system"
    )
    slotted: list[Pattern] = []
    exact: list[str] = []
    prompted = under >= learning.long_prompt
    for family, aligned in _worded(found, role=role, prompted=prompted, learning=learning):
        if role != "system":
            pattern = _pattern(family, aligned, prompted=prompted, learning=learning)
        elif (pattern := _system_pattern(family, aligned, counted, learning)) is None:
            exact += [text for text in family if stands_alone(text, counted)]
        if pattern is not None:
            slotted.append(pattern)
    return Learnt(slotted, _exact(exact).exact)


def _worded(
    found: list[list[str]], *, role: str, prompted: bool, learning: Learning
) -> Iterator[tuple[list[str], list[str | None]]]:
    """Split families further where their texts differ in a few long wordings: versions of a prompt.

    Yields each with its alignment, which is empty for families too small to be a template.
    """
    pending = found[::-1]
    while pending:
        family = pending.pop()
        apart = None
        enough = len(family) >= (2 if role == "system" else learning.support)
        segments = _aligned(family, learning) if enough else []
        if len(family) > learning.support and (role == "system" or not prompted):
            aligned = named(segments, family, role=role)
            labelled = any(part.type == "context" for part in aligned.parts if isinstance(part, Hole))
            apart = by_wording(aligned, family) if role == "system" or not labelled else None
        if apart:
            pending += apart[::-1]
        else:
            yield family, settled(segments, family)


def settled(segments: list[str | None], texts: Sequence[str]) -> list[str | None]:
    """Make static what is the same in all texts that the segments fit, where some of ``texts`` don't.

    Such texts are another version, whose words made a hole where the others have none.
    """
    holes = [i for i, segment in enumerate(segments) if segment is None]
    whole = _bare(segments)
    read = [values for text in texts if (values := whole.match(text)) is not None]
    if not holes or not 1 < len(read) < len(texts):
        return segments
    out: list[str | None] = list(segments)
    for i, column in zip(holes, zip(*read, strict=True), strict=True):
        out[i] = column[0] if len(set(column)) == 1 else None
    return [
        "".join(text or "" for text in run) if static else None
        for static, run in groupby(out, key=lambda text: text is not None)
    ]


def _bare(segments: Sequence[str | None]) -> Pattern:
    return Pattern(
        tuple(
            Hole(name=str(i), type="other") if s is None else Static(text=s) for i, s in enumerate(segments)
        )
    )


def _aligned(family: list[str], learning: Learning) -> list[str | None]:
    return align(family, sample=learning.sample, characters=learning.sample_characters)


def _pattern(
    family: list[str], segments: list[str | None], *, prompted: bool, learning: Learning
) -> Pattern | None:
    if len(family) < learning.support:
        return None
    pattern = named(without_wording(segments) if prompted else segments, family, role="user")
    return pattern if pattern.static_length else None


def _system_pattern(
    family: list[str], segments: list[str | None], counted: Counter[str], learning: Learning
) -> Pattern | None:
    """Take one prompt with slots where texts differ in values; ``None`` where they differ in wording."""
    if len(family) == 1:
        return None
    pattern = named(segments, family, role="system")
    read = [values for text in family if (values := pattern.match(text)) is not None]
    static = sum(width(part.text) for part in pattern.parts if isinstance(part, Static))
    total = sum(width(text) for text in family) / len(family)
    least = _SYSTEM_SHARE if len(family) >= learning.support else _SYSTEM_SHARE_OF_FEW
    if not read or static < max(least * total, _SYSTEM_WORDS):
        return None
    longest = max((width(value) for values in read for value in values), default=0.0)
    versions = len(family) <= _VERSIONS and all(stands_alone(text, counted) for text in family)
    in_wording = longest > _VERSION_WORDS and (versions or len(family) < learning.support)
    return None if in_wording else pattern


def named(segments: Sequence[str | None], texts: Sequence[str], *, role: str) -> Pattern:
    """Turn segments into a pattern whose holes have names and types from labels and values."""
    whole = _bare(segments)
    bare = whole.parts
    holes = [i for i, part in enumerate(bare) if isinstance(part, Hole)]
    values = [read for text in spread(texts, limit=_SHOWN) if (read := whole.match(text)) is not None]
    parts = list(bare)
    evidence = []
    for k, i in enumerate(holes):
        before = parts[i - 1] if i else None
        label = label_before(before.text) if isinstance(before, Static) else ""
        kind, why = slot_type(label, [read[k] for read in values], last=role == "user" and i == holes[-1])
        parts[i] = Hole(name=slot_name(label, kind), type=kind)
        evidence.append(why)
    return Pattern(tuple(parts), tuple(evidence))
