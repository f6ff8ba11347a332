"""Says a data card in Markdown, short enough for a repository's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.corpus.cardwords import card_head, certificate_blocks, reasons_blocks, selection_blocks
from workbench.report.cardmodel import concerns, sentence
from workbench.report.versions import number, render_difference, signed
from workbench.report.words import count, percent
from workbench.text import excerpt
from workbench.text import markdown_code as code
from workbench.text import markdown_escape as escape
from workbench.text import markdown_table as table

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
    blocks += ["## Signals", table(_SIGNAL_HEAD, [_signal(one) for one in profile.signals])]
    if profile.curation:
        rows = [
            (escape(s.name), number(s.a.mean), number(s.b.mean), signed(s.effect)) for s in profile.curation
        ]
        head = ("Signal", "Mean of all rows", "of rows kept", "Effect")
        blocks += ["## Before and after curation", table(head, rows)]
    blocks += _reasons(profile.reasons)
    if card.funnel is not None and card.funnel.selection is not None:
        blocks += selection_blocks(card.funnel.selection)
    blocks += _repeats(profile, examples)
    blocks += _rules(profile)
    blocks += _leak(profile)
    blocks += certificate_blocks(card.certificate) if card.certificate else []
    if card.change:
        blocks += [render_difference(card.change, examples=examples).rstrip()]
    blocks.append("Drawn, with every figure: [card.html](card.html) · [card.json](card.json)")
    return "\n\n".join(blocks) + "\n"


_SIGNAL_HEAD = ("Signal", "Rows", "Mean", "Median", "5 %", "95 %", "Least", "Most")


def _signal(one: Distribution) -> Sequence[str]:
    figures = (one.mean, one.median, one.p05, one.p95, one.minimum, one.maximum)
    return (escape(one.name), count(one.n), *(number(value) for value in figures))


def _rows(profile: Profile) -> list[str]:
    groups = (("Part", profile.parts), ("Task", profile.tasks), ("Source", profile.sources))
    return [
        table(
            (name, "Rows", "Share"),
            [
                (escape(key) or "(none)", count(rows), percent(rows / profile.rows if profile.rows else None))
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
                likeness = f", likeness {gone.jaccard:.2f}" if gone.jaccard is not None else ""
                lines.append(f"  - kept instead{likeness}: {_row(gone.kept)}")
        blocks.append(f"**{escape(one.reason)}**\n\n" + "\n".join(lines))
    return blocks


def _repeats(profile: Profile, examples: int) -> list[str]:
    found = profile.repeats
    kinds = (("Equal", found.exact), ("Near duplicates", found.near), ("Conflicts", found.conflicts))
    blocks = ["## Duplicates", table(("What", "Rows"), [(name, count(len(rows))) for name, rows in kinds])]
    for name, rows in kinds:
        lines = [f"- {one.jaccard:.2f}: {_row(one.row)}\n  - {_row(one.other)}" for one in rows[:examples]]
        if len(rows) > examples:
            lines.append(f"- … and {count(len(rows) - examples)} more")
        blocks += [f"**{name}**\n\n" + "\n".join(lines)] if lines else []
    return blocks


def _rules(profile: Profile) -> list[str]:
    held = profile.coverage
    if held is None:
        return []
    rows = [
        (
            escape(rule.text),
            escape(rule.severity),
            *(map(count, (rule.holds, rule.breaks, rule.not_applicable, rule.unscored)) if rule.checked
              else ("no program decides it", "", "", "")),
        )
        for rule in held.rules
    ]  # fmt: skip
    head = ("Rule", "Severity", "Holds", "Breaks", "Doesn't apply", "Unscored")
    return ["## Rules", table(head, rows)]


def _leak(profile: Profile) -> list[str]:
    found = profile.leak
    if found is None:
        return []
    if found.closest is None:
        return ["## Leakage", f"No two rows of different parts are as alike as {found.floor:.2f} (Jaccard)."]
    one = found.closest
    head = f"The most alike rows of two parts, Jaccard {one.jaccard:.2f}:"
    return ["## Leakage", f"{head}\n\n- {_row(one.row)}\n- {_row(one.other)}"]


def _row(view: RowView) -> str:
    place = f" ({escape(view.part)})" if view.part else ""
    return f"{code(view.id)}{place} {_text(view.asked)} → {_text(view.answer)}"


def _text(text: str) -> str:
    return escape(excerpt(text, limit=_TEXT))
