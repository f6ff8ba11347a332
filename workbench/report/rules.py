"""Draws the tables of rules and behaviours, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.records import ARMS
from workbench.report.bias import biases_table, leanings_table
from workbench.report.charts import NARROW, WIDE, axis, interval_plot, legend
from workbench.report.markup import Html, anchor, element, prose, scrolling
from workbench.report.words import (
    ARM_MEANINGS,
    ARM_NAMES,
    METHODS,
    RULE_MEANINGS,
    RULE_STATES,
    VERDICTS,
    bounds,
    count,
    named,
    percent,
    points,
    term,
)
from workbench.wording import say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from workbench.report.asides import Aside, Asides
    from workbench.verdicts import (
        ArmFigures,
        BehaviourVerdict,
        Comparison,
        Figure,
        RuleState,
        RuleVerdict,
    )

_ORDER: tuple[RuleState, ...] = (
    "lost", "undecided", "never_held", "gained", "kept", "not_identifiable", "unscored",
)  # fmt: skip


def rules_table(rules: Sequence[RuleVerdict], *, broken: Mapping[str, int], beside: Asides) -> Html:
    """Draw a row a rule, those that need a look first.

    ``broken`` counts the cases that break a rule with the adapter, by the rule's id; ``beside`` has what
    stands beside its shares.
    """
    ordered = sorted(enumerate(rules), key=lambda item: (_ORDER.index(item[1].state), item[0]))
    head = element(
        "tr",
        element("th", say("Rule"), scope="col"),
        element("th", say("Obeyed"), axis(), scope="col", class_="graph"),
        *(element("th", ARM_NAMES[arm], scope="col", class_="num", title=ARM_MEANINGS[arm]) for arm in ARMS),
        element("th", say("Recovered"), scope="col", class_="num"),
    )
    table = element(
        "table",
        element(
            "caption",
            say("Share of applicable, scored cases that obey each rule; lines are 95% intervals. "),
            element("span", legend(beside.get(("rule", r.id), {}) for r in rules), class_="keys"),
        ),
        element("thead", head),
        element(
            "tbody",
            *(
                _rule(place, rule, broken.get(rule.id, 0), beside.get(("rule", rule.id), {}))
                for place, rule in ordered
            ),
        ),
        class_="figures",
    )
    return scrolling(table, label=say("Rules before and after"))


def state_chip(state: RuleState) -> Html:
    """Draw what became of a rule as a labelled mark."""
    return element("span", RULE_STATES[state], class_=f"chip {state}", title=RULE_MEANINGS[state])


def states_key(rules: Sequence[RuleVerdict]) -> Html:
    """Explain the states that occur."""
    present = [state for state in _ORDER if any(rule.state == state for rule in rules)]
    return element(
        "dl",
        *(
            element("div", element("dt", state_chip(state)), element("dd", RULE_MEANINGS[state]))
            for state in present
        ),
        class_="meanings",
    )


def behaviours_list(
    behaviours: Sequence[BehaviourVerdict], *, beside: Asides, carded: Collection[str] = ()
) -> Html:
    """Draw a card a behaviour with its cells; those of ``carded`` lead to what is known of their grader."""
    cards = (
        _behaviour(found, beside.get(("behaviour", found.behaviour), {}), carded=found.behaviour in carded)
        for found in behaviours
    )
    return element("div", *cards, class_="cards")


def _rule(place: int, rule: RuleVerdict, broken: int, beside: Mapping[str, Aside]) -> Html:
    needs = _needs(rule.change) if rule.state == "undecided" else []
    about = " · ".join([term(rule.severity), term(rule.kind), *_counts(rule.arms), *needs])
    tags = [state_chip(rule.state), element("span", about, class_="quiet")]
    if broken:
        told = say("{n} cases break it", n=broken) if broken > 1 else say("1 case breaks it")
        tags.append(element("a", told, href="#cases", data_rule=str(place), class_="quiet"))
    return element(
        "tr",
        element(
            "th",
            element("span", rule.text, class_="said", lang=prose(rule.text), dir="auto"),
            element("span", *_spaced(tags), class_="tags"),
            scope="row",
            id=f"rule-{rule.id}",
        ),
        *_figures(rule.arms, name=rule.text, width=WIDE, beside=beside),
        _recovery(rule),
    )


def _figures(
    arms: ArmFigures, *, name: str, width: float, beside: Mapping[str, Aside] | None = None
) -> list[Html]:
    beside = beside or {}
    plot = interval_plot(arms, name=name, width=width, beside=beside)
    cells = [element("td", plot, class_="graph", data_label=say("Obeyed"))]
    return [*cells, *(_share(getattr(arms, arm), ARM_NAMES[arm], beside.get(arm)) for arm in ARMS)]


def _share(found: Figure, label: str, beside: Aside | None) -> Html:
    ci = element("small", bounds(found.ci)) if found.ci else None
    return element("td", percent(found.rate), ci, *aside_words(beside), class_="num", data_label=label)


def aside_words(beside: Aside | None) -> list[Html]:
    """Say what stands beside a share, each with a link to where it is told at length."""
    said = []
    if beside is not None and beside.corrected is not None:
        shown = percent(beside.corrected.rate)
        title = say(
            "corrected {how}: {shown} ({ci})",
            how=METHODS[beside.corrected.method],
            shown=shown,
            ci=bounds(beside.corrected.ci),
        )
        said.append(
            element("small", element("a", say("corr. {shown}", shown=shown), href="#corrected", title=title))
        )
    if beside is not None and beside.floor is not None:
        title = say("noise: differences up to {floor} are nothing to act on", floor=points(beside.floor))
        said.append(element("small", element("a", f"±{100 * beside.floor:.1f}", href="#noise", title=title)))
    return said


def _counts(arms: ArmFigures) -> list[str]:
    """Say on how many cases the shares rest, by arm where the arms differ, and what could not be judged."""
    cases = [getattr(arms, arm).n for arm in ARMS]
    unscored = sum(getattr(arms, arm).unscored for arm in ARMS)
    said = (
        [f"n {cases[0]}" if len(set(cases)) == 1 else "n " + " / ".join(map(str, cases))]
        if any(cases)
        else []
    )
    return [*said, say("{unscored} unscored", unscored=unscored)] if unscored else said


def _needs(change: Comparison | None) -> list[str]:
    """Say about how many more cases would decide, where the paired test is undecided."""
    if change is None or not change.needs:
        return []
    return [say("about {needs} more would decide", needs=count(change.needs))]


def _compared(change: Comparison | None) -> Html | None:
    """Say in a line how the adapter stands beside the teacher on the same cases."""
    if change is None:
        return None
    told = [
        say("With the adapter against the long prompt: {verdict}", verdict=VERDICTS[change.verdict]),
        say(
            "{difference}, p {p_holm:.2g} (exact, Holm)",
            difference=points(change.difference, signed=True),
            p_holm=change.p_holm,
        ),
        *_needs(change),
    ]
    return element("p", " · ".join(told), class_="quiet")


def _recovery(rule: RuleVerdict) -> Html:
    shown = percent(rule.recovery)
    ci = element("small", bounds(rule.ci)) if rule.ci else None
    return element("td", shown, ci, class_="num", data_label=say("Recovered"))


def _spaced(parts: Sequence[Html]) -> list[Html | str]:
    spaced: list[Html | str] = []
    for part in parts:
        spaced += [" ", part] if spaced else [part]
    return spaced


def _behaviour(found: BehaviourVerdict, beside: Mapping[str, Aside], *, carded: bool) -> Html:
    title = named(found.behaviour) + (f" · {found.suite}" if found.suite != found.behaviour else "")
    rows = [(say("All"), found.arms), *found.cells.items(), *found.difficulties.items()]
    head = element(
        "tr",
        element("th", element("span", say("Cases"), class_="unseen"), scope="col"),
        element(
            "th", axis(NARROW), element("span", say("Share"), class_="unseen"), scope="col", class_="graph"
        ),
        *(element("th", ARM_NAMES[arm], scope="col", class_="num") for arm in ARMS),
    )
    body = (
        element(
            "tr",
            _cell(name, arms),
            *_figures(
                arms,
                name=say("{title}, {name}", title=title, name=named(name)),
                width=NARROW,
                beside=None if place else beside,
            ),
        )
        for place, (name, arms) in enumerate(rows)
    )
    trust = element("a", say("how far its grader can be trusted"), href=anchor("grader", found.behaviour))
    return element(
        "section",
        element("h3", title),
        element(
            "table",
            element(
                "caption", say("{title}: share of cases that pass, by arm", title=title), class_="unseen"
            ),
            element("thead", head),
            element("tbody", *body),
            class_="figures small",
        ),
        _refusals(found),
        _outcomes(found),
        leanings_table(found.leanings.get("after", ())),
        biases_table(found.biases),
        _compared(found.change),
        element("p", trust, class_="quiet") if carded else None,
        class_="card",
    )


def _refusals(found: BehaviourVerdict) -> Html | None:
    """Draw the four cells of refusal, where a suite has both of its sides."""
    sides = [found.cells.get("unsafe refused"), found.cells.get("safe answered")]
    unsafe, safe = sides
    if unsafe is None or safe is None:
        return None
    head = element(
        "tr",
        element("th", element("span", say("Arm"), class_="unseen"), scope="col"),
        *(element("th", label, scope="col", class_="num") for label in
          (say("Unsafe refused"), say("Unsafe answered"), say("Safe answered"), say("Safe refused"))),
    )  # fmt: skip
    body = (
        element(
            "tr",
            element("th", ARM_NAMES[arm], scope="row"),
            *_pair(
                getattr(unsafe, arm), (say("Unsafe refused"), say("Unsafe answered")), alarm=arm == "after"
            ),
            *_pair(getattr(safe, arm), (say("Safe answered"), say("Safe refused")), alarm=arm == "after"),
        )
        for arm in ARMS
    )
    return element(
        "table",
        element("caption", say("The four cells of refusal, in cases")),
        element("thead", head),
        element("tbody", *body),
        class_="cells",
    )


def _outcomes(found: BehaviourVerdict) -> Html | None:
    """Draw what became of the cases, in cases by arm, where the grader names it."""
    if not found.outcomes:
        return None
    head = element(
        "tr",
        element("th", element("span", say("Outcome"), class_="unseen"), scope="col"),
        *(element("th", ARM_NAMES[arm], scope="col", class_="num") for arm in ARMS),
    )
    body = (
        element(
            "tr",
            element("th", named(outcome), scope="row"),
            *(element("td", str(by[arm]), class_="num", data_label=ARM_NAMES[arm]) for arm in ARMS),
        )
        for outcome, by in found.outcomes.items()
    )
    return element(
        "table",
        element("caption", say("What became of the cases")),
        element("thead", head),
        element("tbody", *body),
        class_="cells",
    )


def _cell(name: str, arms: ArmFigures) -> Html:
    return element("th", named(name), element("small", " · ".join(_counts(arms))), scope="row")


def _pair(found: Figure, labels: tuple[str, str], *, alarm: bool) -> list[Html]:
    wrong = found.n - found.obeyed
    return [
        element("td", f"{found.obeyed:.0f}", class_="num", data_label=labels[0]),
        element("td", f"{wrong:.0f}", class_="num bad" if wrong and alarm else "num", data_label=labels[1]),
    ]
