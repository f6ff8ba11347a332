"""Says a data card in Markdown, short enough for a repository's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.corpus.cardwords import card_head, certificate_blocks, reasons_blocks, selection_blocks
from workbench.report.cardmodel import concerns, sentence
from workbench.report.versions import number, render_difference, signed
from workbench.report.words import count, percent, term
from workbench.text import excerpt
from workbench.text import markdown_code as code
from workbench.text import markdown_escape as escape
from workbench.text import markdown_table as table
from workbench.wording import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.corpus import Distribution, Profile, Reason, RowView
    from workbench.report.cardmodel import Card

_TEXT = 140


def render_card_markdown(card: Card, *, examples: int = 3) -> str:
    """Write figures and at most ``examples`` rows of each kind; the rest is in card.json."""
    profile = card.profile
    blocks = [card_head(sentence(card)), *(f"> {escape(said)}" for said in concerns(profile))]
    blocks += _rows(profile)
    blocks += [
        f"## {say('Signals')}",
        table([say(name) for name in _SIGNAL_HEAD], [_signal(one) for one in profile.signals]),
    ]
    if profile.curation:
        rows = [
            (escape(s.name), number(s.a.mean), number(s.b.mean), signed(s.effect)) for s in profile.curation
        ]
        head = (say("Signal"), say("Mean of all rows"), say("of rows kept"), say("Effect"))
        blocks += [f"## {say('Before and after curation')}", table(head, rows)]
    blocks += _reasons(profile.reasons)
    if card.funnel is not None and card.funnel.selection is not None:
        blocks += selection_blocks(card.funnel.selection)
    blocks += _repeats(profile, examples)
    blocks += _rules(profile)
    blocks += _leak(profile)
    blocks += certificate_blocks(card.certificate) if card.certificate else []
    if card.change:
        blocks += [render_difference(card.change, examples=examples).rstrip()]
    blocks.append(say("Drawn, with every figure: [card.html](card.html) · [card.json](card.json)"))
    return "\n\n".join(blocks) + "\n"


_SIGNAL_HEAD = ("Signal", "Rows", "Mean", "Median", "5 %", "95 %", "Least", "Most")


def _signal(one: Distribution) -> Sequence[str]:
    figures = (one.mean, one.median, one.p05, one.p95, one.minimum, one.maximum)
    return (escape(one.name), count(one.n), *(number(value) for value in figures))


def _rows(profile: Profile) -> list[str]:
    groups = ((say("Part"), profile.parts), (say("Task"), profile.tasks), (say("Source"), profile.sources))
    return [
        table(
            (name, say("Rows"), say("Share")),
            [
                (
                    escape(term(key)) or say("(none)"),
                    count(rows),
                    percent(rows / profile.rows if profile.rows else None),
                )
                for key, rows in counts.items()
            ],
        )
        for name, counts in groups
        if counts
    ]


def _reasons(reasons: Sequence[Reason]) -> list[str]:
    if not reasons:
        return []
    blocks = reasons_blocks([(one.reason, one.step, one.rows) for one in reasons])
    for one in reasons:
        lines = []
        for gone in one.examples:
            lines.append(f"- {_row(gone.row)}" + (f" ({_text(gone.why)})" if gone.why else ""))
            if gone.kept is not None:
                likeness = (
                    say(", likeness {jaccard:.2f}", jaccard=gone.jaccard) if gone.jaccard is not None else ""
                )
                lines.append(
                    "  - " + say("kept instead{likeness}: {row}", likeness=likeness, row=_row(gone.kept))
                )
        blocks.append(f"**{escape(term(one.reason))}**\n\n" + "\n".join(lines))
    return blocks


def _repeats(profile: Profile, examples: int) -> list[str]:
    found = profile.repeats
    kinds = (
        (say("Equal"), found.exact),
        (say("Near duplicates"), found.near),
        (say("Conflicts"), found.conflicts),
    )
    blocks = [
        f"## {say('Duplicates')}",
        table((say("What"), say("Rows")), [(name, count(len(rows))) for name, rows in kinds]),
    ]
    for name, rows in kinds:
        lines = [f"- {one.jaccard:.2f}: {_row(one.row)}\n  - {_row(one.other)}" for one in rows[:examples]]
        if len(rows) > examples:
            lines.append(say("- … and {more} more", more=count(len(rows) - examples)))
        blocks += [f"**{name}**\n\n" + "\n".join(lines)] if lines else []
    return blocks


def _rules(profile: Profile) -> list[str]:
    held = profile.coverage
    if held is None:
        return []
    rows = [
        (
            escape(rule.text),
            escape(term(rule.severity)),
            *(map(count, (rule.holds, rule.breaks, rule.not_applicable, rule.unscored)) if rule.checked
              else (say("no program decides it"), "", "", "")),
        )
        for rule in held.rules
    ]  # fmt: skip
    head = (say("Rule"), say("Severity"), say("Holds"), say("Breaks"), say("Doesn't apply"), say("Unscored"))
    return [f"## {say('Rules')}", table(head, rows)]


def _leak(profile: Profile) -> list[str]:
    found = profile.leak
    if found is None:
        return []
    if found.closest is None:
        return [
            f"## {say('Leakage')}",
            say("No two rows of different parts are as alike as {floor:.2f} (Jaccard).", floor=found.floor),
        ]
    one = found.closest
    head = say("The most alike rows of two parts, Jaccard {jaccard:.2f}:", jaccard=one.jaccard)
    return [f"## {say('Leakage')}", f"{head}\n\n- {_row(one.row)}\n- {_row(one.other)}"]


def _row(view: RowView) -> str:
    place = f" ({escape(view.part)})" if view.part else ""
    return f"{code(view.id)}{place} {_text(view.asked)} → {_text(view.answer)}"


def _text(text: str) -> str:
    return escape(excerpt(text, limit=_TEXT))
