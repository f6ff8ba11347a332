"""Judges criteria that labelled sets state as a kind and a limit, strictly by their words."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from workbench.checks.jsontext import read_json
from workbench.checks.xmltext import read_xml

if TYPE_CHECKING:
    from collections.abc import Callable

_RULE_LINE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")


def meets(output: str, *, kind: str, limit: Any) -> bool | None:
    """Tell whether ``output`` meets one criterion; ``None`` where no check knows its ``kind`` or ``limit``.

    Kinds: ``parses_as`` (``json``, ``list``, ``tuple``, …), ``contains_all`` (words, as written),
    ``table_rows``
    (exactly so many rows under the head), ``max_chars``, ``min_chars``, and ``min_occurrences`` (pairs of a
    word and a number).
    """
    judge = _KINDS.get(kind)
    return None if judge is None else judge(output, limit)


def _parses_as(text: str, form: Any) -> bool | None:
    if form == "json":
        return read_json(text).level == "exact"
    if form == "xml":
        return not read_xml(text).problem
    wanted = {"list": list, "tuple": tuple, "dict": dict}.get(str(form))
    if wanted is None:
        return None
    try:
        return isinstance(ast.literal_eval(text.strip()), wanted)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _contains_all(text: str, words: Any) -> bool:
    return all(str(word) in text for word in words)


def _table_rows(text: str, rows: Any) -> bool:
    lines = text.splitlines()
    heads = [i for i, line in enumerate(lines) if _RULE_LINE.match(line) and "|" in line]
    if not heads:
        return False
    below = 0
    for line in lines[heads[0] + 1 :]:
        if "|" not in line:
            break
        below += 1
    return below == int(rows)


def _occurrences(text: str, limit: Any) -> bool:
    return all(text.count(str(word)) >= int(n) for word, n in limit)


_KINDS: dict[str, Callable[[str, Any], bool | None]] = {
    "parses_as": _parses_as,
    "contains_all": _contains_all,
    "table_rows": _table_rows,
    "max_chars": lambda text, limit: len(text) <= int(limit),
    "min_chars": lambda text, limit: len(text) >= int(limit),
    "min_occurrences": _occurrences,
}
