"""Grades structured answers by the schema that the case names."""

from __future__ import annotations

from workbench.checks.jsontext import read_json
from workbench.checks.schema import judge_json, judge_schema
from workbench.records import Case, Grade
from workbench.spec import Spec


class Schema(Spec, frozen=True, kw_only=True):
    """The answer is JSON alone, or in one code fence alone where ``fence``, and valid by ``expect.schema``.

    Strict reading: duplicate keys and NaN are no JSON, and ``format`` is asserted.
    """

    fence: bool = True

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer; unscored where the case brings no schema."""
        schema = case.expect.get("schema")
        if not isinstance(schema, dict):
            return Grade.unscored(f"expect.schema of case {case.id!r} is no JSON Schema")
        if not self.fence and read_json(output).level == "fenced":
            return judge_json(output, root="any", fence=False)
        return judge_schema(output, schema=schema)

    def cell(self, case: Case) -> str:
        """Name the slice, such as ``plain`` or ``hostile``."""
        return case.slice
