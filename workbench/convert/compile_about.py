"""Tells a sentence that speaks of a kind of instruction from one that gives it."""

from __future__ import annotations

import re

from workbench.convert.compile_text import unquoted

# Questions of fact, and requests to explain or to describe something: "Why do some languages use no commas?"
_ASKS = re.compile(
    r"\W*(?:why|how|who|whose|which|where|what (?:is|are|does|do|was|were|makes?|kinds?)|when (?:did|"
    r"do|does|was)|is it|"
    r"are there|is there|do (?:people|you think|we)|does|did|has|have you)\b",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"\W*(?:please )?(?:explain|tell (?:me|us)|describe|discuss|say|find out|name|list|define|"
    r"compare|imagine)\s+"
    r"(?:why|how|what|whether|if|who|where|which)\b|"
    r"\W*(?:please )?(?:explain|describe|discuss|compare|define)\s+(?:\w+ ){1,6}?(?:that|which|who)\b",
    re.IGNORECASE,
)
# What somebody else did or does: "My teacher forbids …", "The survey had three bullet points."
_TELLS = re.compile(
    r"\W*(?:(?:my|his|her|their|our) \w+|she|he|they|in my last \w+|(?:the|an?|this|"
    r"that) (?:\w+ ){1,5}?(?:that|which) "
    r"(?:i|we|she|he|they) \w+|most \w+|(?:the|an?) (?:\w+ ){1,3}?(?:had|was|were|asked|wrote|said|"
    r"used|began|ended|contained|wanted|"
    r"answered))\b|\W*the \w+ [^.\n]{0,80}\bin most \w+\b(?![^.\n]*\b(?:must|should|shall|have to|"
    r"has to|need to|needs to)\b)",
    re.IGNORECASE,
)
_TELLS_ZH = re.compile(
    r"[^,，。]{0,8}(?:我(?:奶奶|爷爷|妈妈|爸爸|老师|同事|朋友|们公司)|他|她|客户|这本书|报告|这篇文章|问卷)"
    r"(?![^。\n]*(?:必须|务必|请你|请用|你的回答))"
)
_ASKS_ZH = re.compile(
    r"(?:为什么|怎么|怎样|如何|哪些|什么|吗|多少|几)[^。\n]*[?？]|^\W*(?:请)?(?:解释|介绍|说明一下)"
)
# How to do what the sentence asks for: "Explain what a comma is without using commas."
_MANNER = re.compile(
    r"\s*(?:without|using|(?:in|with|under) (?:less|fewer|at most|at least|no more|exactly|all|only|"
    r"under|\d|the form))\b",
    re.IGNORECASE,
)
# So many characters to either side make a sentence at most.
_REACH = 400
_STOP = re.compile(r"[.!?。！？]+[\"'”’)\]]*(?=\s|$)|[。！？]|\n")


def speaks_about(prompt: str, span: tuple[int, int]) -> bool:
    """Tell whether the sentence around ``span`` speaks of such a thing and asks the writer for nothing.

    A question whose end holds the demand ("What is a bond, in less than 50 words?") gives it.
    """
    start, end = _sentence(prompt, span)
    # What a sentence quotes does not tell who speaks in it.
    text = unquoted(prompt[start:end])
    if _MANNER.match(prompt, span[0]):
        return False
    if _EXPLAINS.match(text) or _TELLS.match(text) or _TELLS_ZH.match(text) or _ASKS_ZH.search(text):
        return True
    asked = _ASKS.match(text)
    if asked is None or not text.rstrip(" \"'”’)").endswith("?"):
        return False
    between = prompt[start + asked.end() : span[0]]
    return not re.search(r"[,;:]\s*$|\b(?:in|with|using|without)\s*$", between)


def _sentence(prompt: str, span: tuple[int, int]) -> tuple[int, int]:
    start = max((m.end() for m in _STOP.finditer(prompt, max(0, span[0] - _REACH), span[0])), default=0)
    start = max(start, span[0] - _REACH, 0)
    after = _STOP.search(prompt, max(span[0], span[1] - 1), span[1] + _REACH)
    return start, after.end() if after else min(len(prompt), span[1] + _REACH)
