"""Signals of form: lengths and ratios, compression, repetition, scripts."""

from __future__ import annotations

import bz2
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from workbench.signals.columns import COUNT, SHARE, TEXT, Column, RowSignal

if TYPE_CHECKING:
    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row

_SCRIPTS = (
    "LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "CYRILLIC", "ARABIC", "HEBREW", "THAI", "DEVANAGARI",
    "GREEK", "ARMENIAN", "GEORGIAN", "BENGALI", "TAMIL", "KHMER", "LAO", "MYANMAR",
)  # fmt: skip
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_ALIASES = {"CJK": "han", "HIRAGANA": "kana", "KATAKANA": "kana", "FULLWIDTH": "latin"}


class Lengths(RowSignal, frozen=True, kw_only=True, tag="lengths"):
    """How long question and answer are. A Chinese character is a word."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("asked_chars", COUNT, "characters of what was asked (slots, or the user's messages)"),
        Column("asked_words", COUNT, "words of what was asked"),
        Column("answer_chars", COUNT, "characters of the answer"),
        Column("answer_words", COUNT, "words of the answer"),
        Column("answer_sentences", COUNT, "sentences of the answer's prose"),
        Column("answer_per_asked", SHARE, "words of the answer for each word asked", "nothing was asked"),
        Column("prompt_tokens", COUNT, "tokens of the compact prompt", "tokens were not counted"),
        Column("answer_tokens", COUNT, "tokens of the answer", "tokens were not counted"),
        Column(
            "saved_share", SHARE, "share of the long prompt's tokens that the compact one saves", "no tokens"
        ),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Count."""
        del tools
        asked, answer, tokens = len(row.asked_words), len(row.answer_words), row.pair.tokens
        return (
            len(row.asked),
            asked,
            len(row.answer),
            answer,
            len(row.sentences),
            answer / asked if asked else None,
            tokens.compact,
            tokens.completion,
            1 - tokens.compact / tokens.original if tokens.original else None,
        )


class Compression(RowSignal, frozen=True, kw_only=True, tag="compression"):
    """How far the answer compresses: text that repeats itself compresses well.

    bzip2 of the UTF-8 bytes, which gives the same size everywhere; below ``min_bytes`` its head of some forty
    bytes would outweigh the text.
    """

    min_bytes: Annotated[int, Meta(ge=1)] = 200
    columns: ClassVar[tuple[Column, ...]] = (
        Column("compression", SHARE, "compressed bytes for each byte of the answer", "under `min_bytes`"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Compress."""
        del tools
        raw = row.answer.encode("utf-8", "surrogatepass")
        return (len(bz2.compress(raw, 1)) / len(raw) if len(raw) >= self.min_bytes else None,)


class Repetition(RowSignal, frozen=True, kw_only=True, tag="repetition"):
    """How much of the answer says again what it said (as in Rae et al. 2021, Gopher, appendix A1)."""

    ngram: Annotated[int, Meta(ge=1)] = 4
    columns: ClassVar[tuple[Column, ...]] = (
        Column("repeated_ngrams", SHARE, "share of the answer's n-grams of words that occurred before in it"),
        Column(
            "repeated_lines", SHARE, "share of the answer's characters in lines that occurred before in it"
        ),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Count what came before."""
        del tools
        found, size = row.answer_words, self.ngram
        grams = [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]
        lines = [line.strip() for line in row.answer.splitlines() if line.strip()]
        again, seen = 0, set[str]()
        for line in lines:
            again += len(line) if line in seen else 0
            seen.add(line)
        characters = sum(map(len, lines))
        return (
            1 - len(set(grams)) / len(grams) if grams else 0.0,
            again / characters if characters else 0.0,
        )


class Scripts(RowSignal, frozen=True, kw_only=True, tag="scripts"):
    """In which writing systems the answer is."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("script", TEXT, "the script of most letters of the answer: latin, han, kana …", "no letters"),
        Column("script_mix", SHARE, "share of the answer's letters in other scripts", "no letters"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Count letters by script; of two equally common ones the first by name is taken."""
        del tools
        if row.answer.isascii():
            return ("latin", 0.0) if _ASCII_LETTER.search(row.answer) else (None, None)
        found = Counter[str]()
        for character, count in Counter(row.answer).items():
            if character.isalpha():
                found[script_of(character)] += count
        if not found:
            return (None, None)
        main = min(found, key=lambda name: (-found[name], name))
        return (main, 1 - found[main] / found.total())


@lru_cache(maxsize=65_536)
def script_of(letter: str) -> str:
    """Name the script of a letter by its Unicode name: ``latin``, ``han``, ``kana``, … or ``other``."""
    first = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
    if first in _ALIASES:
        return _ALIASES[first]
    return first.casefold() if first in _SCRIPTS else "other"
