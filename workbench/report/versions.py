"""Says what changed between two versions of a data set, in Markdown for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.words import count
from workbench.text import excerpt
from workbench.text import markdown_code as code
from workbench.text import markdown_escape as escape
from workbench.text import markdown_table as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.corpus import Change, Difference, Distribution, RowView, Shift

_TEXT = 140
_SURE = 0.01
FIELDS = {
    "task": "task",
    "prompt": "prompt",
    "completion": "answer",
    "slots": "slots",
    "template_id": "template",
    "part": "part",
}
MATCHED = {"id": "same id", "prompt": "same prompt", "record": "same record of the log"}


def render_difference(found: Difference, *, examples: int = 10) -> str:
    """Write counts, shifts and at most ``examples`` rows of each kind; how many more there are is said."""
    blocks = [
        f"## {escape(headline(found))}",
        (
            f"{code(found.a.source)} → {code(found.b.source)}: "
            f"{count(found.a.rows)} → {count(found.b.rows)} rows."
        ),
    ]
    if found.nothing:
        blocks.append("Both versions hold the same rows.")
    sizes = size_rows(found)
    if sizes:
        blocks.append(table(("Rows", "Before", "After"), [(escape(a), b, c) for a, b, c in sizes]))
    if found.changed:
        blocks.append("Changed in: " + ", ".join(f"{FIELDS[f]} {n}" for f, n in found.changed_fields.items()))
    moved = [shift for shift in found.shifts if moved_surely(shift)]
    if moved:
        head = ("Signal", "Mean before", "after", "Median before", "after", "Effect", "Distance")
        blocks += ["### Signals that moved", table(head, [_shift(shift) for shift in moved])]
    blocks += _examples("Changed", [_changed(change) for change in found.changed], examples)
    blocks += _examples("Added", [_row(view) for view in found.added], examples)
    blocks += _examples("Removed", [_row(view) for view in found.removed], examples)
    return "\n\n".join(blocks) + "\n"


def headline(found: Difference) -> str:
    """Say the difference in a sentence."""
    if found.nothing:
        return f"No row changed; {count(found.same)} stay"
    return (
        f"{count(len(found.added))} added, {count(len(found.removed))} removed, "
        f"{count(len(found.changed))} changed, {count(found.same)} unchanged"
    )


def size_rows(found: Difference) -> list[tuple[str, str, str]]:
    """Compare the sizes of parts and tasks, where there are several or they changed."""
    rows = []
    for kind, old, new in (("part", found.a.parts, found.b.parts), ("task", found.a.tasks, found.b.tasks)):
        names = list(dict.fromkeys([*old, *new]))
        if len(names) > 1 or old != new:
            rows += [(f"{kind} {n}", count(old.get(n, 0)), count(new.get(n, 0))) for n in names]
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
        shown.append(f"- … and {count(len(lines) - most)} more")
    return [f"<details><summary>{title}: {count(len(lines))}</summary>", "\n".join(shown), "</details>"]


def _row(view: RowView) -> str:
    place = f" ({escape(view.part)})" if view.part else ""
    return f"- {code(view.id)}{place}: {_text(view.asked)} → {_text(view.answer)}"


def _changed(change: Change) -> str:
    what = ", ".join(FIELDS[name] for name in change.fields)
    lines = [f"- {code(change.after.id)}: {what} ({MATCHED[change.by]}): {_text(change.after.asked)}"]
    if change.before.answer != change.after.answer:
        lines += [f"  - before: {_text(change.before.answer)}", f"  - after: {_text(change.after.answer)}"]
    elif change.before.asked != change.after.asked:
        lines += [f"  - before: {_text(change.before.asked)}"]
    elif change.before.part != change.after.part:
        lines += [f"  - {escape(change.before.part)} → {escape(change.after.part)}"]
    return "\n".join(lines)


def _text(text: str) -> str:
    return escape(excerpt(text, limit=_TEXT))
