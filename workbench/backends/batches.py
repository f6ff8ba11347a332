"""Plans which prompts are generated together: those that share a long beginning, sorted by length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Group:
    """Prompts whose first ``shared`` tokens are equal, cut into batches of prompt numbers."""

    shared: int
    batches: tuple[tuple[int, ...], ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """The numbers of all prompts of the group."""
        return tuple(number for batch in self.batches for number in batch)


def plan(prompts: Mapping[int, list[int]], *, batch_size: int, shared: int) -> list[Group]:
    """Group prompts by their first ``shared`` tokens (0: one group, nothing shared).

    Prompts whose beginning nobody shares go into one group that shares nothing. Inside a group the longest
    come first, so that padding is small and a lack of memory shows at once.
    """
    by_start: dict[tuple[int, ...], list[int]] = {}
    for number, ids in prompts.items():
        start = tuple(ids[:shared]) if shared and len(ids) > shared else ()
        by_start.setdefault(start, []).append(number)
    loose = [n for start, numbers in by_start.items() if not start or len(numbers) == 1 for n in numbers]
    groups = [_group(prompts, loose, batch_size=batch_size, share=False)] if loose else []
    groups += [
        _group(prompts, numbers, batch_size=batch_size, share=True)
        for start, numbers in by_start.items()
        if start and len(numbers) > 1
    ]
    return groups


def _group(prompts: Mapping[int, list[int]], numbers: list[int], *, batch_size: int, share: bool) -> Group:
    ordered = sorted(numbers, key=lambda number: (-len(prompts[number]), number))
    # At least one token of each prompt stays outside, for it gives the first logits.
    room = min(len(prompts[number]) for number in numbers) - 1
    common = _common([prompts[number] for number in numbers]) if share else 0
    return Group(
        shared=min(common, room) if share else 0,
        batches=tuple(tuple(ordered[i : i + batch_size]) for i in range(0, len(ordered), batch_size)),
    )


def _common(rows: list[list[int]]) -> int:
    """Count the first tokens that all rows share; the least and the greatest row differ first."""
    low, high = min(rows), max(rows)
    return next(
        (i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high))
    )
