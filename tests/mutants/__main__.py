"""`python -m tests.mutants`: change one thing at a time in the kernels, and see whether a test notices.

A seeded sample of `--most N` changes of each kernel (spread evenly over its modules and lines) is tried;
`--only KERNEL` takes one kernel, `--json FILE` writes every outcome. Prints what survived, and the score:
killed of all that were tried, without those that `equivalents` explains.
"""

import argparse
import ast
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import hypothesis  # noqa: F401 - imported once, here, and not in each child
import msgspec  # noqa: F401
import numba  # noqa: F401
import numpy as np  # noqa: F401
import polars as pl  # noqa: F401
import scipy.stats  # noqa: F401

from tests.mutants.kernels import KERNELS, Kernel
from tests.mutants.mutations import Mutation, mutations
from tests.mutants.trial import ROOT, Outcome, learned, source, tried


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="")
    options.add_argument("--most", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    sys.path.insert(0, str(ROOT))
    outcomes: list[Outcome] = []
    for kernel in KERNELS:
        if asked.only in {"", kernel.name}:
            outcomes += _kernel(kernel, asked.most, asked.seed)
            if asked.json:
                asked.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1))
    print(_score("all kernels", outcomes))
    return 0


def _kernel(kernel: Kernel, most: int, seed: int) -> list[Outcome]:
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        known = learned(kernel, Path(folder))
        outcomes = []
        for mutation in sample(kernel, most, seed):
            one = tried(kernel, mutation, known, Path(folder))
            outcomes.append(one)
            if one.outcome in {"survived", "untested"}:
                print(f"{one.outcome.upper()} {one.module}:{one.line} {one.what}", flush=True)
    print(_score(kernel.name, outcomes), flush=True)
    return outcomes


def sample(kernel: Kernel, most: int, seed: int) -> list[Mutation]:
    """Return a seeded sample of a kernel's changes, in the order of modules and lines."""
    every = [m for name in kernel.modules for m in mutations(name, ast.parse(source(name).read_text()))]
    if len(every) <= most:
        return every
    chosen = random.Random(seed).sample(range(len(every)), most)
    return [every[place] for place in sorted(chosen)]


def _score(name: str, outcomes: list[Outcome]) -> str:
    counts = Counter(one.outcome for one in outcomes)
    killed = counts["killed"] + counts["slow"]
    judged = len(outcomes) - counts["equivalent"]
    share = killed / judged if judged else 0.0
    return f"{name}: {killed} of {judged} killed ({share:.1%}); {dict(sorted(counts.items()))}"


if __name__ == "__main__":
    sys.exit(main())
