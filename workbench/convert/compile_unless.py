"""Parts a rule from its exception ("unless …", 除非 …), so that each is read by its own words."""

from __future__ import annotations

import re

_EXCEPTIONS = (
    re.compile(
        r"^\s*(?P<x>(?:unless|except (?:when|if|where|for|in)|other than when)\b[^,.;]{3,80}),\s*",
        re.IGNORECASE,
    ),
    re.compile(
        r"[,;]?\s*[(]?\b(?P<x>(?:unless|except (?:when|if|where|for|in)|other than when|"
        r"with the exception of)\b"
        r"[^.;)]{3,80})[)]?",
        re.IGNORECASE,
    ),
    re.compile(r"^\s*(?P<x>除非.{1,30}?)[,，]\s*(?:否则)?"),
    re.compile(r"^\s*(?P<x>除.{1,30}?(?:之外|以外|外))[,，]\s*"),
    re.compile(r"[,，]\s*(?P<x>除非.{1,40}?)(?=[。;；]|$)"),
    re.compile(r"[（(](?P<x>.{1,30}?除外)[)）]"),
)
# "Nothing except JSON" and "apart from JSON, no other text" have no exception: they say what is allowed.
_ALLOWS = re.compile(
    r"\b(?:nothing|anything|no \w+|any \w+|none)\b.{0,20}\bexcept\b|(?:任何|其他|其它|多余)", re.IGNORECASE
)


def exception_of(text: str) -> tuple[str, str] | None:
    """Return the exception, and ``text`` with it blanked out (same length); ``None`` where there is none."""
    if _ALLOWS.search(text):
        return None
    for pattern in _EXCEPTIONS:
        match = pattern.search(text)
        if match is not None:
            rest = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
            return match["x"].strip(), rest
    return None
