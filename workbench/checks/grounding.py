"""Holds each claim of an answer against the context: figures, names and content words must stand there."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from workbench.records import Evidence
from workbench.text import has_han, sentences

_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = re.compile(rf"(?<![A-Za-z0-9_.-])[-+]?(?:{_FIGURE})(?![A-Za-z0-9_])(?!-?[A-Za-z])")
_ANY_NUMBER = re.compile(_FIGURE)
_DIGIT = re.compile(r"\d")
_IDENTIFIER = re.compile(r"\b(?=[A-Z0-9-]{0,64}\d)(?=[A-Z0-9-]{0,64}[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*\b")
_NAME = re.compile(r"(?<=[a-z0-9,;:)] )[A-Z][a-zA-Z'’]+(?: [A-Z][a-zA-Z'’]+)*")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,80}>")
_WORD = re.compile(r"[a-zA-ZÀ-ɏ']+")
_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot)\b|n't\b|不|没有|未|无法|并非|否", re.IGNORECASE
)
_CARDINALS_TEXT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_CARDINALS = _CARDINALS_TEXT.split()
_NUMBER_WORDS = {word: str(i) for i, word in enumerate(_CARDINALS)} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "hundred": "100", "thousand": "1000",
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7",
    "eighth": "8", "ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12",
    "once": "1", "twice": "2", "dozen": "12",
}  # fmt: skip
_HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_STOP_TEXT = (
    "the of and to in is that it for was on are with as be at by this not or you your i we he she they "
    "them his her its their our us me my mine an a but from have has had do does did will would can could "
    "should may might must been being there here which who whom whose what when where why how all any "
    "some no nor so if then than too very just also into out up down about over after before between more "
    "most such only own same s t re ve ll d m am were these those because while during through against "
    "again further once each few other both"
)
STOP = frozenset(_STOP_TEXT.split())
# A sentence denies another where they share this much of at least so many content words.
_SAME_CLAIM, _MIN_CLAIM = 0.8, 3
_MIN_STEM = 3
_LETTERS = re.compile(r"[a-z]+")
_HAN_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千]+")
_SUFFIXES = ("ingly", "edly", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s", "e")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence of an answer: how much of its content the context carries, and what it does not carry."""

    text: str
    overlap: float
    unsupported: tuple[Evidence, ...]


@dataclass(frozen=True, kw_only=True)
class Support:
    """All claims of an answer; ``score`` in [0, 1] grows with support."""

    claims: tuple[Claim, ...]
    score: float

    @property
    def unsupported(self) -> tuple[Evidence, ...]:
        """The pieces that the context does not carry, in order."""
        return tuple(one for claim in self.claims for one in claim.unsupported)


def read_support(
    output: str, context: str, *, question: str = "", allowed: tuple[str, ...] = (), min_overlap: float = 0.5
) -> Support:
    """Hold every sentence of ``output`` against ``context`` and ``question``.

    A sentence is unsupported where one of its numbers, identifiers or names stands in neither, where less
    than ``min_overlap`` of its content (word stems; pairs of Chinese characters) does, or where it denies
    what the nearest sentence of the context says. ``allowed`` phrases of the prompt itself need no support.
    """
    text = _without(_untagged(output), allowed)
    known = _known(context, question)
    claims, at = [], 0
    for piece in sentences(text):
        at = max(text.find(piece, at), 0)
        claims.append(_claim(piece, at, known, min_overlap=min_overlap))
        at += len(piece)
    return Support(claims=tuple(claims), score=min((_score(claim) for claim in claims), default=1.0))


@dataclass(frozen=True, kw_only=True)
class _Known:
    numbers: frozenset[str]
    tokens: frozenset[str]
    folded: str
    lines: tuple[str, ...]

    @cached_property
    def said(self) -> tuple[frozenset[str], ...]:
        """The content of each line."""
        return tuple(map(content, self.lines))


@lru_cache(maxsize=256)
def _known(context: str, question: str) -> _Known:
    source = f"{context}\n{question}"
    return _Known(
        numbers=numbers_of(source),
        tokens=content(source),
        folded=_fold(source),
        lines=tuple(sentences(context)),
    )


def _untagged(text: str) -> str:
    """Blank out tags, so that offsets stay and what they enclose are sentences of their own."""
    return _TAG.sub(lambda match: "\n" * len(match.group()), text) if "<" in text else text


def _claim(piece: str, at: int, known: _Known, *, min_overlap: float) -> Claim:
    tokens = content(piece)
    overlap = len(tokens & known.tokens) / len(tokens) if tokens else 1.0
    missing = [*_figures(piece, at, known), *_names(piece, at, known)]
    whole = (at, at + len(piece))
    if overlap < min_overlap:
        missing.append(Evidence(what="not in the context", text=piece, start=whole[0], end=whole[1]))
    elif _denies(piece, tokens, known):
        missing.append(Evidence(what="negation", text=piece, start=whole[0], end=whole[1]))
    return Claim(text=piece, overlap=overlap, unsupported=tuple(missing))


def _score(claim: Claim) -> float:
    hard = sum(one.what != "not in the context" for one in claim.unsupported)
    return claim.overlap * 0.5**hard


