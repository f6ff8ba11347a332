"""Reads the lexicons by which the parts of a prompt are told apart, so that wording is data and not code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from workbench.contracts import SpanKind

_SECTION = re.compile(r"\[(?P<kind>[a-z]+) (?P<weight>[\d.]+)\]")


@dataclass(frozen=True, kw_only=True)
class Cue:
    """One section: the kind it speaks for, how telling it is, and its alternatives.

    ``opening`` holds those that begin a text, ``anywhere`` the others; both expect small letters.
    """

    kind: SpanKind
    weight: float
    opening: re.Pattern[str]
    anywhere: re.Pattern[str]

    def find(self, text: str) -> re.Match[str] | None:
        """Find the first alternative in ``text``, which is in small letters."""
        return self.opening.match(text) or self.anywhere.search(text)


@cache
def cues(name: str) -> tuple[Cue, ...]:
    """Compile ``lexicon/<name>.txt``: each section's kind, weight and alternatives, in the file's order.

    A line is one alternative (regular expression in small letters), ``[kind weight]`` opens a section, ``#``
    a comment; ``@NAME text`` defines what ``<<NAME>>`` stands for.
    """
    names: dict[str, str] = {}
    sections: list[tuple[SpanKind, float, list[str]]] = []
    text = (files("workbench.convert") / "lexicon" / f"{name}.txt").read_text(encoding="utf-8")
    for line in filter(None, text.splitlines()):
        section = _SECTION.fullmatch(line)
        if section is not None:
            sections.append((cast("SpanKind", section["kind"]), float(section["weight"]), []))
        elif line.startswith("@"):
            key, _, value = line[1:].partition(" ")
            names[key] = value
        elif not line.startswith("#"):
            sections[-1][2].append(_filled(line, names))
    return tuple(_cue(kind, weight, alternatives) for kind, weight, alternatives in sections)


def _cue(kind: SpanKind, weight: float, alternatives: list[str]) -> Cue:
    first = [one for one in alternatives if one.startswith("^")]
    others = [one for one in alternatives if not one.startswith("^")]
    return Cue(kind=kind, weight=weight, opening=_either(first), anywhere=_either(others))


def _either(alternatives: list[str]) -> re.Pattern[str]:
    """Join alternatives; none at all never match."""
    return re.compile("|".join(f"(?:{one})" for one in alternatives) or r"(?!)")


def _filled(line: str, names: dict[str, str]) -> str:
    for key, value in names.items():
        line = line.replace(f"<<{key}>>", value)
    return line
