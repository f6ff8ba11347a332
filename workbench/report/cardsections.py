"""Draws the sections of a data card: signals, duplicates, rules, parts, reasons, and change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.corpus.cardwords import CERTIFICATE, certificate_rows, shown_source
from workbench.report.charts import bar
from workbench.report.histograms import histogram, said
from workbench.report.markup import Html, element, joined, prose, scrolling
from workbench.report.versions import FIELDS, MATCHED, headline, moved_surely, number, signed, size_rows
from workbench.report.words import aside, count, percent, term
from workbench.wording import listed, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.corpus import (
        Alike,
        Coverage,
        Difference,
        Distribution,
        Leak,
        Profile,
        Reason,
        RowView,
        Shift,
    )

_SHOWN = 3
_CARD = "in card.json"
_SCROLLS = 400  # characters of a question from which on it may scroll in its box


def signals_section(signals: Sequence[Distribution]) -> Html:
    """Draw each signal's distribution, and list those that say the same of every row."""
    varied = [one for one in signals if one.minimum != one.maximum]
    drawn = (
        element(
            "figure",
            element("figcaption", element("strong", one.name), element("span", said(one), class_="quiet")),
            histogram(one),
        )
        for one in varied
    )
    note = say("Bars hold equal widths; the outermost hold what lies beyond the 1st and 99th percentile.")
    flat = [
        (one.name, number(one.mean) if one.n else say("no row has it"), count(one.n))
        for one in signals
        if one.minimum == one.maximum
    ]
    listed = table((say("Signal"), say("Value"), say("Rows")), flat)
    return joined(
        [
            element("p", note, class_="lead"),
            element("div", *drawn, class_="hists"),
            element("h3", say("The same in every row")) if flat else None,
            element("div", listed, class_="narrow") if flat else None,
        ]
    )


def shifts_section(shifts: Sequence[Shift], *, note: str) -> Html:
    """Draw each signal after, with the version before as a line."""
    clear = [one for one in shifts if moved_surely(one)]
    rest = [one for one in shifts if not moved_surely(one)]
    lead = say(
        "{note} {clear} of {shifts} signals moved by more than chance.",
        note=note,
        clear=count(len(clear)),
        shifts=count(len(shifts)),
    )
    title = say("{rest} signals that moved by no more than chance", rest=count(len(rest)))
    return joined(
        [
            element("p", lead, class_="lead"),
            element("div", *map(_over, clear), class_="hists") if clear else None,
            _details(title, [element("div", *map(_over, rest), class_="hists")]) if rest else None,
        ]
    )


def _over(one: Shift) -> Html:
    said_ = element("span", moved(one), class_="quiet")
    return element(
        "figure",
        element("figcaption", element("strong", one.name), said_),
        histogram(one.b, before=one.a),
    )


def moved(shift: Shift) -> str:
    """Say how far a signal moved."""
    if shift.effect is None and shift.distance is None:
        return say("only one version has it")
    surely = say("moved") if moved_surely(shift) else say("no more than chance")
    means = say("mean {before} → {after}", before=number(shift.a.mean), after=number(shift.b.mean))
    return say(
        "{means}, effect {effect}, distance {distance}: {surely}",
        means=means,
        effect=signed(shift.effect),
        distance=number(shift.distance),
        surely=surely,
    )


def repeats_section(profile: Profile) -> Html:
    """Draw what is in the data twice, with examples."""
    found = profile.repeats
    kinds = (
        (say("Equal rows"), found.exact),
        (say("Near duplicates (Jaccard from {threshold:g} on)", threshold=found.threshold), found.near),
        (say("Conflicts: asked alike, answered differently"), found.conflicts),
    )
    parts: list[Html | None] = [
        table(
            (say("What"), say("Rows")),
            [(name, count(len(rows))) for name, rows in kinds],
            caption=say("What the rows that are kept still repeat; none of it was removed here."),
        )
    ]
    for name, rows in kinds:
        if rows:
            parts += [element("h3", name), *(_alike(one) for one in rows[:_SHOWN]), _more(len(rows))]
    return joined(parts)


