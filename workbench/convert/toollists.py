"""Finds lists of tools in a prompt: JSON, tags, Markdown, signatures, whatever the framework writes."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Found = tuple[int, int, int]
_LISTS = ("tools", "functions", "available_tools", "available_functions", "tool_list", "tool_definitions")
_LIST_TAG = re.compile(rf"<({'|'.join((*_LISTS, 'function_definitions', 'tool_descriptions'))})>")
_ITEM_TAG = re.compile(r"<(tool_description|tool_definition|tool|function)\b[^<>\n]*>")
_VALUE = re.compile(r"(?:\[\s*)?\{\s*[\"']")
_GAP = re.compile(r"[\s,]*")
_NAMESPACE = re.compile(r"^namespace (\w+) \{", re.MULTILINE)
_SCHEMA_KEYS = frozenset(["parameters", "input_schema", "inputSchema", "args_schema", "inputs", "signature"])
_WORD = r"(?:(?<![A-Za-z])(?:tools?|functions?|apis?|plugins?|skills)(?![A-Za-z])|工具|函数|插件|接口)"
_HEADING = re.compile(
    rf"^(?P<marks>#{{1,5}})?[ \t]*[^\n]{{0,80}}?{_WORD}[^\n]{{0,60}}?(?P<end>[:：*]*)[ \t]*\r?\n\s*",
    re.MULTILINE | re.IGNORECASE,
)
_NAME = r"[A-Za-z_][\w.\-/]{0,63}"
_ITEM = re.compile(
    rf"(?P<bullet>[ \t]{{0,3}}(?:[-*•·+]|\d{{1,3}}[.)、])[ \t]+)?[`*]{{0,3}}(?P<name>{_NAME})[`*]{{0,3}}"
    r"(?P<call>[ \t]?\([^\n]{0,400}?\)[`*]{0,3})?"
    r"(?:[ \t]*(?:->|→)[^\n:]{0,60})?(?P<said>[ \t]*[:：]|[ \t]+[-–—][ \t]|[ \t]*(?=\r?\n|$))"
)
_MORE = re.compile(r"\r?\n(?:[ \t]*\r?\n)?[ \t]+(?=\S)")
_BUDGET = 4


def tool_lists(text: str) -> Iterator[Found]:
    """Yield start, end and number of tools of each list; work is bounded by a few times the text's length."""
    yield from _tagged(text)
    yield from _json(text)
    yield from _namespaces(text)
    yield from _markdown(text)


def is_tool(value: Any) -> bool:
    """Tell whether a decoded value describes a tool, in any of the usual forms; a call of one does not."""
    if not isinstance(value, dict):
        return False
    inner = next((value[k] for k in ("function", "toolSpec") if isinstance(value.get(k), dict)), value)
    named = isinstance(inner.get("name"), str)
    schema = bool(_SCHEMA_KEYS & inner.keys())
    return named and (schema or "description" in inner) and (schema or inner is not value)


def _tagged(text: str) -> Iterator[Found]:
    if "</" not in text:
        return
    at = 0
    while opener := _LIST_TAG.search(text, at):
        at = opener.end()
        end = text.find(f"</{opener.group(1)}>", at)
        inner = text[at:end] if end >= 0 else ""
        if inner.strip():
            start = at + len(inner) - len(inner.lstrip())
            at += len(inner.rstrip())
            yield start, at, 1
        elif end < 0:
            break
    yield from _elements(text)


def _elements(text: str) -> Iterator[Found]:
    """Yield runs of elements such as ``<tool>…</tool>`` with white space between them."""
    at, start, count, end = 0, 0, 0, 0
    while opener := _ITEM_TAG.search(text, at):
        closer = f"</{opener.group(1)}>"
        stop = text.find(closer, opener.end())
        if stop < 0:
            break
        if count and text[end : opener.start()].strip():
            yield start, end, count
            count = 0
        start = start if count else opener.start()
        at = end = stop + len(closer)
        count += 1
    if count:
        yield start, end, count


