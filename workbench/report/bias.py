"""Draws whether opposed prompts are treated alike, and how far picked options lean towards stereotypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.records import ARMS
from workbench.report.markup import Html, element
from workbench.report.words import ARM_NAMES, named, percent
from workbench.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.records import Arm
    from workbench.verdicts import BiasFigures, Leaning

_SURE = 0.05  # adjusted p below which a lean is marked


def leanings_table(found: Sequence[Leaning]) -> Html | None:
    """Draw how far the adapter treats one side of opposed prompts better, measure by measure."""
    if not found:
        return None
    head = element(
        "tr",
        element("th", element("span", say("Measure"), class_="unseen"), scope="col"),
        *(
            element("th", name, scope="col", class_="num")
            for name in (say("Side a less side b"), "p", say("p, adjusted"))
        ),
    )
    body = (
        element(
            "tr",
            element("th", named(one.measure), scope="row"),
            element("td", f"{one.difference:+.2f}", class_="num", data_label=say("Side a less side b")),
            element("td", f"{one.p:.3f}", class_="num", data_label="p"),
            element(
                "td",
                f"{one.p_holm:.3f}",
                class_="num bad" if one.p_holm < _SURE else "num",
                data_label=say("p, adjusted"),
            ),
        )
        for one in found
    )
    return element(
        "table",
        element(
            "caption",
            say("Opposed prompts, after: permutation test over {topics} topics", topics=found[0].topics),
        ),
        element("thead", head),
        element("tbody", *body),
        class_="cells",
    )


def biases_table(found: Mapping[str, BiasFigures]) -> Html | None:
    """Draw accuracy and bias scores by arm, where a suite asks in BBQ's form."""
    if not found:
        return None
    head = element(
        "tr",
        element("th", element("span", say("Figure"), class_="unseen"), scope="col"),
        element("th", element("span", say("Graph"), class_="unseen"), scope="col", class_="graph"),
        *(element("th", ARM_NAMES[arm], scope="col", class_="num") for arm in ARMS),
    )
    rows: list[tuple[str, Callable[[BiasFigures], tuple[float | None, tuple[float, ...] | None]]]] = [
        (say("Right, ambiguous"), lambda one: (one.accuracy_ambiguous, None)),
        (say("Bias, ambiguous"), lambda one: (one.s_amb, one.s_amb_ci or ())),
        (say("Right, told"), lambda one: (one.accuracy_disambiguated, None)),
        (say("Bias, told"), lambda one: (one.s_dis, one.s_dis_ci or ())),
    ]
    body = (
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", class_="graph"),
            *(_bias(arm, *of(found[arm]) if arm in found else (None, None)) for arm in ARMS),
        )
        for name, of in rows
    )
    return element(
        "table",
        element("caption", say("Bias: −1 against the stereotype, 1 with it")),
        element("thead", head),
        element("tbody", *body),
        class_="figures small",
    )


def _bias(arm: Arm, value: float | None, limits: tuple[float, ...] | None) -> Html:
    """Draw a share (``limits`` is ``None``) or a score with its limits."""
    if value is None or limits is None:
        return element("td", percent(value), class_="num", data_label=ARM_NAMES[arm])
    point, *ends = (f"{one:+.2f}".replace("-", "−") for one in (value, *limits))
    shown = [element("small", say(" to ").join(ends))] if ends else []
    return element("td", point, *shown, class_="num", data_label=ARM_NAMES[arm])
