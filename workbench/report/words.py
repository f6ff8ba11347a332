"""Says figures and states in words and numbers, the same in every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.wording import Words, known, listed, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.records import Arm
    from workbench.report.model import CaseState, GateVerdict
    from workbench.verdicts import Figure, PairedVerdict, RuleState, RuleVerdict, TokenFigures

ARM_NAMES: Words[Arm] = Words({"teacher": "Teacher", "before": "Before", "after": "After"})
ARM_MEANINGS: Words[Arm] = Words(
    {
        "teacher": "base, long prompt",
        "before": "base, compact prompt",
        "after": "base + adapter, compact prompt",
    }
)
RULE_STATES: Words[RuleState] = Words(
    {
        "kept": "retained",
        "gained": "gained",
        "lost": "lost",
        "never_held": "never held",
        "not_identifiable": "not identifiable",
        "undecided": "undecided",
        "unscored": "unscored",
    }
)
RULE_MEANINGS: Words[RuleState] = Words(
    {
        "kept": "The adapter does without the prompt what the base does with it.",
        "gained": "The adapter obeys more often than the base does with the long prompt.",
        "lost": "The base obeys with the long prompt, the adapter doesn't.",
        "never_held": "The base doesn't obey even with the long prompt.",
        "not_identifiable": "The base obeys as often without the prompt: nothing to recover.",
        "undecided": "Too few cases: the interval allows both retained and lost.",
        "unscored": "No program could judge this rule here.",
    }
)
VERDICTS: Words[PairedVerdict] = Words(
    {
        "improved": "improved",
        "regressed": "regressed",
        "equivalent": "equivalent within the margin",
        "undecided": "undecided",
    }
)
METHODS: Words[str] = Words(
    {
        "rogan_gladen": "by the grader's card",
        "prediction_powered": "by a person's labels",
    }
)
CASE_NAMES: Words[CaseState] = Words(
    {
        "lost": "Lost",
        "failed": "Both fail",
        "gained": "Gained",
        "kept": "Kept",
        "unscored": "Unscored",
    }
)


def verdict_sentence(rules: Sequence[RuleVerdict], tokens: TokenFigures) -> str:
    """Say the outcome: ``11 of 13 rules retained, 1 lost, 1 undecided; 486 → 78 prompt tokens a call``."""
    parts, saved = verdict_parts(rules, tokens)
    return say(", ").join(parts) + say("; ") + saved


def verdict_parts(rules: Sequence[RuleVerdict], tokens: TokenFigures) -> tuple[list[str], str]:
    """Say what became of the rules, the retained ones first, and what a call saves."""
    counts = {state: sum(rule.state == state for rule in rules) for state in RULE_STATES}
    if not rules:
        parts = [say("no rule was graded")]
    elif len(rules) == 1:
        parts = [say("{kept} of 1 rule retained", kept=counts["kept"])]
    else:
        parts = [say("{kept} of {rules} rules retained", kept=counts["kept"], rules=len(rules))]
    parts += [
        say("{n} {state}", n=n, state=RULE_STATES[state])
        for state, n in counts.items()
        if n and state != "kept"
    ]
    saved = say(
        "{long} → {compact} prompt tokens a call",
        long=count(tokens.original_mean),
        compact=count(tokens.compact_mean),
    )
    return parts, saved


def gate_word(gate: GateVerdict | None) -> str:
    """Name the outcome of the gate."""
    if gate is None:
        return say("Not gated")
    return (
        say("Gate passed") if gate.passed else say("Gate undecided") if gate.undecided else say("Gate failed")
    )


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
    return say("{shown} points", shown=shown.replace("-", "−"))


def bounds(ci: tuple[float, float] | None) -> str:
    """Write an interval of shares in percent: ``93–98``; nothing where there is none."""
    if ci is None:
        return ""
    return "–".join(f"{100 * limit:.0f}".replace("-", "−").replace("inf", "∞") for limit in ci)


def figure(found: Figure) -> str:
    """Write a figure with its evidence: ``96% (93–98, n 120)``."""
    if found.rate is None:
        return say("not measured")
    inside = [
        bounds(found.ci),
        f"n {found.n}",
        say("{unscored} unscored", unscored=found.unscored) if found.unscored else "",
    ]
    return aside(percent(found.rate), listed([part for part in inside if part]))


def state_name(state: str) -> str:
    """Name what became of a rule."""
    return next((name for one, name in RULE_STATES.items() if one == state), state)


def arm_name(arm: str) -> str:
    """Name an arm, or leave the name as it is where it is no arm's."""
    return next((name for one, name in ARM_NAMES.items() if one == arm), arm)


def term(key: str) -> str:
    """Say a word that the workbench itself gives (a part, a severity, a kind of rule), others as they are."""
    return say(key) if known(key) else key


def aside(shown: str, evidence: str) -> str:
    """Write a figure with its evidence in brackets, where there is any."""
    return say("{shown} ({evidence})", shown=shown, evidence=evidence) if evidence else shown


def named(key: str) -> str:
    """Turn a key into a label: ``over_refusal`` is ``Over refusal``."""
    if known(key):
        return say(key)
    plain = key.replace("_", " ").strip()
    return plain[:1].upper() + plain[1:]
