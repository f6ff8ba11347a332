"""Measures duplicate search beside rensa and datasketch on corpora with planted near duplicates.

    python -m bench.dedupe --rows 20000 100000 --languages en zh mixed [--peers rensa datasketch]
                           [--text-dedup PYTHON] [--datatrove PYTHON]

Every search runs alone in a process of its own, after a warm-up on 200 texts, and reads the texts itself
from one Parquet file, some thousand at a time. It reports wall and CPU seconds from file to result, the peak
memory of the process, and how much of that the program and its libraries took before the search began.
``workbench`` is the step's search with every edge verified; ``command`` is the whole of `workbench dedupe`,
from the file to files of kept rows, dropped rows and ledger. ``rensa`` is the pipeline of its README
(``RMinHashDeduplicator`` with LSH, 128 permutations) and ``datasketch`` that of its manual (``MinHashLSH``),
both on the same shingles. text-dedup and datatrove clash with the workbench's own libraries, so each is run
by an interpreter of its own, if one is named: ``bench/dedupe_peers.py`` says how.

Recall is over planted pairs whose true Jaccard (computed here, from words) reaches the threshold: found is a
pair of which a row was removed. Precision is over removed rows: right are rows of such a pair, and rows with
a true Jaccard at the threshold to the row that the search names.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
HAN = [chr(0x4E00 + i) for i in range(3000)]
WORDS = 90
THRESHOLD = 0.8
GROUP = 8_192
WORD_SHINGLE, CHARACTER_SHINGLE = 3, 5
Pairs = list[tuple[int, int]]


def corpus(rows: int, *, language: str, seed: int = 0) -> tuple[list[str], Pairs]:
    """Make ``rows`` texts, a fifth of them edited copies of others; return them and the planted pairs."""
    rng = random.Random(seed)
    spaced = ["".join(rng.choices(SYLLABLES, k=3)) for _ in range(30_000)]
    fresh = rows - rows // 5

    def lexicon(at: int) -> list[str]:
        return HAN if language == "zh" or (language == "mixed" and at % 2) else spaced

    words = [rng.choices(lexicon(at), k=WORDS) for at in range(fresh)]
    planted = []
    for at, source in enumerate(rng.sample(range(fresh), rows // 5), fresh):
        copy = list(words[source])
        for place in rng.sample(range(WORDS), rng.randint(0, 6)):
            copy[place] = rng.choice(lexicon(source))
        words.append(copy)
        planted.append((source, at))
    return [("" if text[0] in HAN else " ").join(text) for text in words], planted


def grams(text: str) -> list[str]:
    """Return the shingles of a text: the truth that hashes are held against, and what the peers are fed."""
    words, size = (text.split(), WORD_SHINGLE) if " " in text else (list(text), CHARACTER_SHINGLE)
    return [" ".join(words[i : i + size]) for i in range(len(words) - size + 1)]


def jaccard(left: str, right: str) -> float:
    """Compute the true Jaccard of two texts."""
    a, b = set(grams(left)), set(grams(right))
    return len(a & b) / len(a | b)


def read(path: Path) -> Iterator[pl.Series]:
    """Read the texts of a file, some thousand at a time."""
    for at in range(0, height(path), GROUP):
        yield pl.scan_parquet(path, glob=False).slice(at, GROUP).collect()["text"]


def height(path: Path) -> int:
    """Count the rows of a file."""
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def each(path: Path) -> Iterator[tuple[int, str]]:
    """Read the texts of a file one by one, with their numbers."""
    return enumerate(text for piece in read(path) for text in piece.to_list())


def by_workbench(path: Path) -> Pairs:
    """Run our search; return (kept, dropped)."""
    from workbench.similarity import TextStream
    from workbench.steps import NearDedup

    step = NearDedup(threshold=THRESHOLD, ngram=WORD_SHINGLE, char_ngram=CHARACTER_SHINGLE)
    texts = TextStream(
        pieces=lambda: (piece.to_frame() for piece in read(path)),
        rows=height(path),
        fields=1,
        ngram=step.ngram,
        char_ngram=step.char_ngram,
    )
    kept_of, _ = step.search(texts, group=np.zeros(texts.rows, np.uint64))
    return [(int(kept_of[i]), int(i)) for i in np.flatnonzero(kept_of >= 0)]


def by_command(path: Path) -> Pairs:
    """Run all of `workbench dedupe`; return (kept, dropped)."""
    from workbench.pipeline.dedupe import Layout, dedupe

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        dedupe(path, out=Path(folder), layout=Layout(signatures=False))
        ledger = pl.read_parquet(f"{folder}/ledger.parquet")
        pairs = ledger.select(pl.col("kept_id", "id").cast(pl.Int64)).rows()
    return [(int(kept), int(gone)) for kept, gone in pairs]


def by_rensa(path: Path) -> Pairs:
    """Run rensa's documented pipeline; it names no row kept instead (-1)."""
    from rensa import RMinHashDeduplicator

    search = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=128, use_lsh=True)
    kept = search.add_pairs((str(at), grams(text)) for at, text in each(path))
    return [(-1, at) for at, stays in enumerate(kept) if not stays]


