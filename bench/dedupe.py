"""Measures duplicate search beside datasketch on a generated corpus with planted near duplicates.

    python -m bench.dedupe --rows 100000 [--against datasketch] [--language en|zh]

Every figure is of this process: wall and CPU seconds of the search alone, once the kernels are compiled, and
of the process's peak memory. Recall and precision are over planted pairs whose true Jaccard (computed here,
from the words) reaches the threshold; a removal that names another row than the planted one counts as false
unless its true Jaccard reaches the threshold too.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from workbench.steps import NearDedup

if TYPE_CHECKING:
    from collections.abc import Callable

SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]
HAN = [chr(0x4E00 + i) for i in range(3000)]
WORDS = 90
SIZES = {"en": 3, "zh": 5}


def corpus(rows: int, *, language: str, seed: int = 0) -> tuple[list[str], list[tuple[int, int]]]:
    """Make ``rows`` texts, a fifth of them edited copies of others; return them and the planted pairs."""
    rng = random.Random(seed)
    lexicon = HAN if language == "zh" else ["".join(rng.choices(SYLLABLES, k=3)) for _ in range(30_000)]
    joint = "" if language == "zh" else " "
    fresh = rows - rows // 5
    words = [rng.choices(lexicon, k=WORDS) for _ in range(fresh)]
    planted = []
    for at, source in enumerate(rng.sample(range(fresh), rows // 5), fresh):
        copy = list(words[source])
        for place in rng.sample(range(WORDS), rng.randint(0, 6)):
            copy[place] = rng.choice(lexicon)
        words.append(copy)
        planted.append((source, at))
    return [joint.join(text) for text in words], planted


def grams(text: str, language: str) -> set[tuple[str, ...]]:
    """Return the shingles as tuples of words: the truth that hashes are held against."""
    words, size = (list(text) if language == "zh" else text.split()), SIZES[language]
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


def jaccard(left: str, right: str, language: str) -> float:
    """Compute the true Jaccard of two texts."""
    a, b = grams(left, language), grams(right, language)
    return len(a & b) / len(a | b)


def ours(texts: list[str], language: str, threshold: float) -> list[tuple[int, int]]:
    """Run our search; return (kept, dropped)."""
    step = NearDedup(threshold=threshold, ngram=3, char_ngram=SIZES[language])
    shingled = step.shingled([pl.Series(texts)])
    kept_of, _ = step.search(shingled, group=np.zeros(len(texts), np.uint64))
    return [(int(kept_of[i]), int(i)) for i in np.flatnonzero(kept_of >= 0)]


def by_datasketch(texts: list[str], language: str, threshold: float) -> list[tuple[int, int]]:
    """Run datasketch's MinHashLSH as its manual shows, each hit verified as we do."""
    from datasketch import MinHash, MinHashLSH

    lsh, found = MinHashLSH(threshold=threshold, num_perm=128), []
    for at, text in enumerate(texts):
        signature = MinHash(num_perm=128)
        signature.update_batch([" ".join(gram).encode() for gram in grams(text, language)])
        hits = [int(hit) for hit in lsh.query(signature)]
        alike = [hit for hit in hits if jaccard(texts[hit], text, language) >= threshold]
        if alike:
            found.append((min(alike), at))
        else:
            lsh.insert(str(at), signature)
    return found


def measured(
    search: Callable[[list[str], str, float], list[tuple[int, int]]],
    texts: list[str],
    planted: list[tuple[int, int]],
    *,
    language: str,
    threshold: float,
) -> dict[str, float]:
    """Time a search and hold it against the truth."""
    truth = {at for source, at in planted if jaccard(texts[source], texts[at], language) >= threshold}
    wall, cpu = time.perf_counter(), time.process_time()
    found = search(texts, language, threshold)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    right = sum(jaccard(texts[a], texts[b], language) >= threshold for a, b in found)
    return {
        "wall_s": round(wall, 3),
        "cpu_s": round(cpu, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "removed": len(found),
        "recall": round(len(truth & {at for _, at in found}) / max(len(truth), 1), 4),
        "precision": round(right / max(len(found), 1), 4),
    }


def main() -> None:
    """Run what the command line asks for, and print one JSON object a line."""
    parser = argparse.ArgumentParser(description="Duplicate search, measured beside datasketch.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--language", choices=sorted(SIZES), default="en")
    parser.add_argument("--against", choices=["datasketch"], help="run this one too, in the same process")
    asked = parser.parse_args()
    texts, planted = corpus(asked.rows, language=asked.language)
    ours(texts[:50], asked.language, asked.threshold)
    searches = {"workbench": ours} | ({"datasketch": by_datasketch} if asked.against else {})
    for name, search in searches.items():
        figures = measured(search, texts, planted, language=asked.language, threshold=asked.threshold)
        print(json.dumps({"search": name, "rows": asked.rows, "language": asked.language, **figures}))


if __name__ == "__main__":
    main()
