"""`python -m tests.hostile`: read every hostile file with its commands, and print what went wrong.

`--only WORD` takes the files with WORD in their names, `--every N` each N-th file, `--json FILE` writes all.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.hostile.jobs import prepared
from tests.hostile.trial import run_all


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="")
    options.add_argument("--every", type=int, default=1)
    options.add_argument("--json", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        jobs = prepared(Path(place), only=asked.only, every=asked.every)
        outcomes = []
        for outcome in run_all(jobs, folder=Path(place)):
            outcomes.append(outcome)
            if outcome.faults:
                what = f"{outcome.name}: {' '.join(outcome.command[:2])}"
                print(f"FAULT {what}: {'; '.join(outcome.faults)}", flush=True)
    files, codes = {outcome.name for outcome in outcomes}, Counter(outcome.code for outcome in outcomes)
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    print(f"{len(files)} files, {len(outcomes)} commands, exit codes {dict(sorted(codes.items(), key=str))}")
    print(f"slowest: {slowest.name} ({' '.join(slowest.command[:2])}), {slowest.seconds:.1f} s")
    faults = sum(bool(outcome.faults) for outcome in outcomes)
    print(f"faults: {faults}")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
