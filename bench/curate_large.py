"""Measures `workbench curate` on many pairs, as a whole and killed half-way and resumed.

    python -m bench.curate_large --rows 1000000 --work DIR [--signals none] [--kill]

Makes pairs of a support desk (a question of 8 to 14 words, a context of 30 to 40 words that a few questions
share, an answer of 30 to 60; every eleventh row repeats the one before it, exactly or edited; one answer in
forty breaks a rule of the contract), runs the command as a user would, and prints wall seconds, CPU seconds,
the hash of the ledger, and the greatest memory of all its processes together: ``anonymous_mb`` is what has
to stay in memory, ``resident_mb`` counts pages of mapped files as well, which the system may drop at any
time. With ``--kill`` the command is run again into another place, killed by SIGKILL half-way, and run again.
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

from bench.dedupe_large import COPIES, LEXICON
from workbench.io.frames import PAIR_SCHEMA
from workbench.pipeline.dedupe.ledger import ledger_hash

STEP = 50_000
SORRY = 40
CONTRACT = """task: desk
rules:
  - {id: short, text: Answer in at most 80 words., kind: length, severity: must,
     check: {use: length, unit: words, max: 80}}
  - {id: apology, text: Never apologise., kind: style, severity: must,
     check: {use: not_contains, phrases: [sorry]}}
"""


def make(place: Path, rows: int) -> None:
    """Write ``rows`` pairs and their contract into ``place``, piece by piece."""
    pieces = place / "pieces"
    pieces.mkdir(parents=True, exist_ok=True)
    for number, at in enumerate(range(0, rows, STEP)):
        _piece(at, min(STEP, rows - at)).write_parquet(pieces / f"{number:05d}.parquet")
    pl.scan_parquet(pieces / "*.parquet").sink_parquet(place / "pairs.parquet")
    for piece in pieces.iterdir():
        piece.unlink()
    pieces.rmdir()
    (place / "contract.yaml").write_text(CONTRACT, encoding="utf-8")


def _texts(rng: np.random.Generator, rows: int, least: int, most: int) -> pl.Series:
    syllables = np.array(
        [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
    )
    words = pl.Series(
        ["".join(row) for row in syllables[np.random.default_rng(7).integers(0, 112, (LEXICON, 3))]]
    )
    lengths = rng.integers(least, most, rows)
    flat = words.gather(rng.integers(0, LEXICON, int(lengths.sum())))
    ends = np.cumsum(lengths) - 1
    flat = flat.scatter(ends, flat.gather(ends) + ".")
    owner = pl.Series(np.repeat(np.arange(rows), lengths))
    grouped = pl.DataFrame({"row": owner, "w": flat}).group_by("row", maintain_order=True).agg(pl.col("w"))
    return grouped["w"].list.join(" ")


def _piece(first: int, rows: int) -> pl.DataFrame:
    rng = np.random.default_rng(first + 1)
    contexts = _texts(rng, rows // 3 + 1, 30, 40)
    number = pl.int_range(pl.len(), dtype=pl.Int64) + first
    frame = pl.DataFrame(
        {
            "question": _texts(rng, rows, 8, 14),
            "context": contexts.gather(rng.integers(0, contexts.len(), rows)),
            "answer": _texts(rng, rows, 30, 60),
        }
    ).with_columns(
        pl.when(number % SORRY == SORRY // 2)
        .then("Sorry. " + pl.col("answer"))
        .otherwise("answer")
        .alias("answer")
    )
    copied, kind = number % COPIES == COPIES - 1, number // COPIES % 5
    frame = frame.with_columns(
        pl.when(copied & (kind == 0))
        .then(pl.col(name).shift(1).fill_null("-"))
        .when(copied)
        .then(pl.col(name).shift(1).fill_null("-") + " lirezan")
        .otherwise(name)
        .alias(name)
        for name in frame.columns
    )
    return frame.select(
        pl.format("{}", (number * 7_919 + 12_345).hash(seed=1)).alias("id"),
        pl.lit("desk").alias("task"),
        pl.concat_list(pl.struct(role=pl.lit("user"), content="question")).alias("prompt"),
        pl.concat_list(pl.struct(role=pl.lit("assistant"), content="answer")).alias("completion"),
        pl.lit("t").alias("template_id"),
        pl.concat_list(
            pl.struct(name=pl.lit("context"), type=pl.lit("context"), value="context"),
            pl.struct(name=pl.lit("question"), type=pl.lit("question"), value="question"),
        ).alias("slots"),
        pl.struct(file=pl.format("log-{}.jsonl", number % 7), line=number + 1, record=number).alias("source"),
        pl.struct(
            original=pl.lit(500, pl.Int64), compact=pl.lit(60, pl.Int64), completion=pl.lit(80, pl.Int64)
        ).alias("tokens"),
        pl.lit("{}").alias("meta"),
    ).match_to_schema(PAIR_SCHEMA)


def run(data: Path, out: Path, options: list[str], *, kill_at: float | None = None) -> dict[str, Any]:
    """Run the command to its end (or kill it after ``kill_at`` seconds); return what it cost and found."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "workbench", "curate", str(data), "--out", str(out), *options]
    peak = {"anonymous_mb": 0, "resident_mb": 0}
    with subprocess.Popen([*command, "--json", "--quiet"], stdout=subprocess.PIPE) as process:
        while process.poll() is None:
            for name, held in zip(peak, _memory(process.pid), strict=True):
                peak[name] = max(peak[name], held)
            if kill_at is not None and time.perf_counter() - begun > kill_at:
                os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.2)
        said = process.stdout.read() if process.stdout else b""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cost = {"wall_s": round(time.perf_counter() - begun, 1), "cpu_s": round(cpu, 1), **peak}
    if process.returncode:
        return {"killed": process.returncode == -signal.SIGKILL, **cost}
    summary = json.loads(said)
    found = {key: summary[key] for key in ("in", "kept", "dropped", "reasons", "parts", "clusters")}
    return cost | found | {"ledger_hash": ledger_hash(pl.read_parquet(out / "ledger.parquet"))}


