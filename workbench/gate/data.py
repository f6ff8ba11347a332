"""Decides whether a data set passes: schema, contract, duplicates, leaks, personal data, balance, change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.corpus import signals
from workbench.gate.limits import Check, GateResult, at_least, at_most, decided

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from workbench.corpus import Alike, Coverage, Difference, Leak, Profile, RuleCount
    from workbench.gate.datapolicy import DataPolicy, SignalLimits

_LISTED = 5


@dataclass(frozen=True, kw_only=True)
class DataFindings:
    """What is known of a data set: its profile, its rows with signals, and what it was compared with.

    ``against`` is the likeness to evaluation data, ``change`` the difference from the version before;
    ``None`` where nothing was given to compare with.
    """

    profile: Profile
    frame: pl.DataFrame
    against: Leak | None = None
    change: Difference | None = None


def decide_data(found: DataFindings, policy: DataPolicy) -> GateResult:
    """Hold a data set against a policy; what can't be told is undecided, never passed."""
    return decided(
        (
            *_size(found.profile, policy),
            *_schema(found.profile, policy),
            *_contract(found.profile, policy),
            *_repeats(found.profile, policy),
            *_leakage(found, policy),
            *_personal(found.frame, policy),
            *_balance(found.profile, policy),
            *_signals(found.frame, policy),
            *_change(found.change, policy),
        )
    )


def columns_needed(policy: DataPolicy) -> frozenset[str]:
    """Name the signals that the policy limits."""
    personal = {"pii"} if policy.max_personal_rows is not None else set()
    secret = {"secrets"} if policy.max_secret_rows is not None else set()
    return frozenset({*policy.signals, *personal, *secret})


def _size(profile: Profile, policy: DataPolicy) -> Iterator[Check]:
    yield _count("min_rows", policy.min_rows, profile.rows, at_most=False, where="rows")
    if policy.max_rows is not None:
        yield _count("max_rows", policy.max_rows, profile.rows, at_most=True, where="rows")
    for part, least in policy.min_part_rows.items():
        rows = profile.parts.get(part, 0)
        yield _count(f"min_part_rows.{part}", least, rows, at_most=False, where=f"part {part}")


def _schema(profile: Profile, policy: DataPolicy) -> Iterator[Check]:
    rejected = sum(profile.rejected.values())
    whole = profile.rows + rejected
    reasons = ", ".join(f"{reason} {n}" for reason, n in profile.rejected.items())
    yield from at_most(
        "max_rejected_share",
        policy.max_rejected_share,
        rejected / whole if whole else None,
        where=reasons or "every row is a pair",
        told=f"{rejected} of {whole} rows",
    )


def _contract(profile: Profile, policy: DataPolicy) -> Iterator[Check]:
    held = profile.coverage
    if held is None:
        if policy.contract is not None or policy.max_breaks or policy.max_break_shares:
            yield Check(limit="contract", found="no contract", where="rules", verdict="undecided")
        return
    worst = sorted((r for r in held.rules if r.breaks and r.severity == "must"), key=lambda r: -r.breaks)
    yield from at_most(
        "max_broken_share",
        policy.max_broken_share,
        held.rows_breaking_must / held.rows if held.rows else None,
        where=", ".join(f"rule {r.id}: {r.breaks} rows, as {r.broken[0].id}" for r in worst[:_LISTED])
        or f"{len(held.rules)} rules",
        told=f"{held.rows_breaking_must} of {held.rows} rows break a must rule",
    )
    yield from _rules(held, policy)


def _rules(held: Coverage, policy: DataPolicy) -> Iterator[Check]:
    """Hold each rule that the policy names against its limits, in rows and as a share."""
    known = {rule.id: rule for rule in held.rules}
    for name, most in policy.max_breaks.items():
        rule, key = known.get(name), f"max_breaks.{name}"
        yield (_count(key, most, rule.breaks, at_most=True, where=_rule(rule)) if rule else _no_rule(key))
    for name, share in policy.max_break_shares.items():
        rule, key = known.get(name), f"max_break_shares.{name}"
        if rule is None:
            yield _no_rule(key)
            continue
        judged = rule.holds + rule.breaks
        found = rule.breaks / judged if judged else 0.0
        yield from at_most(key, share, found, where=_rule(rule), told=f"{rule.breaks} of {judged} rows")


def _no_rule(key: str) -> Check:
    return Check(limit=key, found="no such rule", where="rules", verdict="undecided")


def _rule(rule: RuleCount) -> str:
    return f"rule {rule.id}" + (f", as {rule.broken[0].id}" if rule.broken else "")


def _repeats(profile: Profile, policy: DataPolicy) -> Iterator[Check]:
    found = profile.repeats
    limits = (
        ("max_exact_share", policy.max_exact_share, found.exact, "equal to another"),
        ("max_near_share", policy.max_near_share, found.near, f"alike from {found.threshold:g} on"),
        ("max_conflict_share", policy.max_conflict_share, found.conflicts, "ask alike, answer differently"),
    )
    for name, most, rows, what in limits:
        share = len(rows) / profile.rows if profile.rows else None
        told = f"{len(rows)} of {profile.rows} rows"
        yield from at_most(name, most, share, where=_pairs(rows) or what, told=told)


