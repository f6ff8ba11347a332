"""Lets an installed package bring a check of its own."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.plugins import load
from workbench.records import Case, Grade
from workbench.spec import Spec


class Plugin(Spec, frozen=True, kw_only=True):
    """A check of entry point group ``workbench.checks``: ``(case, output, **options) -> Grade``."""

    name: str
    options: dict[str, Any] = msgspec.field(default_factory=dict)

    def __call__(self, case: Case, output: str) -> Grade:
        """Import the check and ask it.

        Raises:
            ConfigError: no installed package offers it.
        """
        grade = load("workbench.checks", self.name)(case, output, **self.options)
        return grade if isinstance(grade, Grade) else Grade.unscored(f"plugin {self.name!r} gave no grade")
