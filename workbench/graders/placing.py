"""Moves quotes from the prose of an answer to the answer itself, which may be JSON."""

from __future__ import annotations

from workbench.records import Evidence


def placed(evidence: Evidence, output: str) -> Evidence:
    """Return the quote with the offsets at which it first stands in ``output``; -1 where escapes hide it."""
    start = output.find(evidence.text)
    end = start + len(evidence.text) if start >= 0 else -1
    return Evidence(what=evidence.what, text=evidence.text, start=start, end=end)
