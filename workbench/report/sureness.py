"""Draws how sure the figures are: several answers a case, what is noise, what graders get wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.charts import NARROW, axis, corrected_plot
from workbench.report.markup import Html, element, joined, prose, scrolling
from workbench.report.words import ARM_NAMES, METHODS, arm_name, bounds, count, named, percent, points
from workbench.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.verdicts import Corrected, Noise, NoiseFloor, Repeated, Samples, Subject, Verdicts

    Row = Repeated | NoiseFloor | Corrected
    Cells = Callable[[Row], Sequence[Html]]

_ORDER: tuple[Subject, ...] = ("overall", "behaviour", "rule")
_PLACES: dict[str, int] = {arm: place for place, arm in enumerate(ARM_NAMES)}


def sureness_section(found: Verdicts) -> Html | None:
    """Draw k samples a case, the noise floor and corrected shares; ``None`` where none was asked for."""
    texts = {rule.id: rule.text for rule in found.rules}
    parts = [
        _samples(found.samples, texts) if found.samples else None,
        _noise(found.noise, texts) if found.noise else None,
        _corrected(found.corrected, texts) if found.corrected else None,
    ]
    return joined(parts) if any(parts) else None


def _samples(found: Samples, texts: Mapping[str, str]) -> Html:
    k = found.k
    said = say(
        "Every case was asked {k} times in each arm, at temperature {temperature:g}; shares "
        "on this page are means over the samples. pass^{k} is the chance that {k} answers "
        "to the same case all pass: what a user who calls again and again meets.",
        k=count(k),
        temperature=found.temperature,
    )

    def cells(one: Repeated) -> list[Html]:
        return [
            _figure(percent(one.pass_at), bounds(one.pass_at_ci)),
            _figure(percent(one.pass_hat[-1]), bounds(one.pass_hat_ci)),
            _figure(percent(one.flips)),
            _figure(
                count(one.n), say("{unscored} unscored", unscored=count(one.unscored)) if one.unscored else ""
            ),
        ]

    head = ("pass@1", f"pass^{k}", say("Cases whose answers disagree"), "n")
    return _part("samples", say("{k} samples a case", k=count(k)), said, head, found.questions, cells, texts)


def _noise(found: Noise, texts: Mapping[str, str]) -> Html:
    n = count(found.per_half)
    each = say("{n} answers", n=n) if found.per_half > 1 else say("1 answer")
    said = say(
        "Each arm was held against itself, {each} a case against as many more: whatever "
        "differs is noise. {differing} of the answers differ; {rejected} of {comparisons} "
        "such comparisons look like a change at 5 %, {rejected_holm} after Holm. 95 % of "
        "such differences are smaller than the floor: a difference between arms below it is "
        "nothing to act on.",
        each=each,
        differing=percent(found.differing),
        rejected=found.rejected,
        comparisons=count(len(found.comparisons)),
        rejected_holm=found.rejected_holm,
    )

    def cells(one: NoiseFloor) -> list[Html]:
        return [
            _figure(f"±{points(one.floor)}"),
            _figure(points(one.difference, signed=True)),
            _figure(f"{one.p:.2g}"),
            _figure(count(one.n)),
        ]

    head = (say("Noise floor"), say("Difference seen"), "p", "n")
    return _part("noise", say("The noise floor"), said, head, found.comparisons, cells, texts)


def _corrected(found: Sequence[Corrected], texts: Mapping[str, str]) -> Html:
    said = say(
        "A grader that errs shifts the shares it measures. The corrected share stands beside "
        "the raw one, never in its place: by the grader's card (Rogan–Gladen), which holds "
        "as far as its labelled set is like these cases, or by a person's labels of some of "
        "these answers (prediction-powered inference)."
    )

    def cells(one: Corrected) -> list[Html]:
        basis = (
            say("{labelled} labels", labelled=count(one.labelled))
            if one.method == "prediction_powered"
            else one.basis
        )
        right = (
            _figure("–", say(one.note)) if one.rate is None else _figure(percent(one.rate), bounds(one.ci))
        )
        plot = element("td", corrected_plot(one), class_="graph", data_label=say("Raw and corrected"))
        return [plot, _figure(percent(one.raw)), right, _figure(METHODS[one.method], basis)]

    head = (axis(NARROW), say("Raw"), say("Corrected"), say("How"))
    return _part("corrected", say("Corrected for the grader's error"), said, head, found, cells, texts)


def _part(
    key: str,
    title: str,
    said: str,
    head: Sequence[Html | str],
    rows: Sequence[Row],
    cells: Callable[..., Sequence[Html]],
    texts: Mapping[str, str],
) -> Html:
    """Draw what is said of all rules and of behaviours, and folded up what is said of each rule."""
    whole = [one for one in rows if one.of != "rule"]
    single = [one for one in rows if one.of == "rule"]
    parts: list[Html | None] = [element("h3", title, id=key), element("p", said, class_="lead")]
    if whole:
        parts.append(_table(title, head, whole, cells, texts))
    if single:
        rules = len({one.name for one in single})
        table = _table(say("{title}, rule by rule", title=title), head, single, cells, texts)
        summary = element(
            "summary", say("1 rule") if rules == 1 else say("{rules} rules, one by one", rules=count(rules))
        )
        parts.append(element("details", summary, table, class_="more"))
    return joined(parts)


def _table(
    title: str,
    head: Sequence[Html | str],
    rows: Sequence[Row],
    cells: Callable[..., Sequence[Html]],
    texts: Mapping[str, str],
) -> Html:
    heads = (
        element(
            "th",
            name,
            element("span", say("Raw and corrected"), class_="unseen") if isinstance(name, Html) else None,
            scope="col",
            class_="graph" if isinstance(name, Html) else "num",
        )
        for name in head
    )
    first = {(one.of, one.name): place for place, one in reversed(list(enumerate(rows)))}
    ordered = sorted(
        rows,
        key=lambda one: (_ORDER.index(one.of), first[one.of, one.name], _PLACES.get(one.arm, len(_PLACES))),
    )
    body = []
    for place, one in enumerate(ordered):
        again = place > 0 and (ordered[place - 1].of, ordered[place - 1].name) == (one.of, one.name)
        name = _question(one, texts)
        shown = element("span", name, class_="unseen") if again else name
        arm = element("td", arm_name(one.arm), data_label=say("Arm"))
        body.append(
            element(
                "tr", element("th", shown, scope="row"), arm, *cells(one), class_="again" if again else None
            )
        )
    table = element(
        "table",
        element("caption", title, class_="unseen"),
        element(
            "thead",
            element(
                "tr",
                element("th", say("Question"), scope="col"),
                element("th", say("Arm"), scope="col"),
                *heads,
            ),
        ),
        element("tbody", *body),
        class_="small sure",
    )
    return scrolling(table, label=title)


def _question(one: Row, texts: Mapping[str, str]) -> Html | str:
    if one.of == "overall":
        return say("All rules")
    if one.of == "behaviour":
        return named(one.name)
    text = texts.get(one.name, one.name)
    return element("span", text, class_="said", lang=prose(text), dir="auto")


def _figure(shown: str, small: str = "") -> Html:
    return element("td", shown, element("small", small) if small else None, class_="num")
