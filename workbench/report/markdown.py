"""Says a report in Markdown, short enough for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.records import ARMS
from workbench.report.economics import amount, costs, prices_of
from workbench.report.money import WAYS, calls_word, used_rows
from workbench.report.words import (
    ARM_NAMES,
    METHODS,
    RULE_STATES,
    bounds,
    count,
    figure,
    gate_word,
    named,
    percent,
    points,
)
from workbench.text import markdown_escape as escape
from workbench.text import markdown_table as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.report.model import GraderCard, Report
    from workbench.verdicts import ArmFigures, Corrected, NoiseFloor, Repeated, RuleVerdict, Verdicts


def render_markdown(report: Report) -> str:
    """Write the verdict, crossed limits, behaviours and rules; text of the run is escaped."""
    found = report.verdicts
    blocks = [
        f"## {escape(report.verdict)}",
        f"**{gate_word(report.gate)}.** {_evidence(report)}",
        *_crossed(report),
        table(("Arm", "Rules obeyed"), [(ARM_NAMES[a], figure(getattr(found.overall, a))) for a in ARMS]),
    ]
    if found.behaviours:
        rows = [(escape(named(b.behaviour)), *_shares(b.arms)) for b in found.behaviours]
        blocks += ["### Behaviours", table(("Behaviour", *ARM_NAMES.values()), rows), *_outcomes(found)]
    if found.rules:
        blocks += ["### Rules", _rules(found.rules)]
    blocks += [*_sureness(found), *_graders(report.graders), *_costs(found)]
    blocks += [f"> {escape(note)}" for note in report.notes]
    blocks.append(
        "Cases side by side and provenance: [report.html](report.html) · [report.json](report.json)"
    )
    return "\n\n".join(blocks) + "\n"


def _evidence(report: Report) -> str:
    found = report.verdicts
    said = f"{count(found.cases)} cases in {count(found.clusters)} independent groups"
    if found.unscored:
        said += f", {count(found.unscored)} judgments unscored"
    if found.retained is not None:
        said += f"; {percent(found.retained)} of what the prompt achieves is kept"
        said += f" ({bounds(found.retained_ci)})" if found.retained_ci else ""
    return said + "."


def _outcomes(found: Verdicts) -> list[str]:
    """Count what became of the cases: unsafe compliance and over-refusal always stand together."""
    rows = [
        (escape(named(f"{one.behaviour}: {outcome}")), *(str(by[arm]) for arm in ARM_NAMES))
        for one in found.behaviours
        for outcome, by in one.outcomes.items()
    ]
    return [table(("Outcome, in cases", *ARM_NAMES.values()), rows)] if rows else []


def _costs(found: Verdicts) -> list[str]:
    """Write what a call costs in each arm and when the tuning is earned back, then what was used here."""
    prices = prices_of(found.usage)
    told = costs(found.tokens, prices)
    rows = [
        (
            WAYS[way],
            count(call.prompt),
            "–" if call.answer is None else count(call.answer),
            amount(call.cost),
            amount(1000 * call.cost),
        )
        for way, call in told.calls.items()
    ]
    at = (
        f"At {prices.input:g} for a million prompt tokens, {prices.cached:g} where cached "
        f"({percent(prices.hits)} of calls), {prices.output:g} for a million answer tokens, {prices.tuned:g} "
        f"and {prices.tuned_output:g} with the tuned model, {prices.once:g} once: earned back after "
        f"{calls_word(told.against_plain)} against the full price, after "
        f"{calls_word(told.against_caching)} against caching."
    )
    blocks = ["### Cost", table(("Ask with", "Tokens in", "Tokens out", "A call", "1,000 calls"), rows), at]
    if found.usage is not None and found.usage.arms:
        (_, *head), *used = used_rows(found.usage)
        lines = [tuple(map(escape, row)) for row in used]
        blocks.append(table(("Tokens of this evaluation", *head), lines))
    return blocks


def _sureness(found: Verdicts) -> list[str]:
    """Say what several samples, the noise floor and graders' known errors make of the shares."""
    blocks: list[str] = []
    if found.samples:
        k = found.samples.k
        rows = [
            (
                *_asked(one, found),
                _with(one.pass_at, one.pass_at_ci),
                _with(one.pass_hat[-1], one.pass_hat_ci),
            )
            for one in found.samples.questions
        ]
        head = (f"{count(k)} samples a case", "Arm", "pass@1", f"pass^{k}")
        blocks.append(table(head, rows))
    if found.noise:
        floors = [
            (*_asked(one, found), f"±{points(one.floor)}", points(one.difference, signed=True))
            for one in found.noise.comparisons
        ]
        blocks.append(table(("Noise floor", "Arm", "Floor", "Seen"), floors))
    if found.corrected:
        shares = [
            (
                *_asked(one, found),
                percent(one.raw),
                escape(one.note) if one.rate is None else _with(one.rate, one.ci),
                f"{METHODS[one.method]} {escape(one.basis)}".rstrip(),
            )
            for one in found.corrected
        ]
        blocks.append(table(("Corrected for the grader's error", "Arm", "Raw", "Corrected", "How"), shares))
    return ["### How sure", *blocks] if blocks else []


def _asked(one: Repeated | NoiseFloor | Corrected, found: Verdicts) -> tuple[str, str]:
    """Name a question and its arm."""
    texts = {rule.id: rule.text for rule in found.rules}
    name = (
        "All rules"
        if one.of == "overall"
        else named(one.name)
        if one.of == "behaviour"
        else texts.get(one.name, one.name)
    )
    arms: dict[str, str] = dict(ARM_NAMES.items())
    return escape(name), escape(arms.get(one.arm, one.arm))


def _with(share: float, ci: tuple[float, float] | None) -> str:
    return f"{percent(share)} ({bounds(ci)})" if ci else percent(share)


def _graders(cards: Sequence[GraderCard]) -> list[str]:
    """Write each grader's card: its figures beside people's labels, the weakest set first."""
    if not cards:
        return []
    rows = []
    for card in cards:
        name = escape(named(card.name)) + (" (judged by other code)" if card.same is False else "")
        judged = "by way of others" if card.judged is None else count(card.judged)
        sets = sorted(card.sets, key=lambda one: (one.balanced_accuracy, one.name))
        shown = [f"{escape(s.name)} {_with(s.balanced_accuracy, s.ci)}, n {count(s.n)}" for s in sets]
        rows.append((name, judged, str(card.unscored), "<br>".join(shown) or "not measured"))
    head = ("Grader", "Judged here", "Unscored", "Balanced accuracy beside people's labels")
    return ["### Graders", table(head, rows)]


def _crossed(report: Report) -> list[str]:
    crossed = report.gate.crossed if report.gate else ()
    lines = [
        f"- {escape(c.limit)}: found {escape(c.found)} {escape(f'({c.where})') if c.where else ''}"
        for c in crossed
    ]
    return ["\n".join(line.rstrip() for line in lines)] if lines else []


def _rules(rules: Sequence[RuleVerdict]) -> str:
    rows = [(escape(r.text), RULE_STATES[r.state], *_shares(r.arms), _recovery(r)) for r in rules]
    return table(("Rule", "State", *ARM_NAMES.values(), "Recovered"), rows)


def _recovery(rule: RuleVerdict) -> str:
    shown = percent(rule.recovery)
    return f"{shown} ({bounds(rule.ci)})" if rule.ci else shown


def _shares(arms: ArmFigures) -> list[str]:
    return [percent(getattr(arms, arm).rate) for arm in ARMS]
