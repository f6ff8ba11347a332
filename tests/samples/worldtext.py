"""Reads the committed samples and suites, and finds the world's names and numbers in a text."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from samples.world import names  # noqa: E402 (the repository root is not installed)

NUMBER = re.compile(
    r"\d+ (?:January|February|March|April|May|June|July|August|September|October|November|December)|\d+"
)
NAME = re.compile(r"\b[A-Z][a-z]{3,}\b")
ENGLISH = frozenset(("June", "Note"))  # words that look like invented names
SUFFIX = re.compile(r"(?:post|way|by|ham|burg|land)$")
ALPHABET = re.compile(
    f"^({'|'.join(names.ONSETS)})[aeiou]({'|'.join(names.MIDDLES)})({'|'.join(names.ENDINGS)})$",
    re.IGNORECASE,
)


def suite(behaviour: str) -> list[dict[str, Any]]:
    text = (ROOT / "evals" / behaviour / "support.en.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def records(name: str) -> dict[str, dict[str, Any]]:
    found = {}
    for line in (ROOT / "samples" / name / "logs.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if len(record["messages"]) == 3 and isinstance(record["messages"], list):
            found[record["id"]] = record
    return found


def planted(name: str) -> list[dict[str, Any]]:
    text = (ROOT / "samples" / name / "planted.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def invented_names(text: str) -> set[str]:
    """Give the bare names in a text: words of the generator's shape, without endings of places."""
    bare = {SUFFIX.sub("", word) for word in NAME.findall(text) if word not in ENGLISH}
    return {word for word in bare if ALPHABET.match(word)}
