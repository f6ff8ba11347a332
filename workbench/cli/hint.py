"""Places and commands on the screen, as they can be pasted into a shell, whatever their names hold."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath

from rich.markup import escape

# What people fill in (MODEL, ID, …) stands as it is: quotes around it would only be in the way.
_BLANK = re.compile(r"[A-Z]+|…")


def command(*words: object) -> str:
    """Write a command of the workbench in bold; a path that begins with a dash is no option."""
    return f"[bold]{escape(' '.join(['workbench', *map(_word, words)]))}[/]"


def shown(place: object) -> str:
    """Write a path, an id or a name as one word of a shell."""
    return escape(_word(place))


def _word(value: object) -> str:
    text = str(value)
    if isinstance(value, PurePath):
        return shlex.quote(f"./{text}" if text.startswith("-") else text)
    return text if _BLANK.fullmatch(text) else shlex.quote(text)
