"""Puts the cards of the graders that judged a run into its report: how far each agrees with people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.graders.cards.page import ABOUT, RESTS_ON, bundled_figures, sets_of
from workbench.graders.versions import grader_versions
from workbench.report.charts import NARROW, axis, lane_plot
from workbench.report.files import optional_frame, optional_json
from workbench.report.markup import Html, element, joined
from workbench.report.model import GraderCard, LabelledSet
from workbench.report.words import bounds, count, named, percent, term
from workbench.verdicts import Figure
from workbench.wording import listed, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_RULES = "rules"
_CHANCE = 0.5


def read_graders(evaluated: Path) -> tuple[GraderCard, ...]:
    """Return the cards of the graders whose judgments an evaluation holds, those they judge by after them.

    Raises:
        InputError: the grades are there but can't be read.
    """
    frame = optional_frame(evaluated / "grades.parquet", ["behaviour", "rule", "label"])
    if frame is None:
        return ()
    judged: dict[str, list[int]] = {}
    for behaviour, rule, label in frame.iter_rows():
        counts = judged.setdefault(_RULES if rule else behaviour, [0, 0])
        if label in {"pass", "fail"}:
            counts[0] += 1
        elif label == "unscored":
            counts[1] += 1
    names = [name for name in ABOUT if name in judged]
    names += [name for name in ABOUT if any(name in RESTS_ON.get(by, ()) for by in names)]
    then = (optional_json(evaluated / "summary.json") or {}).get("graders") or {}
    now, figures = grader_versions(), bundled_figures()
    return tuple(_card(name, judged.get(name), then, now, figures) for name in dict.fromkeys(names))


def _card(
    name: str,
    judged: Sequence[int] | None,
    then: Mapping[str, Any],
    now: Mapping[str, str],
    figures: dict[str, Any],
) -> GraderCard:
    about, limits = ABOUT[name]
    version = str(then.get(name, ""))
    return GraderCard(
        name=name,
        about=about,
        limits=limits.replace("`", "").replace("*", ""),
        version=version,
        same=now.get(name) == version if version else None,
        judged=judged[0] if judged else None,
        unscored=judged[1] if judged else 0,
        sets=tuple(
            LabelledSet(
                name=key,
                n=one["n"],
                balanced_accuracy=one["balanced_accuracy"],
                ci=_pair((one["ci"] or {}).get("balanced_accuracy")),
                kappa=one["kappa"],
                crossed=one.get("cross_validated", 0),
            )
            for key, one in sets_of(name, figures).items()
            if one["balanced_accuracy"] is not None
        ),
    )


def _pair(found: Sequence[float] | None) -> tuple[float, float] | None:
    return (found[0], found[1]) if found else None


def graders_section(cards: Sequence[GraderCard]) -> Html:
    """Draw a card a grader, each with an address of its own on the page."""
    said = say(
        "Programs judged these answers, and programs err. Balanced accuracy beside people's "
        "labels: 50% is a coin, 100% a judge who is always right. Sets are named, weak ones "
        "too; how they were measured: docs/graders/README.md of the workbench, or workbench "
        "graders list."
    )
    others = [card.name for card in cards if card.same is False]
    notes = [element("p", _other_code(others), class_="notice")] if others else []
    body = element("div", *map(_drawn, cards), class_="cards")
    return joined([element("p", said, class_="lead"), *notes, body])


def _other_code(names: Sequence[str]) -> str:
    """Say which graders have changed since they judged the run."""
    *most, last = [named(names[0]), *map(term, names[1:])]
    if not most:
        return say(
            "{name} judged this run by other code than this report was made with: its figures here are those "
            "of the code now.",
            name=last,
        )
    return say(
        "{most} and {last} judged this run by other code than this report was made with: their figures here "
        "are those of the code now.",
        most=listed(most),
        last=last,
    )


def _drawn(card: GraderCard) -> Html:
    judged = (
        say("{judged} judgments here", judged=count(card.judged))
        if card.judged is not None
        else say("the graders above judge by it")
    )
    told = [
        judged,
        say("{unscored} unscored", unscored=count(card.unscored)) if card.unscored else "",
        _version(card),
    ]
    best = sorted(card.sets, key=lambda one: (one.balanced_accuracy, one.name))
    return element(
        "section",
        element("h3", named(card.name), id=f"grader-{card.name}"),
        element("p", say(card.about)),
        element("p", " · ".join(part for part in told if part), class_="quiet"),
        _sets(card, best) if best else element("p", say("Not measured beside labels."), class_="quiet"),
        element("p", say(card.limits), class_="quiet") if card.limits else None,
        element(
            "p", say("Its whole card: "), element("code", f"docs/graders/{card.name}.md"), class_="quiet"
        ),
        class_="card grader",
    )


def _version(card: GraderCard) -> str:
    return say("code {version}", version=card.version) if card.version else ""


def _sets(card: GraderCard, sets: Sequence[LabelledSet]) -> Html:
    head = element(
        "tr",
        element("th", say("Labelled set"), scope="col"),
        element(
            "th", axis(NARROW), element("span", say("Interval"), class_="unseen"), scope="col", class_="graph"
        ),
        element("th", say("Balanced accuracy"), scope="col", class_="num"),
    )
    body = (
        element(
            "tr",
            element("th", one.name, element("small", _on(one)), scope="row"),
            element("td", lane_plot("after", _figure(one), width=NARROW), class_="graph"),
            element(
                "td",
                percent(one.balanced_accuracy),
                element("small", bounds(one.ci)) if one.ci else None,
                class_="num bad" if one.ci and one.ci[0] <= _CHANCE else "num",
                data_label=say("Balanced accuracy"),
            ),
        )
        for one in sets
    )
    caption = say("{name} beside people's labels, the weakest set first", name=named(card.name))
    return element(
        "table",
        element("caption", caption, class_="unseen"),
        element("thead", head),
        element("tbody", *body),
        class_="small sets",
    )


def _on(one: LabelledSet) -> str:
    told = [f"n {count(one.n)}"]
    if one.kappa is not None:
        told.append(f"κ {one.kappa:.2f}".replace("-", "−"))
    if one.crossed:
        told.append(say("cross-validated"))
    return " · ".join(told)


def _figure(one: LabelledSet) -> Figure:
    return Figure(
        obeyed=one.balanced_accuracy * one.n, n=one.n, rate=one.balanced_accuracy, ci=one.ci, unscored=0
    )
