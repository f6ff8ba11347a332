"""`python -m tests.faults`: fail, tear and kill every verb at each change to its files, and say what broke.

After each fault the same command runs once more, undisturbed: it has to end well and leave what a run without
any fault leaves. `--only VERB` takes one verb, `--most N` at most N places of each (spread evenly), `--json
FILE` writes all outcomes.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.faults.machine import Machine
from tests.faults.scenarios import SCENARIOS, world
from tests.faults.trial import trials


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="")
    options.add_argument("--most", type=int, default=10_000)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, Machine(Path(folder)) as machine:
        place = Path(folder)
        world(place / "world", machine.run)
        for scenario in SCENARIOS:
            if asked.only and asked.only != scenario.name:
                continue
            found = list(trials(scenario, machine, place, most=asked.most))
            outcomes += found
            for one in found:
                if one.faults:
                    print(
                        f"BROKEN {one.scenario} {one.mode} at {one.at}: {'; '.join(one.faults)}", flush=True
                    )
            codes = dict(sorted(Counter(one.code for one in found).items(), key=str))
            print(f"{scenario.name}: {len(found)} faults, exit codes {codes}", flush=True)
    broken = sum(bool(one.faults) for one in outcomes)
    print(f"{len(outcomes)} faults injected, {broken} with something broken")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
