"""Measures `workbench convert` beside polars reading and writing the same file.

    python -m bench.convert --rows 100000 1000000 [--keep DIR]

The log is generated: five prompts of about 2 kB with a date in them, a labelled context and question, an
answer; 3 kB a record. Each program runs in a process of its own; figures are wall seconds, CPU seconds (user
and system) and peak memory, summed over that process and its children (Linux). `times_polars` divides our
figure by that of reading the log and writing it as JSON Lines again; `growth` divides by our figure for the
fewest rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
POLARS = "import polars, sys; polars.read_ndjson(sys.argv[1]).write_ndjson(sys.argv[2])"
BLOCKS = 5000
EVERY_S = 0.1


def write_log(path: Path, rows: int, *, seed: int = 0) -> None:
    """Write ``rows`` records of about 3 kB."""
    rng = random.Random(seed)
    lexicon = ["".join(rng.choices(SYLLABLES, k=3)) for _ in range(3000)]

    def some(words: int) -> str:
        return " ".join(rng.choices(lexicon, k=words))

    rules = ["\n".join(f"- {some(11).capitalize()}." for _ in range(20)) for _ in range(5)]
    prompts = [f"You are the desk of {some(2)}.\n{text}\nToday is " for text in rules]
    blocks = [some(14) for _ in range(BLOCKS)]
    with path.open("w", encoding="utf-8") as out:
        for i in range(rows):
            system = f"{prompts[i % 5]}2026-0{i % 9 + 1}-1{i % 10}.\nAnswer in English."
            asked = f"Context:\n{' '.join(rng.choices(blocks, k=4))}\n\nQuestion: {rng.choice(blocks)} {i}?"
            turns = [("system", system), ("user", asked), ("assistant", rng.choice(blocks))]
            messages = [{"role": role, "content": content} for role, content in turns]
            out.write(json.dumps({"id": f"r{i}", "messages": messages}) + "\n")


def measured(command: list[str]) -> dict[str, float]:
    """Run a command and return its wall seconds, CPU seconds and peak memory."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak, ended = 0, 0
    while not ended:
        time.sleep(EVERY_S)
        peak = max(peak, resident(child.pid))
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
    if status:
        raise SystemExit(f"{command[:4]} ended with status {status}")
    return {
        "wall_s": round(time.perf_counter() - begun, 1),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(max(peak / 1e6, used.ru_maxrss * 1024 / 1e6)),
    }


def resident(pid: int) -> int:
    """Return the bytes that a process and its children have in memory, 0 where that can't be told."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


def compared(rows: int, place: Path) -> dict[str, dict[str, float]]:
    """Measure both programs on a log of ``rows`` records; files are removed as soon as they are done with."""
    log, copy, out = place / f"log-{rows}.jsonl", place / "copy.jsonl", place / f"converted-{rows}"
    if not log.exists():
        write_log(log, rows)
    found = {"polars": measured([sys.executable, "-c", POLARS, str(log), str(copy)])}
    copy.unlink()
    verb = [sys.executable, "-m", "workbench", "convert", str(log), "--out", str(out), "--force", "--quiet"]
    found["workbench"] = measured(verb)
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    if summary["pairs"] != rows:
        raise SystemExit(f"{summary['pairs']} pairs from {rows} rows")
    for name in ("wall_s", "cpu_s"):
        ratio = found["workbench"][name] / found["polars"][name]
        found["workbench"][f"{name}_times_polars"] = round(ratio, 2)
    found["workbench"]["log_mb"] = round(log.stat().st_size / 1e6)
    return found


def main() -> None:
    """Print one JSON object a line."""
    parser = argparse.ArgumentParser(description="`workbench convert`, measured beside polars.")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="Folder for log and output, to be used again.")
    asked = parser.parse_args()
    least: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        place = asked.keep or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        for rows in sorted(asked.rows):
            found = compared(rows, place)
            least = least or found["workbench"]
            growth = {f"{n}_growth": round(found["workbench"][n] / least[n], 2) for n in ("wall_s", "cpu_s")}
            print(json.dumps({"rows": rows, **found, **growth}), flush=True)


if __name__ == "__main__":
    main()
