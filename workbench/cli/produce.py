"""What verbs that write a directory share: not done twice, whole or absent, one summary at the end."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.markup import escape

import workbench
from workbench.cli.hint import shown
from workbench.cli.invoked import invoked
from workbench.errors import Finding, InputError, OutputError
from workbench.io.config import read_text
from workbench.io.fingerprint import Unchanged, fingerprint
from workbench.io.places import edited, refuse_special, spare_inputs, spare_inside, spare_made
from workbench.io.rundir import is_complete, joined, output
from workbench.ports import silent
from workbench.spec import spec_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from rich.console import RenderableType

    from workbench.cli.screen import Screen
    from workbench.ports import Progress


@dataclass(frozen=True, kw_only=True)
class Face:
    """The options that every writing verb has."""

    force: bool = False
    quiet: bool = False
    as_json: bool = False


def carry_out(
    out: Path,
    work: Callable[[Path, Progress], object],
    *,
    verb: str,
    inputs: list[Path | str],
    options: Any,
    page: Callable[[dict[str, Any], Path], RenderableType],
    face: Face,
) -> dict[str, Any]:
    """Fill ``out`` by ``work`` unless it already holds this very result, and show its ``summary.json``.

    Raises:
        OutputError: ``out`` holds something else and ``face.force`` isn't set, or it is or holds an input.
    """
    spare_inputs(out, inputs)
    spare_inside(out, inputs, verb=verb)
    with screen_for(face) as screen:
        still = Unchanged(inputs, out=out)
        contents = [(str(name), fingerprint(name)) for name in inputs]
        key = _key(verb, contents, options)
        told = {"command": invoked(), "inputs": dict(contents)}
        if is_complete(out, key=key) and not face.force:
            screen.say(f"{shown(out)} already holds this result: same inputs, options and version")
        else:
            changed = edited(out)
            with output(out, verb=verb, key=key, force=face.force, told=told) as place, still:
                work(place, screen.report)
            if changed:
                screen.say(f"kept in {shown(f'{out}.edited')}: {escape(', '.join(changed))}, edited by hand")
    summary = read_summary(out)
    screen.show(summary, page(summary, out))
    return summary


def follow(
    out: Path,
    work: Callable[[Path, Progress], object],
    *,
    verb: str,
    inputs: list[Path | str],
    options: Any,
    face: Face,
    **_: Any,
) -> None:
    """Take part in the work that process 0 of the same launch does in ``carry_out``; shows nothing.

    Raises:
        OutputError: process 0 doesn't begin.
    """
    key = work_key(verb, inputs, options)
    if face.force or not is_complete(out, key=key):
        work(joined(out, key=key), silent)


def work_key(verb: str, inputs: list[Path | str], options: Any) -> str:
    """Name a piece of work by its verb, the content of its inputs, its options and the version."""
    return _key(verb, [(str(name), fingerprint(name)) for name in inputs], options)


def _key(verb: str, contents: list[tuple[str, str]], options: Any) -> str:
    return spec_key([verb, workbench.__version__, [content for _, content in contents], options])


def read_summary(directory: Path) -> dict[str, Any]:
    """Read the summary that every output directory has.

    Raises:
        InputError: there is none.
    """
    return read_object(directory / "summary.json", what="the summary of a finished output directory")


def read_object(path: Path, *, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        InputError: missing, or not a JSON object.
    """
    text = read_text(path, what=what)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        value = None
        found = f"not JSON: {error}"
    else:
        found = f"a JSON {type(value).__name__}"
    if not isinstance(value, dict):
        raise InputError(
            Finding(
                where=str(path), found=found, expected=what, fix="Make the directory again with its verb."
            )
        )
    return value


def require(paths: list[Path], *, what: str) -> None:
    """Refuse inputs that aren't there, all at once.

    Raises:
        InputError: one finding for each missing path.
    """
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise InputError(
            Finding(where=str(path), found="no such file or directory", expected=what, fix="Check the path.")
            for path in missing
        )


def require_sources(sources: list[Path], *, what: str) -> None:
    """Refuse data that isn't there; what looks like a hub id is left to be asked for.

    Raises:
        InputError: one finding for each missing path.
    """
    from workbench.io.hub import looks_like_hub_id

    require([source for source in sources if not looks_like_hub_id(str(source))], what=what)


def refuse_taken(out: Path, *, force: bool, inputs: Iterable[Path | str | None] = ()) -> None:
    """Refuse to write over a file unless asked to; over an input, a part of an output or no file in any case.

    Raises:
        OutputError: something stands there.
    """
    refuse_special(out)
    spare_inputs(out, [one for one in inputs if one is not None])
    spare_made(out)
    if os.path.lexists(out) and not force:
        raise OutputError(
            Finding(
                where=str(out),
                found="a file",
                expected="a free name",
                fix="Choose another --out, or pass --force.",
            )
        )


def screen_for(face: Face, *, lines: bool = False) -> Screen:
    """Return the verb's screen, to be used as a context manager."""
    from workbench.cli.screen import Screen

    return Screen(quiet=face.quiet, as_json=face.as_json, lines=lines)
