"""Draws the top of the page: the verdict in a sentence, and the two figures that carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.records import ARMS
from workbench.report.charts import axis, bar, interval_plot, mark
from workbench.report.markup import Html, element
from workbench.report.words import ARM_MEANINGS, ARM_NAMES, bounds, count, gate_word, percent

if TYPE_CHECKING:
    from workbench.report.model import GateVerdict, Report
    from workbench.verdicts import ArmFigures, TokenFigures, Verdicts


def hero(report: Report) -> Html:
    """Draw the verdict, what it rests on, what is wrong, and the two main figures."""
    found = report.verdicts
    outcome, tokens = report.verdict.split("; ", 1)
    return element(
        "section",
        _gate(report.gate),
        element("h1", outcome, element("span", tokens)),
        element("p", _evidence(found), class_="lead"),
        *_warnings(report),
        element(
            "div",
            _obeyed(found.overall, found.retained, found.retained_ci),
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
    said = f"{count(found.cases)} held-out cases in {count(found.clusters)} independent groups, each asked "
    said += "of the base with the long prompt, of the base without it, and of the adapter without it."
    if found.unscored:
        said += f" {count(found.unscored)} judgments could not be made; they count for neither side."
    return said


def _warnings(report: Report) -> list[Html]:
    said: list[Html] = []
    if not report.verdicts.adapter_applied and report.verdicts.overall.after.n:
        said.append(
            element(
                "p",
                element("strong", "The adapter changes nothing."),
                " Every answer with it equals the answer without it; look at how it was loaded.",
                class_="notice bad",
            )
        )
    if report.gate is not None and report.gate.crossed:
        crossed = (
            element("li", element("code", c.limit), f" found {c.found}", f" · {c.where}" if c.where else None)
            for c in report.gate.crossed
        )
        said.append(element("ul", *crossed, class_="crossed", aria_label="Limits that are crossed"))
    return said + [element("p", note, class_="notice") for note in report.notes]


def _obeyed(arms: ArmFigures, retained: float | None, ci: tuple[float, float] | None) -> Html:
    rows = (
        element(
            "tr",
            element("th", mark(arm), ARM_NAMES[arm], element("small", ARM_MEANINGS[arm]), scope="row"),
            element(
                "td",
                element("strong", percent(getattr(arms, arm).rate)),
                element("small", f"{bounds(getattr(arms, arm).ci)} · n {count(getattr(arms, arm).n)}"),
                class_="num",
            ),
        )
        for arm in ARMS
    )
    kept = None
    if retained is not None:
        kept = element(
            "p",
            element("strong", percent(retained)),
            " of what the prompt achieves is kept without it",
            f" ({bounds(ci)})" if ci else None,
            ".",
        )
    return element(
        "section",
        element("h2", "Rules obeyed"),
        interval_plot(arms, name="All rules"),
        axis(),
        element(
            "table",
            element("caption", "Share of graded rules obeyed", class_="unseen"),
            element("tbody", *rows),
        ),
        kept,
        class_="panel",
    )


def _tokens(tokens: TokenFigures) -> Html:
    share = tokens.compact_mean / tokens.original_mean if tokens.original_mean else 0.0
    return element(
        "section",
        element("h2", "Prompt tokens a call"),
        element(
            "p",
            element("strong", f"−{percent(tokens.saved_share)}" if tokens.saved_share > 0 else "No saving"),
            class_="big",
        ),
        element("p", element("span", "Long prompt"), element("b", count(tokens.original_mean)), class_="row"),
        bar(1.0, kind="muted"),
        element(
            "p", element("span", "Compact prompt"), element("b", count(tokens.compact_mean)), class_="row"
        ),
        bar(share),
        class_="panel",
    )
