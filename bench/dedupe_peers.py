"""Runs text-dedup or datatrove as its manual shows, with that peer's own interpreter, for `bench.dedupe`.

    PYTHON bench/dedupe_peers.py {text-dedup,datatrove} DATA.parquet IDS.json

``PYTHON`` is an environment that has the peer; this file needs nothing else. Writes the ids of the rows kept,
and prints wall seconds, CPU seconds and peak memory of the peer and all of its processes (proportional set
size, sampled ten times a second). Both peers cut words at what is no letter, so English is what they are
asked; both may use two processes, have shingles of three words, and remove by bands alone, without looking
at a text again. text-dedup chooses its bands for the threshold out of 128 permutations; datatrove has the 14
bands of 8 of its manual.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

THRESHOLD, WORD_SHINGLE, PERMUTATIONS, PROCESSES = 0.8, 3, 128, 2


def text_dedup(data: Path, folder: Path) -> list[int]:
    """Run the command of text-dedup's README; return the ids that it keeps."""
    options = {
        "path": "parquet",
        "data_files": data,
        "split": "train",
        "cache_dir": folder / "cache",
        "output": folder / "kept",
        "column": "text",
        "ngram": WORD_SHINGLE,
        "num_perm": PERMUTATIONS,
        "threshold": THRESHOLD,
        "hash_func": "xxh3",
        "num_proc": PROCESSES,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    log = (folder / "log").open("w")
    subprocess.run([sys.executable, "-m", "text_dedup.minhash", *words], check=True, stdout=log, stderr=log)
    from datasets import load_from_disk

    return [int(at) for at in load_from_disk(str(folder / "kept"))["id"]]


def datatrove(data: Path, folder: Path) -> list[int]:
    """Run the four stages of datatrove's example; return the ids that it keeps."""
    log = (folder / "log").open("w")
    command = [sys.executable, __file__, "datatrove-stages", str(data), str(folder)]
    subprocess.run(command, check=True, stdout=log, stderr=log)
    kept = (folder / "kept").glob("*.jsonl")
    rows = (json.loads(line) for file in kept for line in file.read_text().splitlines())
    return [int(row.get("id", 0)) for row in rows]  # its writer leaves an id of 0 out


def datatrove_stages(data: Path, folder: Path) -> None:
    """Be the process that drives datatrove's stages."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    config = MinhashConfig(n_grams=WORD_SHINGLE)
    made = {name: str(folder / name) for name in ("signatures", "buckets", "removed", "kept", "logs")}

    def reader() -> ParquetReader:
        return ParquetReader(str(data.parent), glob_pattern=data.name, text_key="text", id_key="id")

    stages = [
        ([reader(), MinhashDedupSignature(output_folder=made["signatures"], config=config)], 1),
        (
            [MinhashDedupBuckets(made["signatures"], made["buckets"], config=config)],
            config.num_buckets,
        ),
        ([MinhashDedupCluster(made["buckets"], made["removed"], config=config)], 1),
        (
            [
                reader(),
                MinhashDedupFilter(input_folder=made["removed"]),
                JsonlWriter(made["kept"], compression=None),
            ],
            1,
        ),
    ]
    for number, (steps, tasks) in enumerate(stages):
        LocalPipelineExecutor(
            pipeline=steps, tasks=tasks, workers=min(tasks, PROCESSES), logging_dir=f"{made['logs']}/{number}"
        ).run()


def descendants(root: int) -> list[int]:
    """List the processes below ``root``."""
    found, at = [root], 0
    while at < len(found):
        for task in Path(f"/proc/{found[at]}/task").glob("*/children"):
            try:
                found += [int(word) for word in task.read_text().split()]
            except OSError:
                continue
        at += 1
    return found[1:]


def held_kb(process: int) -> int:
    """Return the proportional set size of a process, 0 once it is gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Run the peer that is asked for, and print its cost as one JSON object."""
    import os

    name, data, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if name == "datatrove-stages":
        datatrove_stages(data, out)
        return
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], sum(held_kb(one) for one in descendants(os.getpid())))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with tempfile.TemporaryDirectory(dir=data.parent) as folder:
            begun = time.perf_counter()
            kept = {"text-dedup": text_dedup, "datatrove": datatrove}[name](data, Path(folder))
            wall = time.perf_counter() - begun
    finally:
        done.set()
        watcher.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    out.write_text(json.dumps(kept))
    cost = {"wall_s": round(wall, 2), "cpu_s": round(used.ru_utime + used.ru_stime, 2)}
    print(json.dumps(cost | {"peak_mb": round(peak[0] / 1024)}))


if __name__ == "__main__":
    main()
