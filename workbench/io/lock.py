"""Keeps a second process off a directory that is being worked in."""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.errors import Finding, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER = "lock.json"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold ``directory`` (made where it is missing) for as long as the block runs.

    The lock is the operating system's (``flock`` on the directory itself): it ends with its process, however
    that ends, so none is ever stale, and it goes with the directory when that is renamed. ``lock.json`` in it
    says who holds it since when. Where the system has no ``flock``, nothing is locked.

    Raises:
        OutputError: another process holds it, or it can't be written.
    """
    held = _taken(directory)
    try:
        told = {"pid": os.getpid(), "host": socket.gethostname(), "since": _now()}
        (directory / OWNER).unlink(missing_ok=True)
        with (directory / OWNER).open("x", encoding="utf-8") as owner:  # through no link
            owner.write(json.dumps(told))
    except OSError as error:
        os.close(held)
        raise _unwritable(directory, error) from error
    try:
        yield
    finally:
        (directory / OWNER).unlink(missing_ok=True)
        os.close(held)


def _taken(directory: Path) -> int:
    """Open and lock the directory that stands under this name, which may change hands meanwhile."""
    while True:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            held = os.open(directory, os.O_RDONLY)
        except FileNotFoundError:
            continue  # renamed or removed in between by the one that had it
        except OSError as error:
            raise _unwritable(directory, error) from error
        if not _flock(held):
            os.close(held)
            raise OutputError(_in_use(directory))
        try:
            if os.path.samestat(os.fstat(held), directory.stat()):
                return held
        except FileNotFoundError:
            pass
        os.close(held)


def _flock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_use(directory: Path) -> Finding:
    try:
        told = json.loads((directory / OWNER).read_text(encoding="utf-8"))
        by = f"in use by process {told['pid']} on {told['host']} since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        by = "in use by another process"
    return Finding(
        where=str(directory),
        found=by,
        expected="one process at a time",
        fix="Wait until it is done and run again, or choose another --out.",
    )


def _unwritable(directory: Path, error: OSError) -> OutputError:
    return OutputError(
        Finding(
            where=str(directory),
            found=f"{error.strerror or error}",
            expected="a place that can be written",
            fix="Choose another --out, or change its permissions.",
        )
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
