"""Reads what a sentence asks of words that it quotes: to be there, not to be there, or how often."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.convert.compile_lengths import RELATION, beside, bound, other, turned
from workbench.convert.compile_polarity import forbidden, undone
from workbench.convert.compile_text import NUMBER, NUMBER_WORDS, number

if TYPE_CHECKING:
    from collections.abc import Iterator

Mention = tuple[str, dict[str, Any], tuple[int, int]]

_QUOTE = r"[\"'“”‘’`]"
_WORD = r"[\w#&-]+(?: [\w-]+){0,3}"
_JOIN = r"\s*(?:,\s*(?:and|or|nor)?|and|or|nor|&)\s*"
_NAMED = re.compile(
    rf"(?P<list>(?<![\w]){_QUOTE}{_WORD}{_QUOTE}(?:{_JOIN}{_QUOTE}{_WORD}{_QUOTE})*)(?!\w)|"
    rf"\bletter\s+{_QUOTE}?(?P<letter>[A-Za-z]){_QUOTE}?(?!\w)",
)
_TIMES = re.compile(
    rf"{RELATION}\s*\b(?P<n>{NUMBER}|once|twice|thrice)\b(?P<after>(?: or (?:more|less|fewer))?)\s*"
    r"(?:(?:times|occurrences|instances|mentions|appearances|uses|repetitions)\b|(?<=once)|(?<=twice)|"
    r"(?<=thrice))(?P<more>(?:,? (?:or (?:more often|more|less|fewer)|at (?:the )?(?:very )?(?:most|"
    r"least)))?)",
    re.IGNORECASE,
)
# What else is asked of a quoted phrase: that the answer begin or end with it, that it be a heading or a key.
_OTHERWISE = re.compile(
    r"\b(?:start|begin|open|end|finish|clos|conclud|sign off|titl|head|label|mark|call|nam(?:e|ed)\b|section|"
    r"paragraph|placeholder|answer is|key\b|keys\b|field|tag|option|choose|choice|one of|either|repeat|"
    r"copy|last|"
    r"first|final|very|after|before|other|respond with|reply with|say only|instead|rather|such as|like|"
    r"e\.g|example|translat|"
    r"quot|if|when|unless|whenever|tool\b|function|button|column|menu|file\b)",
    re.IGNORECASE,
)
_DEMAND = re.compile(
    r"\b(?:make (?:sure|certain)|be sure|see to it|ensure|must|should|shall|has to|have to|needs?|needs? to|"
    r"is to|are to|i want|i expect|i(?:['’]d| would) like|let|find room|work in)\b",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    r"\b(?:(?:come|comes|turn|turns|show|shows|crop|crops|pop|pops) up|appears?|occurs?|features?|mention\w*|"
    r"includ\w+|contain\w*|us(?:e|es|ed)|present|come across|finds? (?:its|their) way|found|read|see|"
    r"hold|somewhere|"
    r"make an appearance|"
    r"work(?:ed)? in|be there|be in)\b",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.!?;\n](?=\s|$|[\"'”])|\n")


def mentioned(prompt: str, taken: set[str]) -> Iterator[Mention]:
    """Yield the kind, the arguments and the place for quoted words (or a letter) that are not ``taken``."""
    for match in _NAMED.finditer(prompt):
        before, after = _clause(prompt, match)
        words = [one.lower() for one in re.findall(rf"{_QUOTE}({_WORD}){_QUOTE}", match["list"] or "")]
        name = match["letter"].lower() if match["letter"] else " ".join(words)
        if name in taken or taken & set(words) or _OTHERWISE.search(f"{before} · {after}"):
            continue
        found = list(_bounds(prompt, match, before, after)) if len(words) <= 1 else []
        yield from (_counted(match, name, one) for one in found)
        if not found and words:
            yield from _named(words, match.span(), before, after)


def _named(words: list[str], span: tuple[int, int], before: str, after: str) -> Iterator[Mention]:
    if forbidden(before, after):
        yield "forbidden_words", {"forbidden_words": words}, span
    elif undone(before) or (_DEMAND.search(f"{before} · {after}") and _PRESENT.search(f"{before} · {after}")):
        yield "existence", {"keywords": words}, span


def _counted(match: re.Match[str], name: str, bounded: tuple[str, int]) -> Mention:
    relation, n = bounded
    if match["letter"]:
        return (
            "letter_frequency",
            {"let_relation": relation, "letter": name, "let_frequency": n},
            match.span(),
        )
    return "frequency", {"relation": relation, "keyword": name, "frequency": n}, match.span()


def _bounds(prompt: str, match: re.Match[str], before: str, after: str) -> Iterator[tuple[str, int]]:
    """Read how often the word may stand, from what follows it, or else from what stands before it."""
    start, end = match.start() - len(before), match.end() + len(after)
    count = _TIMES.search(prompt, match.end(), end) or _TIMES.search(prompt, start, match.start())
    if count is None:
        return
    n = NUMBER_WORDS.get(count["n"].lower()) or number(count["n"])
    how = " ".join(filter(None, (count["how"], count["after"], count["more"]))).lower()
    found = bound(how, n)
    if found and turned(prompt, count.start(), count.end(), how):
        found = other(found)
    if found is None and not how and _DEMAND.search(f"{before} · {after}"):
        found = ("at least", n)
    yield from filter(None, (found, beside(prompt, count.end())))


def _clause(prompt: str, match: re.Match[str]) -> tuple[str, str]:
    """Return what stands before and after a match in its sentence."""
    start = max(
        (one.end() for one in _STOP.finditer(prompt, max(0, match.start() - 200), match.start())), default=0
    )
    stop = _STOP.search(prompt, match.end(), match.end() + 200)
    end = stop.start() if stop else min(len(prompt), match.end() + 200)
    return prompt[max(start, match.start() - 200) : match.start()], prompt[match.end() : end]
