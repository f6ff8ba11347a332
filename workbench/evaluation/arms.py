"""Renders one case for each arm: the long prompt for the teacher, the compact one for the other two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.convert import compact
from workbench.errors import Finding, InputError
from workbench.evaluation.cases import TEMPLATE
from workbench.records import Hole, Template, TemplateMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.convert import CompactForm
    from workbench.records import Arm, Case, Messages


BARE = "bare"
_BARE = Template(
    id=BARE,
    task="",
    messages=(TemplateMessage(role="user", parts=(Hole(name="question", type="question"),)),),
)


def choose(case: Case, templates: Mapping[str, Template]) -> tuple[Template, dict[str, str]]:
    """Return the template that a case belongs to, and a value for each of its holes.

    A case names its template in ``expect["template"]`` (``bare``: its question alone, whatever the arm);
    otherwise the commonest template all of whose holes
    its slots can fill: by name, then by type where a hole's type is the slot's name (``question``).

    Raises:
        InputError: no template can be filled; the finding names the holes and the slots.
    """
    named = case.expect.get(TEMPLATE)
    if named == BARE and "question" in case.slots:
        return _BARE, {"question": case.slots["question"]}
    if named is not None:
        candidates = [templates[named]] if named in templates else []
    else:
        candidates = sorted(templates.values(), key=lambda template: (-template.count, template.id))
    for template in candidates:
        filled = fill(template, case.slots)
        if not _missing(template, filled):
            return template, filled
    raise InputError(_unfilled(case, candidates, templates))


def fill(template: Template, slots: Mapping[str, str]) -> dict[str, str]:
    """Map slots to holes by name, then by type where one hole has it; unfitted holes are left out."""
    names = {hole.name for hole in template.holes}
    filled = {name: value for name, value in slots.items() if name in names}
    for kind, value in slots.items():
        open_holes = [hole.name for hole in template.holes if hole.type == kind and hole.name not in filled]
        if kind not in names and len(open_holes) == 1:
            filled[open_holes[0]] = value
    return filled


def render(case: Case, arm: Arm, *, templates: Mapping[str, Template], form: CompactForm) -> Messages:
    """Return the prompt of a case in an arm.

    Raises:
        InputError: as ``choose``.
    """
    template, filled = choose(case, templates)
    return (
        template.render(filled) if arm == "teacher" or template is _BARE else compact(template, filled, form)
    )


def fitting(cases: Sequence[Case], templates: Mapping[str, Template]) -> None:
    """Check that every case fits a template, before a model is asked anything.

    Raises:
        InputError: one finding for each case that does not.
    """
    findings: list[Finding] = []
    for case in cases:
        try:
            choose(case, templates)
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)


def _missing(template: Template, filled: Mapping[str, str]) -> list[str]:
    return [hole.name for hole in template.holes if hole.name not in filled]


def _unfilled(case: Case, candidates: Sequence[Template], templates: Mapping[str, Template]) -> Finding:
    given = ", ".join(sorted(case.slots)) or "no slots"
    if not candidates:
        return Finding(
            where=f"case {case.id!r}",
            found=f"template {case.expect.get(TEMPLATE)!r}",
            expected=f"one of {', '.join(sorted(templates)) or 'no templates at all'}",
            fix="Give the templates.json of the conversion that these pairs come from.",
        )
    best = min(candidates, key=lambda template: len(_missing(template, fill(template, case.slots))))
    missing = ", ".join(_missing(best, fill(best, case.slots)))
    return Finding(
        where=f"case {case.id!r}",
        found=f"slots {given}, nothing for {missing}",
        expected=f"a value for each hole of template {best.id!r} ({best.task}): "
        + ", ".join(f"{hole.name} ({hole.type})" for hole in best.holes),
        fix="Name the slots of the case after the holes or their types.",
    )
