"""Lists of words that the harm and neutrality readers look for, one term a line, sections in brackets."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


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
