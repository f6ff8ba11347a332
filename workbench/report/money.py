"""Draws what a call costs in each arm, when the tuning is earned back, and what the evaluation used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.records import ARMS
from workbench.report.economics import ARMS_OF, amount, costs
from workbench.report.markup import Html, element, joined, scrolling
from workbench.report.words import ARM_NAMES, count, money
from workbench.wording import Words, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.report.economics import Costs, Prices, Way
    from workbench.verdicts import TokenFigures, Usage

_THOUSAND = 1000
_FIELDS = (
    ("input", "Prompt tokens, per million", 0.01),
    ("cached", "Cached prompt tokens, per million", 0.01),
    ("output", "Answer tokens, per million", 0.01),
    ("hits", "Share of calls that hit the cache", 0.01),
    ("tuned", "Tuned model's prompt tokens, per million", 0.01),
    ("tuned_output", "Tuned model's answer tokens, per million", 0.01),
    ("once", "Tuning and evaluating, once", 0.5),
)
WAYS: Words[Way] = Words(
    {
        "plain": "Long prompt, in full",
        "caching": "Long prompt, cached",
        "before": "Compact prompt, base",
        "tuned": "Compact prompt, tuned",
    }
)
_NOTE = (
    "Example prices, in any currency: put in your own. The honest rival is prompt caching, where a provider "
    "reads the shared part of the prompt at a discount."
)
_GIVEN = (
    "Prices as the evaluation was given them; change them to see others. The honest rival is prompt caching, "
    "where a provider reads the shared part of the prompt at a discount."
)
UNCOUNTED = "Nobody counted the tokens of answers here: they are left out of every line alike."


def tokens_section(tokens: TokenFigures, prices: Prices, *, usage: Usage | None = None) -> Html:
    """Draw costs a call by prompt with the break-even, at prices that the reader can change."""
    fields = (
        element(
            "label",
            say(label),
            element(
                "input", type="number", name=name, value=f"{getattr(prices, name):g}", min="0",
                max="1" if name == "hits" else None, step=f"{step:g}", inputmode="decimal",
            ),
        )
        for name, label, step in _FIELDS
    )  # fmt: skip
    means = tokens.answer_means
    form = element(
        "form",
        *fields,
        class_="prices",
        data_original=f"{tokens.original_mean!r}",
        data_compact=f"{tokens.compact_mean!r}",
        **{f"data_{arm}": f"{means[arm]!r}" for arm in ARMS if arm in means},
        data_calls=say("{calls} calls"),
        data_never=say("never"),
        aria_label=say("Prices"),
    )
    found = costs(tokens, prices)
    given = usage is not None and usage.prices is not None
    return joined(
        [
            element("p", say(_GIVEN if given else _NOTE), class_="lead"),
            element("div", form, element("div", _calls(found), _even(found)), class_="split"),
            None if tokens.answer_means else element("p", say(UNCOUNTED), class_="quiet"),
            _used(usage) if usage else None,
        ]
    )


def _calls(found: Costs) -> Html:
    head = (say("Ask with"), say("Tokens in"), say("Tokens out"), say("A call"), say("1,000 calls"))
    body = (
        element(
            "tr",
            element("th", WAYS[way], element("small", ARM_NAMES[ARMS_OF[way]]), scope="row"),
            element("td", count(call.prompt), class_="num"),
            element("td", "–" if call.answer is None else count(call.answer), class_="num"),
            element("td", amount(call.cost), class_="num", data_cost=way),
            element("td", amount(call.cost * _THOUSAND), class_="num", data_cost=f"{way}_1000"),
        )
        for way, call in found.calls.items()
    )
    heads = (
        element("th", name, scope="col", class_="num" if place else None) for place, name in enumerate(head)
    )
    table = element(
        "table",
        element("caption", say("What a call costs, prompt and answer")),
        element("thead", element("tr", *heads)),
        element("tbody", *body),
        class_="small calls",
        aria_live="polite",
    )
    return scrolling(table, label=say("What a call costs"))


def _even(found: Costs) -> Html:
    rows = (
        (say("Against the full price"), "against_plain", found.against_plain),
        (say("Against prompt caching"), "against_caching", found.against_caching),
    )
    body = (
        element(
            "tr",
            element("th", label, scope="row"),
            element("td", calls_word(calls), class_="num", data_cost=key),
        )
        for label, key, calls in rows
    )
    return element(
        "table",
        element("caption", say("Calls after which the tuning is earned back")),
        element("tbody", *body),
        class_="costs",
        aria_live="polite",
    )


def calls_word(calls: float | None) -> str:
    """Say after how many calls the one-off cost is earned back."""
    return say("never") if calls is None else say("{calls} calls", calls=f"{calls:,.0f}")


def _used(usage: Usage) -> Html | None:
    """Draw the tokens of the evaluation itself, folded up."""
    head, *rows = used_rows(usage)
    if not rows:
        return None
    heads = (
        element("th", name, scope="col", class_="num" if place else None) for place, name in enumerate(head)
    )
    body = (
        element(
            "tr",
            element("th", cells[0], scope="row"),
            *(element("td", cell, class_="num") for cell in cells[1:]),
        )
        for cells in rows
    )
    title = say("Tokens of this evaluation")
    table = element(
        "table",
        element("caption", title, class_="unseen"),
        element("thead", element("tr", *heads)),
        element("tbody", *body),
        class_="small",
    )
    return element("details", element("summary", title), scrolling(table, label=title), class_="more")


def used_rows(usage: Usage) -> Iterator[tuple[str, ...]]:
    """Yield the heads of a table, then a row an arm: what the evaluation itself asked, and what that cost."""
    priced = any(one.cost is not None for one in usage.arms.values())
    head = (say("Arm"), say("Answers"), say("Prompt tokens"), say("of them shared"), say("Answer tokens"))
    yield (*head, *([say("Cost")] if priced else []))
    for arm, one in ((arm, usage.arms[arm]) for arm in ARMS if arm in usage.arms):
        tokens = (one.answers, one.prompt_tokens, one.cached_tokens, one.completion_tokens)
        cost = "–" if one.cost is None else money(one.cost, usage.currency)
        yield (ARM_NAMES[arm], *map(count, tokens), *([cost] if priced else []))
