"""Grades answers by what each case asserts itself, as suites of other tools do."""

from __future__ import annotations

from workbench.checks.assertions import judge_assertion, problem_of
from workbench.records import Case, Grade
from workbench.spec import Spec


class Assertions(Spec, frozen=True, kw_only=True):
    """Every assertion of ``expect.assert`` holds (``workbench.checks.assertions``).

    ``expect.until``: the answer is read up to the first of these strings. Where no assertion fails and one
    can't be decided by a program, the answer is unscored.
    """

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge each; unscored where the case asserts nothing."""
        asserted = case.expect.get("assert")
        if not isinstance(asserted, list) or not asserted:
            return Grade.unscored(f"case {case.id!r} asserts nothing")
        text = until(output, case.expect.get("until"))
        grades = [judge_assertion(one, text) for one in asserted]
        failed = [grade for grade in grades if grade.label == "fail"]
        if failed:
            evidence = [one for grade in failed for one in grade.evidence]
            return Grade.of(False, *evidence, detail="; ".join(grade.detail for grade in failed))
        open_ones = [grade.detail for grade in grades if grade.label == "unscored"]
        if open_ones:
            return Grade.unscored("; ".join(open_ones))
        return Grade.of(True, detail=f"{len(grades)} assertions hold")

    def problem(self, case: Case) -> str | None:
        """Say what in ``expect.assert`` is no assertion."""
        asserted = case.expect.get("assert")
        if not isinstance(asserted, list) or not asserted:
            return "no assertions (`assert`: a list of {type, value})"
        return next((found for one in asserted if (found := problem_of(one)) is not None), None)

    def cell(self, case: Case) -> str:
        """Name the slice."""
        return case.slice


def until(output: str, stops: object) -> str:
    """Return ``output`` up to the first of ``stops``."""
    for stop in stops if isinstance(stops, list) else []:
        if stop:
            output = output.split(str(stop), 1)[0]
    return output