def _json(text: str) -> Iterator[Found]:
    if '"name"' not in text and "'name'" not in text:
        return
    reader = _Reader(text)
    at = 0
    while candidate := _VALUE.search(text, at):
        start = candidate.start()
        found = reader.tools(start)
        if found is None:
            at = start + 1
            if reader.left <= 0:
                return
            continue
        at, count = found
        while (more := _GAP.match(text, at)) and (found := reader.tools(more.end())):
            at, count = found[0], count + found[1]
        yield start, at, count


class _Reader:
    """Reads JSON or Python values of a text; ``left`` is how many characters it may still look at."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._json = json.JSONDecoder()
        self.left = _BUDGET * len(text) + 1000

    def tools(self, at: int) -> tuple[int, int] | None:
        """Return end and number of the tools that start at ``at``."""
        if self._text[at : at + 1] not in {"[", "{"} or self.left <= 0:
            return None
        value, end = self._value(at)
        self.left -= max(end - at, 1)
        items = value if isinstance(value, list) else [value]
        return (end, len(items)) if items and all(is_tool(item) for item in items) else None

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return self._json.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            if "'" not in self._text[at : at + 12]:
                return None, max(error.pos, at)
        except RecursionError:
            return None, len(self._text)
        return self._literal(at)

    def _literal(self, at: int) -> tuple[Any, int]:
        end = _closing(self._text, at)
        try:
            return ast.literal_eval(self._text[at:end]), end
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None, end


def _closing(text: str, at: int) -> int:
    """Return where the bracket at ``at`` is closed, quotes heeded, or the end of the text."""
    depth, quote = 0, ""
    for token in re.compile(r"\\.|[\"'\[\]{}]", re.DOTALL).finditer(text, at):
        sign = token.group()
        if quote:
            quote = "" if sign == quote else quote
        elif sign in {'"', "'"}:
            quote = sign
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
            if not depth:
                return token.end()
    return len(text)


def _namespaces(text: str) -> Iterator[Found]:
    """Yield what stands in ``namespace NAME { … } // namespace NAME``, as models are told of functions."""
    for opener in _NAMESPACE.finditer(text):
        closer = f"}} // namespace {opener.group(1)}"
        end = text.find(closer, opener.end())
        if end >= 0:
            yield opener.start(), end + len(closer), 1


def _markdown(text: str) -> Iterator[Found]:
    """Yield the items below a heading or a label that speaks of tools."""
    at = 0
    while heading := _HEADING.search(text, at):
        at = max(heading.end() - 1, heading.start() + 1)
        if not (heading["marks"] or heading["end"]):
            continue
        end, count = _items(text, heading.end())
        if not count and heading["marks"]:
            end, count = _sections(text, heading.end(), level=len(heading["marks"]))
        if count:
            at = end
            yield heading.end(), end, count


def _items(text: str, at: int) -> tuple[int, int]:
    """Return the end of the run of items at ``at``, and how many they are."""
    end, count, bulleted = at, 0, None
    while item := _ITEM.match(text, at):
        own = item["bullet"] is not None
        bare = not own and not item["call"] and not (item["name"].islower() or "_" in item["name"])
        if bare or bulleted not in {None, own} or (not own and not item["said"].strip()):
            break
        bulleted, count = own, count + 1
        end = _line_end(text, item.end())
        while more := _MORE.match(text, end):
            end = _line_end(text, more.end())
        gap = re.compile(r"(?:[ \t]*\r?\n){1,2}" if own else r"[ \t]*\r?\n").match(text, end)
        if gap is None:
            break
        at = gap.end()
    return end, count


def _sections(text: str, at: int, *, level: int) -> tuple[int, int]:
    """Return the end of the sections below a heading that are named like tools, and how many they are."""
    section = re.compile(rf"#{{{level + 1},6}}[ \t]+[`*]*{_NAME}(?:\([^\n]*\))?[`*]*[ \t]*\r?\n")
    if not section.match(text, at):
        return at, 0
    after = re.compile(rf"^#{{1,{level}}}[ \t]", re.MULTILINE).search(text, at)
    body = text[at : after.start() if after else len(text)].rstrip()
    return at + len(body), len(section.findall(body)) or 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end > at else end
