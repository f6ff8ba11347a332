"""Takes the one code fence off an answer that is nothing but that fence."""

from __future__ import annotations

import re
from functools import cache

_FENCE = "```"
_LINE = re.compile(r"^[ \t]*```", re.MULTILINE)
# Languages by which models mark a fence of each format; Markdown's is no fence unless it says so.
TAGS: dict[str, tuple[str, ...]] = {
    "json": ("json", ""),
    "yaml": ("yaml", "yml", ""),
    "csv": ("csv", ""),
    "xml": ("xml", ""),
    "markdown": ("markdown", "md"),
}


def unfenced(text: str, form: str) -> tuple[str, bool]:
    """Return the body of the fence that ``text`` is, and whether it is one; else ``text`` itself."""
    whole = text.rstrip()
    opens, closes = _opening(form).match(text), len(whole) - len(_FENCE)
    if opens is None or closes < opens.end() or not whole.endswith(_FENCE):
        return text, False
    body = whole[opens.end() : closes].rstrip(" \t").removesuffix("\n").removesuffix("\r")
    # The body may not hold a fence of its own: two blocks with prose between them are no one fence.
    inner = None if form == "markdown" else _LINE.search(text, opens.end())
    alone = inner is None or inner.start() >= opens.end() + len(body)
    return (body, True) if alone else (text, False)


def first_fence(text: str, form: str) -> str | None:
    """Return the body of the first fence of this format inside ``text``."""
    found = _inside(form).search(text)
    return found["body"] if found else None


def _tags(form: str) -> str:
    return "|".join(tag for one in TAGS[form] for tag in dict.fromkeys((one, one.upper())))


@cache
def _opening(form: str) -> re.Pattern[str]:
    return re.compile(rf"\s*```[ \t]*(?:{_tags(form)})[ \t]*\r?\n")


@cache
def _inside(form: str) -> re.Pattern[str]:
    opens = rf"^[ \t]*```[ \t]*(?:{_tags(form)})[ \t]*\r?\n"
    return re.compile(rf"{opens}(?P<body>.*?)\r?\n?^[ \t]*```", re.DOTALL | re.MULTILINE)
