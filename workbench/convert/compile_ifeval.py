"""Reads the 25 instruction kinds of IFEval out of a prompt, with their arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.checks.ifeval_text import CODES
from workbench.convert.compile_repeat import repeated
from workbench.convert.compile_text import NUMBER, number
from workbench.convert.compile_words import counted_words, forbidden_words, required_words


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction by its published name, its arguments, and the characters that ask for it."""

    id: str
    arguments: dict[str, Any] = field(default_factory=dict)
    span: tuple[int, int]


_N = rf"(?P<n>{NUMBER})"
_M = rf"({NUMBER})"
_RELATION = (
    r"(?P<how>at least|at most|no more than|not more than|no less than|no fewer than|less than|fewer than|more than|under|below|over|above|"
    r"up to|exactly|longer than|shorter than|around|about|a minimum of|a maximum of|minimum of|maximum of|within|limited? to|(?:don't|do not|not|never) exceed|exceeding|excluding)?"
)
_TIMES = r"(?:times?\b|\bonce\b|\btwice\b)"
_COUNT = re.compile(
    rf"{_RELATION}[\s,]*(?:the |a )?(?P<n>{NUMBER})\+?(?P<more> or (?:more|fewer|less))?[\s-]*(?:\w+ )?(?P<unit>words?|sentences?)\b(?P<after>\s*(?:or (?:more|less|fewer)|minimum|maximum|at (?:least|most)|long)?)",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?<![-\w])(?P<low>{NUMBER})\s*(?:-|–|to|and)\s*(?P<n>{NUMBER})[\s-]*(?P<unit>words?|sentences?)\b"
    rf"|\b(?:number of|total) (?P<u2>words?|sentences?)\b[^.\n]{{0,60}}?(?P<l2>{NUMBER})\s*(?:-|–|to|and)\s*(?P<h2>{NUMBER})",
    re.IGNORECASE,
)
_EXACT = re.compile(rf"\bexactly (?P<n>{NUMBER}) (?P<unit>words?|sentences?)\b", re.IGNORECASE)
_PLUS = re.compile(r"(?P<n>\d+)\s?\+\s*(?P<unit>words?|sentences?)\b", re.IGNORECASE)
_TOTAL = re.compile(
    rf"\b(?:number of|total) (?P<unit>words?|sentences?)\b[^.\n]{{0,40}}?\b{_RELATION}\s*(?P<n>{NUMBER})(?P<after>\s*(?:or (?:more|less|fewer))?)",
    re.IGNORECASE,
)
_NO_COMMA = re.compile(
    r"(?:\b(?:not|no|without|avoid|refrain|never|cannot|neither|free of)\b|n't\b)[^.\n]{0,40}\bcommas?\b|\bcommas?\b[^.\n]{0,30}\b(?:not allowed|forbidden|prohibited|not be used|not used)\b",
    re.IGNORECASE,
)
_HIGHLIGHT = re.compile(
    rf"\b(?:highlight\w*|italici[sz]e\w*)\b[^.\n]{{0,40}}?\b{_M}\b|\b{_M}\b[^.\n]{{0,50}}?\b(?:highlight|italic)|{_M} (?:\w+ ){{0,2}}sections? (?:\w+ ){{0,3}}highlight",
    re.IGNORECASE,
)
_HIGHLIGHT_ONE = re.compile(
    r"\b(?:highlight\w*|italici[sz]e)\b[^.\n]{0,60}(?:\*|markdown|asterisk|italic|bold)|\*highlight\w*( \w+)?\*",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<<[^>\n]+>>|double angular brackets", re.IGNORECASE)
_BULLETS = re.compile(
    rf"\b{_M}\s+(?:\w+ ){{0,6}}?bullet(?:ed|s)?\b(?: points?)?|(?:bullet points?|bullets)\b[^.\n]{{0,30}}\bexactly {_M}\b|\bexactly {_M}\b[^.\n]{{0,160}}\bbullet",
    re.IGNORECASE,
)
_BULLETS_SPLIT = re.compile(rf"\bexactly {_N}\b[\s\S]{{0,180}}?\bbullet", re.IGNORECASE)
_PLACEHOLDERS = re.compile(rf"{_N}\s+(?:\w+ )?placeholders?", re.IGNORECASE)
_BRACKETS = re.compile(
    r"\bplaceholders?\b[^.\n]{0,60}\bsquare brackets?|\bsquare brackets?\b[^.\n]{0,60}\bplaceholders?",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"\bP\.\s?P\.\s?S\b|\bP\.\s?S\b\.?", re.IGNORECASE)
_QUOTATION = re.compile(
    r"\b(?:wrap|enclose|surround|put|placed?|wrapped|inside|within|around|in)\w*\b[^.\n]{0,70}\bdouble (?:quotation marks?|quotes?)|\bdouble (?:quotation marks?|quotes?)\b[^.\n]{0,40}\baround\b|"
    r"\b(?:wrap\w*|enclose\w*|put)\b[^.\n]{0,40}\b(?:entire|whole|your) (?:response|output|answer|reply)\b[^.\n]{0,20}\bquot",
    re.IGNORECASE,
)
_JSON = re.compile(
    r"\b(?:json format|json block|json object|in json|as json|wrapped (?:in|into) json|valid json|into json|json output)\b",
    re.IGNORECASE,
)
_UPPER = re.compile(
    r"\b(?:all|only|entirely in|every(?:thing)?|use)\b[^.\n]{0,15}\b(?:capital letters?|uppercase|upper case|capitals|caps)\b|\bcapitali[sz]e (?:all|every)\b|\bletters\b[^.\n]{0,40}\b(?:be|are) (?:capitali[sz]ed|capitals|uppercase)\b|\bno lowercase|(?:not a single|no)[^.\n]{0,40}lowercase letters|\b(?:without|no) (?:any )?lower-?case",
    re.IGNORECASE,
)
_UPPER_WORDS = re.compile(
    r"\bwords?\b[^.\n]{0,30}\b(?:all )?(?:capital|capitali[sz]ed|uppercase|upper case|caps)\b|\bcapital(?:ized)? (?:letter )?words?\b|\ball[- ]caps? words?|stress words|(?:capital|uppercase|capitalized) words",
    re.IGNORECASE,
)
_LOWER = re.compile(
    r"\b(?:all|only|entirely|in|with|of)\b[^.\n]{0,25}\b(?:lower-?cased?|lower case|lowercases|small letters)\b|\b(?:no|without|not? use|not contain|n't use|avoid)\b[^.\n]{0,15}\b(?:capital letters?|capitals|upper-?case)\b(?! words)|lowercase letters only|\blowercase\b",
    re.IGNORECASE,
)
_STARS6 = re.compile(r"\*{6}|\b(?:6|six) asterisks?", re.IGNORECASE)
_STARS3 = re.compile(r"(?<!\*)\*{3}(?!\*)|\b(?:3|three) asterisks?", re.IGNORECASE)
_PARTS = re.compile(
    rf"(?:exactly |in |to |with |have |should have |contain )?\b{_N}\s+(?:\w+ ){{0,3}}?(?:paragraphs?|stanzas?|sections?|parts?)\b",
    re.IGNORECASE,
)
_NEW_LINES = re.compile(
    r"\b(?:two|2) (?:new ?lines?|line breaks?|newlines?)|\\n\\n|double (?:line breaks?|new ?lines?)|blank lines?",
    re.IGNORECASE,
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "last": -1, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7}  # fmt: skip
_NTH = re.compile(
    r"(?:\bparagraph (?P<a>\d+)|\b(?:the |very )*(?P<o>first|second|third|fourth|fifth|sixth|seventh|last|\d(?:st|nd|rd|th)) paragraph)\b[^.\n]{0,40}?\b(?:word|with)\s+(?:the word )?[\"'“]?(?P<w>[\w'-]+)",
    re.IGNORECASE,
)
_SECTION = re.compile(r"\b(?P<s>[A-Z]\w+) (?:X|1|i)\b(?=[\"'”.,:)\s]|$)")
_SECTIONS = re.compile(
    rf"\b{_M}\s+(?:\w+ )?(?:sections?|parts?|paragraphs|chapters?|days?|versions?|verses?)\b|\b{_M}\b[^.\n]{{0,40}}\bsections?\b",
    re.IGNORECASE,
)
_CHOICES = re.compile(r"My answer is (?:yes|no|maybe)\.", re.IGNORECASE)
_END = re.compile(
    r"\b(?:end|finish|conclude|close|last|final|very end|ends|finished)\b[^.\n\"“]{0,90}?(?:[\"“](?P<q>[^\"”\n]+)[\"”]|(?:phrase|sentence|words?)(?: of)?:\s*(?P<c>[^\n]+))",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"\b(?P<l>" + "|".join(CODES) + r")\b", re.IGNORECASE)
_ONLY = re.compile(
    r"\bno other language|only (?:in |use |the |using )|\b(?:entire|completely|entirely|whole|using only|use only|respond in|reply in|answer in|written in|translat\w+|no other)\b",
    re.IGNORECASE,
)
_LETTER_CASE = ("change_case:english_capital", "change_case:english_lowercase")


def read_instructions(prompt: str) -> tuple[Instruction, ...]:
    """Find every instruction that ``prompt`` gives, in the order of the reading functions; a repeated one once."""
    out: list[Instruction] = []
    seen: set[tuple[str, str]] = set()
    for reader in READERS:
        for found in reader(prompt):
            mark = (found.id, repr(sorted(found.arguments.items())))
            if mark not in seen:
                seen.add(mark)
                out.append(found)
    return tuple(out)


def _ranges(prompt: str) -> Iterator[Instruction]:
    found = [
        (number(m["low"] or m["l2"]), number(m["n"] or m["h2"]), m["unit"] or m["u2"], m.span())
        for m in _RANGE.finditer(prompt)
    ]
    found += [(number(m["n"]), number(m["n"]), m["unit"], m.span()) for m in _EXACT.finditer(prompt)]
    for low, high, noun, span in found:
        unit = "words" if noun.lower().startswith("word") else "sentences"
        for relation, n in (("at least", low), ("less than", high + 1)):
            yield Instruction(
                id=f"length_constraints:number_{unit}",
                arguments={"relation": relation, f"num_{unit}": n},
                span=span,
            )


def _lengths(prompt: str) -> Iterator[Instruction]:
    taken = [one.span for one in _ranges(prompt)]
    yield from _ranges(prompt)
    for match in (*_COUNT.finditer(prompt), *_PLUS.finditer(prompt), *_TOTAL.finditer(prompt)):
        if any(start <= match.start("n") < end for start, end in taken):
            continue
        groups = match.groupdict()
        how = " ".join(filter(None, (groups.get("how"), groups.get("more"), groups.get("after")))).lower()
        if match.re is _PLUS:
            how = "at least"
        bounded = _bound(how, number(match["n"]))
        if bounded is None or _capitals_follow(
            prompt, match.end() if match.re is _COUNT else match.end("unit")
        ):
            continue
        relation, n = bounded
        unit = "words" if match["unit"].lower().startswith("word") else "sentences"
        yield Instruction(
            id=f"length_constraints:number_{unit}",
            arguments={"relation": relation, f"num_{unit}": n},
            span=match.span(),
        )


def _bound(how: str, n: int) -> tuple[str, int] | None:
    if re.search(
        r"at most|no more|not more|longer than|up to|maximum|within|limit|exceed|or less|or fewer", how
    ):
        return "less than", n + 1
    if re.search(r"less than|fewer than|shorter than|under|below", how) and not how.startswith("no "):
        return "less than", n
    if re.search(r"more than|over|above", how):
        return "at least", n + 1
    if re.search(r"at least|no less|no fewer|minimum|or more", how):
        return "at least", n
    return None


def _capitals_follow(prompt: str, at: int) -> bool:
    return re.match(r"[^.\n]{0,45}(?:capital|uppercase|all caps)", prompt[at:], re.IGNORECASE) is not None


def _simple(prompt: str) -> Iterator[Instruction]:
    patterns = (
        ("punctuation:no_comma", _NO_COMMA),
        ("detectable_format:title", _TITLE),
        ("startend:quotation", _QUOTATION),
        ("detectable_format:json_format", _JSON),
    )
    for name, pattern in patterns:
        match = pattern.search(prompt)
        if match:
            yield Instruction(id=name, span=match.span())
    if len(_CHOICES.findall(prompt)) > 1:
        yield Instruction(id="detectable_format:constrained_response", span=_CHOICES.search(prompt).span())  # type: ignore[union-attr]


def _numbered(prompt: str) -> Iterator[Instruction]:
    match = _HIGHLIGHT.search(prompt)
    if match or _HIGHLIGHT_ONE.search(prompt):
        found = match or _HIGHLIGHT_ONE.search(prompt)
        n = number(next(filter(None, match.groups()))) if match else 1
        yield Instruction(
            id="detectable_format:number_highlighted_sections",
            arguments={"num_highlights": n},
            span=found.span(),  # type: ignore[union-attr]
        )
    match = _BULLETS.search(prompt) or (_BULLETS_SPLIT.search(prompt) if "bullet" in prompt.lower() else None)
    if match:
        yield Instruction(
            id="detectable_format:number_bullet_lists",
            arguments={"num_bullets": number(next(filter(None, match.groups())))},
            span=match.span(),
        )
    match = _PLACEHOLDERS.search(prompt)
    if match or _BRACKETS.search(prompt):
        found = match or _BRACKETS.search(prompt)
        n = number(match["n"]) if match else 1
        yield Instruction(
            id="detectable_content:number_placeholders", arguments={"num_placeholders": n}, span=found.span()
        )  # type: ignore[union-attr]


def _postscripts(prompt: str) -> Iterator[Instruction]:
    match = _POSTSCRIPT.search(prompt)
    if match:
        marker = "P.P.S" if re.match(r"P\.\s?P", match.group(), re.IGNORECASE) else "P.S."
        yield Instruction(
            id="detectable_content:postscript", arguments={"postscript_marker": marker}, span=match.span()
        )


def _casing(prompt: str) -> Iterator[Instruction]:
    words = list(_UPPER_WORDS.finditer(prompt))
    for match in words:
        yield from _capital_words(prompt, match)
    upper = _UPPER.search(prompt)
    if upper and not any(a.start() - 45 < upper.start() < a.end() + 45 for a in words):
        yield Instruction(id="change_case:english_capital", span=upper.span())
    lower = _LOWER.search(prompt)
    if lower and not (
        upper and re.search(r"\b(?:no|not|without|contain)\b[^.\n]{0,25}lower", prompt, re.IGNORECASE)
    ):
        yield Instruction(id="change_case:english_lowercase", span=lower.span())


def _capital_words(prompt: str, match: re.Match[str]) -> Iterator[Instruction]:
    window = prompt[max(0, match.start() - 30) : match.end() + 60]
    counts = re.finditer(
        rf"{_RELATION}\s*(?P<n>{NUMBER}|once|twice)\b(?P<after>\s*(?:times?)?(?:\s*or (?:more|less|fewer))?)",
        window,
        re.IGNORECASE,
    )
    bounds = [_bound(f"{one['how'] or ''} {one['after'] or ''}".lower(), number(one["n"])) for one in counts]
    bounded = next((one for one in bounds if one), None) if bounds else ("at least", 1)
    if bounded:
        relation, n = bounded
        yield Instruction(
            id="change_case:capital_word_frequency",
            arguments={"capital_relation": relation, "capital_frequency": n},
            span=match.span(),
        )


def _structure(prompt: str) -> Iterator[Instruction]:
    six = _STARS6.search(prompt)
    if six:
        yield Instruction(id="combination:two_responses", span=six.span())
    nth = list(_NTH.finditer(prompt))
    parts = next((m for m in _PARTS.finditer(prompt) if number(m["n"]) > 1), None)
    if nth and parts and _NEW_LINES.search(prompt):
        for match in nth:
            n = number(parts["n"])
            place = int(match["a"]) if match["a"] else _ORDINALS[match["o"].lower()]
            arguments = {
                "num_paragraphs": n,
                "nth_paragraph": n if place < 0 else place,
                "first_word": match["w"].lower(),
            }
            yield Instruction(
                id="length_constraints:nth_paragraph_first_word", arguments=arguments, span=match.span()
            )
        return
    three = _STARS3.search(prompt)
    if three and parts:
        yield Instruction(
            id="length_constraints:number_paragraphs",
            arguments={"num_paragraphs": number(parts["n"])},
            span=parts.span(),
        )
    shown = len(re.findall(r"^\s*\*{3}\s*$", prompt, re.MULTILINE))
    if three and shown and not parts:
        yield Instruction(
            id="length_constraints:number_paragraphs",
            arguments={"num_paragraphs": shown + 1},
            span=three.span(),
        )
    section = next(
        (
            m
            for m in _SECTION.finditer(prompt)
            if re.search(r"\b(?:mark|section|noted|begin|called|label|start)", prompt, re.IGNORECASE)
        ),
        None,
    )
    count = _SECTIONS.search(prompt)
    if section and not three and (count or "respectively" in prompt):
        n = number(next(filter(None, count.groups()))) if count else len(("first", "second"))
        yield Instruction(
            id="detectable_format:multiple_sections",
            arguments={"section_spliter": section["s"], "num_sections": n},
            span=section.span(),
        )


def _ends(prompt: str) -> Iterator[Instruction]:
    for match in _END.finditer(prompt):
        phrase = (match["q"] or match["c"]).strip()
        if (
            _TITLE.search(phrase)
            or len(phrase) < len("bye")
            or re.search(r"\b(?:start|begin)", match.group(), re.IGNORECASE)
        ):
            continue
        yield Instruction(id="startend:end_checker", arguments={"end_phrase": phrase}, span=match.span())
        return


def _languages(prompt: str) -> Iterator[Instruction]:
    for match in _LANGUAGE.finditer(prompt):
        code = CODES[match["l"].lower()]
        around = prompt[max(0, match.start() - 60) : match.end() + 60]
        plain = re.search(
            rf"\b(?:in|only|using|use|except|in the) (?:the |only )?{match['l']}\b|\b{match['l']} (?:language|only)\b",
            around,
            re.IGNORECASE,
        )
        if code != "en" and plain and _ONLY.search(around):
            yield Instruction(
                id="language:response_language", arguments={"language": code}, span=match.span()
            )
            return


def _words(prompt: str) -> Iterator[Instruction]:
    for words, span in required_words(prompt):
        yield Instruction(id="keywords:existence", arguments={"keywords": words}, span=span)
    for words, span in forbidden_words(prompt):
        yield Instruction(id="keywords:forbidden_words", arguments={"forbidden_words": words}, span=span)
    for name, arguments, span in counted_words(prompt, _bound):
        yield Instruction(id=f"keywords:{name}", arguments=arguments, span=span)


def _repeats(prompt: str) -> Iterator[Instruction]:
    found = repeated(prompt)
    if found:
        yield Instruction(
            id="combination:repeat_prompt", arguments={"prompt_to_repeat": found[0]}, span=found[1]
        )


READERS = (
    _lengths,
    _simple,
    _numbered,
    _postscripts,
    _casing,
    _structure,
    _ends,
    _languages,
    _words,
    _repeats,
)
