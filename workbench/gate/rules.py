"""Holds every rule against its limits, `must` rules apart from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.gate.limits import Check, at_least, share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.gate.limits import Mode
    from workbench.gate.policy import Policy, RuleLimits
    from workbench.verdicts import RuleVerdict, Verdicts

# States in which a rule has no recovery to speak of: the prompt achieves nothing, or no program can judge it.
_WITHOUT_RECOVERY = frozenset({"not_identifiable", "never_held", "unscored"})


def rule_checks(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    """Check how many rules were lost, the recovery of each, and the limits of rules that are named."""
    severities = (
        ("must", policy.max_lost_must_rules, policy.min_must_recovery),
        ("should", policy.max_lost_should_rules, policy.min_should_recovery),
    )
    for severity, most, least in severities:
        rules = [rule for rule in verdicts.rules if rule.severity == severity]
        yield from _lost(rules, severity, most)
        for rule in rules:
            named = policy.rules.get(rule.id)
            if named is None or named.min_recovery is None:
                yield from _recovery(f"min_{severity}_recovery", least, rule, policy)
    yield from _named(verdicts, policy)


def _lost(rules: list[RuleVerdict], severity: str, most: int | None) -> Iterator[Check]:
    if most is None:
        return
    lost = [rule for rule in rules if rule.state == "lost"]
    where = ", ".join(f"{r.id} ({share(r.arms.teacher)} → {share(r.arms.after)})" for r in lost)
    yield Check(
        limit=f"max_lost_{severity}_rules: {most}",
        found=f"{len(lost)} lost",
        where=where or f"{len(rules)} {severity} rules",
        verdict="passed" if len(lost) <= most else "failed",
    )


def _recovery(name: str, least: float | None, rule: RuleVerdict, policy: Policy) -> Iterator[Check]:
    """Hold a rule's recovery, where the prompt makes a difference to it."""
    if least is None or rule.state in _WITHOUT_RECOVERY:
        return
    mode: Mode = "interval" if policy.certainty == "interval" else "few"
    yield from at_least(
        name, least, rule.recovery, rule.ci, where=f"rule {rule.id}, (after - before) / (teacher - before)",
        mode=mode,
    )  # fmt: skip


def _named(verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    found = {rule.id: rule for rule in verdicts.rules}
    for name, limits in policy.rules.items():
        if name not in found:
            yield Check(
                limit=f"rules.{name}", found="no rule of this id", where="verdicts", verdict="undecided"
            )
            continue
        yield from _limits(found[name], limits, policy)


def _limits(rule: RuleVerdict, limits: RuleLimits, policy: Policy) -> Iterator[Check]:
    prefix, after, teacher = f"rules.{rule.id}", rule.arms.after, rule.arms.teacher
    mode: Mode = "interval" if policy.certainty == "interval" else "point"
    if limits.never_lost:
        yield Check(
            limit=f"{prefix}.never_lost",
            found=f"{rule.state} ({share(teacher)} → {share(after)})",
            where=f"rule {rule.id}",
            verdict="failed" if rule.state == "lost" else "passed",
        )
    yield from at_least(
        f"{prefix}.min_after", limits.min_after, after.rate, after.ci, where=f"rule {rule.id}, after",
        mode=mode,
    )  # fmt: skip
    if limits.max_drop is not None:
        change = rule.change
        yield from at_least(
            f"{prefix}.max_drop",
            -limits.max_drop,
            change.difference if change else None,
            change.ci if change else None,
            where=f"rule {rule.id}, after - teacher on the same cases",
            mode=mode,
            shown=limits.max_drop,
        )
    yield from _recovery(f"{prefix}.min_recovery", limits.min_recovery, rule, policy)
