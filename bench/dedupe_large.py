"""Measures `workbench dedupe` on millions of short pairs, as a whole and killed half-way and resumed.

    python -m bench.dedupe_large --rows 10000000 --work DIR [--kill] [--threads 2]

Makes a Parquet file of question-answer pairs (an eleventh of them edited copies), runs the command as a user
would, and prints wall seconds, CPU seconds, the process's peak resident memory (mapped pages included) and
the ledger's hash. With ``--kill`` the same command is run again into another place, killed by SIGKILL once
half of the shards are hashed, run again, and the two ledgers are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

STEP = 250_000
LEXICON = 20_000
COPIES = 11


def make(path: Path, rows: int) -> None:
    """Write ``rows`` pairs of 6 to 14 words, piece by piece; every eleventh repeats the one before it."""
    pieces = path.with_suffix(".pieces")
    pieces.mkdir(exist_ok=True)
    for number, at in enumerate(range(0, rows, STEP)):
        _piece(min(STEP, rows - at), seed=number).write_parquet(pieces / f"{number:05d}.parquet")
    pl.scan_parquet(pieces / "*.parquet").sink_parquet(path)
    for piece in pieces.iterdir():
        piece.unlink()
    pieces.rmdir()


def _piece(rows: int, *, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    syllables = np.array(
        [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
    )
    words = pl.Series(
        ["".join(syllables[rng_row]) for rng_row in np.random.default_rng(7).integers(0, 112, (LEXICON, 3))]
    )
    columns = {}
    for name, least, most in (("question", 8, 14), ("answer", 6, 10)):
        lengths = rng.integers(least, most, rows)
        flat = words.gather(rng.integers(0, LEXICON, int(lengths.sum())))
        row = pl.Series(np.repeat(np.arange(rows), lengths))
        texts = pl.DataFrame({"row": row, "w": flat}).group_by("row", maintain_order=True).agg(pl.col("w"))
        columns[name] = texts["w"].list.join(" ")
    frame = pl.DataFrame(columns)
    copied = pl.int_range(pl.len()) % COPIES == COPIES - 1
    before = [pl.col(name).shift(1).fill_null("") for name in columns]
    # A fifth of the copies is exact; the others have another case or a mark more.
    kind = pl.int_range(pl.len()) // COPIES % 5
    edited = [
        pl.when(kind == 0).then(b).when(kind.is_in([1, 2])).then(b.str.to_uppercase()).otherwise(b + "!")
        for b in before
    ]
    return frame.select(
        pl.when(copied).then(e).otherwise(pl.col(n)).alias(n) for n, e in zip(columns, edited, strict=True)
    )


def run(data: Path, out: Path, threads: int) -> dict[str, Any]:
    """Run the command to its end; return its summary and what it cost."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(_command(data, out, threads), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    kept = ("in", "kept", "dropped", "reasons", "ledger_hash", "peak_mb")
    return {"wall_s": round(time.perf_counter() - begun, 1), "cpu_s": round(cpu, 1)} | {
        k: summary[k] for k in kept
    }


def run_killed(data: Path, out: Path, threads: int) -> dict[str, Any]:
    """Kill the command once half of its shards are hashed, and run it again."""
    from workbench.pipeline.dedupe import Layout

    half = -(-pl.scan_parquet(data).select(pl.len()).collect().item() // Layout().shard_rows) // 2
    process = subprocess.Popen(_command(data, out, threads), stdout=subprocess.DEVNULL)
    while len([*out.with_name(out.name + ".partial").glob("work-*/sign-??????")]) < half:
        if process.poll() is not None:
            raise SystemExit("it ended before it could be killed")
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return {"killed_after_shards": half} | run(data, out, threads)


def _command(data: Path, out: Path, threads: int) -> list[str]:
    options = ["--threads", str(threads), "--no-signatures", "--json", "--quiet", "--force"]
    return [sys.executable, "-m", "workbench", "dedupe", str(data), "--out", str(out), *options]


def main() -> None:
    """Run what the command line asks for, and print one JSON object a line."""
    parser = argparse.ArgumentParser(description="workbench dedupe on millions of short pairs.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--work", type=Path, required=True, help="a folder with some GiB of room")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--kill", action="store_true", help="also kill half-way, resume, and compare")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    data = asked.work / f"pairs-{asked.rows}.parquet"
    if not data.exists():
        make(data, asked.rows)
    size = {"rows": asked.rows, "input_mb": round(data.stat().st_size / (1 << 20), 1)}
    whole = run(data, asked.work / "whole", asked.threads)
    print(json.dumps({"run": "whole", **size, **whole}), flush=True)
    if asked.kill:
        resumed = run_killed(data, asked.work / "killed", asked.threads)
        same = resumed["ledger_hash"] == whole["ledger_hash"]
        print(json.dumps({"run": "killed and resumed", "same_ledger": same, **size, **resumed}))


if __name__ == "__main__":
    main()
