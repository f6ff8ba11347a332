"""Puts a report on one self-contained page: no network, and no script but its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from workbench.report.asides import asides
from workbench.report.caseviews import cases_section
from workbench.report.economics import Prices, prices_of
from workbench.report.gradercards import graders_section
from workbench.report.hero import hero
from workbench.report.markup import Html, anchor, element, joined
from workbench.report.model import Report  # noqa: TC001 - part of the signature's meaning
from workbench.report.money import tokens_section
from workbench.report.provenance import provenance_section
from workbench.report.rules import behaviours_list, rules_table, states_key
from workbench.report.sections import data_section, prompts_section, training_section
from workbench.report.shell import page
from workbench.report.sureness import sureness_section
from workbench.report.words import verdict_sentence
from workbench.wording import Words, say

if TYPE_CHECKING:
    from workbench.report.asides import Asides

_BUDGET = 3_000_000
_NAMES = Words(
    {
        "rules": "Rules",
        "behaviours": "Behaviours",
        "sureness": "How sure",
        "tokens": "Tokens and cost",
        "cases": "Cases",
        "prompt": "The prompt",
        "graders": "Graders",
        "training": "Training",
        "data": "Data",
        "provenance": "Provenance",
    }
)


def render_html(report: Report, *, prices: Prices | None = None, budget: int = _BUDGET) -> str:
    """Draw the page; ``budget`` bounds it in bytes by the number of cases drawn, and the page says so.

    Every text that comes from the run is escaped; the content security policy allows this page's own style
    and script by their hashes, and nothing else.
    """
    found, beside = report.verdicts, asides(report.verdicts)
    carded = {card.name for card in report.graders}
    parts: dict[str, Html | None] = {
        "rules": _rules(report, beside) if found.rules else None,
        "behaviours": behaviours_list(found.behaviours, beside=beside, carded=carded)
        if found.behaviours
        else None,
        "sureness": sureness_section(found),
        "tokens": tokens_section(found.tokens, prices or prices_of(found.usage), usage=found.usage),
        "cases": None,
        "prompt": prompts_section(report.prompts, found.rules) if report.prompts else None,
        "graders": graders_section(report.graders) if report.graders else None,
        "training": training_section(report.training) if report.training else None,
        "data": data_section(report.funnel) if report.funnel else None,
        "provenance": provenance_section(report),
    }
    if report.cases:
        # Drawn empty first: heading and link of the section count too.
        spent = len(_page(report, {**parts, "cases": Html("")}).encode())
        parts["cases"] = cases_section(report.cases, found.rules, budget=max(0, budget - spent))
    return _page(report, parts)


def _rules(report: Report, beside: Asides) -> Html:
    rules = report.verdicts.rules
    trust = element("a", say("How far the checks of rules can be trusted"), href=anchor("grader", "rules"))
    known = any(card.name == "rules" for card in report.graders)
    return joined(
        [
            rules_table(rules, broken=_broken(report), beside=beside),
            states_key(rules),
            element("p", trust, class_="trust") if known else None,
        ]
    )


def _broken(report: Report) -> Counter[str]:
    """Count the cases that break each rule with the adapter."""
    after = (case.outputs["after"] for case in report.cases if "after" in case.outputs)
    return Counter(failure.name for output in after for failure in output.failed)


def _page(report: Report, parts: dict[str, Html | None]) -> str:
    return page(
        title=verdict_sentence(report.verdicts.rules, report.verdicts.tokens),
        about=report.task,
        names=_NAMES,
        top=hero(report),
        parts=parts,
        foot=say("Made by sft-workbench from this run's directory alone."),
    )
