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
    arm_name,
    aside,
    bounds,
    count,
    figure,
    gate_word,
    named,
    percent,
    points,
    verdict_sentence,
)
from workbench.text import markdown_escape as escape
from workbench.text import markdown_table as table
from workbench.wording import known, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.report.model import GraderCard, Report
    from workbench.verdicts import ArmFigures, Corrected, NoiseFloor, Repeated, RuleVerdict, Verdicts


def render_markdown(report: Report) -> str:
    """Write the verdict, crossed limits, behaviours and rules; text of the run is escaped."""
    found = report.verdicts
    blocks = [
        f"## {escape(verdict_sentence(found.rules, found.tokens))}",
        say("**{gate}.** {evidence}", gate=gate_word(report.gate), evidence=_evidence(report)),
        *_crossed(report),
        table(
            (say("Arm"), say("Rules obeyed")),
            [(ARM_NAMES[a], figure(getattr(found.overall, a))) for a in ARMS],
        ),
    ]
    if found.behaviours:
        rows = [(escape(named(b.behaviour)), *_shares(b.arms)) for b in found.behaviours]
        blocks += [
            f"### {say('Behaviours')}",
            table((say("Behaviour"), *ARM_NAMES.values()), rows),
            *_outcomes(found),
        ]
    if found.rules:
        blocks += [f"### {say('Rules')}", _rules(found.rules)]
    blocks += [*_sureness(found), *_graders(report.graders), *_costs(found)]
    blocks += [f"> {escape(say(note))}" for note in report.notes]
    blocks.append(
        say("Cases side by side and provenance: [report.html](report.html) · [report.json](report.json)")
    )
    return "\n\n".join(blocks) + "\n"


def _evidence(report: Report) -> str:
    found = report.verdicts
    said = say(
        "{cases} cases in {clusters} independent groups",
        cases=count(found.cases),
        clusters=count(found.clusters),
    )
    if found.unscored:
        said += say(", {unscored} judgments unscored", unscored=count(found.unscored))
    if found.retained is not None:
        said += say("; {retained} of what the prompt achieves is kept", retained=percent(found.retained))
        said += say(" ({ci})", ci=bounds(found.retained_ci)) if found.retained_ci else ""
    return said + say(".")


def _outcomes(found: Verdicts) -> list[str]:
    """Count what became of the cases: unsafe compliance and over-refusal always stand together."""
    rows = [
        (escape(_outcome(one.behaviour, outcome)), *(str(by[arm]) for arm in ARM_NAMES))
        for one in found.behaviours
        for outcome, by in one.outcomes.items()
    ]
    return [table((say("Outcome, in cases"), *ARM_NAMES.values()), rows)] if rows else []


def _outcome(behaviour: str, outcome: str) -> str:
    if known(behaviour) and known(outcome):
        return say("{name}: {said}", name=say(behaviour), said=say(outcome))
    return named(f"{behaviour}: {outcome}")


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
    at = say(
        "At {input:g} for a million prompt tokens, {cached:g} where cached ({hits} of "
        "calls), {output:g} for a million answer tokens, {tuned:g} and {tuned_output:g} with "
        "the tuned model, {once:g} once: earned back after {against_plain} against the full "
        "price, after {against_caching} against caching.",
        input=prices.input,
        cached=prices.cached,
        hits=percent(prices.hits),
        output=prices.output,
        tuned=prices.tuned,
        tuned_output=prices.tuned_output,
        once=prices.once,
        against_plain=calls_word(told.against_plain),
        against_caching=calls_word(told.against_caching),
    )
    blocks = [
        f"### {say('Cost')}",
        table(
            (say("Ask with"), say("Tokens in"), say("Tokens out"), say("A call"), say("1,000 calls")), rows
        ),
        at,
    ]
    if found.usage is not None and found.usage.arms:
        (_, *head), *used = used_rows(found.usage)
        lines = [tuple(map(escape, row)) for row in used]
        blocks.append(table((say("Tokens of this evaluation"), *head), lines))
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
        head = (say("{k} samples a case", k=count(k)), say("Arm"), "pass@1", f"pass^{k}")
        blocks.append(table(head, rows))
    if found.noise:
        floors = [
            (*_asked(one, found), f"±{points(one.floor)}", points(one.difference, signed=True))
            for one in found.noise.comparisons
        ]
        blocks.append(table((say("Noise floor"), say("Arm"), say("Floor"), say("Seen")), floors))
    if found.corrected:
        shares = [
            (
                *_asked(one, found),
                percent(one.raw),
                escape(say(one.note)) if one.rate is None else _with(one.rate, one.ci),
                f"{METHODS[one.method]} {escape(one.basis)}".rstrip(),
            )
            for one in found.corrected
        ]
        blocks.append(
            table(
                (
                    say("Corrected for the grader's error"),
                    say("Arm"),
                    say("Raw"),
                    say("Corrected"),
                    say("How"),
                ),
                shares,
            )
        )
    return [f"### {say('How sure')}", *blocks] if blocks else []


def _asked(one: Repeated | NoiseFloor | Corrected, found: Verdicts) -> tuple[str, str]:
    """Name a question and its arm."""
    texts = {rule.id: rule.text for rule in found.rules}
    name = (
        say("All rules")
        if one.of == "overall"
        else named(one.name)
        if one.of == "behaviour"
        else texts.get(one.name, one.name)
    )
    return escape(name), escape(arm_name(one.arm))


def _with(share: float, ci: tuple[float, float] | None) -> str:
    return aside(percent(share), bounds(ci))


def _graders(cards: Sequence[GraderCard]) -> list[str]:
    """Write each grader's card: its figures beside people's labels, the weakest set first."""
    if not cards:
        return []
    rows = []
    for card in cards:
        name = escape(named(card.name))
        name = say("{name} (judged by other code)", name=name) if card.same is False else name
        judged = say("by way of others") if card.judged is None else count(card.judged)
        sets = sorted(card.sets, key=lambda one: (one.balanced_accuracy, one.name))
        shown = [f"{escape(s.name)} {_with(s.balanced_accuracy, s.ci)}, n {count(s.n)}" for s in sets]
        rows.append((name, judged, str(card.unscored), "<br>".join(shown) or say("not measured")))
    head = (
        say("Grader"),
        say("Judged here"),
        say("Unscored"),
        say("Balanced accuracy beside people's labels"),
    )
    return [f"### {say('Graders')}", table(head, rows)]


def _crossed(report: Report) -> list[str]:
    crossed = report.gate.crossed if report.gate else ()
    lines = [
        say(
            "- {limit}: found {found} {where}",
            limit=escape(c.limit),
            found=escape(c.found),
            where=escape(say("({where})", where=c.where)) if c.where else "",
        )
        for c in crossed
    ]
    return ["\n".join(line.rstrip() for line in lines)] if lines else []


def _rules(rules: Sequence[RuleVerdict]) -> str:
    rows = [(escape(r.text), RULE_STATES[r.state], *_shares(r.arms), _recovery(r)) for r in rules]
    return table((say("Rule"), say("State"), *ARM_NAMES.values(), say("Recovered")), rows)


def _recovery(rule: RuleVerdict) -> str:
    shown = percent(rule.recovery)
    return aside(shown, bounds(rule.ci))


def _shares(arms: ArmFigures) -> list[str]:
    return [percent(getattr(arms, arm).rate) for arm in ARMS]
