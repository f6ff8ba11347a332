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
Amount = Annotated[float, msgspec.Meta(ge=0)]


class BehaviourLimits(Value, frozen=True, kw_only=True):
    """Limits on one behaviour's suite, and on each of its cells where ``cells`` is set.

    ``min_after``: least share of the adapter. ``max_drop``: most that it may lie below the teacher.
    ``min_cases``: with fewer judged cases of the adapter nothing passes.
    """

    min_after: Share | None = None
    max_drop: Share | None = None
    min_cases: Number = 20
    cells: bool = False


class RuleLimits(Value, frozen=True, kw_only=True):
    """Limits on one rule: least share of the adapter, most below the teacher, least recovery, never lost."""

    min_after: Share | None = None
    max_drop: Share | None = None
    min_recovery: float | None = None
    never_lost: bool = True


class GraderLimits(Value, frozen=True, kw_only=True):
    """Limits on what the judgments can tell.

    ``file``: figures of `workbench graders measure --out`, relative to the policy. ``min_balanced_accuracy``:
    least of each of its sets. ``drop``: the evaluation must have cases enough to see the adapter fall by as
    much, with ``power``, where ``flips`` of the cases change their verdict by chance; a grader of balanced
    accuracy b needs 1/(2b - 1)² times as many.
    """

    file: str | None = None
    min_balanced_accuracy: Share | None = None
    drop: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    power: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.8
    flips: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1


class DataGuards(Value, frozen=True, kw_only=True):
    """Limits on the data of the run: shares of records rejected and pairs dropped, likeness across parts."""

    max_rejected_share: Share | None = 0.05
    max_dropped_share: Share | None = None
    max_likeness: Share | None = None
    min_train_rows: Number | None = None


class BaselineLimits(Value, frozen=True, kw_only=True):
    """Limits beside a blessed run. ``file`` is relative to the policy.

    ``max_regressions``: most cases that held there and break now. ``max_unmatched_share``: most of its cases
    that may not be compared, since they aren't there, say something else, or were judged by other code.
    """

    file: str
    max_regressions: Number = 0
    max_unmatched_share: Share = 0.0


class Policy(Value, frozen=True, kw_only=True):
    """What has to hold for an adapter to pass; ``None`` switches a limit off.

    ``min_cases`` and ``min_clusters``: with fewer held-out cases, or clusters of them, nothing passes.
    ``certainty``: ``point`` compares the measured share; ``interval`` asks that its whole interval lies on
    the right side, and is undecided where it straddles the limit. ``min_after``: least share of rules obeyed
    by the adapter. ``max_drop``: most that it may lie below the teacher. ``min_retained``: least part of the
    teacher's share. ``max_lost_*``: most rules of that severity that may be lost. ``min_*_recovery``: least
    recovery of each rule of that severity where the prompt makes a difference. ``rules``: limits by rule id.
    ``max_unscored_share``: most of the judgments that may be missing. ``min_tokens_saved``: least share of
    prompt tokens saved. ``require_parity``: the adapter on disk was proven to be the one trained, within
    ``max_parity_difference`` of its logits. ``require_applied``: its answers differ from the base's.
    ``require_complete``: every file that the run's manifests name is there, unchanged. ``never_break``: cases
    that it must pass.
    """

    version: Literal[1] = 1
    min_cases: Number = 30
    min_clusters: Number = 10
    certainty: Literal["point", "interval"] = "point"
    min_after: Share | None = None
    max_drop: Share | None = None
    min_retained: Amount | None = 0.95
    max_lost_must_rules: Number | None = 0
    max_lost_should_rules: Number | None = None
    min_must_recovery: float | None = None
    min_should_recovery: float | None = None
    rules: dict[str, RuleLimits] = msgspec.field(default_factory=dict)
    max_unscored_share: Share | None = 0.05
    min_tokens_saved: Share | None = None
    behaviours: dict[str, BehaviourLimits] = msgspec.field(default_factory=dict)
    graders: GraderLimits | None = None
    data: DataGuards | None = None
    baseline: BaselineLimits | None = None
    require_parity: bool = True
    max_parity_difference: Amount | None = None
    min_parity_effect: Amount | None = None
    require_applied: bool = True
    require_complete: bool = True
    never_break: tuple[str, ...] = ()


def read_policy(path: Path) -> Policy:
    """Read a policy file; paths in it become relative to the file.

    Raises:
        InputError: the file can't be read.
        ConfigError: an unknown key (with the nearest known one), or a value out of range, with its path.
    """
    policy: Policy = load(path, Policy, what="a policy (YAML)")
    root, replace = path.resolve().parent, msgspec.structs.replace
    if policy.baseline is not None:
        policy = replace(policy, baseline=replace(policy.baseline, file=str(root / policy.baseline.file)))
    if policy.graders is not None and policy.graders.file is not None:
        policy = replace(policy, graders=replace(policy.graders, file=str(root / policy.graders.file)))
    return policy
