"""Decides whether an adapter passes: a clear failure beats doubt, and doubt is never a pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.gate.limits import Check, GateResult, at_least, at_most, decided, share
from workbench.gate.rules import rule_checks
from workbench.io.frames import read_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workbench.gate.limits import Held, Mode
    from workbench.gate.policy import BehaviourLimits, Policy
    from workbench.verdicts import ArmFigures, Verdicts


def decide(
    verdicts: Verdicts,
    *,
    parity: Mapping[str, Any] | None,
    policy: Policy,
    grades: Path | pl.DataFrame | None = None,
    further: Iterable[Check] = (),
) -> GateResult:
    """Hold verdicts, the parity file (``None``: not there) and the grades against a policy.

    Where there are fewer cases than the policy asks for, a share fails only where its whole interval does.
    ``grades`` are needed for ``never_break`` only. ``further`` are checks of what lies beside the verdicts.

    Raises:
        InputError: ``grades`` is a file that can't be read.
    """
    return decided(
        (
            *_stopped(verdicts),
            *(_power(verdicts, policy) if not _held(verdicts) else ()),
            *_overall(verdicts, policy),
            *rule_checks(verdicts, policy),
            *_behaviours(verdicts, policy),
            *_unscored(verdicts, policy),
            *_tokens(verdicts, policy),
            *_parity(parity, policy),
            *_applied(verdicts, policy),
            *_never_broken(grades, policy),
            *further,
        )
    )


def _power(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    counts = (
        ("min_cases", policy.min_cases, verdicts.heldout_cases, "held-out cases"),
        ("min_clusters", policy.min_clusters, verdicts.heldout_clusters, "clusters of held-out cases"),
    )
    for name, least, found, where in counts:
        verdict: Held = "passed" if found >= least else "undecided"
        yield Check(limit=f"{name}: {least}", found=str(found), where=where, verdict=verdict)


def _held(verdicts: Verdicts) -> bool:
    """Tell whether a run stopped early because it was clear: then it has cases enough."""
    return verdicts.stopped is not None and verdicts.stopped.reason == "not_worse"


def _stopped(verdicts: Verdicts) -> Iterator[Check]:
    """Fail a run that stopped early because the adapter is worse."""
    end = verdicts.stopped
    if end is not None:
        worse = end.reason == "regressed"
        told = "worse than the long prompt" if worse else "not shown to be worse than the long prompt"
        yield Check(
            limit=f"sequential: level {end.level:g}",
            found=f"{told}, anytime-valid p {end.p_worse:.2g}",
            where=f"{end.asked} of {end.of} clusters of held-out cases",
            verdict="failed" if worse else "passed",
        )


def _mode(policy: Policy, *, few: bool) -> Mode:
    return "interval" if policy.certainty == "interval" else "few" if few else "point"


def _overall(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    after, teacher = verdicts.overall.after, verdicts.overall.teacher
    mode = _mode(policy, few=any(one.verdict != "passed" for one in _power(verdicts, policy)))
    yield from at_least(
        "min_after", policy.min_after, after.rate, after.ci, where="rules obeyed, after", mode=mode
    )
    if policy.max_drop is not None:
        drop, floor = policy.max_drop, None if teacher.rate is None else teacher.rate - policy.max_drop
        yield from at_least(
            "max_drop",
            floor if floor is not None else drop,
            after.rate if floor is not None else None,
            after.ci,
            where=f"rules obeyed, after; teacher {share(teacher)}",
            mode=mode,
            shown=drop,
        )
    yield from at_least(
        "min_retained",
        policy.min_retained,
        verdicts.retained,
        verdicts.retained_ci,
        where="rules obeyed, after / teacher",
        mode=mode,
    )


def _behaviours(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    found = {one.behaviour: one for one in verdicts.behaviours}
    for name, limits in policy.behaviours.items():
        prefix = f"behaviours.{name}"
        if name not in found:
            yield Check(limit=prefix, found="no suite of it was run", where="behaviours", verdict="undecided")
            continue
        arms = found[name].arms
        few = arms.after.n < limits.min_cases
        yield Check(
            limit=f"{prefix}.min_cases: {limits.min_cases}",
            found=str(arms.after.n),
            where=f"{name}, judged cases of after",
            verdict="undecided" if few else "passed",
        )
        mode = _mode(policy, few=few)
        change = found[name].change
        yield from _levels(prefix, arms, limits, where=name, mode=mode, change=change.ci if change else None)
        for cell, part in found[name].cells.items() if limits.cells else ():
            yield from _levels(prefix, part, limits, where=f"{name}, {cell}", mode=mode)


def _levels(
    prefix: str,
    arms: ArmFigures,
    limits: BehaviourLimits,
    *,
    where: str,
    mode: Mode,
    change: tuple[float, float] | None = None,
) -> Iterator[Check]:
    """Hold a level and a drop; the drop by the interval of the paired difference where there is one."""
    after, teacher = arms.after, arms.teacher
    yield from at_least(
        f"{prefix}.min_after", limits.min_after, after.rate, after.ci, where=f"{where}, after", mode=mode
    )
    if limits.max_drop is not None:
        both = after.rate is not None and teacher.rate is not None
        floor = (teacher.rate or 0.0) - limits.max_drop if both else limits.max_drop
        paired = (
            (change[0] + (teacher.rate or 0.0), change[1] + (teacher.rate or 0.0)) if change else after.ci
        )
        yield from at_least(
            f"{prefix}.max_drop",
            floor,
            after.rate if both else None,
            paired,
            where=f"{where}, after; teacher {share(teacher)}",
            mode=mode,
            shown=limits.max_drop,
        )


def _unscored(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    groups = [verdicts.overall, *(one.arms for one in verdicts.behaviours)]
    figures = [figure for arms in groups for figure in (arms.teacher, arms.before, arms.after)]
    missing = sum(figure.unscored for figure in figures)
    total = sum(figure.n for figure in figures) + missing
    if total:
        yield from at_most(
            "max_unscored_share",
            policy.max_unscored_share,
            missing / total,
            where="judgments of all arms",
            told=f"{missing / total:.3f} ({missing} of {total})",
            crossed="undecided",
        )


def _tokens(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    tokens = verdicts.tokens
    yield from at_least(
        "min_tokens_saved",
        policy.min_tokens_saved,
        tokens.saved_share,
        where=f"{tokens.original_mean:.0f} → {tokens.compact_mean:.0f} prompt tokens a call",
    )


def _parity(parity: Mapping[str, Any] | None, policy: Policy) -> Iterator[Check]:
    where = "adapter/parity.json"
    if policy.require_parity:
        if parity is None:
            found = "no parity.json"
        else:
            effect = parity.get("effect")
            told = f"{effect:.4g}" if _is_number(effect) else effect
            found = f"ok: {parity.get('ok')}, effect: {told}"
        ok = parity is not None and parity.get("ok") is True
        verdict: Held = "passed" if ok else "undecided" if parity is None else "failed"
        yield Check(limit="require_parity", found=found, where=where, verdict=verdict)
    held = parity or {}
    differences = [held[name] for name in ("disk_memory", "restored") if _is_number(held.get(name))]
    yield from at_most(
        "max_parity_difference",
        policy.max_parity_difference,
        max(differences, default=None),
        where=f"{where}, logits",
    )
    yield from at_least(
        "min_parity_effect",
        policy.min_parity_effect,
        held["effect"] if _is_number(held.get("effect")) else None,
        where=f"{where}, logits",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _applied(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    if not policy.require_applied:
        return
    arms = [verdicts.overall, *(one.arms for one in verdicts.behaviours)]
    ran = any(one.after.n or one.after.unscored for one in arms)
    verdict: Held = "passed" if verdicts.adapter_applied else "failed" if ran else "undecided"
    found = "every answer equals the base's" if ran else "no answer of an adapter"
    if verdicts.adapter_applied:
        found = "its answers differ from the base's"
    yield Check(
        limit="require_applied",
        found=found,
        where="completions of before and after",
        verdict=verdict,
    )


def _never_broken(grades: Path | pl.DataFrame | None, policy: Policy) -> Iterator[Check]:
    if not policy.never_break:
        return
    frame = read_parquet(grades) if isinstance(grades, Path) else grades
    for case in policy.never_break:
        mine = (pl.col("case_id") == case) & (pl.col("arm") == "after")
        labels = [] if frame is None else frame.filter(mine)["label"].to_list()
        held = "pass" in labels and "unscored" not in labels
        verdict: Held = "failed" if "fail" in labels else "passed" if held else "undecided"
        unknown = "could not be judged" if labels else "wasn't asked"
        found = {"failed": "broken", "passed": "held", "undecided": unknown}[verdict]
        yield Check(
            limit="never_break",
            found=found,
            where=f"case {case}",
            verdict=verdict,
        )
