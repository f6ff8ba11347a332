"""Reads which part of a prompt an answer has to repeat before it answers."""

from __future__ import annotations

import re

_REPEAT = re.compile(
    r"(?:\b(?:first|you need to|please|before you answer|then|start by|"
    r"begin by)\b[^.\n]{0,30}?)?\b(?:repl?eat(?:ing)?|copy(?:ing)?|restat(?:e|ing)|quot(?:e|ing)|"
    r"echo(?:ing)?|reproduc(?:e|ing)|recit(?:e|ing)|"
    r"(?:say|read|give|play|write|type|put)(?=[^.\n]{0,40}\b(?:back|out|"
    r"down)\b[^.\n]{0,40}\b(?:word for word|"
    r"verbatim|exactly|unchanged|without chang))|(?:exact |verbatim )copy of|(?=(?:request|prompt|"
    r"question|sentence|text)[^.\n]{0,30}\brepeated))\b[^.\n]{0,40}\b(?:request|"
    r"prompt|sentence|question|"
    r"text|above|below|exactly|word for word|verbatim|this|instruction|line)\b",
    re.IGNORECASE,
)
_FIRST_SENTENCES = re.compile(r"first (?P<n>two|three|four|five) sentences", re.IGNORECASE)
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5}


def repeated(prompt: str) -> tuple[str, tuple[int, int]] | None:
    """Return the text to repeat and the characters that ask for it; ``None`` where there is none."""
    match = _REPEAT.search(prompt)
    if match is None:
        return None
    above, below = _before(prompt, match.start()), _after(prompt, match.end())
    text = above or below
    if not text:
        return None
    limit = _FIRST_SENTENCES.search(prompt)
    if limit and above:
        pieces = re.findall(r"[^.!?]+[.!?]+\s*", above)
        text = "".join(pieces[: _COUNT[limit["n"].lower()]]).strip()
    return text, match.span()


def _before(prompt: str, at: int) -> str:
    """Return the whole paragraphs or lines before the sentence that asks."""
    line = prompt.rfind("\n", 0, at)
    above = prompt[: line + 1].strip()
    if above or line >= 0:
        return above
    stop = max(prompt.rfind(mark, 0, at) for mark in (". ", "? ", "! "))
    return prompt[: stop + 1].strip() if stop >= 0 else ""


def _after(prompt: str, at: int) -> str:
    """Return what follows the paragraph that asks."""
    gap = prompt.find("\n\n", at)
    return prompt[gap:].strip() if gap >= 0 else ""
