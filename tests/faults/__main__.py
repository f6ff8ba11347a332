"""`python -m tests.faults`: fail, tear and kill every verb at each change to its files, and say what broke.

After each fault the same command runs once more, undisturbed: it has to end well and leave what a run without
any fault leaves. `--model` takes the verbs that load a model, `--only VERB ...` some, `--most N` at most N
places of each (spread evenly). `--moments N` sends SIGKILL, SIGINT and SIGTERM instead, each N times at a
random moment (`--seed`); `--memory` gives too little memory, `--clocks` a clock that jumps by 13 months.
`--json FILE` adds a line for each fault as it is done with; `--sums FILE ...` adds up such files, and runs
nothing.
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
from tests.faults.rows import Rows
from tests.faults.scenarios import SCENARIOS, WITH_MODEL, world
from tests.faults.trial import Outcome, clocks, memory, moments, trials

ALL = (*SCENARIOS, *WITH_MODEL)


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    options.add_argument("--only", nargs="+", metavar="VERB", choices=[one.name for one in ALL])
    options.add_argument("--most", type=int, default=10_000)
    options.add_argument("--moments", type=int, default=0)
    options.add_argument("--memory", action="store_true")
    options.add_argument("--clocks", action="store_true")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--model", action="store_true", help="the verbs that load a model, instead")
    options.add_argument("--json", type=Path)
    options.add_argument("--sums", type=Path, nargs="+", metavar="FILE")
    asked = options.parse_args()
    outcomes = [one for file in asked.sums for one in read(file)] if asked.sums else run(asked)
    for name in dict.fromkeys(one.scenario for one in outcomes):
        of_it = [one for one in outcomes if one.scenario == name]
        print(f"{name}: {_told(of_it)}")
    print(f"in all: {_told(outcomes)}")
    return 1 if any(one.faults for one in outcomes) else 0


def run(asked) -> list[Outcome]:
    """Disturb every scenario asked for, and tell what broke as it does."""
    outcomes = []
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        Machine(Path(folder), model=asked.model) as machine,
    ):
        place = Path(folder)
        world(place / "world", machine.run, model=asked.model)
        for scenario in WITH_MODEL if asked.model else SCENARIOS:
            if asked.only and scenario.name not in asked.only:
                continue
            for one in _disturbed(scenario, machine, place, asked):
                outcomes.append(one)
                _note(one, asked.json)
    return outcomes


def _disturbed(scenario, machine, place: Path, asked):
    if asked.moments:
        draw = random.Random(f"{asked.seed} {scenario.name}")
        return moments(scenario, machine, place, count=asked.moments, draw=draw)
    if asked.memory:
        return memory(scenario, machine, place)
    if asked.clocks:
        return clocks(scenario, machine, place)
    return trials(scenario, machine, place, most=asked.most)


def _note(one: Outcome, file: Path | None) -> None:
    if one.faults:
        print(f"BROKEN {one.scenario} {one.mode} at {one.at}: {'; '.join(one.faults)}", flush=True)
    if file:
        with file.open("a") as stream:
            stream.write(json.dumps(asdict(one)) + "\n")


def read(file: Path) -> list[Outcome]:
    """Read what `--json` wrote."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [
        Outcome(**line | {"faults": tuple(line["faults"]), "rows": Rows(**line["rows"])}) for line in lines
    ]


def _told(outcomes: list[Outcome]) -> str:
    codes = ", ".join(f"{code}: {n}" for code, n in sorted(Counter(str(o.code) for o in outcomes).items()))
    rows = sum((one.rows for one in outcomes), Rows())
    said = f"{len(outcomes)} faults, {sum(not one.faults for one in outcomes)} equal afterwards ({codes})"
    if not rows.read:
        return said
    return (
        f"{said}; {rows.read:,} rows read = {rows.kept:,} kept + {rows.dropped:,} dropped "
        f"+ {rows.rejected:,} rejected, {rows.lost} lost"
    )


if __name__ == "__main__":
    sys.exit(main())