def _memory(pid: int) -> tuple[int, int]:
    """Return anonymous and resident memory in MiB of a process and all below it."""
    parents = dict[int, list[int]]()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    anonymous = resident = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        waiting += parents.get(one, [])
        try:
            told = dict(line.split(":", 1) for line in Path(f"/proc/{one}/status").read_text().splitlines())
        except OSError:
            continue
        anonymous += int(told.get("RssAnon", "0 kB").split()[0])
        resident += int(told.get("VmRSS", "0 kB").split()[0])
    return anonymous >> 10, resident >> 10


def main() -> None:
    """Run what the command line asks for, and print one JSON object a line."""
    parser = argparse.ArgumentParser(description="workbench curate on many pairs.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True, help="a folder with some GiB of room")
    parser.add_argument("--signals", default="default")
    parser.add_argument("--options", default="", help="further options of the command")
    parser.add_argument("--kill", action="store_true", help="also kill half-way, resume, and compare")
    asked = parser.parse_args()
    data = asked.work / f"pairs-{asked.rows}"
    if not (data / "contract.yaml").exists():
        make(data, asked.rows)
    options = ["--signals", asked.signals, "--force", *asked.options.split()]
    size = {"rows": asked.rows, "input_mb": round((data / "pairs.parquet").stat().st_size / (1 << 20), 1)}
    whole = run(data, asked.work / "whole", options)
    print(json.dumps({"run": "whole", **size, **whole}), flush=True)
    if asked.kill:
        killed = run(data, asked.work / "killed", options, kill_at=whole["wall_s"] / 2)
        resumed = run(data, asked.work / "killed", options)
        same = resumed["ledger_hash"] == whole["ledger_hash"]
        print(json.dumps({"run": "killed", **killed}))
        print(json.dumps({"run": "resumed", "same_ledger": same, **resumed}))


if __name__ == "__main__":
    main()
