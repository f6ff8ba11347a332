"""Decides whether an adapter passes: a clear failure beats doubt, and doubt is never a pass."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from workbench.io.frames import read_parquet
from workbench.records import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from workbench.gate.policy import BehaviourLimits, Policy
    from workbench.verdicts import ArmFigures, Figure, Verdicts

Interval = tuple[float, float]
# How a share is held against its limit: by the point; by the point, but failing only where the whole interval
# does, since there are few cases; by the interval, which may straddle the limit.
Mode = Literal["point", "few", "interval"]
# Shares are sums and quotients: what is equal to the limit but for rounding holds it.
ROUNDING = 1e-9


class Crossed(Value, frozen=True, kw_only=True):
    """A limit that was crossed (``failed``), or that can't be told to hold (``undecided``)."""

    limit: str
    found: str
    where: str
    verdict: Literal["failed", "undecided"]


class GateResult(Value, frozen=True, kw_only=True):
    """The verdict. ``undecided`` is true only where nothing clearly failed."""

    passed: bool
    undecided: bool
    crossed: tuple[Crossed, ...]


def decide(
    verdicts: Verdicts,
    *,
    parity: Mapping[str, Any] | None,
    policy: Policy,
    grades: Path | pl.DataFrame | None = None,
) -> GateResult:
    """Hold verdicts, the parity file (``None``: not there) and the grades against a policy.

    Where there are fewer cases than the policy asks for, a share fails only where its whole interval does.
    ``grades`` are needed for ``never_break`` only.

    Raises:
        InputError: ``grades`` is a file that can't be read.
    """
    crossed = (
        *_stopped(verdicts),
        *(_power(verdicts, policy) if not _held(verdicts) else ()),
        *_overall(verdicts, policy),
        *_rules(verdicts, policy),
        *_behaviours(verdicts, policy),
        *_unscored(verdicts, policy),
        *_tokens(verdicts, policy),
        *_adapter(verdicts, parity, policy),
        *_never_broken(grades, policy),
    )
    failed = any(one.verdict == "failed" for one in crossed)
    return GateResult(passed=not crossed, undecided=bool(crossed) and not failed, crossed=crossed)


def _power(verdicts: Verdicts, policy: Policy) -> Iterator[Crossed]:
    counts = (
        ("min_cases", policy.min_cases, verdicts.heldout_cases, "held-out cases"),
        ("min_clusters", policy.min_clusters, verdicts.heldout_clusters, "clusters of held-out cases"),
    )
    for name, least, found, where in counts:
        if found < least:
            yield Crossed(limit=f"{name}: {least}", found=str(found), where=where, verdict="undecided")


def _held(verdicts: Verdicts) -> bool:
    """Tell whether a run stopped early because it was clear: then it has cases enough."""
    return verdicts.stopped is not None and verdicts.stopped.reason == "not_worse"


def _stopped(verdicts: Verdicts) -> Iterator[Crossed]:
    """Fail a run that stopped early because the adapter is worse."""
    end = verdicts.stopped
    if end is not None and end.reason == "regressed":
        yield Crossed(
            limit=f"sequential: level {end.level:g}",
            found=f"worse than the long prompt, anytime-valid p {end.p_worse:.2g}",
            where=f"{end.asked} of {end.of} clusters of held-out cases",
            verdict="failed",
        )


def _mode(policy: Policy, *, few: bool) -> Mode:
    return "interval" if policy.certainty == "interval" else "few" if few else "point"


def _overall(verdicts: Verdicts, policy: Policy) -> Iterator[Crossed]:
    after = verdicts.overall.after
    mode = _mode(policy, few=any(True for _ in _power(verdicts, policy)))
    yield from _least(
        "min_after", policy.min_after, after.rate, after.ci, where="rules obeyed, after", mode=mode
    )
    yield from _least(
        "min_retained",
        policy.min_retained,
        verdicts.retained,
        verdicts.retained_ci,
        where="rules obeyed, after / teacher",
        mode=mode,
    )


def _rules(verdicts: Verdicts, policy: Policy) -> Iterator[Crossed]:
    for severity, most in (("must", policy.max_lost_must_rules), ("should", policy.max_lost_should_rules)):
        lost = [rule for rule in verdicts.rules if rule.severity == severity and rule.state == "lost"]
        if most is not None and len(lost) > most:
            shares = ", ".join(
                f"{rule.id} ({_share(rule.arms.teacher)} → {_share(rule.arms.after)})" for rule in lost
            )
            yield Crossed(
                limit=f"max_lost_{severity}_rules: {most}",
                found=f"{len(lost)} lost",
                where=shares,
                verdict="failed",
            )


def _behaviours(verdicts: Verdicts, policy: Policy) -> Iterator[Crossed]:
    found = {one.behaviour: one for one in verdicts.behaviours}
    for name, limits in policy.behaviours.items():
        prefix = f"behaviours.{name}"
        if name not in found:
            yield Crossed(
                limit=prefix, found="no suite of it was run", where="behaviours", verdict="undecided"
            )
            continue
        arms = found[name].arms
        few = arms.after.n < limits.min_cases
        if few:
            yield Crossed(
                limit=f"{prefix}.min_cases: {limits.min_cases}",
                found=str(arms.after.n),
                where=f"{name}, judged cases of after",
                verdict="undecided",
            )
        mode = _mode(policy, few=few)
        yield from _levels(prefix, arms, limits, where=name, mode=mode)
        for cell, part in found[name].cells.items() if limits.cells else ():
            yield from _levels(prefix, part, limits, where=f"{name}, {cell}", mode=mode)


