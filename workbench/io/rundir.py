"""Output directories that are whole or absent: temporary name, rename, manifest last."""

from __future__ import annotations

import errno
import glob
import itertools
import json
import os
import shutil
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import workbench
from workbench.errors import Finding, OutputError
from workbench.io.fingerprint import file_hash
from workbench.io.lock import OWNER, locked
from workbench.io.manifest import FORMAT_VERSION, MANIFEST, files_made, read_manifest
from workbench.io.places import edited, missing, refuse_foreign, refuse_special, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_PARTIAL_KEY = "partial.json"
_JOIN_EVERY = 0.1
# What unfinished files are called: ours, and those of safetensors (Rust's tempfile).
_TEMPORARY = (".*.tmp", ".tmp??????")


def is_complete(path: Path, *, key: str) -> bool:
    """Tell whether ``path`` holds the finished output of the work that ``key`` names, no file missing."""
    manifest = read_manifest(path) or {}
    return manifest.get("key") == key and not missing(path)


@contextmanager
def output(
    path: Path,
    *,
    verb: str,
    key: str,
    force: bool = False,
    told: Mapping[str, Any] | None = None,
    carries: bool = False,
) -> Iterator[Path]:
    """Yield a working directory that becomes ``path`` when the block ends without an error.

    The working directory is ``<path>.partial``. It stays when the block is interrupted, and is handed out
    again to the next call with the same ``key`` (so that checkpoints in it can be resumed); one with another
    key is wiped. The manifest, with size and hash of every file, is written last; ``told`` (the command, the
    content of its inputs) stands in it too. A link is followed: its target is what is made.

    With ``force`` an earlier output is replaced; what was edited in it by hand is kept in ``<path>.edited``.
    ``carries`` says that the block brings along all that stands in ``path``.

    Raises:
        OutputError: ``path`` exists and ``force`` isn't set; or it holds what the workbench did not make;
            or another process is at work there.
    """
    path = resolved(path) if path.is_symlink() else path
    refuse_foreign(path, verb=verb, force=force, carries=carries)
    work = path.with_name(path.name + ".partial")
    with locked(work):
        # another process may have made it meanwhile
        refuse_foreign(path, verb=verb, force=force, carries=carries)
        _prepare(work, verb=verb, key=key)
        done = False
        try:
            yield work
            done = True
        finally:
            if not done and {path.name for path in work.iterdir()} <= {_PARTIAL_KEY, OWNER}:
                shutil.rmtree(work)  # nothing in it to go on with
        # In this order: whatever is interrupted here, the directory is known as this work's or as whole.
        _write_manifest(work, verb=verb, key=key, told=told)
        _settle(work)
        for name in (_PARTIAL_KEY, OWNER):
            (work / name).unlink()
        if not carries:
            _keep(path, edited(path))
        _replace(work, path)
        _sync(path.parent)


def joined(path: Path, *, key: str, seconds: float = 300.0) -> Path:
    """Return the working directory that another process holds by ``output`` for the same ``key``.

    Raises:
        OutputError: there is none after so many ``seconds``.
    """
    path = resolved(path)
    work = path.with_name(path.name + ".partial")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (_held(work) or {}).get("key") == key:
            return work
        time.sleep(_JOIN_EVERY)
    raise OutputError(
        Finding(
            where=str(work),
            found=f"no work begun there in {seconds:.0f} seconds",
            expected="the directory that process 0 of this launch makes",
            fix="See what process 0 says; all processes need the same command and the same disk.",
        )
    )


def discard(place: Path) -> None:
    """Remove a directory of intermediate results so that none of it is ever taken for whole."""
    gone = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    if gone.exists():  # left by one that was stopped here, and had this number
        shutil.rmtree(gone)
    place.rename(gone)
    shutil.rmtree(gone)


def carry(source: Path, place: Path) -> None:
    """Bring a file along under another name, without copying where the disk allows it.

    Whatever work that was killed left under that name gives way.
    """
    place.unlink(missing_ok=True)
    try:
        place.hardlink_to(source)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, place)


def _keep(old: Path, names: Iterable[str]) -> None:
    """Keep what was edited in an output that will be replaced in ``<old>.edited``, once."""
    for name in names:
        for number in itertools.count(1):
            kept = old.with_name(f"{old.name}.edited{f'-{number}' if number > 1 else ''}") / name
            if not os.path.lexists(kept):
                kept.parent.mkdir(parents=True, exist_ok=True)
                carry(old / name, kept)
                break
            if kept.is_file() and file_hash(kept) == file_hash(old / name):
                break


