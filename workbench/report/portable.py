"""Tells paths so that a report can be shared: the same bytes wherever its run lay, and nobody's folders."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

from workbench.io.bundled import bundled_roots

_TOLD = 2  # parts of a path that lies elsewhere
_LED = ("local:", "hf:", "judge:local:", "replay:")


def portable(value: Any, run: Path) -> Any:
    """Return JSON-like data with every absolute path in it told as from the folder that holds ``run``.

    A path beside the run, or in its repository, is relative to that folder; what travels with the workbench
    is ``samples/…`` or ``evals/…``; of any other path the last two parts are told.
    """
    if isinstance(value, str):
        return _text(value, run)
    if isinstance(value, dict):
        return {_text(key, run): portable(inner, run) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [portable(inner, run) for inner in value]
    return value


def portable_command(command: str, run: Path) -> str:
    """Tell the paths of a command line as ``portable`` does."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    told = [_option(word, run) for word in words]
    return command if told == words else shlex.join(told)


def _option(word: str, run: Path) -> str:
    name, mark, value = word.partition("=")
    if mark and not name.startswith("/"):
        return f"{name}={_text(value, run)}"
    return _text(word, run)


def _text(text: str, run: Path) -> str:
    lead = next((one for one in _LED if text.startswith(f"{one}/")), "")
    place = text.removeprefix(lead)
    if not place.startswith("/") or "\n" in place:
        return text
    return lead + _path(Path(place), run.resolve())


def _path(path: Path, run: Path) -> str:
    if path.is_relative_to(run.parent):
        return path.relative_to(run.parent).as_posix()
    for root in bundled_roots():
        if path.is_relative_to(root) and path != root:
            return path.relative_to(root).as_posix()
    home = next((above for above in run.parents if (above / ".git").exists()), None)
    if home is not None and path.is_relative_to(home):
        return Path(os.path.relpath(path, run.parent)).as_posix()
    return "/".join(path.parts[-_TOLD:]).lstrip("/")
