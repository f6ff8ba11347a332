"""Work in forked processes, some side by side, each bounded in processor time and memory."""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MEMORY = 6 << 30
# Seconds of watching in which a process and its children spend nothing, after which it is stuck; and how
# often that is looked at. While the watching process is itself halted, nobody's time goes on.
_STUCK, _LOOKED = 120, 15
_ASLEEP = 0.01
_DEATH_SIGNAL = 1


@dataclass(frozen=True)
class Work:
    """A function to be run in a child, in ``seconds`` of processor time; it returns what JSON can hold."""

    name: object
    call: Callable[[], dict]
    seconds: float


class _Child:
    """One forked process in a session of its own."""

    def __init__(self, work: Work, cache: Path) -> None:
        self.work, self.begun = work, time.monotonic()
        self.folder = Path(tempfile.mkdtemp(prefix="mutant-"))
        self.spent, self.idle, self.next, self.looked = 0.0, 0.0, float(_LOOKED), self.begun
        self.pid = os.fork()
        if self.pid == 0:
            _answer(work, self.folder, cache)

    def ended(self) -> bool:
        """Tell whether it has ended, or end it where it is stuck."""
        if os.waitpid(self.pid, os.WNOHANG)[0]:
            self.end()
            return True
        now = time.monotonic()
        self.idle += min(now - self.looked, 0.5)
        self.looked = now
        if self.idle > self.next:
            spent = _spent(self.pid)
            if spent - self.spent > _ASLEEP:
                self.spent, self.idle = spent, 0.0
            self.next = self.idle + _LOOKED
        if self.idle > _STUCK:
            self.end()
            os.waitpid(self.pid, 0)
            return True
        return False

    def end(self) -> None:
        """Take down what is left of its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def answer(self) -> dict | None:
        """Return what the work returned, or nothing; and clear up."""
        try:
            return json.loads((self.folder / "answer.json").read_text())
        except (OSError, ValueError):
            return None
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def side_by_side(works: Iterable[Work], jobs: int, cache: Path) -> Iterator[tuple[Work, dict | None, float]]:
    """Yield each piece of work as it ends, with its answer (none: it was ended) and seconds on the clock."""
    running: list[_Child] = []
    todo = iter(works)
    try:
        while True:
            while len(running) < jobs and (work := next(todo, None)) is not None:
                running.append(_Child(work, cache))
            if not running:
                return
            time.sleep(0.01)
            for child in [one for one in running if one.ended()]:
                running.remove(child)
                yield child.work, child.answer(), time.monotonic() - child.begun
    finally:
        for child in running:
            child.end()
            child.answer()


def _answer(work: Work, folder: Path, cache: Path) -> None:
    code = 1
    try:
        os.setsid()
        # A gathering process that is killed takes its trials with it.
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        seconds = int(work.seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        os.environ |= {"NUMBA_CACHE_DIR": str(cache), "TMPDIR": str(folder)}
        tempfile.tempdir = None
        nowhere = os.open(os.environ.get("MUTANTS_LOG", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        whole = folder / "answer.tmp"
        whole.write_text(json.dumps(work.call()))
        whole.replace(folder / "answer.json")
        code = 0
    finally:
        os._exit(code)


def _spent(session: int) -> float:
    """Return the processor time of all processes of a session."""
    ticks = 0
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (place / "stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0
    return ticks / os.sysconf("SC_CLK_TCK")