def _leakage(found: DataFindings, policy: DataPolicy) -> Iterator[Check]:
    within = found.profile.leak
    if within is not None:
        where = _closest(within) or f"no rows of different parts are as alike as {within.floor:g}"
        yield from at_most("max_likeness", policy.max_likeness, within.jaccard, where=where)
    if policy.against:
        beside = found.against
        where = (beside and _closest(beside)) or "evaluation data"
        jaccard = beside.jaccard if beside is not None else None
        yield from at_most("max_likeness_against", policy.max_likeness_against, jaccard, where=where)


def _personal(frame: pl.DataFrame, policy: DataPolicy) -> Iterator[Check]:
    """Hold the signals ``pii`` and ``secrets`` against their limits."""
    limits = (
        ("max_personal_rows", policy.max_personal_rows, "pii"),
        ("max_secret_rows", policy.max_secret_rows, "secrets"),
    )
    for name, most, column in limits:
        if most is None:
            continue
        if column not in frame.columns:
            limit = f"{name}: {most}"
            yield Check(limit=limit, found=f"no signal {column!r}", where="signals", verdict="undecided")
            continue
        hit = frame.filter(frame[column] > 0)
        where = ", ".join(map(str, hit["id"].head(_LISTED))) or f"signal {column}"
        yield _count(name, most, hit.height, at_most=True, where=where)


def _balance(profile: Profile, policy: DataPolicy) -> Iterator[Check]:
    limits = (
        ("max_task_share", policy.max_task_share, profile.tasks, "task"),
        ("max_source_share", policy.max_source_share, profile.sources, "source"),
    )
    for name, most, counts, kind in limits:
        largest, rows = next(iter(counts.items()), ("", 0))
        share = rows / profile.rows if profile.rows else None
        yield from at_most(name, most, share, where=f"{kind} {largest or 'without a name'}, {rows} rows")
    if policy.min_task_rows is not None:
        smallest, rows = min(profile.tasks.items(), key=lambda item: item[1], default=("", 0))
        yield _count("min_task_rows", policy.min_task_rows, rows, at_most=False, where=f"task {smallest}")


def _signals(frame: pl.DataFrame, policy: DataPolicy) -> Iterator[Check]:
    if not policy.signals:
        return
    held = signals(frame)
    for name, limits in policy.signals.items():
        if name not in held.columns:
            known = ", ".join(held.columns)
            yield Check(
                limit=f"signals.{name}", found="no such signal", where=f"known: {known}", verdict="undecided"
            )
            continue
        yield from _signal(name, held[name], frame["id"], limits)


def _signal(name: str, values: pl.Series, ids: pl.Series, limits: SignalLimits) -> Iterator[Check]:
    prefix = f"signals.{name}"
    finite = values.is_finite().fill_null(value=False)
    kept = values.filter(finite)
    missing = (values.len() - kept.len()) / values.len() if values.len() else None
    low, high, mean = (
        (_number(kept.min()), _number(kept.max()), _number(kept.mean())) if kept.len() else (None,) * 3
    )
    lowest = ids.filter(finite)[int(kept.arg_min() or 0)] if kept.len() else ""
    highest = ids.filter(finite)[int(kept.arg_max() or 0)] if kept.len() else ""
    yield from at_least(f"{prefix}.min", limits.min, low, where=f"row {lowest}")
    yield from at_most(f"{prefix}.max", limits.max, high, where=f"row {highest}")
    yield from at_least(f"{prefix}.min_mean", limits.min_mean, mean, where="mean of all rows")
    yield from at_most(f"{prefix}.max_mean", limits.max_mean, mean, where="mean of all rows")
    yield from at_most(
        f"{prefix}.max_missing_share", limits.max_missing_share, missing, where="rows without it"
    )
    if limits.max_rows_above is not None:
        over = ids.filter((finite & (values > limits.above)).fill_null(value=False))
        where = ", ".join(map(str, over.head(_LISTED))) or "rows"
        shown = f"{prefix}.max_rows_above {limits.above:g}"
        yield _count(shown, limits.max_rows_above, over.len(), at_most=True, where=where)


def _change(change: Difference | None, policy: DataPolicy) -> Iterator[Check]:
    if policy.change is None:
        return
    limits = policy.change
    if change is None:
        yield Check(
            limit="change", found="no version before to compare with", where="--base", verdict="undecided"
        )
        return
    before = change.a.rows or 1
    counts = (
        ("max_added_share", limits.max_added_share, len(change.added)),
        ("max_removed_share", limits.max_removed_share, len(change.removed)),
        ("max_changed_share", limits.max_changed_share, len(change.changed)),
    )
    for name, most, rows in counts:
        told = f"{rows} of {change.a.rows} rows"
        yield from at_most(f"change.{name}", most, rows / before, where=change.a.source, told=told)
    effects = {shift.name: abs(shift.effect) for shift in change.shifts if shift.effect is not None}
    furthest = max(effects, key=lambda name: effects[name], default="")
    yield from at_most(
        "change.max_effect", limits.max_effect, effects.get(furthest), where=f"signal {furthest}"
    )


def _count(name: str, limit: int, found: int, *, at_most: bool, where: str) -> Check:
    holds = found <= limit if at_most else found >= limit
    return Check(
        limit=f"{name}: {limit}", found=str(found), where=where, verdict="passed" if holds else "failed"
    )


def _pairs(rows: Sequence[Alike]) -> str:
    shown = ", ".join(f"{one.row.id} and {one.other.id}" for one in rows[:_LISTED])
    return shown + (f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else "")


def _closest(found: Leak) -> str:
    one = found.closest
    return f"{one.row.id} ({one.row.part}) and {one.other.id} ({one.other.part})" if one else ""


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]  # polars types an aggregate by every kind of column
