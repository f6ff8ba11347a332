"""Finds loaded wording in single texts, and counts what an answer brings forward for its case."""

from __future__ import annotations

import re
from functools import lru_cache

from workbench.checks.lexicons import lexicon
from workbench.records import Evidence
from workbench.text import has_han, words

_QUOTED = re.compile(r"[\"“「『][^\"“”」』]{2,500}[\"”」』]")
_ARGUMENT = re.compile(
    r"\b(?:firstly|secondly|thirdly|first(?=,)|second(?=,)|third(?=,)|finally(?=,)|"
    r"moreover|furthermore|additionally|in addition|"
    r"another reason|because|since|therefore|thus)\b|^[^\S\n]*(?:[-*•]|\d{1,2}[.)])\s+\S|"
    r"首先|其次|再次|此外|另外|最后|因为|由于|因此|所以|第[一二三四五]",
    re.IGNORECASE | re.MULTILINE,
)
_EVIDENCE = re.compile(
    r"\b(?:according to|stud(?:y|ies)|research|survey|data|statistics|report(?:s|ed)?|"
    r"evidence|percent|experts?)\b|"
    r"(?<!\d)\d+(?:\.\d+)?\s?%|据|研究|调查|数据|统计|报告|证据|专家",
    re.IGNORECASE,
)
# Loaded terms per hundred words from which a text is likelier biased than not.
_SLOPE, _PER = 1.2, 100


def loaded_terms(text: str) -> tuple[Evidence, ...]:
    """Quote the loaded terms of a text; words inside quotation marks are somebody else's and don't count."""
    plain = _QUOTED.sub(lambda match: " " * len(match.group()), text.replace("’", "'"))
    pattern = _pattern("loaded_zh" if has_han(text) else "loaded_en")
    return tuple(
        Evidence(what="loaded", text=match.group(), start=match.start(), end=match.end())
        for match in pattern.finditer(plain)
    )


def loaded_score(text: str) -> float:
    """Return how loaded a text is, in [0, 1): grows with its loaded terms and with their density."""
    found = len(loaded_terms(text))
    density = found * _PER / max(len(words(text)), _PER)
    return 1 - 1 / (1 + _SLOPE * density) if found else 0.0


def arguments(text: str) -> int:
    """Count the marks of separate arguments: ordinals, connectives of reason, list items."""
    return len(_ARGUMENT.findall(text))


def evidence_marks(text: str) -> int:
    """Count the marks of evidence: studies, figures in per cent, sources named."""
    return len(_EVIDENCE.findall(text))


@lru_cache(maxsize=2)
def _pattern(name: str) -> re.Pattern[str]:
    terms = sorted(lexicon(name)["term"], key=len, reverse=True)
    if name.endswith("_zh"):
        return re.compile("|".join(map(re.escape, terms)))
    parts = (re.escape(term.removesuffix("*")) + (r"\w*" if term.endswith("*") else "") for term in terms)
    return re.compile(r"\b(?:" + "|".join(parts) + r")(?!\w)", re.IGNORECASE)
