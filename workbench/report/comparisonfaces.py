"""Draws the comparison of runs: a page, and Markdown for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.markup import Html, element, joined, prose, scrolling
from workbench.report.shell import page
from workbench.report.words import aside, bounds, named, percent, state_name, term
from workbench.text import markdown_escape as escape
from workbench.text import markdown_table
from workbench.wording import Words, listed, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.report.comparison import Comparison, RuleRow, RunView
    from workbench.verdicts import Figure

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 720.0, 240.0, 44.0, 12.0, 30.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
HEAD = ("Run", "Gate", "Rules obeyed", "Teacher", "Kept of the prompt", "Tokens saved", "Rules")
_NAMES = Words(
    {"runs": "Runs", "history": "History", "rules": "Best adapter per rule", "behaviours": "Behaviours"}
)


def comparison_html(found: Comparison) -> str:
    """Draw the page."""
    parts: dict[str, Html | None] = {
        "runs": _runs(found),
        "history": _history(found.runs) if len(found.runs) > 1 else None,
        "rules": _rules(found) if found.rules else None,
        "behaviours": _behaviours(found) if found.behaviours else None,
    }
    notices = (element("p", say(note), class_="notice") for note in found.notes)
    head, _, below = headline(found).partition(say(": "))
    title = element("h1", head, element("span", below) if below else None)
    top = element("div", title, *notices, class_="hero")
    return page(
        title=headline(found),
        about=say("comparison"),
        names=_NAMES,
        top=top,
        parts=parts,
        foot=say("Made by sft-workbench from these runs' directories alone."),
    )


def comparison_markdown(found: Comparison) -> str:
    """Write runs, rules and behaviours as tables."""
    blocks = [f"## {escape(headline(found))}", *(f"> {escape(say(note))}" for note in found.notes)]
    blocks.append(
        markdown_table(
            [say(name) for name in HEAD], [[escape(cell) for cell in run_cells(run)] for run in found.runs]
        )
    )
    if found.rules:
        head = (say("Rule"), *(escape(run.name) for run in found.runs), say("Best"))
        rows = [
            (
                escape(rule.text),
                *(_cell(rule, place) for place in range(len(found.runs))),
                best_word(rule, found),
            )
            for rule in found.rules
        ]
        blocks += [f"### {say('Rules, share obeyed by the adapter')}", markdown_table(head, rows)]
    if found.behaviours:
        head = (say("Behaviour"), *(escape(run.name) for run in found.runs))
        lines = [
            (escape(named(b)), *(share(run.behaviours.get(b)) for run in found.runs))
            for b in found.behaviours
        ]
        blocks += [f"### {say('Behaviours')}", markdown_table(head, lines)]
    return "\n\n".join(blocks) + "\n"


def headline(found: Comparison) -> str:
    """Say which run's adapter obeys most."""
    if found.best is None:
        return say("{runs} runs, none with an adapter that was judged", runs=len(found.runs))
    best = found.runs[found.best]
    wins = sum(rule.best == found.best for rule in found.rules)
    return say(
        "{name} obeys most: {after}; best on {wins} of {rules} rules",
        name=best.name,
        after=share(best.overall.after),
        wins=wins,
        rules=len(found.rules),
    )


def run_cells(run: RunView) -> list[str]:
    """Write one run as the cells of ``HEAD``."""
    states = listed([say("{n} {state}", n=n, state=state_name(state)) for state, n in run.states.items()])
    kept = aside(percent(run.retained), bounds(run.retained_ci))
    figures = [share(run.overall.after), share(run.overall.teacher), kept, percent(run.saved_share)]
    return [run.name, term(run.gate) or say("not gated"), *figures, states]


def share(figure: Figure | None) -> str:
    """Write a share with its interval."""
    if figure is None or figure.rate is None:
        return "–"
    return aside(percent(figure.rate), bounds(figure.ci))


def best_word(rule: RuleRow, found: Comparison) -> str:
    """Name the best run of a rule; where its interval overlaps another's, say that too."""
    if rule.best is None:
        return "–"
    name = escape(found.runs[rule.best].name)
    return name if rule.clear else say("{name} (not clearly)", name=name)


def _cell(rule: RuleRow, place: int) -> str:
    shown = share(rule.after[place])
    return f"**{shown}**" if place == rule.best else shown


