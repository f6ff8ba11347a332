"""`python -m tests.faults`: fail, tear and kill every verb at each change to its files, and say what broke.

After each fault the same command runs once more, undisturbed: it has to end well and leave what a run without
any fault leaves. `--model` takes the verbs that load a model, `--only VERB` one verb, `--most N` at most N
places of each (spread evenly). `--moments N` sends SIGKILL, SIGINT and SIGTERM instead, each N times at a
random moment (`--seed`). `--json FILE` writes all outcomes.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.faults.machine import Machine
from tests.faults.scenarios import SCENARIOS, WITH_MODEL, world
from tests.faults.trial import moments, trials


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="")
    options.add_argument("--most", type=int, default=10_000)
    options.add_argument("--moments", type=int, default=0)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--model", action="store_true", help="the verbs that load a model, instead")
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    outcomes = []
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        Machine(Path(folder), model=asked.model) as machine,
    ):
        place = Path(folder)
        world(place / "world", machine.run, model=asked.model)
        for scenario in WITH_MODEL if asked.model else SCENARIOS:
            if asked.only and asked.only != scenario.name:
                continue
            if asked.moments:
                draw = random.Random(f"{asked.seed} {scenario.name}")
                found = list(moments(scenario, machine, place, count=asked.moments, draw=draw))
            else:
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
