"""A thing to fuzz: what it is given, how long it may take, and how what it does is judged."""

import atexit
import os
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


class BrokenError(AssertionError):
    """A law of the product doesn't hold for these bytes."""


@dataclass(frozen=True)
class Target:
    """``run`` takes any bytes; it may raise errors of the user's (``UserError``), and nothing else.

    ``seeds`` are good examples to change, ``words`` what to put into them, ``seconds`` the processor time
    that one example may take, ``most`` its longest in bytes.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    seconds: float = 3.0
    most: int = 60_000


@dataclass(frozen=True)
class Fault:
    """What went wrong with one example: ``place`` tells faults apart."""

    target: str
    place: str
    what: str
    seconds: float
    data: bytes


def law(holds: object, said: str) -> None:
    """Raise ``BrokenError`` unless ``holds``."""
    if not holds:
        raise BrokenError(said)


def examine(target: Target, data: bytes) -> Fault | None:
    """Run one example, and return what no example may do."""
    began, place, what = time.process_time(), "", ""
    try:
        target.run(data)
    except UserError as error:
        place, what = ("an error that says nothing", repr(error)) if not error.findings else ("", "")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  anything else is what is looked for, Rust's panics too
        place, what = _place(error), f"{type(error).__name__}: {error}"
    took = time.process_time() - began
    if not place and took > target.seconds:
        place, what = "slow", f"{took:.1f} s of processor time for {len(data)} bytes"
    return Fault(target.name, place, what[:500], round(took, 2), data) if place else None


def _place(error: BaseException) -> str:
    """Name the kind of an error, and the last line of the product that it went through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "/workbench/" in one.filename] or frames
    return f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].lineno}"


@cache
def scratch() -> Path:
    """Return a folder for the files that readers are to read, in memory where that can be had.

    ``FUZZ_SCRATCH`` names one whose maker removes it: a process that is taken down can't.
    """
    if "FUZZ_SCRATCH" in os.environ:
        return Path(os.environ["FUZZ_SCRATCH"])
    held = Path("/dev/shm")  # noqa: S108  a file system in memory
    place = tempfile.mkdtemp(prefix=f"fuzz-{os.getpid()}-", dir=held if os.access(held, os.W_OK) else None)
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return Path(place)


def laid(name: str, data: bytes) -> Path:
    """Write ``data`` under a name, and return the path."""
    path = scratch() / name
    path.write_bytes(data)
    return path


def seeds_of(name: str) -> list[bytes]:
    """Return the examples that stand in the folder of this name."""
    return [path.read_bytes() for path in sorted((Path(__file__).parent / "seeds" / name).iterdir())]


def text_of(data: bytes) -> str:
    """Read bytes as text: what isn't UTF-8 shows as a mark."""
    return data.decode("utf-8", "replace")


def parts_of(data: bytes, count: int) -> list[str]:
    """Cut bytes at unit separators into exactly ``count`` texts."""
    found = text_of(data).split("\x1f", count - 1)
    return [*found, *[""] * (count - len(found))]
