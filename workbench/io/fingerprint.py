"""Names the content of inputs, so that a finished stage is known to be of these inputs and no others."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import Finding, InputError
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

_BLOCK = 1 << 20


def file_hash(path: Path) -> str:
    """Return 32 hexadecimal digits of BLAKE2b over a file's bytes."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class Unchanged:
    """Holds that no file behind ``names`` is written to from here to the end of its block.

    Told by size and time of change. What was read would be neither the old file nor the new one, under a name
    that says it is of the old. What stands in ``out`` or its unfinished directory is left aside.

    Raises:
        InputError: one was, whatever the block made of it (at the block's end).
    """

    def __init__(self, names: Iterable[Path | str], *, out: Path) -> None:
        self._aside = (out, out.with_name(f"{out.name}.partial"))
        self._before = {name: self._stamps(Path(name)) for name in names}

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look again, unless the block was interrupted."""
        if error is not None and not isinstance(error, Exception):
            return
        found = [
            one for name, held in self._before.items() for one in _differing(held, self._stamps(Path(name)))
        ]
        if found:
            raise InputError(
                Finding(
                    where=str(path),
                    found="a file that was written to while it was read",
                    expected="a file that nobody writes to meanwhile",
                    fix="Wait until its writer is done, or give a copy; then run the same command again.",
                )
                for path in found
            ) from error

    def _stamps(self, path: Path) -> dict[Path, tuple[int, int]]:
        files = [path] if path.is_file() else path.rglob("*") if path.is_dir() else ()
        seen = (
            (one, one.stat())
            for one in files
            if one.is_file()
            and not one.name.startswith(".")
            and not any(map(one.is_relative_to, self._aside))
        )
        return {one: (about.st_size, about.st_mtime_ns) for one, about in seen}


def _differing(one: dict[Path, tuple[int, int]], other: dict[Path, tuple[int, int]]) -> list[Path]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def fingerprint(name: str | Path) -> str:
    """Name the content behind a path (a file, or every file of a folder); a hub id names itself."""
    path = Path(name)
    if path.is_file():
        return file_hash(path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        return content_id(*(part for p in files for part in (p.relative_to(path).as_posix(), file_hash(p))))
    return content_id("hub", str(name))