def by_datasketch(path: Path) -> Pairs:
    """Run datasketch's MinHashLSH as its manual shows, each hit verified on the true sets."""
    from datasketch import MinHash, MinHashLSH

    lsh, found = MinHashLSH(threshold=THRESHOLD, num_perm=128), []
    texts: list[str] = []
    for at, text in each(path):
        texts.append(text)
        signature = MinHash(num_perm=128)
        signature.update_batch([gram.encode() for gram in grams(text)])
        hits = [int(hit) for hit in lsh.query(signature)]
        alike = [hit for hit in hits if jaccard(texts[hit], text) >= THRESHOLD]
        if alike:
            found.append((min(alike), at))
        else:
            lsh.insert(str(at), signature)
    return found


SEARCHES: dict[str, Callable[[Path], Pairs]] = {
    "workbench": by_workbench,
    "command": by_command,
    "rensa": by_rensa,
    "datasketch": by_datasketch,
}


def alone(name: str, data: Path, found: Path) -> None:
    """Be the child process: run one search over the texts in ``data``, leave what it found and its cost."""
    search, few = SEARCHES[name], data.with_suffix(".few")
    pl.scan_parquet(data).head(200).collect().write_parquet(few)
    search(few)
    started, wall, cpu = own_peak_mb(), time.perf_counter(), time.process_time()
    pairs = search(data)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    cost = {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "peak_mb": own_peak_mb(), "started_mb": started}
    np.save(found, np.array(pairs, np.int64).reshape(-1, 2))
    print(json.dumps(cost))


def own_peak_mb() -> int:
    """Return the most memory that this program held, in MiB.

    Not ``ru_maxrss``: a child is born with its parent's, which here holds the corpus.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024)
    return 0


def measured(
    name: str, data: Path, truth: set[tuple[int, int]], texts: list[str], *, python: str | None = None
) -> dict[str, Any]:
    """Run one search in its own process (by ``python``, if named) and hold it against the truth."""
    if python:
        pairs, cost = foreign(name, data, python=python, rows=len(texts))
    else:
        found = data.with_suffix(f".{name}.npy")
        command = [sys.executable, "-m", "bench.dedupe", "--alone", name, str(data), str(found)]
        cost = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        pairs = [(int(a), int(b)) for a, b in np.load(found)]
    gone = {at for _, at in pairs}
    twins = {at for pair in truth for at in pair}
    right = sum(
        at in twins or (kept >= 0 and jaccard(texts[kept], texts[at]) >= THRESHOLD) for kept, at in pairs
    )
    recall = sum(source in gone or copy in gone for source, copy in truth) / max(len(truth), 1)
    return cost | {
        "removed": len(pairs),
        "recall": round(recall, 4),
        "precision": round(right / max(len(pairs), 1), 4),
    }


def foreign(name: str, data: Path, *, python: str, rows: int) -> tuple[Pairs, dict[str, Any]]:
    """Run a peer that lives in another environment; it names no row kept instead (-1)."""
    ids = data.with_suffix(f".{name}.json")
    command = [python, str(Path(__file__).with_name("dedupe_peers.py")), name, str(data), str(ids)]
    cost = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    kept = set(json.loads(ids.read_text()))
    return [(-1, at) for at in range(rows) if at not in kept], cost


def main() -> None:
    """Run what the command line asks for, and print one JSON object a line."""
    parser = argparse.ArgumentParser(description="Duplicate search, measured beside its peers.")
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--languages", choices=["en", "zh", "mixed"], nargs="+", default=["en"])
    parser.add_argument("--peers", choices=["rensa", "datasketch"], nargs="*", default=[])
    for name in ("text-dedup", "datatrove"):
        told = f"an interpreter that has {name}; English only (see bench/dedupe_peers.py)"
        parser.add_argument(f"--{name}", metavar="PYTHON", help=told)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each search; the fastest counts")
    parser.add_argument("--alone", nargs=3, metavar=("SEARCH", "DATA", "FOUND"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        alone(asked.alone[0], Path(asked.alone[1]), Path(asked.alone[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        for rows in asked.rows:
            for language in asked.languages:
                texts, planted = corpus(rows, language=language)
                data = Path(folder, f"{language}-{rows}.parquet")
                frame = pl.DataFrame({"text": texts}).with_row_index("id")
                frame.write_parquet(data, compression="uncompressed", row_group_size=GROUP)
                truth = {(a, b) for a, b in planted if jaccard(texts[a], texts[b]) >= THRESHOLD}
                others = {"text-dedup": asked.text_dedup, "datatrove": asked.datatrove}
                others = {name: python for name, python in others.items() if python and language == "en"}
                for name in ("workbench", "command", *asked.peers, *others):
                    python = others.get(name)
                    runs = [measured(name, data, truth, texts, python=python) for _ in range(asked.repeat)]
                    best = min(runs, key=lambda run: run["wall_s"])
                    print(
                        json.dumps({"search": name, "rows": rows, "language": language, **best}), flush=True
                    )


if __name__ == "__main__":
    main()
