"""Takes the one code fence off an answer that is nothing but that fence."""

from __future__ import annotations

import re
from functools import cache

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
    found = _alone(form).match(text)
    return (found["body"], True) if found else (text, False)


def first_fence(text: str, form: str) -> str | None:
    """Return the body of the first fence of this format inside ``text``."""
    found = _inside(form).search(text)
    return found["body"] if found else None


def _tags(form: str) -> str:
    return "|".join(tag for one in TAGS[form] for tag in dict.fromkeys((one, one.upper())))


@cache
def _alone(form: str) -> re.Pattern[str]:
    # The body may not hold a fence of its own: two blocks with prose between them are no one fence.
    body = r"(?P<body>.*?)" if form == "markdown" else r"(?P<body>(?:(?!^[ \t]*```).)*?)"
    return re.compile(
        rf"\A\s*```[ \t]*(?:{_tags(form)})[ \t]*\r?\n{body}\r?\n?[ \t]*```\s*\Z", re.DOTALL | re.MULTILINE
    )


@cache
def _inside(form: str) -> re.Pattern[str]:
    opens = rf"^[ \t]*```[ \t]*(?:{_tags(form)})[ \t]*\r?\n"
    return re.compile(rf"{opens}(?P<body>.*?)\r?\n?^[ \t]*```", re.DOTALL | re.MULTILINE)
