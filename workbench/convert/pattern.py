"""A text with holes: the one rule by which a text fits a template, and how its slots are read off."""

from __future__ import annotations

from workbench.records import Hole, Static

Parts = tuple[Static | Hole, ...]


def match(parts: Parts, text: str) -> list[str] | None:
    """Read the holes of ``text`` off, in order, or return ``None`` where it does not fit.

    Every static part between two holes is taken at its first place, so that equal texts always give equal
    slots; what is read off gives ``text`` back exactly when it is filled in again. Linear in the text.
    """
    if not any(isinstance(part, Hole) for part in parts):
        return [] if text == "".join(p.text for p in parts if isinstance(p, Static)) else None
    head = parts[0].text if isinstance(parts[0], Static) else ""
    tail = parts[-1].text if isinstance(parts[-1], Static) else ""
    at, end = len(head), len(text) - len(tail)
    if at > end or not text.startswith(head) or not text.endswith(tail):
        return None
    values: list[str] = []
    for part in parts[1 : -1 if tail else None] if head else parts[: -1 if tail else None]:
        if isinstance(part, Static):
            found = text.find(part.text, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(part.text)
    return [*values, text[at:end]]


def static_length(parts: Parts) -> int:
    """Return the number of static characters."""
    return sum(len(part.text) for part in parts if isinstance(part, Static))
