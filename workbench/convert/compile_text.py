"""Small readers of rule text that every compiler shares: quoted phrases, numbers in words, named fields."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.checks import AnyCheck
    from workbench.contracts import SpanKind

_QUOTED = re.compile(
    r"\"([^\"\n]{1,300})\"|“([^”\n]{1,300})”|「([^」\n]{1,300})」|『([^』\n]{1,300})』|"
    r"(?<![\w])'([^'\n]{1,200}(?:'(?=\w)[^'\n]{0,100})?)'(?!\w)|`([^`\n]{1,200})`|‘([^’\n]{1,200})’"
)
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MORE = {"zero": 0, "hundred": 100, "thousand": 1000, "a single": 1, "a dozen": 12, "a": 1} | {
    "once": 1, "twice": 2, "thrice": 3,
}  # fmt: skip
NUMBER_WORDS = (
    _MORE
    | {word: i for i, word in enumerate((*_ONES, *_TEENS), 1)}
    | {word: 10 * i for i, word in enumerate(_TENS, 2)}
)
_ONE, _TEN = "|".join(_ONES), "|".join(_TENS)
_BELOW_HUNDRED = (
    rf"(?:{_TEN})[- ](?:{_ONE})\b|(?:{_TEN})(?![- ](?:{_ONE})\b)|{'|'.join(reversed(_TEENS))}|{_ONE}"
)
NUMBER = (
    r"(?:(?<!\d)\d[\d,]{0,18}|a single|a dozen|zero|"
    rf"(?:(?:an? |(?:{_ONE}) )?(?:hundred|thousand))(?: (?:and )?(?:{_BELOW_HUNDRED}))?|"
    rf"{_BELOW_HUNDRED}|[零〇一二两三四五六七八九十百千万]{{1,18}})"
)
_HAN = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the whole prompt says of its answer: JSON keys, the one for running text, its own phrases."""

    keys: tuple[str, ...] = ()
    text_key: str | None = None
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    phrases: tuple[str, ...] = ()

    def path(self, text: str, *, running: bool) -> str | None:
        """Return the field that a rule's text speaks of; for ``running`` text the one text field, if any."""
        folded = text.casefold()
        for key in self.keys:
            if (
                re.search(rf"(?<![\w]){re.escape(key.casefold())}(?![A-Za-z])", folded)
                and key not in self.enums
            ):
                return f"$.{key}"
        return f"$.{self.text_key}" if running and self.text_key else None


@dataclass(frozen=True, kw_only=True)
class Demand:
    """One demand: kind, short name, check (``None``: no program decides it), characters in the clause."""

    kind: SpanKind
    slug: str
    check: AnyCheck | None
    span: tuple[int, int]


def quoted(text: str) -> list[str]:
    """List the quoted phrases of ``text`` in order."""
    return [next(group for group in match.groups() if group is not None) for match in _QUOTED.finditer(text)]


def quoted_spans(text: str) -> list[tuple[int, int, str]]:
    """List the quoted phrases with the characters of the quotation, marks included."""
    return [
        (match.start(), match.end(), next(group for group in match.groups() if group is not None))
        for match in _QUOTED.finditer(text)
    ]


def unquoted(text: str) -> str:
    """Blank out what is quoted, so that a rule is read by its own words; length is kept."""
    return _QUOTED.sub(
        lambda match: match.group()[0] + "·" * (len(match.group()) - 2) + match.group()[-1], text
    )


def number(text: str) -> int:
    """Read ``30``, ``1,000``, ``twenty-five``, ``two hundred and fifty``, ``三十`` or ``一万二千``."""
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    if text.replace(",", "").isdigit():
        return int(text.replace(",", ""))
    if text in NUMBER_WORDS:
        return NUMBER_WORDS[text]
    if text.isascii():
        return _english(text)
    total, current = 0, 0
    for character in text:
        if character == "万":
            total, current = (total + current) * 10_000, 0
            continue
        unit = {"十": 10, "百": 100, "千": 1000}.get(character)
        if unit:
            total, current = total + (current or 1) * unit, 0
        else:
            current = current * 10 + _HAN[character]
    return total + current


def _english(text: str) -> int:
    """Read ``twenty-five`` or ``two hundred and fifty``."""
    total = 0
    for word in re.split(r"[\s-]+", text):
        if word in {"hundred", "thousand"}:
            total = (total or 1) * NUMBER_WORDS[word]
        elif word not in {"and", "a", "an"}:
            total += NUMBER_WORDS[word]
    return total
