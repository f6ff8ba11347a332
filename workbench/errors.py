"""Every error the workbench raises, so that a user always learns where, what, and what to do.

WorkbenchError
├── UserError            exit 2: something given to us is wrong; prints findings, never a traceback
│   ├── InputError       a data file: missing, empty, not JSON on line 7, wrong encoding …
│   ├── ConfigError      a recipe, contract, policy or option: unknown key, wrong type …
│   ├── ModelError       a base or adapter folder that can't be loaded or doesn't fit
│   ├── ServiceError     a model service that can't be reached, refuses, or answers something else
│   ├── OutputError      an output place that holds something else or can't be written
│   ├── MissingExtraError    a library of an optional extra isn't installed
│   └── GuardError       exit 1: a result crosses a limit that the user set
├── UndecidedError       exit 3: too few cases, or a run that is not complete
└── InvariantError       exit 70: a law of ours doesn't hold (rows lost, parity broken): our bug
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

EXIT_OK = 0
EXIT_GATE_FAILED = 1
EXIT_USER = 2
EXIT_UNDECIDED = 3
EXIT_BUG = 70
EXIT_INTERRUPTED = 130

# How torch, oneDNN, the loader of libraries and Python's threads say that no memory is left.
_OF_MEMORY = re.compile(
    r"(can't allocate|cannot allocate|out of|not enough) memory"
    r"|failed to map segment|can't start new thread|could not create a primitive",
    re.IGNORECASE,
)


def is_of_memory(error: BaseException) -> bool:
    """Tell whether an error, of whatever library, says that no memory is left."""
    return isinstance(error, MemoryError) or _OF_MEMORY.search(str(error)) is not None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    ``where`` is ``file:line`` or ``$.path``; the other three say what was found, what was expected and
    what to do about it.
    """

    where: str
    found: str
    expected: str
    fix: str

    def __str__(self) -> str:
        """Read as one sentence: where: found …, expected …; what to do."""
        return f"{self.where}: found {self.found}, expected {self.expected}. {self.fix}"


class WorkbenchError(Exception):
    """The root of the tree above."""

    exit_code: ClassVar[int] = EXIT_BUG


class UserError(WorkbenchError):
    """Something the user gave is wrong; all findings are shown at once."""

    exit_code: ClassVar[int] = EXIT_USER

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    def __reduce__(self) -> tuple[type[UserError], tuple[tuple[Finding, ...]]]:
        """Survive pickling between worker processes."""
        return type(self), (self.findings,)


class InputError(UserError):
    """A data file can't be read as what it should be."""


class ConfigError(UserError):
    """A recipe, contract, policy or option doesn't say something we understand."""


class ModelError(UserError):
    """A base or adapter folder can't be loaded, or doesn't fit."""


class ServiceError(UserError):
    """A model service can't be reached, refuses us, or answers what can't be used."""


class OutputError(UserError):
    """The output place holds something else, or can't be written."""


class MissingExtraError(UserError):
    """An optional library isn't installed."""

    @classmethod
    def of(cls, library: str, *, extra: str, purpose: str) -> MissingExtraError:
        """Say which extra brings ``library`` and what it is needed for."""
        return cls(
            Finding(
                where=purpose,
                found=f"no module named {library!r}",
                expected=f"the extra {extra!r} installed",
                fix=f"Run: pip install 'sft-workbench[{extra}]' -c constraints.txt",
            )
        )


class GuardError(UserError):
    """A result crosses a limit that was set for it; what led to it stays in the unfinished directory."""

    exit_code: ClassVar[int] = EXIT_GATE_FAILED


class UndecidedError(WorkbenchError):
    """There is not enough to decide on: too few cases, or a run that isn't complete."""

    exit_code: ClassVar[int] = EXIT_UNDECIDED


class InvariantError(WorkbenchError):
    """A law of the workbench doesn't hold; never the user's fault."""
