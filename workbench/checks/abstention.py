"""Tells "that is not stated" from an answer, in English and Chinese."""

from __future__ import annotations

import re

from workbench.records import Evidence

PATTERNS = (
    (
        r"\b(?:not|n't|never|no)\b[^.!?]{0,40}\b(?:mention|stated?|specif|say|said|provid|given?|contain|"
        r"includ|found|listed|"
        r"in (?:the|my|our|this) (?:context|notes?|text|passage|document|information|records?|file))"
    ),
    (
        r"\b(?:i|we) (?:do not|don't|cannot|can't|could not|couldn't) (?:know|tell|find|see|answer|say|"
        r"determine)\b"
    ),
    r"\bno (?:information|mention|record|data|entry|details?|answer|notes?)\b",
    (
        r"\b(?:unknown|unclear|unanswerable|insufficient information|not enough information|"
        r"cannot be determined|not known|"
        r"not on file|not available)\b"
    ),
    r"\b(?:does|do|did)(?: not|n't) (?:say|mention|state|show|specify|tell|provide|contain|include)\b",
    r"(?:没有|未|并未|没)(?:提及|提到|说明|写|给出|提供|记载|包含|涉及|找到|注明|相关|查到|足够)",
    r"(?:不知道|不清楚|无法(?:确定|得知|回答|判断|找到)|无从得知|不得而知|信息不足|暂无(?:信息|资料|数据))",
    r"(?:资料|上下文|文中|材料|记录)(?:里|中)?(?:没有|未|并未|没)",
)
_PATTERN = re.compile("|".join(f"(?:{pattern})" for pattern in PATTERNS), re.IGNORECASE)


def abstention(text: str) -> Evidence | None:
    """Quote the words with which ``text`` says that the answer is not there; ``None`` where it does not."""
    match = _PATTERN.search(text.replace("’", "'"))
    if match is None:
        return None
    return Evidence(what="abstention", text=match.group(), start=match.start(), end=match.end())
