"""Runs the regular expressions of contracts within bounds, so that no rule can hang a run."""

from __future__ import annotations

import re
import string
from collections import Counter
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from workbench.errors import ConfigError, Finding
from workbench.text import excerpt

MAX_PATTERN = 2_000
# Characters of text allowed, by the number of repeats without bound that can feed on the same ones: k of
# them take about n^(k + 1) / (k + 1)! steps at worst, which these keep to some 10^9.
LIMITS = (5_000_000, 50_000, 1_500, 300)
# Ways in which repeats with bounds may share out one text between them, at most.
MAX_WAYS = 10_000
_REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT}
# Characters that stand for their classes when it is asked whether two parts of a pattern can match alike.
_PROBES = string.printable + "éß中。，\u3000\u0660🙂"


def check_pattern(pattern: str, *, where: str = "$.pattern") -> None:
    """Refuse a pattern that can't be compiled, or whose running time can explode.

    Raises:
        ConfigError: a syntax error, too long, or repeats that can share out one text in too many ways.
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
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"not a regular expression ({error})"
    problem = _explosive(tree, inside=False)
    if problem is None and _ways(tree) > MAX_WAYS:
        return "repeats with bounds that can share out one text in too many ways"
    if problem is None and _chain(tree) >= len(LIMITS):
        return f"{_chain(tree)} repeats without bound in a row that match the same characters"
    return problem


@lru_cache(maxsize=512)
def text_limit(pattern: str) -> int:
    """Return how many characters of text the pattern may be run on."""
    return LIMITS[min(_chain(parser.parse(pattern)), len(LIMITS) - 1)]


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


def _ways(tree: Any) -> int:
    """Bound the number of ways in which repeats with bounds can share out one text.

    A repeat that is followed by what it can't match itself stops in one place only and multiplies nothing,
    unless it is repeated.
    """
    total = 1
    items = list(tree)
    for i, (op, argument) in enumerate(items):
        if op in _REPEATS and argument[1] != ops.MAXREPEAT:
            low, high, body = argument
            inner = max(_ways(body), _choices(body))
            shared = (high - low + 1) if high > low and _meets(body, items[i + 1 :]) else 1
            total *= min(inner, MAX_WAYS + 1) ** min(high, 64) * shared
        elif op in _REPEATS:
            total *= _ways(argument[2])
        elif op is ops.BRANCH:
            total *= max((_ways(branch) for branch in argument[1]), default=1)
        else:
            for child in _children(argument):
                total *= _ways(child)
        total = min(total, MAX_WAYS + 1)
    return total


def _choices(body: Any) -> int:
    """Count the choices of a repeated part that can match alike, and the lengths its repeats may have."""
    total = 1
    for op, argument in body:
        if op is ops.BRANCH and _overlaps(argument[1]):
            total *= len(argument[1])
        elif op in _REPEATS:
            low, high, inner = argument
            total *= _choices(inner) * (high - low + 1 if high != ops.MAXREPEAT else MAX_WAYS)
        else:
            for child in _children(argument):
                total *= _choices(child)
        total = min(total, MAX_WAYS + 1)
    return total


def _meets(body: Any, rest: list[Any]) -> bool:
    """Tell whether what follows can match what the repeat matches: only then may either take it."""
    mine = _matches(body)
    for op, argument in rest:
        if mine & _item_matches(op, argument):
            return True
        if not _may_be_empty(op, argument):
            return False
    return False


def _chain(tree: Any) -> int:
    """Count the repeats without bound that can feed on the same characters, one after the other."""
    best, run = 0, list[frozenset[str]]()
    for kind, chars in _flat(tree):
        if kind == "repeat":
            run.append(chars)
            best = max(best, _longest(run))
        elif kind == "need" and run and not any(chars & one for one in run):
            run = []
    return best


def _longest(run: list[frozenset[str]]) -> int:
    """Return the greatest number of repeats in ``run`` that share a character, at least 1."""
    return max(Counter(character for one in run for character in one).values(), default=1)


def _flat(tree: Any) -> list[tuple[str, frozenset[str]]]:
    """List the parts of a pattern in order: repeats without bound, and what has to stand between them."""
    out: list[tuple[str, frozenset[str]]] = []
    for op, argument in tree:
        if op in _REPEATS and argument[1] == ops.MAXREPEAT:
            chars = _matches(argument[2])
            out += [("need", chars)] * (argument[0] > 0) + [("repeat", chars)]
        elif op in _REPEATS:
            inner = _flat(argument[2])
            unbounded = any(kind == "repeat" for kind, _ in inner)
            out += (
                inner * (min(argument[1], len(LIMITS)) if unbounded else 1)
                if argument[0]
                else [one for one in inner if one[0] == "repeat"]
            )
        elif op is ops.BRANCH:
            branches = [_flat(branch) for branch in argument[1]]
            out += max(branches, key=lambda flat: sum(kind == "repeat" for kind, _ in flat))
        elif op in _LEAVES:
            out.append(("need", _item_matches(op, argument)))
        else:
            for child in _children(argument):
                out += _flat(child)
    return out


_LEAVES = {ops.LITERAL, ops.NOT_LITERAL, ops.IN, ops.ANY, ops.CATEGORY}


def _matches(tree: Any) -> frozenset[str]:
    """Return the probes that any part of ``tree`` matches."""
    return frozenset().union(*(_item_matches(op, argument) for op, argument in tree))


def _item_matches(op: Any, argument: Any) -> frozenset[str]:
    if op in _LEAVES:
        return frozenset(probe for probe in _probes(op, argument) if _accepts(op, argument, probe))
    if op in _REPEATS:
        return _matches(argument[2])
    if op is ops.BRANCH:
        return frozenset().union(*(_matches(branch) for branch in argument[1]))
    return frozenset().union(*(_matches(child) for child in _children(argument)))


def _probes(op: Any, argument: Any) -> set[str]:
    """Take the probes and, so that rare characters meet themselves, those that the part names."""
    named = [argument] if op is ops.LITERAL else []
    for kind, value in argument if op is ops.IN else ():
        named += [value] if kind is ops.LITERAL else list(value) if kind is ops.RANGE else []
    return {*_PROBES, *map(chr, named)}


def _accepts(op: Any, argument: Any, character: str) -> bool:
    code = ord(character)
    if op is ops.LITERAL:
        return code == argument or character.casefold() == chr(argument).casefold()
    if op is ops.NOT_LITERAL:
        return bool(code != argument)
    if op is ops.ANY:
        return True
    if op is ops.CATEGORY:
        return _in_category(argument, character)
    negated = bool(argument) and argument[0][0] is ops.NEGATE
    return negated != any(_in_class(one, character) for one in argument if one[0] is not ops.NEGATE)


def _in_class(one: Any, character: str) -> bool:
    op, argument = one
    if op is ops.RANGE:
        return any(argument[0] <= ord(c) <= argument[1] for c in {character, character.swapcase()[:1]})
    return _accepts(op, argument, character)


def _in_category(category: Any, character: str) -> bool:
    tests = {
        ops.CATEGORY_DIGIT: character.isdigit(),
        ops.CATEGORY_SPACE: character.isspace(),
        ops.CATEGORY_WORD: character.isalnum() or character == "_",
    }
    if category in tests:
        return tests[category]
    opposite = {
        ops.CATEGORY_NOT_DIGIT: ops.CATEGORY_DIGIT,
        ops.CATEGORY_NOT_SPACE: ops.CATEGORY_SPACE,
        ops.CATEGORY_NOT_WORD: ops.CATEGORY_WORD,
    }
    return not tests[opposite[category]] if category in opposite else True


def _may_be_empty(op: Any, argument: Any) -> bool:
    return op is ops.AT or (op in _REPEATS and argument[0] == 0) or op in {ops.ASSERT, ops.ASSERT_NOT}


def _children(argument: Any) -> list[Any]:
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple):
        return [part for part in argument if isinstance(part, parser.SubPattern)]
    return []


def _first(problems: Any) -> str | None:
    return next((problem for problem in problems if problem), None)
