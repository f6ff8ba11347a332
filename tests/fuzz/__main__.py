"""`python -m tests.fuzz --minutes 10 --target X`: feed changed examples to a reader, and say what broke.

Minutes are of processor time, for each target (`all`: every one, one after the other). With `--state DIR`
they are what a target is to have had in all: what earlier runs did there counts, and the next run goes on
from their examples. So ten minutes for each can be spread over days: run the same command again. `--sums`
only prints what stands there. Where `atheris` is installed, the lines that an example reaches choose what is
changed on (`--engine own`: seeded chance alone). Broken is: any error but a user's (`UserError`), a law that
doesn't hold, an example that takes more than its target's seconds or 6 GiB, or the process down.
"""

import argparse
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.kept import InUseError, Kept
from tests.fuzz.targets import NAMES

ROOT = Path(__file__).resolve().parents[2]
# Seconds of processor time in one example after which it counts as hung.
_HUNG = 60
# Ends that say nothing of an example: all done, or stopped by whoever runs the sweep.
_NOT_ITS_OWN = (0, -signal.SIGTERM, -signal.SIGINT)


def fuzz(name: str, *, seconds: float, seed: int, engine: str, folder: Path) -> Kept:
    """Run a target until its processor time in ``folder`` is up, in as many processes as it takes down."""
    with Kept.open(folder) as kept:
        while kept.seconds < seconds:
            place, ended = kept.begin(), ""
            try:
                ended = _one(name, place, seconds - kept.seconds, seed + kept.runs, engine)
            finally:
                kept.add(ended)
    return kept


def _one(name, place: Path, seconds, seed, engine) -> str:
    """Run one process; return how it ended where it should not have."""
    command = [sys.executable, "-m", "tests.fuzz.work", name, str(place), str(seconds), str(seed), engine]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    environment["FUZZ_SCRATCH"] = str(place / "scratch")
    (place / "scratch").mkdir()
    with (place / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        try:
            hung = _watch(process, place)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if hung:
        return f"hung for {_HUNG} s"
    return f"ended with {process.returncode}" if process.returncode not in _NOT_ITS_OWN else ""


def _watch(process, place: Path) -> bool:
    """Wait for a process, and end it where it tells nothing for too long."""
    told, busy = 0.0, 0.0
    while process.poll() is None:
        time.sleep(0.5)
        now = _processor(process.pid)
        try:
            last = (place / "state.json").stat().st_mtime
        except OSError:
            last = 0.0
        if last != told:
            told, busy = last, now
        if now - busy > _HUNG:
            process.send_signal(6)
            process.wait()
            return True
    return False


def _processor(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--target", default="all", choices=("all", *NAMES))
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--engine", choices=("atheris", "own"))
    options.add_argument("--state", type=Path, help="a folder that keeps time, examples and findings")
    options.add_argument("--sums", action="store_true", help="print what stands in --state, run nothing")
    asked = options.parse_args()
    engine = asked.engine or ("atheris" if importlib.util.find_spec("atheris") else "own")
    state = asked.state or Path(tempfile.mkdtemp(prefix="fuzz-"))
    broken, examples, spent = 0, 0, 0.0
    for name in NAMES if asked.target == "all" else (asked.target,):
        if asked.sums:
            kept = Kept.read(state / name)
        else:
            kept = fuzz(name, seconds=asked.minutes * 60, seed=asked.seed, engine=engine, folder=state / name)
        for place, what in kept.found.items():
            print(f"BROKEN {name}: {place}: {what}", flush=True)
        minutes = kept.seconds / 60
        print(f"{name}: {kept.examples} examples, {minutes:.1f} min, {len(kept.found)} broken", flush=True)
        broken, examples, spent = broken + len(kept.found), examples + kept.examples, spent + minutes
    print(f"in all: {examples} examples, {spent:.1f} min, {broken} broken")
    if broken:
        print(f"the examples stand in {state}/*/found")
    return 1 if broken else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        sys.exit(main())
    except InUseError as error:
        sys.exit(str(error))
