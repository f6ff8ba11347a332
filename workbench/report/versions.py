"""Says what changed between two versions of a data set, in Markdown for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.corpus.cardwords import shown_source
from workbench.report.words import aside, count, term
from workbench.text import excerpt
from workbench.text import markdown_code as code
from workbench.text import markdown_escape as escape
from workbench.text import markdown_table as table
from workbench.wording import Words, listed, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.corpus import Change, Difference, Distribution, RowView, Shift

_TEXT = 140
_SURE = 0.01
FIELDS = Words(
    {
        "task": "task",
        "prompt": "prompt",
        "completion": "answer",
        "slots": "slots",
        "template_id": "template",
        "part": "part",
    }
)
MATCHED = Words({"id": "same id", "prompt": "same prompt", "record": "same record of the log"})


def render_difference(found: Difference, *, examples: int = 10) -> str:
    """Write counts, shifts and at most ``examples`` rows of each kind; how many more there are is said."""
    blocks = [
        f"## {escape(headline(found))}",
        (
            say(
                "{source} → {other}: {rows} → {after} rows.",
                source=code(shown_source(found.a.source)),
                other=code(shown_source(found.b.source)),
                rows=count(found.a.rows),
                after=count(found.b.rows),
            )
        ),
    ]
    if found.nothing:
        blocks.append(say("Both versions hold the same rows."))
    sizes = size_rows(found)
    if sizes:
        blocks.append(
            table((say("Rows"), say("Before"), say("After")), [(escape(a), b, c) for a, b, c in sizes])
        )
    if found.changed:
        blocks.append(
            say("Changed in: ") + listed([f"{FIELDS[f]} {n}" for f, n in found.changed_fields.items()])
        )
    moved = [shift for shift in found.shifts if moved_surely(shift)]
    if moved:
        head = (
            say("Signal"),
            say("Mean before"),
            say("after"),
            say("Median before"),
            say("after"),
            say("Effect"),
            say("Distance"),
        )
        blocks += [f"### {say('Signals that moved')}", table(head, [_shift(shift) for shift in moved])]
    blocks += _examples(say("Changed"), [_changed(change) for change in found.changed], examples)
    blocks += _examples(say("Added"), [_row(view) for view in found.added], examples)
    blocks += _examples(say("Removed"), [_row(view) for view in found.removed], examples)
    return "\n\n".join(blocks) + "\n"


def headline(found: Difference) -> str:
    """Say the difference in a sentence."""
    if found.nothing:
        return say("No row changed; {same} stay", same=count(found.same))
    return say(
        "{added} added, {removed} removed, {changed} changed, {same} unchanged",
        added=count(len(found.added)),
        removed=count(len(found.removed)),
        changed=count(len(found.changed)),
        same=count(found.same),
    )


def size_rows(found: Difference) -> list[tuple[str, str, str]]:
    """Compare the sizes of parts and tasks, where there are several or they changed."""
    rows = []
    for kind, old, new in (
        (say("part"), found.a.parts, found.b.parts),
        (say("task"), found.a.tasks, found.b.tasks),
    ):
        names = list(dict.fromkeys([*old, *new]))
        if len(names) > 1 or old != new:
            rows += [
                (say("{kind} {name}", kind=kind, name=term(n)), count(old.get(n, 0)), count(new.get(n, 0)))
                for n in names
            ]
    return rows


def moved_surely(shift: Shift) -> bool:
    """Tell whether a signal's distributions differ by more than chance would give (1 in 100)."""
    return shift.p is not None and shift.p < _SURE


def number(value: float | None) -> str:
    """Write a signal's figure in at most four digits, ``–`` where there is none."""
    if value is None:
        return "–"
    whole = f"{value:,.0f}"
    shown = whole if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004
    return shown.replace("-", "−")


def signed(value: float | None) -> str:
    """Write a difference with its sign."""
    return "–" if value is None else f"{value:+.2f}".replace("-", "−")


def _shift(shift: Shift) -> tuple[str, ...]:
    a: Distribution = shift.a
    b: Distribution = shift.b
    figures = (number(a.mean), number(b.mean), number(a.median), number(b.median))
    return (escape(shift.name), *figures, signed(shift.effect), number(shift.distance))


def _examples(title: str, lines: Sequence[str], most: int) -> list[str]:
    if not lines:
        return []
    shown = [*lines[:most]]
    if len(lines) > most:
        shown.append(say("- … and {more} more", more=count(len(lines) - most)))
    return [
        f"<details><summary>{title}{say(': ')}{count(len(lines))}</summary>",
        "\n".join(shown),
        "</details>",
    ]


def _row(view: RowView) -> str:
    place = f" ({escape(view.part)})" if view.part else ""
    return f"- {code(view.id)}{place}: {_text(view.asked)} → {_text(view.answer)}"


def _changed(change: Change) -> str:
    what = aside(listed([FIELDS[name] for name in change.fields]), MATCHED[change.by])
    lines = [f"- {code(change.after.id)}: {what}: {_text(change.after.asked)}"]
    if change.before.answer != change.after.answer:
        lines += [_told(say("before"), change.before.answer), _told(say("after"), change.after.answer)]
    elif change.before.asked != change.after.asked:
        lines += [_told(say("before"), change.before.asked)]
    elif change.before.part != change.after.part:
        lines += [f"  - {escape(change.before.part)} → {escape(change.after.part)}"]
    return "\n".join(lines)


def _told(what: str, text: str) -> str:
    return f"  - {what}{say(': ')}{_text(text)}"


def _text(text: str) -> str:
    return escape(excerpt(text, limit=_TEXT))
