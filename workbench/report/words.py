"""Says figures and states in words and numbers, the same in every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.records import Arm
    from workbench.report.model import CaseState, GateVerdict
    from workbench.verdicts import Figure, PairedVerdict, RuleState, RuleVerdict, TokenFigures

ARM_NAMES: dict[Arm, str] = {"teacher": "Teacher", "before": "Before", "after": "After"}
ARM_MEANINGS: dict[Arm, str] = {
    "teacher": "base, long prompt",
    "before": "base, compact prompt",
    "after": "base + adapter, compact prompt",
}
RULE_STATES: dict[RuleState, str] = {
    "kept": "retained",
    "gained": "gained",
    "lost": "lost",
    "never_held": "never held",
    "not_identifiable": "not identifiable",
    "undecided": "undecided",
    "unscored": "unscored",
}
RULE_MEANINGS: dict[RuleState, str] = {
    "kept": "The adapter does without the prompt what the base does with it.",
    "gained": "The adapter obeys more often than the base does with the long prompt.",
    "lost": "The base obeys with the long prompt, the adapter doesn't.",
    "never_held": "The base doesn't obey even with the long prompt.",
    "not_identifiable": "The base obeys as often without the prompt: nothing to recover.",
    "undecided": "Too few cases: the interval allows both retained and lost.",
    "unscored": "No program could judge this rule here.",
}
VERDICTS: dict[PairedVerdict, str] = {
    "improved": "improved",
    "regressed": "regressed",
    "equivalent": "equivalent within the margin",
    "undecided": "undecided",
}
METHODS: dict[str, str] = {
    "rogan_gladen": "by the grader's card",
    "prediction_powered": "by a person's labels",
}
CASE_NAMES: dict[CaseState, str] = {
    "lost": "Lost",
    "failed": "Both fail",
    "gained": "Gained",
    "kept": "Kept",
    "unscored": "Unscored",
}


def verdict_sentence(rules: Sequence[RuleVerdict], tokens: TokenFigures) -> str:
    """Say the outcome: ``11 of 13 rules retained, 1 lost, 1 undecided; 486 → 78 prompt tokens a call``."""
    counts = {state: sum(rule.state == state for rule in rules) for state in RULE_STATES}
    noun = "rule" if len(rules) == 1 else "rules"
    parts = [f"{counts['kept']} of {len(rules)} {noun} retained"] if rules else ["no rule was graded"]
    parts += [f"{n} {RULE_STATES[state]}" for state, n in counts.items() if n and state != "kept"]
    saved = f"{count(tokens.original_mean)} → {count(tokens.compact_mean)} prompt tokens a call"
    return f"{', '.join(parts)}; {saved}"


def gate_word(gate: GateVerdict | None) -> str:
    """Name the outcome of the gate."""
    if gate is None:
        return "Not gated"
    return "Gate passed" if gate.passed else "Gate undecided" if gate.undecided else "Gate failed"


def count(value: float) -> str:
    """Write a whole number with thousands apart: ``1,260``."""
    return f"{value:,.0f}"


def money(amount: float, currency: str) -> str:
    """Write an amount with its currency: ``0.0123 USD``; four digits count."""
    return f"{amount:,.2f} {currency}".rstrip() if amount >= 1 else f"{amount:.4g} {currency}".rstrip()


def percent(share: float | None) -> str:
    """Write a share as a percentage, ``–`` where there is none; only a whole share is ``100%``."""
    if share is None:
        return "–"
    shown = f"{100 * share:.0f}"
    near = (shown == "100" and share < 1) or (shown == "0" and share > 0)
    return f"{100 * share:.1f}%" if near else f"{shown}%"


def points(difference: float, *, signed: bool = False) -> str:
    """Write a difference of shares in percentage points: ``2.4 points``, ``+2.4 points`` if ``signed``."""
    shown = f"{100 * difference:+.1f}" if signed else f"{100 * difference:.1f}"
    return shown.replace("-", "−") + " points"


def bounds(ci: tuple[float, float] | None) -> str:
    """Write an interval of shares in percent: ``93–98``; nothing where there is none."""
    if ci is None:
        return ""
    return "–".join(f"{100 * limit:.0f}".replace("-", "−").replace("inf", "∞") for limit in ci)


def figure(found: Figure) -> str:
    """Write a figure with its evidence: ``96% (93–98, n 120)``."""
    if found.rate is None:
        return "not measured"
    inside = [bounds(found.ci), f"n {found.n}", f"{found.unscored} unscored" if found.unscored else ""]
    return f"{percent(found.rate)} ({', '.join(part for part in inside if part)})"


def named(key: str) -> str:
    """Turn a key into a label: ``over_refusal`` is ``Over refusal``."""
    plain = key.replace("_", " ").strip()
    return plain[:1].upper() + plain[1:]
