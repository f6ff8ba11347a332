"""Draws the top of the page: the verdict in a sentence, and the two figures that carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.records import ARMS
from workbench.report.asides import asides
from workbench.report.charts import axis, bar, lane_plot, mark
from workbench.report.markup import Html, element
from workbench.report.rules import aside_words
from workbench.report.words import ARM_MEANINGS, ARM_NAMES, bounds, count, gate_word, percent, verdict_parts
from workbench.wording import say

if TYPE_CHECKING:
    from workbench.records import Arm
    from workbench.report.asides import Aside
    from workbench.report.model import GateVerdict, Report
    from workbench.verdicts import Figure, Stopped, TokenFigures, Verdicts

_LANE = 230.0
_ARROW = "\u00a0→\u00a0"  # both figures stay on one line


def hero(report: Report) -> Html:
    """Draw the verdict, what it rests on, what is wrong, and the two main figures."""
    found = report.verdicts
    (first, *others), saved = verdict_parts(found.rules, found.tokens)
    mark_between = say(", ") if others else say("; ")
    rest = say(", ").join(others) + say("; ") + saved if others else saved
    return element(
        "section",
        _gate(report.gate),
        element(
            "h1",
            first,
            element("i", mark_between, class_="unseen"),
            element("span", rest.replace(" → ", _ARROW)),
        ),
        element("p", _evidence(found), class_="lead"),
        *_warnings(report),
        element(
            "div",
            _obeyed(found),
            _tokens(found.tokens),
            class_="panels",
        ),
        class_="hero",
    )


def _gate(gate: GateVerdict | None) -> Html:
    kind = (
        "none" if gate is None else "passed" if gate.passed else "undecided" if gate.undecided else "failed"
    )
    return element("p", element("span", gate_word(gate), class_=f"gate {kind}"))


def _evidence(found: Verdicts) -> str:
    said = say(
        "{cases} held-out cases in {clusters} independent groups, each asked of the base with the long "
        "prompt, of the base without it, and of the adapter without it.",
        cases=count(found.cases),
        clusters=count(found.clusters),
    )
    if found.unscored:
        said += say(
            " {unscored} judgments could not be made; they count for neither side.",
            unscored=count(found.unscored),
        )
    return said


def _warnings(report: Report) -> list[Html]:
    said: list[Html] = []
    if not report.verdicts.adapter_applied and report.verdicts.overall.after.n:
        said.append(
            element(
                "p",
                element("strong", say("The adapter changes nothing.")),
                say(" Every answer with it equals the answer without it; look at how it was loaded."),
                class_="notice bad",
            )
        )
    if report.verdicts.stopped is not None:
        said.append(element("p", _stopped(report.verdicts.stopped), class_="notice"))
    if report.gate is not None and report.gate.crossed:
        crossed = (
            element(
                "li",
                element("code", c.limit),
                say(" found {found}", found=c.found),
                f" · {c.where}" if c.where else None,
            )
            for c in report.gate.crossed
        )
        said.append(element("ul", *crossed, class_="crossed", aria_label=say("Limits that are crossed")))
    return said + [element("p", say(note), class_="notice") for note in report.notes]


def _stopped(end: Stopped) -> str:
    """Say how a run that could stop early ended, and what that means for its intervals."""
    reasons = {
        "regressed": say(
            "the adapter is worse than the long prompt (anytime-valid p {p_worse:.2g})", p_worse=end.p_worse
        ),
        "not_worse": say(
            "it is not worse by {margin} (anytime-valid p {p_not_worse:.2g})",
            margin=percent(end.margin),
            p_not_worse=end.p_not_worse,
        ),
        "ran_out": say("nothing was clear before the cases ran out"),
    }
    return say(
        "This run could stop early and asked {asked} of {of} groups: {reason}. The "
        "intervals below are as if that number had been fixed before.",
        asked=count(end.asked),
        of=count(end.of),
        reason=reasons[end.reason],
    )


def _obeyed(found: Verdicts) -> Html:
    kept, retained, ci = None, found.retained, found.retained_ci
    beside = asides(found).get(("overall", ""), {})
    if retained is not None:
        kept = element(
            "p",
            element("strong", percent(retained)),
            say(" of what the prompt achieves is kept without it"),
            say(" ({ci})", ci=bounds(ci)) if ci else None,
            say("."),
        )
    scale = element("tr", element("td"), element("td", axis(_LANE)), element("td"), aria_hidden="true")
    return element(
        "section",
        element("h2", say("Rules obeyed")),
        element(
            "table",
            element("caption", say("Share of graded rules obeyed, with 95% intervals"), class_="unseen"),
            element(
                "tbody", *(_arm(arm, getattr(found.overall, arm), beside.get(arm)) for arm in ARMS), scale
            ),
        ),
        kept,
        class_="panel",
    )


def _arm(arm: Arm, found: Figure, beside: Aside | None) -> Html:
    evidence = [bounds(found.ci), f"n {count(found.n)}"] if found.n else [say("not measured")]
    return element(
        "tr",
        element("th", mark(arm), ARM_NAMES[arm], element("small", ARM_MEANINGS[arm]), scope="row"),
        element("td", lane_plot(arm, found, width=_LANE, beside=beside), class_="lane"),
        element(
            "td",
            element("strong", percent(found.rate)),
            element("small", " · ".join(part for part in evidence if part)),
            *aside_words(beside),
            class_="num",
        ),
    )


def _tokens(tokens: TokenFigures) -> Html:
    share = tokens.compact_mean / tokens.original_mean if tokens.original_mean else 0.0
    return element(
        "section",
        element("h2", say("Prompt tokens a call")),
        element(
            "p",
            element(
                "strong", f"−{percent(tokens.saved_share)}" if tokens.saved_share > 0 else say("No saving")
            ),
            class_="big",
        ),
        element(
            "p", element("span", say("Long prompt")), element("b", count(tokens.original_mean)), class_="row"
        ),
        bar(1.0, kind="muted"),
        element(
            "p",
            element("span", say("Compact prompt")),
            element("b", count(tokens.compact_mean)),
            class_="row",
        ),
        bar(share),
        element("p", element("a", say("Cost and break-even against caching"), href="#tokens"), class_="more"),
        class_="panel",
    )
