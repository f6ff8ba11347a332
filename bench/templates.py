"""Draws synthetic logs with known templates and counts how often they are found again exactly.

    python -m bench.templates --draws 200 [--first SEED]

A draw has 1 to 20 mixed tasks, each with 2 to 8 labelled slots, in the system message or wholly in the user's
turn, English or Chinese; up to three versions of a task follow each other over time, differing in a sentence;
5 % of the rows are noise. In three tasks of ten one slot is a list of tools, another subset in each call, in
five forms; in three of ten one holds up to five passages, none as well, in three forms; in a fifth of draws
half of the calls end their lines as Windows does, and both spellings are to be found. A draw counts as exact
where every version of every task is found with its static text and slots alone, and as lossless where every
prompt comes back byte for byte.
"""

from __future__ import annotations

import argparse
import json
import random
from typing import TYPE_CHECKING, NamedTuple

from workbench.convert import induce
from workbench.records import Hole, LogRecord, Message, Source

if TYPE_CHECKING:
    from collections.abc import Callable

Parts = tuple[str | None, ...]
CALLS = 40
NOISE = 0.05
TOOLS = PASSAGES = 0.3
WINDOWS = 0.2


class Draw(NamedTuple):
    """Records, and the templates they were made from: static text, and ``None`` for a slot."""

    records: list[LogRecord]
    truth: set[Parts]


class Task(NamedTuple):
    """The versions of a prompt, and what fills their slots, in order."""

    versions: list[Parts]
    fills: list[Callable[[], str]]


def draw(seed: int) -> Draw:
    """Make one log."""
    rng = random.Random(seed)
    words = _lexicon(rng, han=rng.random() < 0.3)  # noqa: PLR2004
    tasks = [_task(rng, words) for _ in range(rng.randrange(1, 21))]
    place = rng.choice(["user", "system"])
    ends = ["\n", "\r\n"] if rng.random() < WINDOWS else ["\n"]
    records = []
    total = CALLS * len(ends) * sum(len(task.versions) for task in tasks)
    for i in range(total):
        task = rng.choice(tasks)
        fills = iter(task.fills)
        parts = task.versions[i * len(task.versions) // total]
        filled = "".join(next(fills)() if part is None else part for part in parts)
        text = _some(rng, words, 30, 60) if rng.random() < NOISE else filled
        text = text.replace("\n", rng.choice(ends))
        turns = [(place, text), *([("user", _some(rng, words, 3, 9))] if place == "system" else [])]
        records.append(
            LogRecord(
                prompt=tuple(Message(role=role, content=content) for role, content in turns),
                completion=(Message(role="assistant", content="ok"),),
                source=Source(file="x/log.jsonl", line=i + 1, record=i),
            )
        )
    truth = {
        tuple(part and part.replace("\n", end) for part in parts)
        for task in tasks
        for parts in task.versions
        for end in ends
    }
    return Draw(records, truth)


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


def _task(rng: random.Random, words: list[str]) -> Task:
    """Make a task's versions: one sentence of the first part is another in each."""
    sentences = [_some(rng, words, 6, 12).capitalize() + "." for _ in range(rng.randrange(3, 8))]
    rest: list[str | None] = []
    fills: list[Callable[[], str]] = []
    listed = [make for make, share in ((_tools, TOOLS), (_passages, PASSAGES)) if rng.random() < share]
    for k in range(max(rng.randrange(2, 9), len(listed))):
        of_list = k < len(listed)
        gap = "\n" if of_list else " "
        rest += [f"\n{_some(rng, words, 1, 2).capitalize()}:{gap}", None]
        fills.append(listed[k](rng, words) if of_list else lambda: _some(rng, words, 1, 20))
    rest.append(f"\n{_some(rng, words, 6, 12).capitalize()}.")
    out = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        out.append((" ".join(sentences) + "\n" + str(rest[0]), *rest[1:]))
        sentences[rng.randrange(len(sentences))] = _some(rng, words, 6, 12).capitalize() + "."
    return Task(list(dict.fromkeys(out)), fills)


def _tools(rng: random.Random, words: list[str]) -> Callable[[], str]:
    """Make lists of one to six of twelve tools, in one form."""
    tools = [
        {
            "name": f"tool_{k}",
            "description": _some(rng, words, 4, 9),
            "parameters": {"type": "object", "properties": {f"p{k}": {"type": "string"}}},
        }
        for k in range(12)
    ]
    form = rng.choice([json.dumps, lambda own: json.dumps(own, indent=2), _a_line, _tagged, str])
    return lambda: form(rng.sample(tools, rng.randrange(1, 7)))


def _a_line(tools: list[dict[str, object]]) -> str:
    return "\n".join(map(json.dumps, tools))


def _tagged(tools: list[dict[str, object]]) -> str:
    return "\n".join(f"<tool>\n{json.dumps(tool)}\n</tool>" for tool in tools)


def _passages(rng: random.Random, words: list[str]) -> Callable[[], str]:
    """Make up to five passages, none as well, in one form."""
    form = rng.choice(["[{}] {}", '<document index="{}">\n{}\n</document>', "Passage {}: {}"])
    return lambda: "\n".join(form.format(k + 1, _some(rng, words, 8, 30)) for k in range(rng.randrange(6)))


def main() -> None:
    """Print one JSON object for every draw that isn't exact, and one for all."""
    parser = argparse.ArgumentParser(description="Known templates, found again.")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="Seed of the first draw (default: 0).")
    asked = parser.parse_args()
    exact = lossless = 0
    for seed in range(asked.first, asked.first + asked.draws):
        made = draw(seed)
        templates, back = recovered(made.records)
        lossless += back
        exact += made.truth <= templates
        if not (back and made.truth <= templates):
            missing = [list(parts) for parts in sorted(made.truth - templates, key=str)]
            print(json.dumps({"seed": seed, "lossless": back, "missing": missing}, ensure_ascii=False))
    found = {"draws": asked.draws, "first": asked.first, "exact": exact, "lossless": lossless}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
