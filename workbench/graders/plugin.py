"""Lets an installed package bring a grader of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench import plugins
from workbench.errors import ConfigError, Finding
from workbench.records import Case, Grade
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable


class Plugin(Spec, frozen=True, kw_only=True):
    """The grader that an installed package offers as ``name`` in the entry point group ``workbench.graders``.

    The entry point is called with ``args`` as keywords and returns a callable ``(case, output) -> Grade``.
    """

    name: str
    args: dict[str, Any] = msgspec.field(default_factory=dict)

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge with the plugin.

        Raises:
            ConfigError: nobody offers it, or it doesn't take ``args``, or it returns something else.
        """
        grade = self._grader()(case, output)
        if not isinstance(grade, Grade):
            raise ConfigError(
                Finding(
                    where=f"grader plugin {self.name!r}",
                    found=type(grade).__name__,
                    expected="a workbench.records.Grade",
                    fix="Repair the package that offers it.",
                )
            )
        return grade

    def cell(self, case: Case) -> str:
        """Name the slice."""
        return case.slice

    def _grader(self) -> Callable[[Case, str], Any]:
        factory = plugins.load("workbench.graders", self.name)
        try:
            grader: Callable[[Case, str], Any] = factory(**self.args)
        except TypeError as error:
            raise ConfigError(
                Finding(
                    where=f"grader plugin {self.name!r}",
                    found=str(error),
                    expected="arguments that it takes",
                    fix="See the plugin's documentation for `args`.",
                )
            ) from error
        return grader
