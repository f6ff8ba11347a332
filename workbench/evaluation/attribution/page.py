"""Writes an attribution as Markdown, for a person to read beside the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text import excerpt, markdown_code
from workbench.text import markdown_escape as escape

if TYPE_CHECKING:
    from workbench.evaluation.attribution.values import Attribution, Lost, QuestionTrace

_SHOWN = 3
_WIDE = 160
_SLICES = 12


def render_attribution(found: Attribution) -> str:
    """Show what was lost by question, the slices that lose most, and each lost case with its nearest rows."""
    head = (
        f"{len(found.lost)} judgments that passed with `{found.reference}` fail after training, "
        f"of {sum(one.held for one in found.questions)} that passed, on {found.cases} cases "
        f"({found.contaminated} of them contaminated: training rows hold their text)."
    )
    lines = [
        "# What lies behind lost cases",
        "",
        head,
        "",
        *_questions(found),
        *_slices(found),
    ]
    for question in dict.fromkeys(one.question for one in found.lost):
        lines += [f"## {escape(question)}", ""]
        lines += [line for one in found.lost if one.question == question for line in _lost(one, found)]
    return "\n".join(lines).rstrip("\n") + "\n"


def share(part: int, whole: int) -> str:
    """Write ``part of whole``."""
    return f"{part} of {whole}" if whole else "–"


def rows_told(one: QuestionTrace) -> str:
    """Say how many training rows show a rule, and how many break it."""
    if one.exercised is None:
        return "–"
    return f"{one.exercised}, {one.broken} break it" if one.broken else str(one.exercised)


def _questions(found: Attribution) -> list[str]:
    lines = [
        "| rule or behaviour | lost | clean cases | contaminated | training rows that show it |",
        "|---|---|---|---|---|",
    ]
    for one in found.questions:
        clean = share(one.lost - one.lost_contaminated, one.held - one.held_contaminated)
        dirty = share(one.lost_contaminated, one.held_contaminated)
        name = escape(one.id)
        lines.append(f"| {name} | {share(one.lost, one.held)} | {clean} | {dirty} | {rows_told(one)} |")
    return [*lines, ""]


def _slices(found: Attribution) -> list[str]:
    test = f"Fisher's exact test, Holm over {len(found.slices)} tests"
    sure = found.sure[:_SLICES]
    if not sure:
        return [f"No slice stands among lost clusters more often than chance gives ({test}).", ""]
    rows = [
        f"| {escape(one.question or 'all together')} | {escape(f'{one.feature}: {one.value}')} | "
        f"{share(one.lost, one.of_lost)} | {share(one.held, one.of_held)} | {one.p_holm:.2g} |"
        for one in sure
    ]
    return [
        f"Slices that stand among lost clusters more often than chance gives ({test}):",
        "",
        "| question | slice | of the lost | of all | p (Holm) |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _telling(found: Attribution) -> set[str]:
    """Name the rules that fewer than half of the training rows exercise."""
    return {one.id for one in found.questions if one.exercised is not None and 2 * one.exercised < found.rows}


def _lost(one: Lost, found: Attribution) -> list[str]:
    telling = _telling(found)
    flag = ", contaminated" if one.contaminated else ""
    lines = [
        f"**{escape(one.case)}** ({escape(one.slice) or 'no slice'}{flag}): {escape(one.detail)}",
        "",
        f"- asked: {_short(one.asked)}",
        f"- {found.reference}: {_short(one.answer_before)}",
        f"- after: {_short(one.answer_after)}",
    ]
    for near in one.near[:_SHOWN]:
        verdict = {"pass": "keeps the rule", "fail": "**breaks the rule**"}.get(
            near.verdict, "does not show the rule" if near.verdict else "training row"
        )
        shows = [escape(rule) for rule in near.exercises if rule in telling and rule != one.question]
        also = f", exercises {', '.join(shows)}" if shows else ""
        lines.append(
            f"- near ({near.likeness:.2f}, {markdown_code(near.id)}, {verdict}{also}): "
            f"{_short(near.asked)} → {_short(near.answer)}"
        )
    if not one.near:
        lines.append("- near: no training row shares any wording with it")
    return [*lines, ""]


def _short(text: str) -> str:
    return escape(excerpt(text, limit=_WIDE))