def write_text(path: Path, text: str) -> None:
    """Write a file through a temporary name, so that a reader sees all of it or none."""
    with whole_file(path) as stream:
        stream.write(text.encode("utf-8"))


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a stream whose bytes stand under ``path`` once the block ends without an error."""
    refuse_special(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        with temporary.open("xb") as stream:  # never through a link that somebody laid under this name
            yield stream
        temporary.replace(path)
    finally:
        with suppress(OSError):  # there only where something went wrong
            temporary.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Remove what processes that were killed left of this file or directory."""
    for left in _left(path):
        with suppress(FileNotFoundError):
            _remove(left)


def _left(path: Path) -> list[Path]:
    """Return what bears the temporary name that a process gave it which is no more."""
    found = path.parent.glob(f".{glob.escape(path.name)}.*.tmp")
    pids = ((left, left.name.split(".")[-2]) for left in found)
    return [left for left, pid in pids if pid.isdigit() and not _alive(int(pid))]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def clear(place: Path) -> None:
    """Remove a directory that must not stay, if it is there, all of it at once; the disk's refusal is heard.

    Raises:
        OSError: the disk refuses.
    """
    if place.exists():
        discard(place)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, keys in the order given."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _held(work: Path) -> dict[str, Any] | None:
    """Return what a working directory is for, or ``None`` where that isn't known."""
    try:
        held = json.loads((work / _PARTIAL_KEY).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) else None


def _prepare(work: Path, *, verb: str, key: str) -> None:
    marker = work / _PARTIAL_KEY
    held = _held(work)
    begun = {path.name for path in work.glob(f".{_PARTIAL_KEY}.*.tmp")}  # by one that was killed just then
    found = {path.name for path in work.iterdir()} - {OWNER} - begun
    if work.is_symlink() or (held is None and found and files_made(work) is None):
        raise OutputError(
            Finding(
                where=str(work),
                found="a directory that the workbench did not make",
                expected="this name free for unfinished work",
                fix="Move it away, or choose another --out.",
            )
        )
    ours = held == {"verb": verb, "key": key}
    for name in [MANIFEST] if ours and MANIFEST in found else [] if ours else found:
        _remove(work / name)
    for left in [
        one for name in _TEMPORARY for one in work.rglob(name)
    ]:  # of a process that was killed while it wrote or removed one
        if os.path.lexists(left):  # it did not stand within one that is gone by now
            _remove(left)
    for link in [one for one in work.rglob("*") if one.is_symlink()]:  # no verb makes one to write through
        link.unlink()
    write_text(marker, json.dumps({"verb": verb, "key": key}))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _write_manifest(work: Path, *, verb: str, key: str, told: Mapping[str, Any] | None = None) -> None:
    files = {}
    about = {work / name for name in (MANIFEST, _PARTIAL_KEY, OWNER)}
    for file in sorted(p for p in work.rglob("*") if p.is_file() and p not in about):
        files[file.relative_to(work).as_posix()] = {
            "bytes": file.stat().st_size,
            "blake2b": file_hash(file),
        }
    write_json(
        work / MANIFEST,
        {
            "format": FORMAT_VERSION,
            "workbench": workbench.__version__,
            "verb": verb,
            "key": key,
            **(told or {}),
            "files": files,
        },
    )


def _settle(work: Path) -> None:
    """Have the disk hold every file before the rename says that they are whole (power may fail after it)."""
    for place in (*work.rglob("*"), work):
        if place.is_dir() or place.is_file():
            _sync(place)


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # a file system that has none
            raise
    finally:
        os.close(descriptor)


def _replace(work: Path, path: Path) -> None:
    """Give ``work`` its name; what stood there goes aside under a name that nobody else gives."""
    _sweep(path)
    old = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    if path.is_dir():
        path.rename(old)
    elif path.exists():
        path.unlink()
    work.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def recover(path: Path) -> None:
    """Put a directory back that a process was killed over while it replaced it; for work in its own place.

    Raises:
        OutputError: another process is at work there.
    """
    path = resolved(path)
    work = path.with_name(path.name + ".partial")
    if path.exists() or not work.is_dir() or not _left(path):
        return
    with locked(work):
        aside = _left(path)
        if path.exists() or not aside:
            return
        aside[-1].rename(path)
