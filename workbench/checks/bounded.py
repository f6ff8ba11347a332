"""Runs the regular expressions of contracts within bounds, so that no rule can hang a run."""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from workbench.errors import ConfigError, Finding
from workbench.text import excerpt

MAX_PATTERN = 2_000
# Characters of text allowed, by the number of unbounded repeats in a row; the worst case is about
# n^(repeats + 1) steps.
LIMITS = (5_000_000, 100_000, 20_000, 3_000)
_REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT}


def check_pattern(pattern: str, *, where: str = "$.pattern") -> None:
    """Refuse a pattern that can't be compiled, or whose running time can explode.

    Raises:
        ConfigError: a syntax error, too long, or a repeat or back-reference inside an unbounded repeat.
    """
    problem = pattern_problem(pattern)
    if problem:
        raise ConfigError(
            Finding(
                where=where,
                found=f"{excerpt(pattern)!r}: {problem}",
                expected="a regular expression with a bounded running time",
                fix="Write it without a repeat inside a repeat, or list the phrases.",
            )
        )


@lru_cache(maxsize=512)
def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with a pattern, or ``None``."""
    if len(pattern) > MAX_PATTERN:
        return f"{len(pattern)} characters, at most {MAX_PATTERN} are allowed"
    try:
        tree = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"not a regular expression ({error})"
    return _explosive(tree, inside=False)


@lru_cache(maxsize=512)
def text_limit(pattern: str) -> int:
    """Return how many characters of text the pattern may be run on."""
    repeats = _unbounded(parser.parse(pattern))
    return LIMITS[min(repeats, len(LIMITS) - 1)]


def find_all(pattern: str, text: str) -> list[tuple[int, int]] | None:
    """Return the spans of all matches; ``None`` where ``text`` is too long for the pattern."""
    if len(text) > text_limit(pattern):
        return None
    return [match.span() for match in re.compile(pattern).finditer(text)]


def too_long(pattern: str, text: str) -> str:
    """Say why a text could not be judged."""
    limit = text_limit(pattern)
    return f"{len(text)} characters are too many for the pattern {excerpt(pattern)!r} (at most {limit})"


def _explosive(tree: Any, *, inside: bool) -> str | None:
    for op, argument in tree:
        if op in _REPEATS:
            low, high, body = argument
            unbounded = high == ops.MAXREPEAT
            if inside and (unbounded or high > low):
                return "a repeat inside an unbounded repeat"
            problem = _explosive(body, inside=inside or unbounded)
        elif op is ops.GROUPREF:
            problem = "a back-reference inside a repeat" if inside else None
        elif op is ops.BRANCH:
            problem = "a choice inside an unbounded repeat" if inside and _overlaps(argument[1]) else None
            problem = problem or _first(_explosive(branch, inside=inside) for branch in argument[1])
        else:
            problem = _first(_explosive(child, inside=inside) for child in _children(argument))
        if problem:
            return problem
    return None


def _overlaps(branches: list[Any]) -> bool:
    """Tell whether two choices may begin alike: then a repeat of them is ambiguous."""
    heads = [branch[0] if len(branch) else None for branch in branches]
    literal = [head[1] for head in heads if head is not None and head[0] is ops.LITERAL]
    return len(literal) < len(heads) or len(set(literal)) < len(literal)


def _unbounded(tree: Any) -> int:
    """Count unbounded repeats that can follow one another."""
    total = 0
    for op, argument in tree:
        if op in _REPEATS:
            total += 1 if argument[1] == ops.MAXREPEAT else _unbounded(argument[2])
        elif op is ops.BRANCH:
            total += max((_unbounded(branch) for branch in argument[1]), default=0)
        else:
            total += sum(_unbounded(child) for child in _children(argument))
    return total


def _children(argument: Any) -> list[Any]:
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple):
        return [part for part in argument if isinstance(part, parser.SubPattern)]
    return []


def _first(problems: Any) -> str | None:
    return next((problem for problem in problems if problem), None)
