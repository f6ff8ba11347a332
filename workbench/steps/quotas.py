"""Keeps a selection between the least and the most that each task, rule, language or source shall have."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from workbench.errors import ConfigError, Finding
from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

By = Literal["task", "template", "source", "lang", "rule"]
_COLUMNS = {"task": "task", "template": "template_id", "lang": "answer_lang", "rule": "rules"}


class Quota(Value, frozen=True, kw_only=True):
    """At most the share ``most`` of the budget for each value of ``by``, or for ``value`` alone.

    ``at_least`` rows of each are picked before all others, the rarest value first, as far as there are such
    rows, the budget has room and no quota forbids them; what falls short is told (``Caps.minima``).
    With ``temperature`` the share of each value follows its rows to the power 1/temperature (1: as they are;
    larger: more even), and ``most`` bounds what that gives. ``lang`` and ``rule`` need the signals
    ``languages`` and ``rules``; a row counts for each rule that it exercises.
    """

    by: By
    most: Annotated[float, Meta(gt=0, le=1)] = 1.0
    at_least: Annotated[int, Meta(ge=0)] = 0
    value: str | None = None
    temperature: Annotated[float, Meta(ge=1)] | None = None


class Caps:
    """What may still be taken of each value of one quota, and what is still lacking of it."""

    def __init__(self, quota: Quota, frame: pl.DataFrame, budget: int) -> None:
        self.quota = quota
        self.values = values_of(frame, quota.by)
        self.there = Counter(value for values in self.values for value in values)
        self.weights = mixing(self.there, quota.temperature) if quota.temperature else {}
        bound = list(self.there) if quota.value is None else [quota.value]
        shares = {value: min(quota.most, self.weights.get(value, 1.0)) for value in bound}
        self.room = {value: math.ceil(share * budget) for value, share in shares.items()}
        self.lacking = {value: quota.at_least for value in sorted(bound) if quota.at_least}

    def allow(self, row: int, cost: int) -> bool:
        """Tell whether the row fits into what is left of every value it has."""
        return all(self.room.get(value, cost) >= cost for value in self.values[row])

    def take(self, row: int, cost: int) -> None:
        """Count the row."""
        for value in self.values[row]:
            if value in self.room:
                self.room[value] -= cost
            if value in self.lacking:
                self.lacking[value] -= 1

    def lacks(self, row: int, value: str) -> bool:
        """Tell whether the row has the value, and more of it are wanted."""
        return self.lacking[value] > 0 and value in self.values[row]

    def minima(self) -> list[dict[str, Any]]:
        """Say of each value with a minimum how many rows there were and how many were selected."""
        return [
            {
                "by": self.quota.by,
                "value": value,
                "at_least": self.quota.at_least,
                "there": self.there[value],
                "selected": self.quota.at_least - left,
                "met": left <= 0,
            }
            for value, left in self.lacking.items()
        ]


def wanted(caps: Sequence[Caps]) -> list[tuple[Caps, str]]:
    """List every value with a minimum, the rarest first."""
    every = [(cap, value) for cap in caps for value in cap.lacking]
    return sorted(every, key=lambda one: (one[0].there[one[1]], one[0].quota.by, one[1]))


def mixing(rows: Counter[str], temperature: float) -> dict[str, float]:
    """Return weights that sum to 1, each value's rows to the power 1/temperature."""
    powered = {value: count ** (1 / temperature) for value, count in sorted(rows.items())}
    total = sum(powered.values())
    return {value: round(power / total, 6) for value, power in powered.items()}


def values_of(frame: pl.DataFrame, by: By) -> Sequence[Sequence[str]]:
    """Return for each row its values of ``by``.

    Raises:
        ConfigError: the column that ``by`` needs wasn't measured.
    """
    if by == "source":
        return [[str(value)] for value in frame["source"].struct.field("file")]
    name = _COLUMNS[by]
    if name not in frame.columns:
        signal = {"lang": "languages", "rule": "rules"}[by]
        raise ConfigError(
            Finding(
                where=f"quota by {by}",
                found=f"no column {name!r}",
                expected=f"the signal {signal!r} measured",
                fix=f"Add it: --signals default, or {{use: {signal}}} under curate.signals.",
            )
        )
    column: list[Any] = frame[name].to_list()
    return [list(value or ()) if isinstance(value, list | None) else [str(value)] for value in column]
