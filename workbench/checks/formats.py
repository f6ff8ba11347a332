"""Reads answers in CSV, Markdown and damaged JSON: what stands there, or what is wrong with it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.checks.jsontext import read_json

if TYPE_CHECKING:
    from collections.abc import Callable

_SMART = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "：": ":", "，": ","})
_COMMENT = re.compile(r"(?m)^[^\S\n]*//[^\n]*$|/\*")
_TRAILING = re.compile(r",(\s*[}\]])")
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)")
_SINGLE = re.compile(r"(?<=[\[{:,\s])'((?:[^'\"\\\n])*)'(?=\s*[\]}:,])")
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """JSON that was read after ``repairs``, in the order done; ``problem`` where it still can't be read."""

    value: Any = None
    repairs: tuple[str, ...] = ()
    problem: str = ""


@dataclass
class Outline:
    """What a Markdown text is built of: headings as ``(level, text)``, counts of the other blocks."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    lists: int = 0
    items: int = 0
    fences: list[str] = field(default_factory=list)
    tables: list[tuple[int, int]] = field(default_factory=list)


def repair_json(text: str) -> Repaired:
    """Read JSON that is damaged in a common way, naming each repair; never used where a gate decides.

    Tried one after another while the text can't be read: taking it out of the prose around it, comments,
    typographic quotes, Python's constants, single quotes, bare keys, trailing commas, missing closing
    brackets. Duplicate keys and NaN are not repaired.
    """
    repairs: list[str] = []
    found = read_json(text)
    body = text
    for name, mend in _REPAIRS:
        if found.level != "none":
            break
        mended = mend(body)
        if mended != body:
            repairs.append(name)
            body = mended
            found = read_json(body)
    if found.level == "none":
        return Repaired(repairs=tuple(repairs), problem=found.problem)
    return Repaired(value=found.value, repairs=tuple(repairs))


def read_csv(text: str, *, delimiter: str = ",") -> tuple[list[list[str]], str]:
    """Read CSV (RFC 4180) with unlike heads and rows as wide as the head: rows and problem."""
    try:
        rows = list(csv.reader(io.StringIO(text.strip("\n")), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return [], str(error)
    if not rows or not any(rows[0]):
        return [], "no rows"
    doubled = [name for name, n in Counter(rows[0]).items() if n > 1]
    if doubled:
        return rows, f"column {doubled[0]!r} stands twice"
    uneven = [i for i, row in enumerate(rows, 1) if len(row) != len(rows[0])]
    if uneven:
        return rows, f"row {uneven[0]} has {len(rows[uneven[0] - 1])} columns, the head has {len(rows[0])}"
    return rows, ""


def read_markdown(text: str) -> Outline:
    """Read the blocks of CommonMark with tables, from the syntax tree: marks inside code are no blocks."""
    from markdown_it import MarkdownIt

    out = Outline()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for i, token in enumerate(tokens):
        match token.type:
            case "heading_open":
                out.headings.append((int(token.tag[1]), tokens[i + 1].content))
            case "bullet_list_open" | "ordered_list_open":
                out.lists += 1
            case "list_item_open":
                out.items += 1
            case "fence":
                out.fences.append(token.info.strip())
            case "table_open":
                out.tables.append((0, 0))
            case "tr_open" if out.tables:
                out.tables[-1] = (out.tables[-1][0] + 1, out.tables[-1][1])
            case "th_open" if out.tables:
                out.tables[-1] = (out.tables[-1][0], out.tables[-1][1] + 1)
    return out


def _cut_out(text: str) -> str:
    """Take the first fenced block, else what stands from the first bracket to the last closing one."""
    fence = re.search(r"```[a-zA-Z]*[^\S\n]*\n(.*?)```", text, re.DOTALL)
    if fence:
        return fence[1].strip()
    starts = [i for i in (text.find("{"), text.find("[")) if i >= 0]
    end = max(text.rfind("}"), text.rfind("]"))
    return text[min(starts) : end + 1 if end > min(starts) else None] if starts else text


def _uncommented(text: str) -> str:
    """Take lines of ``//`` and closed ``/* */`` out, each looked at once."""
    out, at, last = list[str](), 0, text.rfind("*/")
    while match := _COMMENT.search(text, at):
        block = match.group() == "/*"
        closed = block and match.end() <= last
        stop = text.index("*/", match.end()) + 2 if closed else match.end()
        out.append(text[at : stop if block and not closed else match.start()])
        at = stop
    return "".join([*out, text[at:]])


def _constants(text: str) -> str:
    return re.sub(r"(?<=[\[:,\s])(True|False|None)(?=\s*[,}\]])", lambda m: _CONSTANTS[m[1]], text)


def _close(text: str) -> str:
    """Close the brackets that are open at the end, and a string that is."""
    stack: list[str] = []
    inside, skip = False, False
    for character in text:
        if skip:
            skip = False
        elif inside:
            skip, inside = character == "\\", character != '"'
        elif character == '"':
            inside = True
        elif character in "{[":
            stack.append("}" if character == "{" else "]")
        elif stack and character == stack[-1]:
            stack.pop()
    return text + ('"' if inside else "") + "".join(reversed(stack))


_REPAIRS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("taken out of the text around it", _cut_out),
    ("comments removed", _uncommented),
    ("typographic quotes", lambda text: text.translate(_SMART)),
    ("Python constants", _constants),
    ("single quotes", lambda text: _SINGLE.sub(lambda m: json.dumps(m[1], ensure_ascii=False), text)),
    ("bare keys", lambda text: _BARE_KEY.sub(r'\1"\2"\3', text)),
    ("trailing commas", lambda text: _TRAILING.sub(r"\1", text)),
    ("closing brackets", _close),
)
