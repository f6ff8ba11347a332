"""Judges a rule that has an exception: an answer that breaks it may be one of the exceptions."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks.bounded import find_all
from workbench.checks.conditions import question_of
from workbench.records import Case, Grade
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable


class Unless(Spec, frozen=True, kw_only=True):
    """``check`` holds unless ``exception`` (the prompt's words) applies.

    ``pattern``, a regular expression over the user's message, tells where it applies: there the rule has
    nothing to say, and elsewhere ``check`` decides. Without one, an answer that ``check`` fails is unscored.
    """

    check: dict[str, Any]
    exception: str
    pattern: str | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge by the check, and doubt a failure that the exception may excuse."""
        if self.pattern is not None and find_all(self.pattern, question_of(case)) != []:
            return Grade.not_applicable(self.exception)
        grade = _decoded(msgspec.json.encode(self.check, order="sorted"))(case, output)
        if grade.label == "fail" and self.pattern is None:
            return Grade.unscored(f"broken, but an exception may hold: {self.exception} ({grade.detail})")
        return grade


@lru_cache(maxsize=256)
def _decoded(raw: bytes) -> Callable[[Case, str], Grade]:
    # The union of all checks holds this one, so it can be imported only when a check is made.
    from workbench.checks.union import decode_check

    return decode_check(msgspec.json.decode(raw), "check")
