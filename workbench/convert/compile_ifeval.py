"""Reads the 25 instruction kinds of IFEval out of a prompt, with their arguments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.checks.ifeval_text import CODES
from workbench.convert.compile_about import speaks_about
from workbench.convert.compile_ifeval_zh import read_chinese
from workbench.convert.compile_layout import casing, counted_marks, postscripts, structure
from workbench.convert.compile_lengths import Instruction, bound, lengths
from workbench.convert.compile_mentions import mentioned
from workbench.convert.compile_repeat import repeated
from workbench.convert.compile_words import counted_words, forbidden_words, required_words

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_COMMA = re.compile(
    r"(?:\b(?:not(?! more)|no(?! more)|without|avoid|refrain|never|cannot|neither|free of)\b|"
    r"n't\b)[^.\n]{0,40}(?<!too many )\bcommas?\b|"
    r"\bcommas?\b[^.\n]{0,30}\b(?:not allowed|forbidden|prohibited|not be used|not used|banned)\b|"
    r"\b(?:leave|drop|omit|skip)\b[^.\n]{0,25}\bcommas?\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<<[^>\n]+>>|double angular brackets", re.IGNORECASE)
_QUOTATION = re.compile(
    r"\b(?:wrap|enclose|surround|put|placed?|wrapped|inside|within|around|"
    r"in)\w*\b[^.\n]{0,70}\bdouble (?:quotation marks?|quotes?)|\bdouble (?:quotation marks?|"
    r"quotes?)\b[^.\n]{0,40}\baround\b|"
    r"\b(?:start|begin|open)s? and (?:end|finish|close)s?\b[^.\n]{0,30}\bwith (?:a )?double quot|"
    r"\b(?:between|in between) double quot|"
    r"\b(?:wrap\w*|enclose\w*|put)\b[^.\n]{0,40}\b(?:entire|whole|your) (?:response|output|answer|"
    r"reply)\b[^.\n]{0,20}\bquot",
    re.IGNORECASE,
)
_JSON = re.compile(
    r"\b(?:json format|json block|json object|in json|as json|wrapped (?:in|into) json|valid json|"
    r"into json|json output|json string|json only|(?:nothing|anything|no text|no output|none) (?:but|except|"
    r"besides|other than) (?:a |an )?(?:\w+ )?json|(?:only|just|pure|plain|raw) json)\b|"
    r"\b(?:format\w*|output\w*|respon\w+|answer\w*|repl(?:y|ies)|return\w*|result|everything|produce|"
    r"structure)\b"
    r"[^.\n]{0,30}\b(?:as|in|using|be|into|is)\b[^.\n]{0,20}\bjson\b",
    re.IGNORECASE,
)
_CHOICES = re.compile(r"My answer is (?:yes|no|maybe)\.", re.IGNORECASE)
_END = re.compile(
    r"\b(?:end|finish|conclude|close|last|final|very end|ends|ending|closing|wrap up|sign off|"
    r"round off|wind up|leave off|"
    r"finished)\b[^.\n\"“]{0,90}?(?:[\"“](?P<q>[^\"”\n]+)[\"”]|(?:phrase|sentence|"
    r"words?|with|reads?|be|is|are|this|line|following)(?: of)?:\s*(?P<c>[^\s\"“][^\n]*))|"
    r"[\"“](?P<l>[^\"”\n]+)[\"”](?: as| (?:should|must|has to|is to) be)? (?:the|"
    r"your) (?:very )?(?:final|last|"
    r"closing) (?:phrase|words?|sentence|line)\b",
    re.IGNORECASE,
)
# What is said of the phrase behind it is no part of it: "Nothing may follow."
_AFTERWORD = re.compile(
    r"(?<=[.!?])\s+(?:(?:no(?:thing)?|there)\b[^\n]{0,60}\b(?:follow|after|else|more)\b|(?:do not|"
    r"don['’]t|never)"
    r"\b[^\n]{0,60}\b(?:add|after|follow)\b|(?:add|write|say) (?:no|nothing)\b)[^\n]*$",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"\b(?P<l>" + "|".join(CODES) + r")\b", re.IGNORECASE)
_ONLY = re.compile(
    r"\bno other language|only (?:in |use |the |using )|\b(?:entire|completely|entirely|whole|using only|"
    r"use only|(?:solely|exclusively|purely) in|respond in|reply in|answer in|written in|be in|"
    r"translat\w+|no other|(?:reply|respond|"
    r"answer|write|"
    r"speak) (?:using|only)|for everything|everything (?:you write )?in|other languages? (?:is|"
    r"are) (?:not|for))\b",
    re.IGNORECASE,
)
_LANGUAGE_BEFORE = re.compile(
    r"\b(?:nothing|(?:any|no|another|a different|other) (?:other )?(?:languages?|"
    r"tongues?|thing))\b[^.\n]{0,12}\b(?:than|but|"
    r"except|besides|apart from|save)(?: for)? (?:in )?$|\bonly (?:language|"
    r"tongue)\b[^.\n]{0,40}\b(?:is|be) $",
    re.IGNORECASE,
)
_LANGUAGE_AFTER = re.compile(
    r" (?:is|must be|should be|has to be|shall be) the (?:only|sole|one) (?:\w+ )?(?:language|tongue)\b",
    re.IGNORECASE,
)
_WRITTEN_IN = re.compile(
    r"(?:^|[.!?:;\n]|\b(?:please|must|should|shall|to|always))\W*(?:be )?(?:write|writ(?:e|ten)|answer|reply|"
    r"respond|speak|compose|phrase|stick|keep|stay)(?:ed)?\b(?: (?!about\b|on\b|in\b)\w+){0,4} (?:in|to) $",
    re.IGNORECASE,
)
_WHOLLY_IN = re.compile(
    r"\s*(?:throughout|only|alone|,? (?:except|save|apart|unless|and (?:in )?no)\b)", re.IGNORECASE
)


# They quote what stands in the prompt, whose sentences are not the writer's.
_QUOTING = frozenset({"detectable_format:constrained_response", "combination:repeat_prompt"})


def read_instructions(prompt: str) -> tuple[Instruction, ...]:
    """Find every instruction that ``prompt`` gives, in the order of the readers; a repeated one once."""
    out: list[Instruction] = []
    seen: set[tuple[str, str]] = set()
    for reader in READERS:
        for found in reader(prompt):
            mark = (found.id, repr(sorted(found.arguments.items())))
            if mark not in seen and (found.id in _QUOTING or not speaks_about(prompt, found.span)):
                seen.add(mark)
                out.append(found)
    return tuple(out)


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
    choices = list(_CHOICES.finditer(prompt))
    if len(choices) > 1:
        yield Instruction(id="detectable_format:constrained_response", span=choices[0].span())


def _ends(prompt: str) -> Iterator[Instruction]:
    for match in _END.finditer(prompt):
        phrase = (match["q"] or _AFTERWORD.sub("", match["c"] or "") or match["l"]).strip()
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
            rf"\b(?:in|only|using|use|except|in the) (?:the |only )?{match['l']}\b|"
            rf"\b{match['l']} (?:language|only)\b",
            around,
            re.IGNORECASE,
        )
        if code != "en" and ((plain and _ONLY.search(around)) or _only_language(prompt, match)):
            yield Instruction(
                id="language:response_language", arguments={"language": code}, span=match.span()
            )
            return


def _only_language(prompt: str, match: re.Match[str]) -> bool:
    """Tell a language for all of it: "in no language but Korean", "write in French, except …"."""
    before, after = prompt[max(0, match.start() - 60) : match.start()], prompt[match.end() : match.end() + 60]
    return bool(_LANGUAGE_BEFORE.search(before) or _LANGUAGE_AFTER.match(after)) or bool(
        _WRITTEN_IN.search(before) and _WHOLLY_IN.match(after)
    )


def _words(prompt: str) -> Iterator[Instruction]:
    found = [("existence", {"keywords": words}, span) for words, span in required_words(prompt)]
    found += [
        ("forbidden_words", {"forbidden_words": words}, span) for words, span in forbidden_words(prompt)
    ]
    found += counted_words(prompt, bound)
    taken = {word for _, arguments, _ in found for word in _told(arguments)}
    for name, arguments, span in (*found, *mentioned(prompt, taken)):
        yield Instruction(id=f"keywords:{name}", arguments=arguments, span=span)


def _told(arguments: dict[str, Any]) -> list[str]:
    """List the words, or the letter, that an instruction on words names."""
    given = arguments.get("keywords") or arguments.get("forbidden_words")
    return list(given or [arguments.get("keyword") or arguments["letter"]])


def _repeats(prompt: str) -> Iterator[Instruction]:
    found = repeated(prompt)
    if found:
        yield Instruction(
            id="combination:repeat_prompt", arguments={"prompt_to_repeat": found[0]}, span=found[1]
        )


READERS = (
    lengths,
    _simple,
    counted_marks,
    postscripts,
    casing,
    structure,
    _ends,
    _languages,
    _words,
    _repeats,
    read_chinese,
)
