"""The limits a team sets for its adapters, as one small YAML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from workbench.io.config import load
from workbench.records import Value

if TYPE_CHECKING:
    from pathlib import Path

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Number = Annotated[int, msgspec.Meta(ge=0)]


class BehaviourLimits(Value, frozen=True, kw_only=True):
    """Limits on one behaviour's suite, and on each of its cells where ``cells`` is set.

    ``min_after``: least share of the adapter. ``max_drop``: most that it may lie below the teacher.
    ``min_cases``: with fewer judged cases of the adapter nothing passes.
    """

    min_after: Share | None = None
    max_drop: Share | None = None
    min_cases: Number = 20
    cells: bool = False


class Policy(Value, frozen=True, kw_only=True):
    """What has to hold for an adapter to pass; ``None`` switches a limit off.

    ``min_cases`` and ``min_clusters``: with fewer held-out cases, or clusters of them, nothing passes.
    ``certainty``: ``point`` compares the measured share; ``interval`` asks that its whole interval lies on
    the right side, and is undecided where it straddles the limit. ``min_after``: least share of rules obeyed
    by the adapter. ``min_retained``: least part of the teacher's share. ``max_lost_*``: most rules of that
    severity that may be lost. ``max_unscored_share``: most of the judgments that may be missing.
    ``min_tokens_saved``: least share of prompt tokens saved. ``require_parity``: the adapter on disk was
    proven to be the one trained. ``require_applied``: its answers differ from the base's. ``never_break``:
    cases that it must pass.
    """

    version: Literal[1] = 1
    min_cases: Number = 30
    min_clusters: Number = 10
    certainty: Literal["point", "interval"] = "point"
    min_after: Share | None = None
    min_retained: Annotated[float, msgspec.Meta(ge=0)] | None = 0.95
    max_lost_must_rules: Number | None = 0
    max_lost_should_rules: Number | None = None
    max_unscored_share: Share | None = 0.05
    min_tokens_saved: Share | None = None
    behaviours: dict[str, BehaviourLimits] = msgspec.field(default_factory=dict)
    require_parity: bool = True
    require_applied: bool = True
    never_break: tuple[str, ...] = ()


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        InputError: the file can't be read.
        ConfigError: an unknown key (with the nearest known one), or a value out of range, with its path.
    """
    return load(path, Policy, what="a policy (YAML)")
