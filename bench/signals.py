"""Measures the pass of all default signals: rows a second and the memory of all processes together.

    python -m bench.signals --rows 100000 --workers 2

Rows are generated: a question of 12 words, a context of 30 and an answer of 60, a fifth of them
Chinese, one in fifty with an e-mail address.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from typing import TYPE_CHECKING

from bench.dedupe import HAN, SYLLABLES
from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.signals import DEFAULT, columns_of, measure

if TYPE_CHECKING:
    import polars as pl

_CHINESE, _PERSONAL, _SENTENCE = 5, 50, 12


def rows(count: int, *, seed: int = 0) -> pl.DataFrame:
    """Make pairs whose every text is different."""
    rng = random.Random(seed)
    lexicon = ["".join(rng.choices(SYLLABLES, k=3)) for _ in range(30_000)]

    def text(words: int, *, chinese: bool) -> str:
        if chinese:
            return "，".join("".join(rng.choices(HAN, k=12)) for _ in range(words // 12)) + "。"
        return " ".join(
            f"{word}." if n % _SENTENCE == _SENTENCE - 1 else word
            for n, word in enumerate(rng.choices(lexicon, k=words))
        )

    def pair(number: int) -> Pair:
        chinese = number % _CHINESE == 0
        asked = text(12, chinese=chinese) + (f" jo{number}@example.com" if number % _PERSONAL == 0 else "")
        context, answer = text(36, chinese=chinese), text(60, chinese=chinese)
        return Pair(
            id=f"{number:08}",
            task="desk",
            prompt=(Message(role="user", content=asked),),
            completion=(Message(role="assistant", content=answer),),
            template_id="t",
            slots=(
                Slot(name="context", type="context", value=context),
                Slot(name="question", type="question", value=asked),
            ),
            source=Source(file="log", line=number + 1, record=number),
            tokens=TokenCounts(original=500, compact=60, completion=80),
        )

    return pairs_to_frame(pair(number) for number in range(count))


def main() -> None:
    """Measure once and print one JSON object."""
    parser = argparse.ArgumentParser(description="The pass of all default signals.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    table = rows(asked.rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    found = measure(table, DEFAULT, workers=asked.workers)
    wall = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    figures = {
        "rows": asked.rows,
        "workers": asked.workers,
        "columns": len(columns_of(DEFAULT)),
        "wall_s": round(wall, 1),
        "rows_per_s": round(asked.rows / wall),
        "peak_mb": round(peak),
        "peak_before_mb": round(before),
        "largest_worker_mb": round(children),
        "pii_rows": int((found["pii"] > 0).sum()),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