def _levels(
    prefix: str, arms: ArmFigures, limits: BehaviourLimits, *, where: str, mode: Mode
) -> Iterator[Crossed]:
    after, teacher = arms.after, arms.teacher
    yield from _least(
        f"{prefix}.min_after", limits.min_after, after.rate, after.ci, where=f"{where}, after", mode=mode
    )
    if limits.max_drop is not None:
        floor = None if teacher.rate is None else teacher.rate - limits.max_drop
        yield from _least(
            f"{prefix}.max_drop",
            floor if floor is not None else limits.max_drop,
            after.rate if floor is not None else None,
            after.ci,
            where=f"{where}, after; teacher {_share(teacher)}",
            mode=mode,
            shown=limits.max_drop,
        )


def _least(
    name: str,
    least: float | None,
    found: float | None,
    ci: Interval | None,
    *,
    where: str,
    mode: Mode,
    shown: float | None = None,
) -> Iterator[Crossed]:
    """Cross a lower limit."""
    if least is None:
        return
    limit = f"{name}: {shown if shown is not None else least:g}"
    if found is None:
        yield Crossed(limit=limit, found="nothing judged", where=where, verdict="undecided")
        return
    low, high = (found, found) if mode == "point" else ci or (-math.inf, math.inf)
    if (low if mode == "interval" else found) >= least - ROUNDING:
        return
    verdict: Literal["failed", "undecided"] = "failed" if high < least - ROUNDING else "undecided"
    told = f"{found:.3f}" + (f" ({ci[0]:.3f} to {ci[1]:.3f})" if ci else "")
    yield Crossed(limit=limit, found=told, where=where, verdict=verdict)


def _unscored(verdicts: Verdicts, policy: Policy) -> Iterator[Crossed]:
    most = policy.max_unscored_share
    groups = [verdicts.overall, *(one.arms for one in verdicts.behaviours)]
    figures = [figure for arms in groups for figure in (arms.teacher, arms.before, arms.after)]
    missing = sum(figure.unscored for figure in figures)
    total = sum(figure.n for figure in figures) + missing
    if most is not None and total and missing / total > most:
        yield Crossed(
            limit=f"max_unscored_share: {most:g}",
            found=f"{missing / total:.3f} ({missing} of {total})",
            where="judgments of all arms",
            verdict="undecided",
        )


def _tokens(verdicts: Verdicts, policy: Policy) -> Iterator[Crossed]:
    least = policy.min_tokens_saved
    tokens = verdicts.tokens
    if least is not None and tokens.saved_share < least - ROUNDING:
        yield Crossed(
            limit=f"min_tokens_saved: {least:g}",
            found=f"{tokens.saved_share:.3f}",
            where=f"{tokens.original_mean:.0f} → {tokens.compact_mean:.0f} prompt tokens a call",
            verdict="failed",
        )


def _adapter(verdicts: Verdicts, parity: Mapping[str, Any] | None, policy: Policy) -> Iterator[Crossed]:
    if policy.require_parity and parity is None:
        yield Crossed(limit="require_parity", found="no parity.json", where="adapter", verdict="undecided")
    elif policy.require_parity and parity is not None and parity.get("ok") is not True:
        yield Crossed(
            limit="require_parity",
            found=f"ok: {parity.get('ok')}, effect: {parity.get('effect')}",
            where="adapter/parity.json",
            verdict="failed",
        )
    ran = any(arms.after.n or arms.after.unscored for arms in _all(verdicts))
    if policy.require_applied and not verdicts.adapter_applied:
        yield Crossed(
            limit="require_applied",
            found="every answer equals the base's" if ran else "no answer of an adapter",
            where="completions of before and after",
            verdict="failed" if ran else "undecided",
        )


def _all(verdicts: Verdicts) -> list[ArmFigures]:
    return [verdicts.overall, *(one.arms for one in verdicts.behaviours)]


def _never_broken(grades: Path | pl.DataFrame | None, policy: Policy) -> Iterator[Crossed]:
    if not policy.never_break:
        return
    frame = grades if isinstance(grades, pl.DataFrame) else None if grades is None else read_parquet(grades)
    for case in policy.never_break:
        labels = (
            []
            if frame is None
            else frame.filter((pl.col("case_id") == case) & (pl.col("arm") == "after"))["label"].to_list()
        )
        if "fail" in labels:
            yield Crossed(limit="never_break", found="broken", where=f"case {case}", verdict="failed")
        elif "pass" not in labels or "unscored" in labels:
            found = "could not be judged" if labels else "wasn't asked"
            yield Crossed(limit="never_break", found=found, where=f"case {case}", verdict="undecided")


def _share(figure: Figure) -> str:
    return "–" if figure.rate is None else f"{figure.rate:.1%}"
