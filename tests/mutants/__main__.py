"""`python -m tests.mutants`: change one thing at a time in the kernels, and see whether a test notices.

A seeded sample of `--most N` changes of each kernel (spread evenly over its modules and lines) is tried;
`--only KERNEL` takes one kernel, `--json FILE` writes every outcome. Prints what survived, and the score:
killed of all that were tried, without those that `equivalents` explains. With `--state DIR` what was found
stays there: a sweep that was stopped goes on with the same command, and after new tests only survivors are
tried again. `--sums` only prints what stands there. `--jobs 2` tries two side by side. A trial runs the
cheapest tests that run the changed line, up to `--seconds` of processor time: more kills, if any, by more.
So do `--tests checks/test_support.py …`, where the time to learn what all tests of a kernel run is short.
"""

import argparse
import ast
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

for name in ("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import hypothesis  # noqa: E402, F401 - imported once, here, and not in each child
import msgspec  # noqa: E402, F401
import numba  # noqa: E402, F401
import numpy as np  # noqa: E402, F401
import polars as pl  # noqa: E402, F401
import scipy.stats  # noqa: E402, F401

from tests.mutants.kept import Kept, Outcome  # noqa: E402
from tests.mutants.kernels import KERNELS, Kernel  # noqa: E402
from tests.mutants.mutations import Mutation, mutations  # noqa: E402
from tests.mutants.place import ROOT, source  # noqa: E402
from tests.mutants.trial import Trials  # noqa: E402

_NAMES = [kernel.name for kernel in KERNELS]


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m tests.mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--only", default="", choices=("", *_NAMES), help="one kernel")
    options.add_argument("--most", type=int, default=10_000, help="how many changes of each kernel")
    options.add_argument("--seed", type=int, default=0, help="which ones")
    options.add_argument("--jobs", type=int, default=1, help="how many side by side")
    options.add_argument("--seconds", type=float, default=60.0, help="of tests in a trial, processor time")
    options.add_argument("--tests", nargs="+", help="only these of a kernel's tests, for a lower bound")
    options.add_argument("--state", type=Path, help="a folder that keeps what was found")
    options.add_argument("--sums", action="store_true", help="print what stands in --state, run nothing")
    options.add_argument("--json", type=Path, help="a file for every outcome")
    asked = options.parse_args()
    if asked.sums and not asked.state:
        options.error("--sums prints what stands in a folder: name it with --state DIR")
    sys.path.insert(0, str(ROOT))
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        kept = Kept(asked.state or Path(scratch) / "state")
        for kernel in KERNELS:
            if asked.only in {"", kernel.name}:
                kernel = replace(kernel, tests=tuple(asked.tests or kernel.tests))  # noqa: PLW2901
                chosen = sample(kernel, asked.most, asked.seed)
                if not asked.sums:
                    _try(kernel, chosen, kept, asked)
                outcomes += _shown(kernel, chosen, kept)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1))
    print(_score("in all", outcomes))
    return 0


def sample(kernel: Kernel, most: int, seed: int) -> list[Mutation]:
    """Return a seeded sample of a kernel's changes, in the order of modules and lines."""
    every = [m for name in kernel.modules for m in mutations(name, ast.parse(source(name).read_text()))]
    if len(every) <= most:
        return every
    chosen = random.Random(seed).sample(range(len(every)), most)
    return [every[place] for place in sorted(chosen)]


def _try(kernel: Kernel, chosen: list[Mutation], kept: Kept, asked: argparse.Namespace) -> None:
    todo = tuple(one for one in chosen if kept.stands(kernel, one) is None)
    if not todo:
        return
    # A child has its output elsewhere; what it says goes where this process writes.
    told, place = os.dup(sys.stderr.fileno()), kept.folder / "cache"
    place.mkdir(exist_ok=True)
    counted = kept.counted()

    def say(one: Outcome) -> None:
        done = kept.counted() - counted
        text = f"{kernel.name} {done}/{len(todo)} {one.outcome} {one.module}:{one.line} {one.what} {one.by}"
        os.write(told, f"{text} ({one.seconds} s)\n".encode())

    Trials(kernel, todo, kept, asked.jobs, asked.seconds, place, say).run()
    os.close(told)


def _shown(kernel: Kernel, chosen: list[Mutation], kept: Kept) -> list[Outcome]:
    found = [kept.stands(kernel, one) for one in chosen]
    outcomes = [one for one in found if one is not None]
    for one in outcomes:
        if one.outcome in {"survived", "untested"}:
            print(f"{one.outcome.upper()} {one.module}:{one.line} {one.what}")
    left = f"; {len(found) - len(outcomes)} not tried" if len(outcomes) < len(found) else ""
    print(_score(kernel.name, outcomes) + left, flush=True)
    return outcomes


def _score(name: str, outcomes: Iterable[Outcome]) -> str:
    counts = Counter(one.outcome for one in outcomes)
    killed = counts["killed"] + counts["slow"]
    judged = counts.total() - counts["equivalent"]
    share = killed / judged if judged else 0.0
    return f"{name}: {killed} of {judged} killed ({share:.1%}); {dict(sorted(counts.items()))}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