def _runs(found: Comparison) -> Html:
    rows = []
    for run in found.runs:
        name, gate, *cells = run_cells(run)
        chip = element("span", gate, class_=f"gate {run.gate or 'none'}")
        rows.append(
            element(
                "tr",
                element("th", name, scope="row"),
                element("td", chip),
                *(element("td", cell, class_="num") for cell in cells[:-1]),
                element("td", cells[-1]),
            )
        )
    return _table([say(name) for name in HEAD], rows, figures=range(2, 6), label=say("Runs"))


def _rules(found: Comparison) -> Html:
    rows = []
    for rule in found.rules:
        cells = []
        for place in range(len(found.runs)):
            shown = share(rule.after[place])
            state = rule.states[place]
            small = element("small", state_name(state)) if state else None
            cells.append(
                element("td", element("strong", shown) if place == rule.best else shown, small, class_="num")
            )
        said = element("span", rule.text, class_="said", lang=prose(rule.text), dir="auto")
        rows.append(
            element(
                "tr",
                element("th", said, element("small", f"{term(rule.severity)} · {rule.id}"), scope="row"),
                *cells,
                element("td", best_word(rule, found).replace("\\", "")),
            )
        )
    head = (say("Rule"), *(run.name for run in found.runs), say("Best"))
    note = say("Share of cases that obey the rule with the adapter, with intervals; the best is bold.")
    return joined(
        [
            element("p", note, class_="lead"),
            _table(head, rows, figures=range(1, len(head) - 1), label=say("Rules by run")),
        ]
    )


def _behaviours(found: Comparison) -> Html:
    rows = [
        element(
            "tr",
            element("th", named(name), scope="row"),
            *(element("td", share(run.behaviours.get(name)), class_="num") for run in found.runs),
        )
        for name in found.behaviours
    ]
    head = (say("Behaviour"), *(run.name for run in found.runs))
    return _table(head, rows, figures=range(1, len(head)), label=say("Behaviours by run"))


def _table(head: Sequence[str], rows: Sequence[Html], *, figures: range, label: str) -> Html:
    heads = (
        element("th", name, scope="col", class_="num" if place in figures else None)
        for place, name in enumerate(head)
    )
    whole = element("table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="small")
    return scrolling(whole, label=label)


def _history(runs: Sequence[RunView]) -> Html:
    """Draw the share of rules obeyed by teacher and adapter over the runs, in the order given."""
    step = (_WIDTH - _LEFT - 20) / max(1, len(runs) - 1)
    places = [_LEFT + 10 + i * step for i in range(len(runs))]
    drawn: list[Html | None] = []
    for tick in _TICKS:
        y = _y(tick)
        drawn.append(element("path", class_="grid", d=f"M{_LEFT} {y:.1f}H{_WIDTH}"))
        drawn.append(element("text", f"{tick:.0%}", x=f"{_LEFT - 6}", y=f"{y + 4:.1f}", text_anchor="end"))
    for arm in ("teacher", "after"):
        held = [(x, getattr(run.overall, arm)) for x, run in zip(places, runs, strict=True)]
        known = [(x, one) for x, one in held if one.rate is not None]
        line = " ".join(f"{x:.1f},{_y(one.rate):.1f}" for x, one in known)
        drawn.append(element("polyline", points=line, class_="train" if arm == "after" else "valid"))
        drawn += [
            element("path", class_="span", d=f"M{x:.1f} {_y(one.ci[0]):.1f}V{_y(one.ci[1]):.1f}")
            for x, one in known
            if one.ci and arm == "after"
        ]
        drawn += [element("circle", cx=f"{x:.1f}", cy=f"{_y(one.rate):.1f}", r="3.5") for x, one in known]
    drawn += [
        element(
            "text",
            str(place + 1),
            x=f"{x:.1f}",
            y=f"{_HEIGHT - 8:.0f}",
            text_anchor="middle",
        )
        for place, x in enumerate(places)
    ]
    said = say("; ").join(f"{run.name} {share(run.overall.after)}" for run in runs)
    picture = element(
        "svg", *drawn, class_="curve history", viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}", role="img",
        aria_label=say("Rules obeyed by the adapter: {said}", said=said),
    )  # fmt: skip
    order = listed([f"{place} {run.name}" for place, run in enumerate(runs, 1)])
    caption = say(
        "Rules obeyed in the order the runs were given: adapter as a line, teacher dashed. {order}",
        order=order,
    )
    return element("figure", picture, element("figcaption", caption))


def _y(value: float) -> float:
    return _TOP + (1 - value) * (_HEIGHT - _TOP - _FOOT)
