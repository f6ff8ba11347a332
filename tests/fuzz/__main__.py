"""`python -m tests.fuzz --minutes 10 --target X`: feed changed examples to a reader, and say what broke.

Minutes are of processor time, for each target (`all`: every one, one after the other). Where `atheris` is
installed, the lines that an example reaches choose what is changed on (`--engine own`: seeded chance alone).
Broken is: any error but a user's (`UserError`), a law that doesn't hold, an example that takes more than its
target's seconds or 6 GiB, or the process down. `--json FILE` adds what was done to what stands there; `--keep
DIR` gets the examples.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.targets import NAMES

ROOT = Path(__file__).resolve().parents[2]
# Seconds of processor time in one example after which it counts as hung.
_HUNG = 60


@dataclass
class Told:
    """What became of a target's examples."""

    examples: int = 0
    seconds: float = 0.0
    found: dict[str, str] = field(default_factory=dict)


def fuzz(name: str, *, seconds: float, seed: int, engine: str, keep: Path) -> Told:
    """Run a target until its processor time is up, in as many processes as it takes down."""
    told = Told()
    keep.mkdir(parents=True, exist_ok=True)
    while told.seconds < seconds:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
            ended = _one(name, Path(place), seconds - told.seconds, seed, engine)
            state = _state(Path(place))
            told.examples += state["examples"]
            told.seconds += max(state["seconds"], 1.0)
            for file in sorted((Path(place) / "found").glob("*")):
                fault = json.loads(file.read_text())
                _note(
                    told,
                    keep,
                    fault["place"],
                    f"{fault['what']} ({fault['seconds']} s)",
                    bytes.fromhex(fault["data"]),
                )
            if ended:
                _note(
                    told,
                    keep,
                    f"process {ended}",
                    _trace(Path(place)),
                    (Path(place) / "current").read_bytes(),
                )
        seed += 1
    return told


def _note(told: Told, keep: Path, place: str, what: str, data: bytes) -> None:
    if place not in told.found:
        told.found[place] = what
        safe = "".join(c if c.isalnum() else "-" for c in place)[:80]
        (keep / safe).write_bytes(data)


def _one(name, place: Path, seconds, seed, engine) -> str:
    """Run one process; return how it ended where it should not have."""
    command = [sys.executable, "-m", "tests.fuzz.work", name, str(place), str(seconds), str(seed), engine]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    environment["FUZZ_SCRATCH"] = str(place)
    with (place / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        began, busy = 0.0, 0.0
        while process.poll() is None:
            time.sleep(0.5)
            now, example = (
                _processor(process.pid),
                (place / "state.json").stat().st_mtime if _has(place) else 0,
            )
            if example != began:
                began, busy = example, now
            if now - busy > _HUNG:
                process.send_signal(6)
                process.wait()
                return f"hung for {_HUNG} s"
    return "" if process.returncode == 0 else f"ended with {process.returncode}"


def _has(place: Path) -> bool:
    return (place / "state.json").exists()


def _state(place: Path) -> dict:
    return json.loads((place / "state.json").read_text()) if _has(place) else {"examples": 0, "seconds": 0.0}


def _trace(place: Path) -> str:
    said = [
        (place / name).read_text(errors="replace")[-1500:]
        for name in ("trace", "said")
        if (place / name).exists()
    ]
    return "\n".join(said)


def _processor(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--target", default="all", choices=("all", *NAMES))
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--engine", choices=("atheris", "own"))
    options.add_argument("--keep", type=Path)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    engine = asked.engine or ("atheris" if importlib.util.find_spec("atheris") else "own")
    keep, broken = asked.keep or Path(tempfile.mkdtemp(prefix="fuzz-found-")), 0
    for name in NAMES if asked.target == "all" else (asked.target,):
        told = fuzz(name, seconds=asked.minutes * 60, seed=asked.seed, engine=engine, keep=keep / name)
        for place, what in told.found.items():
            print(f"BROKEN {name}: {place}: {what}", flush=True)
        minutes = told.seconds / 60
        print(
            f"{name}: {told.examples} examples, {minutes:.1f} min, {engine}, {len(told.found)} broken",
            flush=True,
        )
        broken += len(told.found)
        if asked.json:
            _add(asked.json, name, told)
    if broken:
        print(f"the examples stand in {keep}")
    return 1 if broken else 0


def _add(file: Path, name: str, told: Told) -> None:
    held = json.loads(file.read_text()) if file.exists() else {}
    one = held.setdefault(name, {"examples": 0, "seconds": 0.0, "found": {}})
    one["examples"] += told.examples
    one["seconds"] = round(one["seconds"] + told.seconds, 1)
    one["found"] |= told.found
    file.write_text(json.dumps(held, indent=1, sort_keys=True))


if __name__ == "__main__":
    sys.exit(main())
