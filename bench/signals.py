"""Measures the pass of all default signals: rows a second and the memory of all processes together.

    python -m bench.signals --rows 100000 --workers 2
    python -m bench.signals --rows 20000 --each [--pairs FILE] [--language en|zh|mixed]

Rows are generated: a question of 12 words, a context of 30 and an answer of 60, a fifth of them
Chinese, one in fifty with an e-mail address. ``--each`` measures each default signal by itself in one
process: CPU microseconds a row (the least of three rounds), texts that several signals read cut into words
and sentences beforehand (``texts``). ``--pairs`` takes a pairs file instead.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.dedupe import HAN, SYLLABLES
from workbench.io.frames import pairs_to_frame, read_pairs
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.signals import DEFAULT, Tools, by_row, columns_of, measure
from workbench.signals.rows import Row, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

_ROUNDS = 3
_SHARED = ("asked_words", "answer_words", "prose", "prose_words", "prose_language", "sentences")
_CHINESE, _PERSONAL, _SENTENCE = 5, 50, 12


def rows(count: int, *, seed: int = 0, language: str = "mixed") -> pl.DataFrame:
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
        chinese = number % _CHINESE == 0 if language == "mixed" else language == "zh"
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


def each(table: pl.DataFrame) -> dict[str, float]:
    """Measure the signals one by one; return the CPU microseconds a row of each."""
    tools = Tools()
    spent: dict[str, float] = {}
    for _ in range(_ROUNDS):
        made = list[Row]()
        works: dict[str, Callable[[], object]] = {"rows": lambda made=made: made.extend(rows_of(table))}
        works["texts"] = lambda made=made: [getattr(row, name) for row in made for name in _SHARED]
        for signal in by_row(DEFAULT):
            tag = str(signal.__struct_config__.tag)
            works[tag] = lambda made=made, signal=signal: [signal.of(row, tools) for row in made]
        gc.disable()  # as the command does while it measures
        for name, work in works.items():
            begun = time.process_time()
            work()
            spent[name] = min(time.process_time() - begun, spent.get(name, math.inf))
        gc.enable()
    return {name: round(1e6 * seconds / table.height, 1) for name, seconds in spent.items()}


def main() -> None:
    """Measure once and print one JSON object."""
    parser = argparse.ArgumentParser(description="The pass of all default signals.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--language", choices=["en", "zh", "mixed"], default="mixed")
    parser.add_argument("--pairs", type=Path, help="a pairs file instead of rows that are made")
    parser.add_argument("--each", action="store_true", help="every signal by itself")
    asked = parser.parse_args()
    table = read_pairs(asked.pairs) if asked.pairs else rows(asked.rows, language=asked.language)
    if asked.each:
        found = each(table)
        print(json.dumps({"rows": table.height, "us_per_row": found, "all": round(sum(found.values()))}))
        return
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    found = measure(table, DEFAULT, workers=asked.workers)
    wall = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    figures = {
        "rows": table.height,
        "workers": asked.workers,
        "columns": len(columns_of(DEFAULT)),
        "wall_s": round(wall, 1),
        "rows_per_s": round(table.height / wall),
        "peak_mb": round(peak),
        "peak_before_mb": round(before),
        "largest_worker_mb": round(children),
        "pii_rows": int((found["pii"] > 0).sum()),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
