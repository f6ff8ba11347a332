"""Reads how an answer is laid out: highlights, bullets, sections, paragraphs, postscripts, letters' case."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.convert.compile_lengths import RELATION, Instruction, beside, bound, other, turned
from workbench.convert.compile_text import NUMBER, number

if TYPE_CHECKING:
    from collections.abc import Iterator

_N = rf"(?P<n>{NUMBER})"
_M = rf"({NUMBER})"
_HIGHLIGHT = re.compile(
    rf"\b(?:highlight\w*|italici[sz]e\w*)\b[^.\n]{{0,40}}?\b{_M}\b|\b{_M}\b[^.\n]{{0,50}}?\b(?:highlight|"
    rf"italic)|{_M} (?:\w+ ){{0,2}}sections? (?:\w+ ){{0,3}}highlight|"
    rf"\b(?:mark|emphasi[sz]e|bold|stress)\w*\b[^.\n]{{0,50}}?\b{_M}\b[^.\n]{{0,60}}(?:\*\w|markdown|"
    rf"asterisk)",
    re.IGNORECASE,
)
_HIGHLIGHT_ONE = re.compile(
    r"\b(?:highlight\w*|italici[sz]e)\b[^.\n]{0,60}(?:\*|markdown|asterisk|italic|bold)|"
    r"\*highlight\w*( \w+)?\*",
    re.IGNORECASE,
)
_BULLETS = re.compile(
    rf"\bbullet(?:ed)?(?:[- ]point)? lists? (?:of|with)(?: exactly)? {_M}\b|"
    rf"\b{_M}\s+(?:\w+ ){{0,6}}?bullet(?:ed|s)?\b(?: points?)?|(?:bullet points?|"
    rf"bullets)\b[^.\n]{{0,30}}\bexactly {_M}\b|\bexactly {_M}\b[^.\n]{{0,160}}\bbullet",
    re.IGNORECASE,
)
_BULLETS_SPLIT = re.compile(rf"\bexactly {_N}\b[\s\S]{{0,180}}?\bbullet", re.IGNORECASE)
_PLACEHOLDERS = re.compile(
    rf"\b{_N}\s+(?:of )?(?:\w+ ){{0,6}}?placeholders?|"
    rf"\b{_M}\s+(?:\w+ ){{0,2}}?(?:blanks?|gaps?|variables?|fields?)\b[^.\n]{{0,60}}\bbracket",
    re.IGNORECASE,
)
_BRACKETS = re.compile(
    r"\bplaceholders?\b[^.\n]{0,60}\bsquare brackets?|\bsquare brackets?\b[^.\n]{0,60}\bplaceholders?",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"\bP\.\s?P\.\s?S\b|\bP\.\s?S\b\.?", re.IGNORECASE)
_UPPER = re.compile(
    r"\b(?:capital letters|capitals|upper-?case|caps)(?: letters)? (?:only|throughout)\b|"
    r"\bevery (?:single )?(?:letter|character)\b[^.\n]{0,20}\b(?:capital|upper-?case)|"
    r"\bno (?:small|lower-?\s?case) letters|\b(?:all|only|entirely in|every(?:thing)?|"
    r"use)\b[^.\n]{0,15}\b(?:capital letters?|uppercase|"
    r"upper case|capitals|caps)\b|\bcapitali[sz]e (?:all|every)\b|\bletters\b[^.\n]{0,40}\b(?:be|"
    r"are) (?:capitali[sz]ed|capitals|uppercase)\b|\b(?:whole|full|entire|entirely|everything|"
    r"written)\b[^.\n]{0,30}\b(?:in|using) (?:all |block )?(?:upper-?\s?case|capitals|"
    r"capital letters|caps)\b|\bno lowercase|(?:not a single|"
    r"no)[^.\n]{0,40}lowercase letters|\b(?:without|no) (?:any )?lower-?case",
    re.IGNORECASE,
)
_UPPER_WORDS = re.compile(
    r"\bwords?\b[^.\n]{0,30}\b(?:all )?(?:capitals?|capitali[sz]ed|uppercase|upper case|caps)\b|"
    r"\bcapital(?:ized)? (?:letter )?words?\b|\ball[- ]caps? words?|stress words|(?:capital|uppercase|"
    r"capitalized) words",
    re.IGNORECASE,
)
_NO_CAPITALS = re.compile(
    r"\b(?:no|not|without|avoid|never|n't)\b(?! a single)[^.\n]{0,20}\b(?:capital|upper|caps)", re.IGNORECASE
)
_LOWER = re.compile(
    r"\b(?:all|only|entirely|in|with|of)\b[^.\n]{0,25}\b(?:lower-?cased?|lower case|lowercases|"
    r"small letters)\b|\b(?:no|without|not? use|not contain|n't use|"
    r"avoid)\b[^.\n]{0,15}\b(?:capital letters?|capitals|upper-?case)\b(?! words)|lowercase letters only|"
    r"\blowercase\b",
    re.IGNORECASE,
)
_STARS6 = re.compile(r"\*{6}|\b(?:6|six) asterisks?", re.IGNORECASE)
_STARS3 = re.compile(r"(?<!\*)\*{3}(?!\*)|\b(?:3|three) asterisks?", re.IGNORECASE)
# What says it afterwards: the paragraphs are set apart by stars, and three of them there must be.
_PARTS_AFTER = re.compile(
    rf"\bparagraphs?\b[^.\n]{{0,50}}\b(?:there (?:should|must|have to|has to|are to|shall) be|"
    rf"exactly|write|give)\s+{_N}\b",
    re.IGNORECASE,
)
_PARTS = re.compile(
    rf"(?:exactly |in |to |with |have |should have |contain )?\b{_N}\s+(?:\w+ ){{0,3}}?(?:paragraphs?|"
    rf"stanzas?|sections?|parts?)\b",
    re.IGNORECASE,
)
_NEW_LINES = re.compile(
    r"\b(?:two|2) (?:new ?lines?|line breaks?|newlines?)|\\n\\n|double (?:line breaks?|new ?lines?)|"
    r"blank lines?",
    re.IGNORECASE,
)
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "last": -1,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7,
}  # fmt: skip
_ORDINAL = r"first|second|third|fourth|fifth|sixth|seventh|last|\d(?:st|nd|rd|th)"
_OPENED = r"(?:must|should|has to|needs to|shall|is to|begins?|starts?|opens?)"
_NTH_OTHER = (
    # "the 2nd one begins with …", "the second must begin with …"
    re.compile(
        rf"\bthe (?P<o>{_ORDINAL})(?: one)?,? (?:of (?:them|these|"
        rf"which) )?{_OPENED}\b[^.\n]{{0,25}}?\bwith\s+"
        r"(?:the )?(?:word )?[\"'“]?(?P<w>\w[\w'-]*(?<!'))(?P<a>)",
        re.IGNORECASE,
    ),
    # "the first word of the second paragraph is …"
    re.compile(
        rf"\bfirst word (?:of|in) (?:the )?(?:paragraph (?P<a>\d+)|(?P<o>{_ORDINAL})(?: paragraph)?)\s+"
        r"(?:is|must be|should be|has to be|shall be|will be)\s+(?:the )?"
        r"(?:word )?[\"'“]?(?P<w>\w[\w'-]*(?<!'))",
        re.IGNORECASE,
    ),
    # "the second paragraph's first word has to be …"
    re.compile(
        rf"\b(?P<o>{_ORDINAL}) paragraph['’]s first word\s+(?:is|must be|should be|has to be|"
        rf"shall be)\s+(?:the )?"
        r"(?:word )?[\"'“]?(?P<w>\w[\w'-]*(?<!'))(?P<a>)",
        re.IGNORECASE,
    ),
)
_NTH = re.compile(
    r"(?:\bparagraph (?P<a>\d+)(?: of (?P<of>\d+))?|\b(?:the |very )*(?P<o>first|second|third|fourth|"
    r"fifth|sixth|seventh|last|"
    r"\d(?:st|nd|rd|th)) paragraph)\b[^.\n]{0,40}?\b(?:word|with)\s+(?:the )?"
    r"(?:word )?[\"'“]?(?P<w>\w[\w'-]*(?<!'))",
    re.IGNORECASE,
)
_SECTION = re.compile(r"\b(?P<s>[A-Z]\w+) (?:X|1|i)\b(?=[\"'”.,:)\s]|$)")
# "labelled "Part" and a number".
_SECTION_NAMED = re.compile(
    r"[\"'“](?P<s>[A-Z]\w{1,30})[\"'”]\s*,?\s*(?:and|plus|with|followed by)\s+(?:its|a|"
    r"the) (?:number|numeral|letter)|"
    r"\b(?P<t>[A-Z]\w{1,30}) (?:and|plus|followed by) (?:its|a|the) (?:number|numeral)",
)
_SECTIONS = re.compile(
    rf"\b{_M}\s+(?:\w+ )?(?:sections?|parts?|paragraphs|chapters?|days?|versions?|verses?)\b|"
    rf"\b{_M}\b[^.\n]{{0,40}}\bsections?\b",
    re.IGNORECASE,
)


_CAPITALS_COUNTED = re.compile(
    rf"{RELATION}\s*(?P<n>{NUMBER}|once|twice)\b(?P<after>\s*(?:times?)?(?:\s*or (?:more|less|fewer))?)",
    re.IGNORECASE,
)


def counted_marks(prompt: str) -> Iterator[Instruction]:
    """Read how many highlighted parts, bullets and placeholders there are to be."""
    lit = _HIGHLIGHT.search(prompt) or _HIGHLIGHT_ONE.search(prompt)
    if lit:
        n = _first_number(lit, default=1)
        name = "detectable_format:number_highlighted_sections"
        yield Instruction(id=name, arguments={"num_highlights": n}, span=lit.span())
    bullets = _BULLETS.search(prompt)
    if bullets is None and "bullet" in prompt.lower():
        bullets = _BULLETS_SPLIT.search(prompt)
    if bullets:
        arguments = {"num_bullets": _first_number(bullets, default=1)}
        yield Instruction(
            id="detectable_format:number_bullet_lists", arguments=arguments, span=bullets.span()
        )
    holes = _PLACEHOLDERS.search(prompt) or _BRACKETS.search(prompt)
    if holes:
        arguments = {"num_placeholders": _first_number(holes, default=1)}
        yield Instruction(id="detectable_content:number_placeholders", arguments=arguments, span=holes.span())


def _first_number(match: re.Match[str], *, default: int) -> int:
    given = next(filter(None, match.groups()), None)
    return number(given) if given else default


def postscripts(prompt: str) -> Iterator[Instruction]:
    """Read whether a postscript is to stand at the end."""
    match = _POSTSCRIPT.search(prompt)
    if match:
        marker = "P.P.S" if re.match(r"P\.\s?P", match.group(), re.IGNORECASE) else "P.S."
        yield Instruction(
            id="detectable_content:postscript", arguments={"postscript_marker": marker}, span=match.span()
        )


def casing(prompt: str) -> Iterator[Instruction]:
    """Read whether letters are to be large or small, and how many words are to be in capitals."""
    words = list(_UPPER_WORDS.finditer(prompt))
    for match in words:
        yield from _capital_words(prompt, match)
    upper = next(
        (
            one
            for one in _UPPER.finditer(prompt)
            if not _NO_CAPITALS.search(prompt[max(0, one.start() - 15) : one.end()])
        ),
        None,
    )
    if upper and not any(a.start() - 45 < upper.start() < a.end() + 45 for a in words):
        yield Instruction(id="change_case:english_capital", span=upper.span())
    lower = _LOWER.search(prompt)
    if lower and not (
        upper and re.search(r"\b(?:no|not|without|contain)\b[^.\n]{0,25}lower", prompt, re.IGNORECASE)
    ):
        yield Instruction(id="change_case:english_lowercase", span=lower.span())


def _capital_words(prompt: str, match: re.Match[str]) -> Iterator[Instruction]:
    counts = list(_CAPITALS_COUNTED.finditer(prompt, max(0, match.start() - 30), match.end() + 60))
    bounds = [(_capital_bound(prompt, one), one.end()) for one in counts] or [(("at least", 1), match.end())]
    found, end = next((one for one in bounds if one[0]), (None, 0))
    for relation, n in filter(None, (found, beside(prompt, end) if found else None)):
        yield Instruction(
            id="change_case:capital_word_frequency",
            arguments={"capital_relation": relation, "capital_frequency": n},
            span=match.span(),
        )


def _capital_bound(prompt: str, count: re.Match[str]) -> tuple[str, int] | None:
    how = f"{count['how'] or ''} {count['after'] or ''}".strip().lower()
    found = bound(how, number(count["n"]))
    return other(found) if found and turned(prompt, count.start(), count.end(), how) else found


def structure(prompt: str) -> Iterator[Instruction]:
    """Read how many responses, paragraphs and sections there are to be, and what sets them apart."""
    six = _STARS6.search(prompt)
    if six:
        yield Instruction(id="combination:two_responses", span=six.span())
    nth = list(_NTH.finditer(prompt)) or [one for other in _NTH_OTHER for one in other.finditer(prompt)]
    parts = next((m for m in _PARTS.finditer(prompt) if number(m["n"]) > 1), None)
    parts = parts or _PARTS_AFTER.search(prompt)
    of = next((m["of"] for m in nth if m.re is _NTH and m["of"]), None)
    told = of or (parts["n"] if parts and _NEW_LINES.search(prompt) else None)
    if nth and told:
        yield from (_first_word(match, number(told)) for match in nth)
        return
    three = _STARS3.search(prompt)
    shown = len(re.findall(r"^\s*\*{3}\s*$", prompt, re.MULTILINE))
    if three and (parts or shown):
        n = number(parts["n"]) if parts else shown + 1
        span = parts.span() if parts else three.span()
        yield Instruction(
            id="length_constraints:number_paragraphs", arguments={"num_paragraphs": n}, span=span
        )
    if not three:
        yield from _sections(prompt)


def _first_word(match: re.Match[str], n: int) -> Instruction:
    place = int(match["a"]) if match["a"] else _ORDINALS[match["o"].lower()]
    arguments = {
        "num_paragraphs": n, "nth_paragraph": n if place < 0 else place, "first_word": match["w"].lower(),
    }  # fmt: skip
    return Instruction(
        id="length_constraints:nth_paragraph_first_word", arguments=arguments, span=match.span()
    )


def _sections(prompt: str) -> Iterator[Instruction]:
    section, count = _SECTION.search(prompt), _SECTIONS.search(prompt)
    named = _SECTION_NAMED.search(prompt) if section is None else None
    section = section or named
    marked = re.search(r"\b(?:mark|section|noted|begin|called|label|start)", prompt, re.IGNORECASE)
    if section is None or marked is None or not (count or "respectively" in prompt):
        return
    n = _first_number(count, default=1) if count else len(("first", "second"))
    name = section["s"] or section["t"] if named else section["s"]
    arguments = {"section_spliter": name, "num_sections": n}
    yield Instruction(id="detectable_format:multiple_sections", arguments=arguments, span=section.span())
