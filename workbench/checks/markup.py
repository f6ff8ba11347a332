"""Counts what a reader sees of an answer's layout: emoji, links, headings, lists, tables, code, citations."""

from __future__ import annotations

import re
from typing import Literal

from workbench.checks.subject import FieldCheck, on_field
from workbench.records import Case, Evidence, Grade

Element = Literal[
    "emoji",
    "link",
    "heading",
    "bold",
    "italic",
    "bullet",
    "numbered",
    "table",
    "code_block",
    "citation",
    "markdown",
    "question",
    "exclamation",
]
_HEADING = r"^#{1,6}[ \t]+\S.*$"
_BOLD = r"\*\*[^*\n]+\*\*|__[^_\n]+__"
_TABLE = r"^[ \t]*(?:\|[ \t]*)?:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+(?:\|[ \t]*)?$"
_CODE = r"^[ \t]*(?:```|~~~)[^\n]*\n[\s\S]*?^[ \t]*(?:```|~~~)[ \t]*$"
_LINK_MARK = r"!?\[[^\]\n]{0,1000}\]\([^)\s]{1,2000}\)"
# Pictographs, dingbats, flags and keycaps; plain arrows, checks in text style and © are none.
_EMOJI = (
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\U0001f004\U0001f0cf\u2600-\u26ff\u2705\u270a-\u270d\u2728"
    "\u274c\u274e\u2753-\u2757\u2795-\u2797\u2b50\u2b55\u231a\u231b\u23e9-\u23f3]|[0-9#*]\ufe0f?\u20e3"
)
_CITATION = r"\[\^?(?:citation:|source |来源)?\d{1,3}(?:[,，、 ]+\d{1,3})*\]|【\d{1,3}】|［\d{1,3}］"
_ITALIC = r"(?<![*\w])\*[^*\s][^*\n]*\*(?![*\w])|(?<![_\w])_[^_\s][^_\n]*_(?![_\w])"
PATTERNS: dict[Element, re.Pattern[str]] = {
    "emoji": re.compile(_EMOJI),
    "link": re.compile(rf"{_LINK_MARK}|https?://[^\s)>\]]+|\bwww\.[\w-]+\.[^\s)>\]]+"),
    "heading": re.compile(_HEADING, re.MULTILINE),
    "bold": re.compile(_BOLD),
    "italic": re.compile(_ITALIC),
    "bullet": re.compile(r"^[ \t]*[-*+•·▪][ \t]+\S.*$", re.MULTILINE),
    "numbered": re.compile(
        r"^[ \t]*(?:\(?\d{1,3}[.)、)](?!\d)|[①-⑳]|[一二三四五六七八九十]{1,3}、)[ \t]*\S.*$", re.MULTILINE
    ),
    "table": re.compile(_TABLE, re.MULTILINE),
    "code_block": re.compile(_CODE, re.MULTILINE),
    "citation": re.compile(_CITATION),
    # A question mark inside a link ends no question.
    "question": re.compile(r"[?？]+(?=[\s\"'”’」』)）*_]|\Z|[\u4e00-\u9fff])"),
    "exclamation": re.compile(r"[!！]+(?!\[)"),
    "markdown": re.compile(rf"{_HEADING}|{_BOLD}|{_TABLE}|{_CODE}|{_LINK_MARK}|`[^`\n]+`", re.MULTILINE),
}


class Markup(FieldCheck, frozen=True, kw_only=True):
    """The text has at least ``min`` and at most ``max`` of ``element``, both inclusive; ``None``: no bound.

    ``max: 0`` forbids it. ``question`` and ``exclamation`` count their marks, "?!" once each. ``markdown``
    counts every mark that only Markdown gives a meaning, lists left out.
    """

    element: Element
    min: int | None = None
    max: int | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Count and compare."""
        del case
        return on_field(
            self.path, output, lambda text: judge_markup(text, self.element, low=self.min, high=self.max)
        )


def judge_markup(text: str, element: Element, *, low: int | None, high: int | None) -> Grade:
    """Tell whether the number of ``element`` lies in ``[low, high]``."""
    hits = list(PATTERNS[element].finditer(text))
    passed = (low is None or len(hits) >= low) and (high is None or len(hits) <= high)
    shown = hits if high is not None and len(hits) > high else []
    return Grade.of(
        passed,
        *(Evidence(what=element, text=hit.group(), start=hit.start(), end=hit.end()) for hit in shown),
        detail=f"{len(hits)} {element.replace('_', ' ')}",
    )
