"""The one door for third parties: a part named by entry point, imported only when a recipe names it."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points
from typing import Any, Literal

from workbench.errors import ConfigError, Finding

PluginGroup = Literal["workbench.steps", "workbench.graders", "workbench.checks", "workbench.backends"]


def names(group: PluginGroup) -> list[str]:
    """List the names that installed packages offer in ``group``."""
    return sorted({point.name for point in entry_points(group=group)})


def load(group: PluginGroup, name: str) -> Any:
    """Import the object behind ``name``.

    Raises:
        ConfigError: no installed package offers it, or importing it fails.
    """
    for point in entry_points(group=group):
        if point.name == name:
            try:
                return point.load()
            except (ImportError, AttributeError) as error:
                raise ConfigError(
                    Finding(
                        where=f"plugin {name!r} ({point.value})",
                        found=f"{type(error).__name__}: {error}",
                        expected="an importable object",
                        fix="Repair or reinstall the package that offers it.",
                    )
                ) from error
    known = names(group)
    near = difflib.get_close_matches(name, known, n=1)
    raise ConfigError(
        Finding(
            where=f"plugin {name!r}",
            found=f"no entry point of that name in group {group!r}",
            expected=f"one of {known}" if known else "an installed package that offers it",
            fix=f"Did you mean {near[0]!r}?" if near else "Install the package that offers it.",
        )
    )
