"""Draws synthetic logs with known templates and counts how often they are found again exactly.

    python -m bench.templates --draws 200

A draw has 1 to 20 mixed tasks, each with 2 to 8 labelled slots, in the system message or wholly in the user's
turn, English or Chinese; up to three versions of a task follow each other over time, differing in a sentence;
5 % of the rows are noise. A draw counts as exact where every version of every task is found with just its
static text and its slots, and as lossless where every prompt comes back byte for byte.
"""

from __future__ import annotations

import argparse
import json
import random
from typing import NamedTuple

from workbench.convert import induce
from workbench.records import Hole, LogRecord, Message, Source

Parts = tuple[str | None, ...]
CALLS = 40
NOISE = 0.05


class Draw(NamedTuple):
    """Records, and the templates they were made from: static text, and ``None`` for a slot."""

    records: list[LogRecord]
    truth: set[Parts]


def draw(seed: int) -> Draw:
    """Make one log."""
    rng = random.Random(seed)
    words = _lexicon(rng, han=rng.random() < 0.3)  # noqa: PLR2004
    tasks = [_versions(rng, words) for _ in range(rng.randrange(1, 21))]
    place = rng.choice(["user", "system"])
    records = []
    total = CALLS * sum(map(len, tasks))
    for i in range(total):
        versions = rng.choice(tasks)
        parts = versions[i * len(versions) // total]
        filled = "".join(_some(rng, words, 1, 20) if part is None else part for part in parts)
        text = _some(rng, words, 30, 60) if rng.random() < NOISE else filled
        turns = [(place, text), *([("user", _some(rng, words, 3, 9))] if place == "system" else [])]
        records.append(
            LogRecord(
                prompt=tuple(Message(role=role, content=content) for role, content in turns),
                completion=(Message(role="assistant", content="ok"),),
                source=Source(file="x/log.jsonl", line=i + 1, record=i),
            )
        )
    return Draw(records, {parts for versions in tasks for parts in versions})


def recovered(records: list[LogRecord]) -> tuple[set[Parts], bool]:
    """Return the templates found in the position of the prompt, and whether every prompt came back."""
    induced = induce(records)
    found = {
        tuple(None if isinstance(part, Hole) else part.text for part in template.messages[0].parts)
        for template in induced.templates
    }
    back = all(
        induced.templates[at].render({slot.name: slot.value for slot in slots}) == record.prompt
        for record, (at, slots) in zip(records, induced.assigned, strict=True)
    )
    return found, back


def _lexicon(rng: random.Random, *, han: bool) -> list[str]:
    if han:
        return ["".join(chr(0x4E00 + rng.randrange(3000)) for _ in range(2)) for _ in range(2000)]
    return ["".join(rng.choice("bcdfglmnprst") + rng.choice("aeiou") for _ in range(3)) for _ in range(2000)]


def _some(rng: random.Random, words: list[str], low: int, high: int) -> str:
    return " ".join(rng.choices(words, k=rng.randrange(low, high)))


def _versions(rng: random.Random, words: list[str]) -> list[Parts]:
    """Make a task's versions: one sentence of the first part is another in each."""
    sentences = [_some(rng, words, 6, 12).capitalize() + "." for _ in range(rng.randrange(3, 8))]
    rest: list[str | None] = []
    for _ in range(rng.randrange(2, 9)):
        rest += [f"\n{_some(rng, words, 1, 2).capitalize()}: ", None]
    rest.append(f"\n{_some(rng, words, 6, 12).capitalize()}.")
    out = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        out.append((" ".join(sentences) + "\n" + str(rest[0]), *rest[1:]))
        sentences[rng.randrange(len(sentences))] = _some(rng, words, 6, 12).capitalize() + "."
    return list(dict.fromkeys(out))


def main() -> None:
    """Print one JSON object for every draw that isn't exact, and one for all."""
    parser = argparse.ArgumentParser(description="Known templates, found again.")
    parser.add_argument("--draws", type=int, default=200)
    asked = parser.parse_args()
    exact = lossless = 0
    for seed in range(asked.draws):
        made = draw(seed)
        found, back = recovered(made.records)
        lossless += back
        exact += made.truth <= found
        if not (back and made.truth <= found):
            missing = [list(parts) for parts in sorted(made.truth - found, key=str)]
            print(json.dumps({"seed": seed, "lossless": back, "missing": missing}, ensure_ascii=False))
    print(json.dumps({"draws": asked.draws, "exact": exact, "lossless": lossless}), flush=True)


if __name__ == "__main__":
    main()
