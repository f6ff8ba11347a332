"""The limits a team sets for its data sets, as one small YAML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from workbench.gate.policy import Number, Share  # noqa: TC001 - msgspec reads them
from workbench.io.config import load
from workbench.records import Value

if TYPE_CHECKING:
    from pathlib import Path


class SignalLimits(Value, frozen=True, kw_only=True):
    """Limits on one signal: ``min`` and ``max`` of every row, of the mean, and of the share without a value.

    ``max_rows_above``: most rows in which it may lie above ``above``.
    """

    min: float | None = None
    max: float | None = None
    min_mean: float | None = None
    max_mean: float | None = None
    above: float = 0.0
    max_rows_above: Number | None = None
    max_missing_share: Share | None = None


class ChangeLimits(Value, frozen=True, kw_only=True):
    """Limits on what changed since the version before, as shares of its rows.

    ``max_effect``: most that the mean of any signal may move, in standard deviations of the version before.
    """

    max_added_share: Annotated[float, msgspec.Meta(ge=0)] | None = None
    max_removed_share: Share | None = None
    max_changed_share: Share | None = None
    max_effect: Annotated[float, msgspec.Meta(ge=0)] | None = None


class DataPolicy(Value, frozen=True, kw_only=True):
    """What has to hold for a data set; ``None`` switches a limit off.

    Size: ``min_rows``, ``max_rows``, ``min_part_rows`` by part. Schema: ``max_rejected_share`` of rows that
    are no pair. Contract (``contract``, relative to the policy; default: the one beside the data):
    ``max_broken_share`` of rows that break a ``must`` rule; of rules by id ``max_breaks``, and
    ``max_break_shares`` of the rows to which the rule applies. Duplicates:
    ``max_exact_share``, ``max_near_share``, ``max_conflict_share``. Leakage: ``max_likeness`` of rows in
    different parts, ``max_likeness_against`` of rows and the evaluation data in ``against``. Personal data:
    ``max_personal_rows``, ``max_secret_rows`` (the signals ``pii`` and ``secrets``). Balance:
    ``max_task_share``, ``max_source_share``, ``min_task_rows``. ``signals``: limits by name. ``change``:
    limits beside the version before (``--base``).
    """

    version: Literal[1] = 1
    min_rows: Number = 1
    max_rows: Number | None = None
    min_part_rows: dict[str, Number] = msgspec.field(default_factory=dict)
    max_rejected_share: Share | None = 0.0
    contract: str | None = None
    max_broken_share: Share | None = 0.0
    max_breaks: dict[str, Number] = msgspec.field(default_factory=dict)
    max_break_shares: dict[str, Share] = msgspec.field(default_factory=dict)
    max_exact_share: Share | None = 0.0
    max_near_share: Share | None = None
    max_conflict_share: Share | None = None
    max_likeness: Share | None = 0.9
    against: tuple[str, ...] = ()
    max_likeness_against: Share | None = 0.8
    max_personal_rows: Number | None = None
    max_secret_rows: Number | None = 0
    max_task_share: Share | None = None
    max_source_share: Share | None = None
    min_task_rows: Number | None = None
    signals: dict[str, SignalLimits] = msgspec.field(default_factory=dict)
    change: ChangeLimits | None = None


def read_data_policy(path: Path) -> DataPolicy:
    """Read a policy for data; paths in it become relative to the file.

    Raises:
        InputError: the file can't be read.
        ConfigError: an unknown key (with the nearest known one), or a value out of range, with its path.
    """
    policy = load(path, DataPolicy, what="a policy for data (YAML)")
    root = path.resolve().parent
    contract = str(root / policy.contract) if policy.contract is not None else None
    against = tuple(str(root / name) for name in policy.against)
    return msgspec.structs.replace(policy, contract=contract, against=against)
