"""Lists of words that the harm and neutrality readers look for, one term a line, sections in brackets."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from workbench.checks.guarded import lowered

_HEAD = 3
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=16)
def lexicon(name: str) -> dict[str, tuple[str, ...]]:
    """Return the sections of ``name.txt``: section name to terms, in file order; ``#`` starts a comment."""
    sections: dict[str, list[str]] = {}
    here: list[str] = []
    for raw in files(__package__).joinpath(f"{name}.txt").read_text("utf-8").splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("["):
            here = sections.setdefault(line.strip("[]"), [])
        elif line:
            here += [term.strip() for term in line.split(",") if term.strip()]
    return {section: tuple(terms) for section, terms in sections.items()}


def sections_in(text: str, name: str) -> frozenset[str]:
    """Name the sections of ``name`` of which a term may stand in the text; of the others none does.

    It looks at the first word of each term (Chinese: at what stands before ``…``), once for all sections.
    """
    plain = lowered(text)
    heads = _heads(name)
    found = set(heads.always)
    if name.endswith("_zh"):
        keys = {*plain, *(a + b for a, b in pairwise(plain))}
        for key in keys & heads.of.keys():
            found.update(section for head, section in heads.of[key] if head in plain)
        return frozenset(found)
    words = set(_WORD.findall(plain))
    found.update(*map(heads.whole.__getitem__, words & heads.whole.keys()))
    for first in {word[:_HEAD] for word in words} & heads.of.keys():
        for head, section in heads.of[first]:
            if head in plain and any(word.startswith(head) for word in words):
                found.add(section)
    return frozenset(found)


class _Heads(NamedTuple):
    """How terms begin: ``whole`` by their first word, ``of`` by its first characters where it may go on."""

    whole: dict[str, set[str]]
    of: dict[str, list[tuple[str, str]]]
    always: frozenset[str]


@lru_cache(maxsize=16)
def _heads(name: str) -> _Heads:
    whole: dict[str, set[str]] = {}
    of: dict[str, list[tuple[str, str]]] = {}
    always = set[str]()
    chinese = name.endswith("_zh")
    for section, terms in lexicon(name).items():
        for term in map(lowered, terms):
            found = _WORD.match(term)
            head = term.split("…")[0] if chinese else found.group() if found else ""
            begins = not chinese and term == head + "*"
            if not head or (begins and len(head) < _HEAD):
                always.add(section)
            elif chinese or begins:
                of.setdefault(head[: 2 if chinese else _HEAD], []).append((head, section))
            else:
                whole.setdefault(head, set()).add(section)
    return _Heads(whole, of, frozenset(always))