def rules_section(coverage: Coverage) -> Html:
    """Draw how many answers hold and break each rule."""
    head = (say("Rule"), say("Holds"), "", say("Breaks"), say("Doesn't apply"), say("Unscored"))
    body = []
    for rule in sorted(coverage.rules, key=lambda rule: (not rule.checked, -rule.breaks)):
        judged = rule.holds + rule.breaks
        name = element(
            "th",
            element("span", rule.text, class_="said", lang=prose(rule.text), dir="auto"),
            element(
                "small",
                f"{term(rule.severity)} · {rule.id}"
                + ("" if rule.checked else say(" · no program decides it")),
            ),
            scope="row",
        )
        cells = [element("td", percent(rule.holds / judged if judged else None), class_="num")]
        cells.append(element("td", bar(rule.holds / judged) if judged else None, class_="graph"))
        figures = (rule.breaks, rule.not_applicable, rule.unscored)
        cells += [
            element("td", count(n), class_="num bad" if n and not place else "num")
            for place, n in enumerate(figures)
        ]
        body.append(element("tr", name, *cells))
    unseen = element("span", say("Share that holds"), class_="unseen")
    heads = (
        element("th", name or unseen, scope="col", class_="num" if name else "graph") for name in head[1:]
    )
    whole = element(
        "table",
        element(
            "caption",
            say("The answers of {rows} rows held against their contract.", rows=count(coverage.rows)),
        ),
        element("thead", element("tr", element("th", head[0], scope="col"), *heads)),
        element("tbody", *body),
        class_="coverage",
    )
    broken = [rule for rule in coverage.rules if rule.broken]
    examples = [
        _details(
            say("Breaks {id}: {breaks}", id=rule.id, breaks=count(rule.breaks)),
            [row(view) for view in rule.broken],
        )
        for rule in broken
    ]
    return joined([scrolling(whole, label=say("Rules over the rows")), *examples])


def parts_section(profile: Profile, certificate: Mapping[str, Any] | None) -> Html:
    """Draw parts, tasks, sources, the leakage certificate, and the rows of two parts most alike."""
    groups = ((say("Part"), profile.parts), (say("Task"), profile.tasks), (say("Source"), profile.sources))
    tables = [
        table(
            (name, say("Rows"), say("Share")),
            [
                (
                    term(key) or say("(none)"),
                    count(rows),
                    percent(rows / profile.rows if profile.rows else None),
                )
                for key, rows in counts.items()
            ],
        )
        for name, counts in groups
        if counts
    ]
    leak = (
        _leak(profile.leak) if profile.leak else element("p", say("The data has no parts."), class_="quiet")
    )
    rows = certificate_rows(certificate) if certificate else []
    name = say("Leakage certificate")
    proof = (
        joined([element("h3", name), scrolling(table([say(head) for head in CERTIFICATE], rows), label=name)])
        if rows
        else None
    )
    return joined([element("div", *tables, class_="columns"), proof, leak])


def reasons_section(reasons: Sequence[Reason]) -> Html:
    """Draw why rows went, with examples and the rows kept instead."""
    parts = []
    for reason in reasons:
        inside: list[Html | None] = []
        for one in reason.examples:
            kept = row(one.kept) if one.kept else None
            likeness = (
                say("; likeness {jaccard:.2f} (Jaccard)", jaccard=one.jaccard)
                if one.jaccard is not None
                else ""
            )
            inside += [
                element(
                    "p",
                    one.why + likeness if one.why else say("kept instead{likeness}", likeness=likeness),
                    class_="quiet",
                ),
                element("div", row(one.row), kept, class_="twins") if kept else row(one.row),
            ]
        title = say(
            "{reason}: {rows} rows ({step})",
            reason=term(reason.reason),
            rows=count(reason.rows),
            step=term(reason.step),
        )
        parts.append(_details(title, inside, opened=reason is reasons[0]))
    lead = say("Examples of each reason: the row that went, and beside it the row that was kept instead.")
    return joined([element("p", lead, class_="lead"), *parts])


