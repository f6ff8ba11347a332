"""Finds the prose in an answer that may be JSON, and moves quotes from it back to the answer."""

from __future__ import annotations

from typing import Any

from workbench.checks.jsontext import read_json
from workbench.checks.language import prose
from workbench.records import Evidence
from workbench.text import words


def said(output: str) -> str:
    """Return what an answer says in prose.

    Of JSON (bare or fenced) these are its strings of more than one word, line by line, or all its strings
    where none is longer: a label such as ``refused`` is no sentence. Other text: all but code, tags, links.
    """
    found = read_json(output)
    if found.level == "none" or not isinstance(found.value, dict | list):
        return prose(output)
    texts = list(_strings(found.value))
    return "\n".join([text for text in texts if len(words(text)) > 1] or texts)


def placed(evidence: Evidence, output: str) -> Evidence:
    """Return the quote with the offsets at which it first stands in ``output``; -1 where escapes hide it."""
    start = output.find(evidence.text)
    end = start + len(evidence.text) if start >= 0 else -1
    return Evidence(what=evidence.what, text=evidence.text, start=start, end=end)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in children for text in _strings(child)]
