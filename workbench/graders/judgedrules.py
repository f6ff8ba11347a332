"""Grades the rules of a contract that no program decides, by asking a judge each rule's own question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.graders.judge import Judge, rule_rubric
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.contracts import Rule
    from workbench.ports import Backend, Progress
    from workbench.records import Case, Grade

NO_JUDGE = "a judge decides this rule and none was named (--grader rules=judge:BACKEND)"


class JudgedRules:
    """Asks ``backend`` whether an answer keeps to a rule (``use: judge``); no question is asked twice.

    A reply that can't be read is unscored, and so is an answer whose samples disagree.
    """

    def __init__(self, backend: Backend, *, name: str) -> None:
        self.name = name
        self._backend = backend
        self._known: dict[bytes, Grade] = {}

    def grade(
        self, rule: Rule, question: str, answers: Sequence[tuple[Case, str]], *, progress: Progress = silent
    ) -> list[Grade]:
        """Return the grade of every answer, in order."""
        keys = [msgspec.msgpack.encode([rule.id, question, case, output]) for case, output in answers]
        new = {key: one for key, one in zip(keys, answers, strict=True) if key not in self._known}
        if new:
            judge = Judge(rule_rubric(rule.id, question), backend=self._backend)
            opinions = judge.grade(list(new.values()), progress=progress)
            self._known |= {key: one.grade for key, one in zip(new, opinions, strict=True)}
        return [self._known[key] for key in keys]