def _figures(piece: str, at: int, known: _Known) -> list[Evidence]:
    if not _DIGIT.search(piece):
        return []
    numbers = [m for m in _NUMBER.finditer(piece) if _plain(m.group()) not in known.numbers]
    identifiers = [m for m in _IDENTIFIER.finditer(piece) if _fold(m.group()) not in known.folded]
    return [
        *(_piece("number", match, at) for match in numbers),
        *(_piece("identifier", match, at) for match in identifiers),
    ]


def _names(piece: str, at: int, known: _Known) -> list[Evidence]:
    return [
        _piece("name", match, at)
        for match in _NAME.finditer(piece)
        if not all(
            stem(word.casefold()) in known.tokens or _fold(word) in known.folded
            for word in match.group().split()
        )
    ]


def _piece(what: str, match: re.Match[str], at: int) -> Evidence:
    return Evidence(what=what, text=match.group(), start=match.start() + at, end=match.end() + at)


def _denies(piece: str, tokens: frozenset[str], known: _Known) -> bool:
    """Tell whether ``piece`` and the line nearest to it differ in negation alone."""
    if len(tokens) < _MIN_CLAIM or not known.lines:
        return False
    shares = [len(tokens & said) / len(tokens) for said in known.said]
    best = max(range(len(shares)), key=shares.__getitem__)
    return shares[best] >= _SAME_CLAIM and bool(_NEGATION.search(piece)) != bool(
        _NEGATION.search(known.lines[best])
    )


def denies_something(text: str) -> bool:
    """Tell whether a text holds a negation."""
    return bool(_NEGATION.search(text))


def _without(text: str, allowed: tuple[str, ...]) -> str:
    """Blank out the allowed phrases, so that offsets stay."""
    for phrase in sorted((p for p in allowed if p.strip()), key=len, reverse=True):
        text = re.sub(
            re.escape(phrase), lambda match: " " * (len(match.group()) - 1) + "\n", text, flags=re.IGNORECASE
        )
    return text


def content(text: str) -> frozenset[str]:
    """Return the content of a text as a set: word stems, pairs of Chinese characters, and numbers."""
    return _kept_content(text) if len(text) <= _KEPT_CHARACTERS else _content(text)


def _content(text: str) -> frozenset[str]:
    if text.isascii():
        said = set[str]().union(*map(_said_by, _WORD.findall(text)))
        return frozenset(said | _figures_of(text) if _DIGIT.search(text) else said)
    out = set(map(_stem_of, _WORD.findall(text.replace("’", "'"))))
    out.discard("")
    if has_han(text):
        for run in _HAN_RUN.findall(text):
            out |= {a + b for a, b in pairwise(run)} or {run}
    return frozenset(out | numbers_of(text))


def _stemmed(written: str) -> str:
    """Return the stem of a word as it is written; of a stop word, nothing."""
    word = written.strip("'").removesuffix("'s").casefold()
    return stem(word) if word not in STOP else ""


_stem_of = lru_cache(maxsize=65_536)(_stemmed)


@lru_cache(maxsize=65_536)
def _said_by(written: str) -> tuple[str, ...]:
    """Return what a word of ASCII letters adds to the content of a text: its stem, and a number it names."""
    found = _stemmed(written)
    return (*((found,) if found else ()), *_numbers_named(written))


# The sentences of a context are read for every claim of every answer to it; longer texts are not kept.
_KEPT_CHARACTERS = 1_000
_kept_content = lru_cache(maxsize=8_192)(_content)


def numbers_of(text: str) -> frozenset[str]:
    """Return the numbers of a text, written one way: ``1,000``, ``1000.0``, 一千 and ``thousand`` are one."""
    if text.isascii():
        return frozenset((*_numbers_named(text), *(_figures_of(text) if _DIGIT.search(text) else ())))
    out = _figures_of(text) | set(_numbers_named(text))
    out |= {str(_han_number(run)) for run in _HAN_NUMBER.findall(text)}
    return frozenset(out)


def _figures_of(text: str) -> set[str]:
    return set(map(_plain, _ANY_NUMBER.findall(_fold(text))))


def _numbers_named(text: str) -> tuple[str, ...]:
    """Return the numbers that a text names by words."""
    return tuple(_NUMBER_WORDS[word] for word in _LETTERS.findall(text.casefold()) if word in _NUMBER_WORDS)


def _plain(number: str) -> str:
    """Write ``1,000`` as ``1000`` and ``2.50`` as ``2.5``."""
    number = unicodedata.normalize("NFKC", number).lstrip("+-")
    number = re.sub(r",(?=\d{3}\b)", "", number)
    whole, dot, rest = number.partition(".")
    rest = rest.rstrip("0") if rest.isdigit() else rest
    return (whole.lstrip("0") or "0") + (dot + rest if rest else "")


def _han_number(run: str) -> int:
    total, current = 0, 0
    for character in run:
        unit = {"十": 10, "百": 100, "千": 1000}.get(character)
        if unit:
            total, current = total + (current or 1) * unit, 0
        else:
            current = current * 10 + _HAN_DIGITS[character]
    return total + current


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Cut the commonest English endings off a word in lower case."""
    if not word.endswith(_SUFFIXES):
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word.removesuffix(suffix)
    return word


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
