"""Draws how a run learned, where its rows went, and the prompt that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.corpus.cardwords import minima_words, selection_words
from workbench.report.charts import bar, curve_words, loss_curve, selection_curve
from workbench.report.markup import Html, anchor, element, joined, prose, scrolling
from workbench.report.words import RULE_STATES, count, named, term
from workbench.wording import listed, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.report.model import Dropped, Funnel, Passage, PromptText, Training
    from workbench.verdicts import RuleState, RuleVerdict

_RULES = 12  # of one reason, named in the funnel


def training_section(training: Training) -> Html:
    """Draw the loss over steps, the training's figures, and the proof that the adapter is what it is."""
    drawn = None
    if training.train or training.valid:
        drawn = element(
            "figure",
            loss_curve(training),
            element(
                "figcaption",
                element("span", class_="swatch"), say("training "),
                element("span", class_="swatch dashed"), say("validation · "),
                curve_words(training), say(" (mean over answer tokens, nats)"),
            ),
        )  # fmt: skip
    facts = {named(k): v for k, v in training.figures.items() if type(v) in {int, float} and k != "seconds"}
    return joined([drawn, _facts(facts, say("What was trained")), _parity(training.parity)])


def data_section(funnel: Funnel) -> Html:
    """Draw where every row of the log went."""
    whole = funnel.records or funnel.pairs or 0
    head = (
        element("th", say("Rows"), scope="col"),
        element("th", element("span", say("Share"), class_="unseen"), scope="col", class_="graph"),
        element("th", say("Count"), scope="col", class_="num"),
    )
    body = (
        element(
            "tr",
            element("th", label, element("small", note) if note else None, scope="row"),
            element("td", bar(rows / whole if whole else 0.0, kind=kind), class_="graph"),
            element("td", count(rows), class_="num"),
            class_=kind or None,
        )
        for label, note, rows, kind in _stations(funnel)
    )
    table = element(
        "table",
        element("caption", say("From the log to the parts: every row is kept, or went for a reason.")),
        element("thead", element("tr", *head)),
        element("tbody", *body),
        class_="funnel",
    )
    parts = [scrolling(table, label=say("Funnel")), _likeness(funnel), _selection(funnel.selection)]
    return joined(parts)


def _selection(selection: Mapping[str, Any] | None) -> Html | None:
    """Draw the curve of marginal value of a selection to a budget."""
    if selection is None:
        return None
    said = selection_words(selection)
    drawn = element(
        "figure",
        selection_curve(selection, said=said),
        element(
            "figcaption",
            element("span", class_="swatch"), say("% of the table that the selected rows stand for"),
            element("span", class_="swatch dashed"), say("with further rows: where flat, more stop helping"),
        ),
    ) if selection["curve"] else None  # fmt: skip
    short = (
        element("p", say("Too few: {said}", said=one), class_="notice") for one in minima_words(selection)
    )
    return joined([element("h3", say("Selection")), element("p", said), drawn, *short])


def prompts_section(prompts: Sequence[PromptText], rules: Sequence[RuleVerdict]) -> Html:
    """Draw the prompts that calls no longer carry, each rule marked with what became of it."""
    states = {rule.id: rule.state for rule in rules}
    parts = [
        element(
            "p",
            say("What the adapter replaces. Marked sentences are rules; follow one to its verdict."),
            class_="lead",
        )
    ]
    for prompt in prompts:
        parts += [element("h3", prompt.task)] if len(prompts) > 1 else []
        text = "".join(passage.text for passage in prompt.passages)
        pieces = (_passage(passage, states) for passage in prompt.passages)
        parts.append(element("div", *pieces, class_="pre prompt", lang=prose(text), dir="auto"))
    return joined(parts)


def _passage(passage: Passage, states: Mapping[str, RuleState]) -> Html | str:
    known = [rule for rule in passage.rules if rule in states]
    if not known:
        return passage.text
    title = say("; ").join(say("{name}: {said}", name=rule, said=RULE_STATES[states[rule]]) for rule in known)
    class_ = f"rule {states[known[0]]}"
    return element("a", passage.text, href=anchor("rule", known[0]), class_=class_, title=title)


def _likeness(funnel: Funnel) -> Html | None:
    if funnel.likeness is None:
        return None
    said = say(
        "Greatest likeness of two rows in different parts: {likeness:.2f} (Jaccard).",
        likeness=funnel.likeness,
    )
    if not funnel.likeness:
        said = say(
            "No two rows in different parts are as alike as {floor:.2f} (Jaccard).", floor=funnel.floor
        )
    return element("p", said, class_="quiet")


def _parity(parity: Mapping[str, Any] | None) -> Html | None:
    if parity is None:
        return None
    facts = {
        say("Largest logit difference, disk against memory"): parity.get("disk_memory"),
        say("Adapter off against untouched base"): parity.get("restored"),
        say("Adapter on against off"): parity.get("effect"),
        say("Rows compared"): parity.get("rows"),
    }
    said = say("Parity proven") if parity.get("ok") else say("Parity is broken")
    return _facts({k: v for k, v in facts.items() if v is not None}, said, bad=not parity.get("ok"))


def _facts(facts: Mapping[str, Any], title: str, *, bad: bool = False) -> Html | None:
    if not facts:
        return None
    pairs = (element("div", element("dt", key), element("dd", _shown(value))) for key, value in facts.items())
    return joined(
        [element("h3", title, class_="bad" if bad else None), element("dl", *pairs, class_="facts")]
    )


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _stations(funnel: Funnel) -> Iterator[tuple[str, str, int, str]]:
    """Yield label, note, rows and kind of each line of the funnel, in order."""
    if funnel.records is not None:
        yield say("Records in the log"), "", funnel.records, ""
    for reason, rows in funnel.rejected.items():
        yield (
            say("rejected: {reason}", reason=term(reason)),
            say("unreadable, kept in rejects.jsonl"),
            rows,
            "gone",
        )
    if funnel.pairs is not None:
        yield say("Pairs"), "", funnel.pairs, ""
    for dropped in funnel.dropped:
        yield say("dropped: {reason}", reason=term(dropped.reason)), _why(dropped), dropped.rows, "gone"
    if funnel.kept is not None:
        yield say("Kept"), "", funnel.kept, ""
    for part, rows in funnel.parts.items():
        yield say("for {part}", part=term(part)), "", rows, "part"


def _why(dropped: Dropped) -> str:
    told = [f"{rule} {count(rows)}" for rule, rows in dropped.rules.items()]
    more = [say("and {more} more", more=count(len(told) - _RULES))] if len(told) > _RULES else []
    rules = listed([*told[:_RULES], *more])
    return " · ".join(part for part in (dropped.step, rules) if part)
