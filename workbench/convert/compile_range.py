"""Compiles the range of a number in a JSON answer: "confidence" between 0 and 1, “评分”为1到10的整数."""

from __future__ import annotations

import re

from workbench.checks.schema import JsonSchema
from workbench.convert.compile_text import Demand, Shape

_FIGURE = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(
    rf"(?:\b(?:between|from|in the range(?: of)?|ranges? from)\s+|(?:在|从|介于|范围(?:为|是)?|"
    rf"取值)?\s*[\[(（]?)"
    rf"(?P<low>{_FIGURE})\s*(?:and|to|-|–|—|~|～|到|至|,)\s*(?P<high>{_FIGURE})"
    r"(?!\s*(?:words?|sentences?|characters?|letters?|items?|bullet|lines?|paragraphs?|个?字|句|条|项|"
    r"段|年|月|[-/.]\d))",
    re.IGNORECASE,
)
_RANGED = re.compile(
    r"\b(?:between|from|range|score|scale|rating|number|integer|float|probability)\b|之间|范围|介于|"
    r"整数|小数|数字|"
    r"[\[(（]\s*-?\d",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"\b(?:integer|whole number)\b|整数", re.IGNORECASE)


def ranged(text: str, shape: Shape) -> Demand | None:
    """Read rules on a JSON key like: "confidence" is between 0 and 1", "“置信度”在0到1之间"."""
    key = _named_key(text, shape)
    match = _RANGE.search(text) if states_range(text) else None
    if key is None or match is None:
        return None
    low, high = (float(match[name]) for name in ("low", "high"))
    if low >= high:
        return None
    kind = "integer" if _INTEGER.search(text) else "number"
    whole = all(value.is_integer() for value in (low, high))
    held = {"type": kind, "minimum": int(low) if whole else low, "maximum": int(high) if whole else high}
    schema = {"type": "object", "properties": {key: held}}
    return Demand(kind="format", slug=f"range-{key}", check=JsonSchema(schema=schema), span=(0, len(text)))


def _named_key(text: str, shape: Shape) -> str | None:
    named = [key for key in shape.keys if re.search(rf"(?<!\w){re.escape(key)}(?![A-Za-z0-9_])", text)]
    return named[0] if len(named) == 1 and named[0] not in shape.enums else None


def states_range(text: str) -> bool:
    """Tell whether a text gives the least and most of a number."""
    match = _RANGE.search(text)
    return (
        match is not None and float(match["low"]) < float(match["high"]) and _RANGED.search(text) is not None
    )
