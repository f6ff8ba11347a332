"""Logs as they are in life: most answers good, some broken, some repeated, a few lines cut."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samples.world import desks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samples.world.desks import Call, Desk


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one log is made: seed, number of records, shares of faults and repeats, malformed lines."""

    desk: Desk
    seed: int
    records: int
    faults: float = 0.04
    repeats: float = 0.06
    malformed: tuple[str, ...] = ()
    model: str = "large-1"
    start: int = 1_767_225_600
    gap: int = 900


def plans() -> tuple[Plan, ...]:
    """Give the plans of the three logs that come with the package."""
    every = ("cut", "no answer", "no list", "not JSON", "no messages")
    return (
        Plan(desk=desks.support(), seed=20260101, records=1260, malformed=every),
        Plan(desk=desks.brief(), seed=20260102, records=400, malformed=("cut",)),
        Plan(desk=desks.chinese_support(), seed=20260103, records=200, malformed=("no answer",)),
    )


def files(plan: Plan) -> dict[str, str]:
    """Make the files of one log by their path under `samples/`: prompt, log, and what was planted in it."""
    rng = random.Random(plan.seed)
    lines, planted = _write(rng, plan, _order(rng, plan))
    folder = plan.desk.name
    return {
        f"{folder}/prompt.md": plan.desk.prompt + "\n",
        f"{folder}/logs.jsonl": "".join(f"{line}\n" for line in lines),
        f"{folder}/planted.jsonl": "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in planted),
    }


def _order(rng: random.Random, plan: Plan) -> list[tuple[Call, str]]:
    """Put calls in the order of the log; beside each stands "", or "exact" or "near" for a repeat to come."""
    repeats, faults = round(plan.records * plan.repeats), round(plan.records * plan.faults)
    fresh = plan.records - repeats
    wanted = [plan.desk.faults[number % len(plan.desk.faults)] for number in range(faults)]
    wanted += [""] * (fresh - faults)
    rng.shuffle(wanted)
    calls = [plan.desk.draw(rng, fault) for fault in wanted]
    clean = [number for number, call in enumerate(calls) if not call.fault]
    again = {number: ("exact", "near")[turn % 2] for turn, number in enumerate(rng.sample(clean, repeats))}
    return [(call, again.get(number, "")) for number, call in enumerate(calls)]


def _write(
    rng: random.Random, plan: Plan, order: list[tuple[Call, str]]
) -> tuple[list[str], list[dict[str, Any]]]:
    """Write the lines of the log, each repeat some way after its original, and what was planted."""
    entries: list[tuple[float, dict[str, Any], dict[str, Any]]] = []
    for place, (call, again) in enumerate(order):
        record = _record(rng, plan, call.user, call.answer)
        entries.append((place, record, {"id": record["id"], "rule": call.fault} if call.fault else {}))
        if again:
            user = call.user if again == "exact" else _reworded(rng, plan.desk, call.user)
            copy = _record(rng, plan, user, call.answer)
            truth = {"id": copy["id"], "repeats": record["id"], "how": again}
            entries.append((rng.uniform(place, len(order)), copy, truth))
    entries.sort(key=lambda entry: entry[0])
    lines, planted = [], []
    for number, (_, record, truth) in enumerate(entries):
        record["created"] = plan.start + plan.gap * number + rng.randrange(plan.gap)
        lines.append(json.dumps(record, ensure_ascii=False))
        planted += [truth] if truth else []
    places = sorted(rng.sample(range(len(lines)), len(plan.malformed)))
    for place, name in zip(places, plan.malformed, strict=True):
        lines.insert(place, _malformed(name, json.loads(lines[place])))
        planted.append({"line": place + 1, "malformed": name})
    return lines, planted


def _record(rng: random.Random, plan: Plan, user: str, answer: str) -> dict[str, Any]:
    turns = (("system", plan.desk.prompt), ("user", user), ("assistant", answer))
    return {
        "id": f"call-{rng.getrandbits(48):012x}",
        "created": plan.start,
        "model": plan.model,
        "messages": [{"role": role, "content": content} for role, content in turns],
    }


def _reworded(rng: random.Random, desk: Desk, user: str) -> str:
    """Say the same again: a greeting before the last line, thanks after it, or a space too many."""
    before, after = desk.greetings
    head, mark, last = user.rpartition("\n" if desk.name == "chinese" else ": ")
    spaced = head + mark + " " + last
    return rng.choice(
        (head + mark + before + last, user + after, spaced) if before else (user + after, spaced)
    )


def _malformed(name: str, record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False)
    turns = record["messages"]
    kept: dict[str, list[Any] | str] = {
        "no answer": turns[:2],
        "no list": turns[1]["content"],
        "no messages": [],
    }
    if name in kept:
        return json.dumps({**record, "messages": kept[name]}, ensure_ascii=False)
    return {"cut": text[: len(text) * 3 // 4], "not JSON": "-- log rotated --"}[name]


def every_file() -> Iterator[tuple[str, str]]:
    """Yield path under `samples/` and text of every file of every log."""
    for plan in plans():
        yield from files(plan).items()
