"""The command that is being carried out, as it can be given again."""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ARGUMENTS: ContextVar[tuple[str, ...]] = ContextVar("_ARGUMENTS", default=())
_OF_THE_FACE = frozenset({"--force", "--quiet", "-q", "--json", "--debug"})  # they shape no result
_SIGNED_IN = re.compile(r"(?<=://)[^/@\s]+@")  # name and password before a host


@contextmanager
def carrying_out(arguments: Sequence[str]) -> Iterator[None]:
    """Have ``invoked`` name these arguments within the block."""
    token = _ARGUMENTS.set(tuple(arguments))
    try:
        yield
    finally:
        _ARGUMENTS.reset(token)


def invoked() -> str:
    """Return the command as a shell reads it, without what shapes no result and without passwords."""
    said = [_SIGNED_IN.sub("", one) for one in _ARGUMENTS.get() if one not in _OF_THE_FACE]
    return shlex.join(["workbench", *said]) if said else ""