def change_section(change: Difference, *, most: int = _SHOWN, rest: str = _CARD) -> Html:
    """Draw what changed since another version; ``rest`` says where rows beyond ``most`` of a kind are."""
    parts: list[Html | None] = [
        element(
            "p",
            say(
                "{before} → {after}: {said}.",
                before=shown_source(change.a.source),
                after=shown_source(change.b.source),
                said=headline(change),
            ),
            class_="lead",
        ),
        table((say("Rows"), say("Before"), say("After")), size_rows(change)) if size_rows(change) else None,
    ]
    if change.shifts and not change.nothing:
        parts.append(
            shifts_section(change.shifts, note=say("The version before as a line, the one after as bars."))
        )
    for name, rows in ((say("Added"), change.added), (say("Removed"), change.removed)):
        if rows:
            parts.append(
                _details(
                    say("{name}: {said}", name=name, said=count(len(rows))),
                    [*(row(r) for r in rows[:most]), _more(len(rows), most=most, rest=rest)],
                )
            )
    if change.changed:
        inside: list[Html | None] = []
        for one in change.changed[:most]:
            what = listed([FIELDS[name] for name in one.fields])
            inside += [
                element("p", aside(what, MATCHED[one.by]), class_="quiet"),
                element("div", row(one.before), row(one.after), class_="twins"),
            ]
        parts.append(
            _details(
                say("Changed: {changed}", changed=count(len(change.changed))),
                [*inside, _more(len(change.changed), most=most, rest=rest)],
            )
        )
    return joined(parts)


def row(view: RowView) -> Html:
    """Draw a row: what was asked, what was answered, where it stands."""
    place = " · ".join(part for part in (view.id, view.task, view.part) if part)
    return element(
        "div",
        element(
            "p", view.asked, class_="asked pre", lang=prose(view.asked), dir="auto",
            tabindex="0" if len(view.asked) > _SCROLLS else None,
        ),
        element("p", view.answer, class_="pre", lang=prose(view.answer), dir="auto"),
        element("p", element("code", place), class_="quiet"),
        class_="pair",
    )  # fmt: skip


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "") -> Html:
    """Draw a table whose first column names its rows and whose others are figures."""
    heads = (
        element("th", name, scope="col", class_="num" if place else None) for place, name in enumerate(head)
    )
    body = (
        element(
            "tr", element("th", line[0], scope="row"), *(element("td", v, class_="num") for v in line[1:])
        )
        for line in rows
    )
    said = element("caption", caption) if caption else None
    return element(
        "table", said, element("thead", element("tr", *heads)), element("tbody", *body), class_="small"
    )


def _alike(one: Alike) -> Html:
    return joined(
        [
            element("p", say("likeness {jaccard:.2f} (Jaccard)", jaccard=one.jaccard), class_="quiet"),
            element("div", row(one.row), row(one.other), class_="twins"),
        ]
    )


def _leak(leak: Leak) -> Html:
    one = leak.closest
    if one is None:
        said_ = say(
            "No two rows of different parts are as alike as {floor:.2f} (Jaccard over what is asked).",
            floor=leak.floor,
        )
        return joined([element("h3", say("Leakage")), element("p", said_)])
    said_ = say(
        "The most alike rows of two parts: {jaccard:.2f} (Jaccard over what is asked).", jaccard=one.jaccard
    )
    return joined(
        [
            element("h3", say("Leakage")),
            element("p", said_),
            element("div", row(one.row), row(one.other), class_="twins"),
        ]
    )


def _details(title: str, inside: Iterable[Html | None], *, opened: bool = False) -> Html:
    return element("details", element("summary", title), *inside, class_="more examples", open=opened)


def _more(rows: int, *, most: int = _SHOWN, rest: str = _CARD) -> Html | None:
    if rows <= most:
        return None
    return element(
        "p", say("… and {more} more, {rest}", more=count(rows - most), rest=say(rest)), class_="quiet"
    )
