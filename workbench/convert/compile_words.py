"""Reads which words an answer must hold, must not hold, or must hold so many times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from workbench.convert.compile_lengths import beside, other, turned
from workbench.convert.compile_polarity import undone
from workbench.convert.compile_text import NUMBER, NUMBER_WORDS, number

Bound = Callable[[str, int], tuple[str, int] | None]
Span = tuple[int, int]

_QUOTE = r"[\"'“”‘’`]"
_WORD = r"[\w#&-]+(?: [\w-]+){0,3}?"
_QUOTED_LIST = rf"{_QUOTE}{_WORD}{_QUOTE}(?:\s*(?:,|and|or|,\s*and|,\s*or|&)\s*{_QUOTE}{_WORD}{_QUOTE})*"
_BARE_LIST = r"[\w-]+(?:(?:,\s*(?:and |or )?|\s+and\s+|\s+or\s+)[\w-]+)*"
_NOUN = r"(?:key ?words?|words?|phrases?|names?|terms?|lines?)"
_LIST = rf"(?P<list>\[?\s*(?:{_QUOTED_LIST})\s*\]?)"
_NOT = (
    r"(?:do not|don't|doesn't|does not|shouldn't|mustn't|won't|isn't|not|never|without|avoid\w*|refrain from|"
    r"cannot|can't|exclude|excluding|no)"
)
_MUST = r"(?:must|should|has to|have to|needs? to|shall|(?:is|are) to)"
_OCCUR = r"(?:appear|occur|be (?:included|mentioned|used|present|part|in)|show up|feature|turn up|come up)\b"
_FORBIDDEN = r"(?:forbidden|banned|prohibited|off[- ]limits|not (?:allowed|permitted)|taboo)"
_FORBID = (
    re.compile(rf"\b{_NOUN} (?:to avoid|to leave out|not to use|you (?:may|must|can) ?not use)\s*:\s*"
               rf"(?:{_LIST}|(?P<bare>{_BARE_LIST}))", re.IGNORECASE),
    re.compile(rf"\b{_NOUN}\s+(?:is|are) {_FORBIDDEN}\s*:\s*(?:{_LIST}|"
               rf"(?P<bare>{_BARE_LIST}))", re.IGNORECASE),
    re.compile(rf"{_LIST}\s+(?:is|are) {_FORBIDDEN}", re.IGNORECASE),
    re.compile(rf"\b{_NOT}\b[^.\n\"“']{{0,60}}?\b{_NOUN}\b[:\s]*(?:of |like )?{_LIST}", re.IGNORECASE),
    re.compile(rf"\b{_NOT}\b[^.\n\"“']{{0,60}}?\b(?:following "
               rf")?{_NOUN}:?\s+(?P<bare>{_BARE_LIST})", re.IGNORECASE),
    re.compile(rf"\b{_NOT}\b (?:\w+ ){{0,2}}?(?:includ\w+|us\w+|say\w*|mention\w*|contain\w*|writ\w+|"
               rf"have)\b (?:\w+ ){{0,3}}?{_LIST}", re.IGNORECASE),
    re.compile(rf"\b(?:the )?{_NOUN}\s+{_LIST}[^.\n]{{0,20}}\b(?:cannot|can't|should not|must not|may not|"
               rf"shouldn't|not) (?:be|appear|occur|show)", re.IGNORECASE),
    re.compile(rf"\b(?:the )?{_NOUN}\s+(?P<bare>{_BARE_LIST})\s+(?:cannot|can't|should not|must not|"
               rf"may not|shouldn't|doesn't|does not) (?:be|appear|occur|show)", re.IGNORECASE),
)  # fmt: skip
_REQUIRE = (
    re.compile(rf"\b(?:includ\w+|mention\w*|us(?:e|ing)|contain\w*|has|have|"
               rf"add|incorporat\w+|feature|featuring|insert|weave|weaving|"
               rf"work(?:ing)?)\b[^.\n\"“'\[]{{0,50}}?\b(?:following )"
               rf"?{_NOUN}\b[:\s]*{_LIST}", re.IGNORECASE),
    re.compile(rf"\b(?:includ\w+|mention\w*|us(?:e|ing)|"
               rf"contain\w*)\b[^.\n\"“'\[]{{0,50}}?\b(?:key "
               rf"?words?)\b[:\s]+(?P<bare>{_BARE_LIST})", re.IGNORECASE),
    re.compile(rf"\b(?:mention|include|add|contain|incorporate|feature|insert|weave in|work in)s?\s+(?:the )?"
               rf"(?:both )?{_LIST}", re.IGNORECASE),
    re.compile(rf"\b(?:these|following) (?:key ?)?(?:words?|terms?|phrases?)\s*:\s*(?:{_LIST}|"
               rf"(?P<bare>{_BARE_LIST}))", re.IGNORECASE),
    re.compile(r"\b(?:has|have|with|containing|include|"
               r"use|feature|incorporate) the (?:key ?)?words? (?P<bare>[\w-]+(?: and [\w-]+)+)"
               r"", re.IGNORECASE),
    re.compile(rf"\b{_NOUN}\s+(?:{_LIST}|(?P<bare>{_BARE_LIST}))\s+{_MUST} (?:all |"
               rf"both )?{_OCCUR}", re.IGNORECASE),
    re.compile(rf"(?<![\w]){_LIST}\s+{_MUST} (?:all |both )?{_OCCUR}", re.IGNORECASE),
)  # fmt: skip
_TIMES = (
    r"(?P<how>at least|at most|no more than|less than|fewer than|more than|below|no less than|no fewer than|"
    r"not less than|not fewer than|not more than|exactly|a minimum of|a maximum of|"
    r"around|about|only|under|over)?\s*(?:for )?"
    r"(?P<how2>at least|at most|no more than|less than|fewer than|more than)?\s*"
    rf"(?P<n>{NUMBER}|once|twice|thrice)\b\s*"
    r"(?P<after>(?:or (?:more|less|fewer) )?(?:times?)?(?:\s*or (?:more|less|fewer))?)"
)
_VERB = r"(?:appears?|occurs?|shows? up|used|mentioned|included|repeated|be|present|use|comes? up)"
_COUNTED = (
    re.compile(rf"\b(?:word|keyword|name|phrase|term|letters|"
               rf"the)s?\s+{_QUOTE}?(?P<w>[\w-]+){_QUOTE}?\s+(?:should |must |can |may |to |shall |"
               rf"will |has to |have to |needs? to |ought to )?(?:only )?(?:be |is |"
               rf"are )?{_VERB}\s+{_TIMES}", re.IGNORECASE),
    re.compile(rf"\b(?:mention|use|include|say|repeat|add|contain)s?\s+(?:the )?(?:word|keyword|name|"
               rf"phrase|term)s?\s+{_QUOTE}?(?P<w>[\w-]+){_QUOTE}?,?\s+(?:\w+ )?{_TIMES}", re.IGNORECASE),
    re.compile(rf"\b(?:mention|use|include|say|"
               rf"repeat)s?\s+{_QUOTE}(?P<w>[\w-]+){_QUOTE}\s+{_TIMES}", re.IGNORECASE),
    re.compile(rf"{_QUOTE}(?P<w>[\w-]+){_QUOTE}\s+(?:should |must )?(?:{_VERB})\s+{_TIMES}", re.IGNORECASE),
)  # fmt: skip
_NEVER = re.compile(
    rf"\b(?:word|keyword|name)\s+{_QUOTE}?(?P<w>[\w-]+){_QUOTE}?\s+(?:doesn't|does not|should not|"
    rf"shouldn't|must not|cannot) (?:appear|occur|be used)",
    re.IGNORECASE,
)
_LETTERS = (
    re.compile(rf"\bletter\s+{_QUOTE}?(?P<w>\S){_QUOTE}?\s+(?:should |must |can |may |shall |will |"
               rf"has to |have to |needs? to |ought to |"
               rf"to )?(?:only )?(?:be )?{_VERB}\s+{_TIMES}", re.IGNORECASE),
    re.compile(rf"\b(?:the )?letter\s+{_QUOTE}?(?P<w>\S){_QUOTE}?,?\s+(?:for )?{_TIMES}", re.IGNORECASE),
    re.compile(rf"\bletter\s+{_QUOTE}?(?P<w>[a-z]){_QUOTE}?[^.\n]{{0,30}}?(?=\b(?:at (?:least|most)|"
               rf"no|not|less|fewer|"
               rf"more|below|under|over|a m)\b){_TIMES}", re.IGNORECASE),
    re.compile(rf"\bletter\s+{_QUOTE}?(?P<w>[a-z]){_QUOTE}?[^.\n]{{0,30}}?{_TIMES}", re.IGNORECASE),
)  # fmt: skip
# "at least four q's"
_LETTERS_PLURAL = re.compile(
    rf"(?P<how>at least|at most|(?:no|not) (?:more|fewer|less) than|less than|fewer than|"
    rf"more than)\s+(?P<n>{NUMBER})\s+"
    rf"(?:letters? )?{_QUOTE}?(?P<w>[a-z]){_QUOTE}?['’]?s\b(?![\w])",
    re.IGNORECASE,
)
_SIGNS = re.compile(
    rf"(?P<how>at least|at most|less than|more than)?\s{{0,8}}(?P<n>{NUMBER})\s+hash ?tags?", re.IGNORECASE
)


_GRAMMAR_TEXT = (
    "should must may can cannot shall will would is are be was were in on of with and or that this these "
    "those to before after "
    "than from as at for the a an any all characters follow limit count without not no your my it each every "
    "unless except more less fewer times"
)
_GRAMMAR = frozenset(_GRAMMAR_TEXT.split()) - {"can", "it"}


def required_words(prompt: str) -> Iterator[tuple[list[str], Span]]:
    """Yield the words that the answer must hold, and where they are asked for."""
    for pattern in _REQUIRE:
        for match in pattern.finditer(prompt):
            words = _split(match)
            if words and not _loose(words) and not _other_demand(prompt, match):
                yield words, match.span()
                return


def _other_demand(prompt: str, match: re.Match[str]) -> bool:
    """Tell a demand to hold words from one to leave them out, to count them, or to begin or end with them."""
    listed = match.groupdict().get("list")
    head = match.group()[: match.start("list") - match.start()] if listed else match.group()
    before = prompt[max(0, match.start() - 25) : match.start()]
    return bool(
        re.search(rf"\b{_NOT}\b", before + head, re.IGNORECASE)
        or re.search(r"\b(?:start|begin|end|title|paragraph \d)\w*\b", before + match.group(), re.IGNORECASE)
        or re.match(rf"[^.\n]{{0,12}}{_TIMES_AFTER}", prompt[match.end() :], re.IGNORECASE)
    )


def forbidden_words(prompt: str) -> Iterator[tuple[list[str], Span]]:
    """Yield the words that the answer must not hold, and where they are forbidden."""
    for pattern in _FORBID:
        for match in pattern.finditer(prompt):
            words = _split(match)
            if words and not _loose(words) and not _no_ban(prompt, match):
                yield words, match.span()
                return
    never = _NEVER.search(prompt)
    if never and not re.match(rf"[^.\n]{{0,12}}{_TIMES_AFTER}", prompt[never.end() :], re.IGNORECASE):
        yield [never["w"].lower()], never.span()


def _no_ban(prompt: str, match: re.Match[str]) -> bool:
    """Tell a ban from a word on commas, on what is not to be left out, or on how often a word may stand."""
    at = match.start("list" if match.groupdict().get("list") else "bare")
    return bool(
        re.search(r"\bcommas?\b", match.group(), re.IGNORECASE)
        or undone(prompt[:at])
        or re.match(rf"[^.\n]{{0,12}}{_TIMES_AFTER}", prompt[match.end() :], re.IGNORECASE)
    )


def counted_words(prompt: str, bound: Bound) -> Iterator[tuple[str, dict[str, Any], Span]]:
    """Yield words and letters whose number is asked for: the kind, its arguments, and where."""
    taken = set[str]()
    for match in _BETWEEN.finditer(prompt):
        word = match["w"].lower()
        taken.add(word)
        for relation, n in (("at least", number(match["low"])), ("less than", number(match["high"]) + 1)):
            yield "frequency", {"relation": relation, "keyword": word, "frequency": n}, match.span()
    for match in (one for pattern in _COUNTED for one in pattern.finditer(prompt)):
        found, word = _bounded(match, bound), match["w"].lower()
        if found is None or len(word) == 1 or word in taken | _GRAMMAR | _NO_KEYWORDS:
            continue
        taken.add(word)
        for relation, n in filter(None, (found, beside(prompt, match.end()))):
            yield "frequency", {"relation": relation, "keyword": word, "frequency": n}, match.span()
        if re.search(r"\b(?:only|exactly)\b", match.group(), re.IGNORECASE):
            yield "existence", {"keywords": [word]}, match.span()
    yield from _counted_letters(prompt, bound)


def _counted_letters(prompt: str, bound: Bound) -> Iterator[tuple[str, dict[str, Any], Span]]:
    for pattern in _LETTERS:
        match = pattern.search(prompt)
        found = _bounded(match, bound) if match else None
        if match and found:
            letter = match["w"].lower()
            arguments = {"let_relation": found[0], "letter": letter, "let_frequency": found[1]}
            yield "letter_frequency", arguments, match.span()
            break
    plural = _LETTERS_PLURAL.search(prompt)
    several = bound((plural["how"] or "at least").lower(), number(plural["n"])) if plural else None
    if plural and several:
        arguments = {"let_relation": several[0], "letter": plural["w"].lower(), "let_frequency": several[1]}
        yield "letter_frequency", arguments, plural.span()
    signs = _SIGNS.search(prompt)
    least = bound(signs["how"] or "at least", number(signs["n"])) if signs and "#" in prompt else None
    if signs and least:
        arguments = {"let_relation": least[0], "letter": "#", "let_frequency": least[1]}
        yield "letter_frequency", arguments, signs.span()


_NO_KEYWORDS = frozenset({"word", "keyword", "letters", "times"})
_BETWEEN = re.compile(
    rf"\b(?:word|keyword|name|phrase)\s+{_QUOTE}?(?P<w>[\w-]+){_QUOTE}?\s+(?:should |"
    rf"must )?(?:be )?{_VERB}\s+(?:between )?(?P<low>{NUMBER})\s*(?:or|to|-|and)\s*(?P<high>{NUMBER}) times",
    re.IGNORECASE,
)
_TIMES_AFTER = (
    r"(?:at least|at most|less than|more than|only|exactly|(?:no|not) (?:fewer|less|more) than|fewer than|"
    r"an? (?:minimum|maximum) of)?\s*"
    rf"(?:{NUMBER}|once|twice)(?: or (?:more|less|fewer))? ?(?:times|\b(?<=once)|"
    r"\b(?<=twice))"
)


def _bounded(match: re.Match[str], bound: Bound) -> tuple[str, int] | None:
    how = " ".join(filter(None, (match["how"], match["how2"], match["after"]))).lower()
    if not re.search(r"\btimes?\b|\bonce\b|\btwice\b|\bthrice\b", match.group(), re.IGNORECASE):
        return None
    n = NUMBER_WORDS.get(match["n"].lower()) or number(match["n"])
    if "only" in how or "exactly" in how:
        return "less than", n + 1
    found = bound(how, n)
    start = next((match.start(name) for name in ("how", "how2") if match[name]), match.start("n"))
    if found and turned(match.string, start, match.end(), how):
        return other(found)
    return found or (("at least", n) if not match["how"] and not match["how2"] else None)


def _split(match: re.Match[str]) -> list[str]:
    groups = match.groupdict()
    if groups.get("list"):
        words = re.findall(rf"{_QUOTE}({_WORD}){_QUOTE}", groups["list"])
    else:
        words = re.split(r",\s*(?:and |or )?|\s+and\s+|\s+or\s+", groups["bare"] or "")
    return [word.strip().lower() for word in words if word.strip()]


def _loose(words: list[str]) -> bool:
    """Tell words of the prompt's own grammar from words that it names."""
    return any(word in _GRAMMAR for word in words)
