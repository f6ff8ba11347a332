"""Grades structured answers by the schema of the case: JSON, YAML, CSV, Markdown and XML."""

from __future__ import annotations

from workbench.checks.schema import check_schema
from workbench.checks.structured import FORMS, judge_structured
from workbench.errors import ConfigError
from workbench.records import Case, Grade
from workbench.spec import Spec


class Schema(Spec, frozen=True, kw_only=True):
    """The answer is ``expect.format`` (JSON where none is named) alone, and valid by ``expect.schema``.

    It may stand in one code fence alone where ``fence``. Duplicate keys and NaN are no JSON, and ``format``
    is asserted. YAML is read as JSON's values, CSV is held to the schema as a list of objects, Markdown as
    its outline (``headings``, ``lists``, ``items``, ``fences``, ``tables``). XML is well-formed, without
    document type or entities, and valid by the XML Schema ``expect.xsd`` where there is one.
    ``expect.values`` are values that must stand there, objects within objects.
    """

    fence: bool = True

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer; unscored where the case brings neither schema nor a known format."""
        form = case.expect.get("format", "json")
        schema, xsd = case.expect.get("schema"), case.expect.get("xsd")
        if form not in FORMS:
            known = ", ".join(FORMS)
            return Grade.unscored(f"expect.format of case {case.id!r} is {form!r}, none of {known}")
        if form == "xml" and (schema is not None or not isinstance(xsd, str | None)):
            return Grade.unscored(
                f"XML of case {case.id!r} is held to expect.xsd, a text; not to a JSON Schema"
            )
        if form != "xml" and not isinstance(schema, dict):
            return Grade.unscored(f"expect.schema of case {case.id!r} is no JSON Schema")
        values = None if form == "xml" else case.expect.get("values")
        return judge_structured(output, form, schema=schema, xsd=xsd, values=values, fence=self.fence)

    def problem(self, case: Case) -> str | None:
        """Say why ``expect.schema`` is no JSON Schema, where there is one."""
        schema = case.expect.get("schema")
        if not isinstance(schema, dict):
            return None
        try:
            check_schema(schema)
        except ConfigError as error:
            return f"a schema that is none ({error.findings[0].found})"
        return None

    def cell(self, case: Case) -> str:
        """Name the slice, such as ``plain`` or ``hostile``."""
        return case.slice
