"""Puts a report on one self-contained page: no network, and no script but its own."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib.resources import files

from workbench.report.caseviews import cases_section
from workbench.report.economics import Prices
from workbench.report.hero import hero
from workbench.report.markup import Html, element, joined
from workbench.report.model import Report  # noqa: TC001 - part of the signature's meaning
from workbench.report.provenance import provenance_section
from workbench.report.rules import behaviours_list, rules_table, states_key
from workbench.report.sections import data_section, prompts_section, tokens_section, training_section

_BUDGET = 3_000_000
_NAMES = {
    "rules": "Rules",
    "behaviours": "Behaviours",
    "tokens": "Tokens and cost",
    "cases": "Cases",
    "prompt": "The prompt",
    "training": "Training",
    "data": "Data",
    "provenance": "Provenance",
}


def render_html(report: Report, *, prices: Prices | None = None, budget: int = _BUDGET) -> str:
    """Draw the page; ``budget`` bounds it in bytes by the number of cases drawn, and the page says so.

    Every text that comes from the run is escaped; the content security policy allows this page's own style
    and script by their hashes, and nothing else.
    """
    found = report.verdicts
    parts: dict[str, Html | None] = {
        "rules": joined([rules_table(found.rules, broken=_broken(report)), states_key(found.rules)])
        if found.rules
        else None,
        "behaviours": behaviours_list(found.behaviours) if found.behaviours else None,
        "tokens": tokens_section(found.tokens, prices or Prices()),
        "cases": None,
        "prompt": prompts_section(report.prompts, found.rules) if report.prompts else None,
        "training": training_section(report.training) if report.training else None,
        "data": data_section(report.funnel) if report.funnel else None,
        "provenance": provenance_section(report),
    }
    spent = len(_page(report, parts).encode())
    if report.cases:
        parts["cases"] = cases_section(report.cases, found.rules, budget=max(0, budget - spent))
    return _page(report, parts)


def _broken(report: Report) -> Counter[str]:
    """Count the cases that break each rule with the adapter."""
    after = (case.outputs["after"] for case in report.cases if "after" in case.outputs)
    return Counter(failure.name for output in after for failure in output.failed)


def _page(report: Report, parts: dict[str, Html | None]) -> str:
    style, script = _asset("report.css"), _asset("report.js")
    shown = {name: part for name, part in parts.items() if part is not None}
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{report.verdict} · workbench"),
        element("link", rel="icon", href="data:,"),
        element("style", Html(style)),
        element("script", Html(script)),
    )
    body = element(
        "body",
        element("a", "Skip to the report", href="#main", class_="skip"),
        _bar(report, shown),
        element(
            "main",
            hero(report),
            *(_section(name, part) for name, part in shown.items()),
            id="main",
        ),
        element(
            "footer", element("p", "Made by sft-workbench from this run's directory alone.", class_="quiet")
        ),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _bar(report: Report, shown: dict[str, Html]) -> Html:
    links = (element("a", _NAMES[name], href=f"#{name}") for name in shown)
    toggle = element("button", "Theme", type="button", class_="theme", hidden=True, aria_pressed="false")
    title = element("a", "workbench", element("span", report.task) if report.task else None, href="#main")
    return element(
        "header", element("p", title, class_="brand"), element("nav", *links, aria_label="Sections"), toggle
    )


def _section(name: str, part: Html) -> Html:
    return element(
        "section",
        element("h2", _NAMES[name], id=f"{name}-title"),
        part,
        id=name,
        aria_labelledby=f"{name}-title",
    )


def _asset(name: str) -> str:
    return files("workbench.report").joinpath("assets", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
