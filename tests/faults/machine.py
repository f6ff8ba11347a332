"""Runs commands while the N-th change to their files fails, is torn in two, or is the last thing they do.

The changes (open for writing, write, rename, unlink, mkdir, fsync, truncate) are counted by ``shim.c``, which
stands between the process and the C library: so those of polars' Rust and of numba's cache count as well.
"""

import importlib
import json
import mmap
import os
import pkgutil
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import workbench
from workbench.errors import MissingExtraError

ROOT = Path(__file__).resolve().parents[2]
MODES = {"none": 0, "once": 1, "full": 2, "kill": 3, "torn": 4, "shut": 5}
_SIZE, _HEAD = 4096, "<6q"
# Seconds after which a command counts as hung; one that loads a model shares the processor with others.
_WALL, _WALL_OF_MODELS = 180, 900


def compiler() -> str | None:
    """Return the C compiler, ``None`` where there is none."""
    return shutil.which("cc") or shutil.which("gcc")


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code (negative: the signal), what it showed, changes and strikes."""

    code: int | None
    shown: str
    changes: int
    struck: int


class Machine:
    """A server of forks that have the workbench imported already; use as a context manager."""

    def __init__(self, work: Path, *, model: bool = False) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self._wall = _WALL_OF_MODELS if model else _WALL
        self._shown, state, shim = work / "shown", work / "state", work / "shim.so"
        source = Path(__file__).with_name("shim.c")
        subprocess.run([compiler(), "-shared", "-fPIC", "-O2", "-o", shim, source, "-ldl"], check=True)
        state.write_bytes(bytes(_SIZE))
        with state.open("r+b") as stream:
            self._state = mmap.mmap(stream.fileno(), _SIZE)
        self.environment = os.environ | {
            "LD_PRELOAD": str(shim),
            "FAULT_STATE": str(state),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "POLARS_MAX_THREADS": "1",
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), str(self._shown), *(["model"] if model else [])],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._state.close()

    def run(
        self,
        command,
        *,
        folder: Path,
        mode: str = "none",
        at: int = 0,
        error: int = 0,
        send: tuple[int, float] | None = None,
        room: int | None = None,
        jump: int = 0,
    ) -> Ran:
        """Run ``command`` in ``folder`` with the ``at``-th change there struck in this ``mode``.

        ``send`` is a signal and after how many seconds it comes, ``room`` how many MiB of addresses it may
        take beyond those it starts with, ``jump`` how many seconds its clock of the day jumps to and fro.
        """
        head = struct.pack(_HEAD, 0, at, MODES[mode], error, 0, jump)
        self._state[:] = (head + str(folder).encode() + b"/").ljust(_SIZE, b"\0")
        job = {"folder": str(folder), "command": list(command), "room": room}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        child = json.loads(self._process.stdout.readline())["pid"]
        if send and not select.select([self._process.stdout], [], [], send[1])[0]:
            with suppress(ProcessLookupError):
                os.kill(child, send[0])
        hung = not select.select([self._process.stdout], [], [], self._wall)[0]
        if hung:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        code = json.loads(self._process.stdout.readline())["code"]
        changes, _, _, _, struck, _ = struct.unpack(_HEAD, self._state[: struct.calcsize(_HEAD)])
        shown = self._shown.read_text(errors="backslashreplace")
        return Ran(None if hung else code, shown[-3000:], changes, struck)


# Packages whose modules bring torch: loaded only where the commands do.
_WITH_TORCH = (
    "adapters",
    "backends.classifier",
    "backends.local",
    "backends.scoring",
    "rendering",
    "training",
)
_BESIDE = ("numba", "polars", "scipy.stats")
_OF_MODELS = ("peft", "transformers.models.llama.modeling_llama", "datasets")


def _load(*, model: bool) -> None:
    """Load what commands load, once: most of a short command's time goes into that."""
    for name in (*_BESIDE, *(_OF_MODELS if model else ())):
        importlib.import_module(name)
    for found in pkgutil.walk_packages(workbench.__path__, "workbench."):
        name = found.name.removeprefix("workbench.")
        if name != "__main__" and (model or not name.startswith(_WITH_TORCH)):
            with suppress(MissingExtraError, ImportError):  # of an extra that isn't installed
                importlib.import_module(found.name)


def _serve(shown: Path, *, model: bool) -> None:
    """Fork a child for each command on standard input, and answer with its exit code."""
    _load(model=model)
    answers = os.fdopen(os.dup(1), "w")
    for asked in sys.stdin:
        job = json.loads(asked)
        child = os.fork()
        if child == 0:
            _be(job, shown)
        answers.write(json.dumps({"pid": child}) + "\n")
        answers.flush()
        _, status = os.waitpid(child, 0)
        answers.write(json.dumps({"code": os.waitstatus_to_exitcode(status)}) + "\n")
        answers.flush()


def _be(job, shown: Path) -> None:
    """Become the command: never returns."""
    os.setpgid(0, 0)
    with shown.open("wb", buffering=0) as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    os.chdir(job["folder"])
    from workbench.cli import execute

    if job["room"] is not None:
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + (job["room"] << 20),) * 2)

    code = 70
    try:
        code = execute(job["command"])
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:  # before the command line could take it
        code = 130
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), model="model" in sys.argv[2:])
