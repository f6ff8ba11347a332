"""Runs commands on hostile files in a process of its own, within bounds of time and memory.

One worker runs many commands one after the other, as starting Python costs more than most of them. Where a
command takes longer than its bound, or takes the worker down with it, a new worker goes on with the next.
"""

import json
import os
import re
import resource
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Seconds of processor time a command may take, and bytes it may add to what the worker holds.
SECONDS, BYTES = 30, 2 << 30
_WALL = 240
ALLOWED = frozenset({0, 1, 2, 3})
# What a terminal would obey: anything below a space but tab and line end, DEL, and the C1 controls.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Outcome:
    """What became of one command; ``faults`` is empty where it did as it should."""

    name: str
    command: tuple[str, ...]
    code: int | None
    seconds: float
    bytes: int
    shown: str
    faults: tuple[str, ...] = field(default=())


def judge(name, command, code, seconds, size, shown) -> Outcome:
    """Say what a command did that no command may do, whatever the file."""
    faults = []
    if code is None:
        faults.append("killed: took too long, or died")
    elif code not in ALLOWED:
        faults.append(f"exit code {code}")
    if "Traceback (most recent call last)" in shown or "this is a bug in workbench" in shown:
        faults.append("a trace, or a bug's message")
    if code == 2 and not shown.strip():
        faults.append("exit code 2 without a word")
    if seconds > SECONDS:
        faults.append(f"{seconds:.1f} s of processor time")
    if size > BYTES:
        faults.append(f"{size >> 20} MiB more")
    if _OBEYED.search(shown):
        faults.append(f"control characters in what it printed: {_OBEYED.search(shown)[0]!r}")
    return Outcome(name, tuple(command), code, seconds, size, shown[-1500:], tuple(faults))


def run_all(jobs, *, folder: Path):
    """Run ``jobs`` of ``(name, command)`` in order and yield an :class:`Outcome` for each."""
    worker = None
    for name, command in jobs:
        worker = worker or _Worker(folder)
        answer = worker.run(command)
        if answer is None:
            worker.kill()
            worker = None
            yield judge(name, command, None, 0.0, 0, _tail(folder / "shown"))
            continue
        shown = (folder / "shown").read_text(errors="backslashreplace")
        yield judge(name, command, answer["code"], answer["seconds"], answer["bytes"], shown)
    if worker:
        worker.kill()


def _tail(path: Path) -> str:
    return path.read_text(errors="backslashreplace")[-1500:] if path.exists() else ""


class _Worker:
    def __init__(self, folder: Path) -> None:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        environment |= {"POLARS_MAX_THREADS": "2", "NO_COLOR": "1", "COLUMNS": "200"}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), str(folder)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, command):
        try:
            self._process.stdin.write(json.dumps(list(command)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        until = time.monotonic() + _WALL
        allowed = _processor_seconds(self._process.pid) + 2 * SECONDS
        while time.monotonic() < until:
            if select.select([self._process.stdout], [], [], 0.5)[0]:
                said = self._process.stdout.readline()
                return json.loads(said) if said else None
            if _processor_seconds(self._process.pid) > allowed:
                return None
        return None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve(folder: Path) -> None:
    """Be the worker: run each command that comes on standard input, and answer with one line of JSON."""
    answers = os.fdopen(os.dup(1), "w")
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    from workbench.cli import execute

    for asked in sys.stdin:
        with (folder / "shown").open("wb", buffering=0) as shown:
            os.dup2(shown.fileno(), 1)
            os.dup2(shown.fileno(), 2)
        began, held = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            code = execute(json.loads(asked))
        except BaseException as error:  # noqa: BLE001  what nobody may let through
            sys.stderr.write(f"Traceback (most recent call last): {error!r}\n")
            code = 70
        sys.stdout.flush()
        sys.stderr.flush()
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held
        said = {"code": code, "seconds": time.process_time() - began, "bytes": more << 10}
        answers.write(json.dumps(said) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
