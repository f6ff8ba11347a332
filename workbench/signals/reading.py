"""Signals of reading: the language of question and answer, and how easily the answer reads."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from workbench.errors import MissingExtraError
from workbench.signals.columns import FLAG, SHARE, TEXT, Column, RowSignal
from workbench.text import has_han, language

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row

_VOWELS = re.compile(r"[aeiouyáéíóúäöüàèìòùâêîôû]+")
_HAN_LETTER = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_HARD_SYLLABLES = 3
_GB2312_LEVEL_1, _BIG5_LEVEL_1 = range(0xB0, 0xD8), range(0xA4, 0xC7)
_PAUSE = re.compile(r"[。！？；!?;\n…]+")


class Languages(RowSignal, frozen=True, kw_only=True, tag="languages"):
    """The languages of question and answer, guessed offline.

    ``engine`` ``script`` tells languages by script and by stop words (see ``workbench.text.language``: 16
    languages); ``langid`` asks py3langid (97 languages; extra ``signals``).
    """

    engine: Literal["script", "langid"] = "script"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("asked_lang", TEXT, "ISO 639-1 code of the question's language; `und` without letters"),
        Column("asked_lang_confidence", SHARE, "confidence in `asked_lang`, 0 to 1"),
        Column("answer_lang", TEXT, "ISO 639-1 code of the language of the answer's prose"),
        Column("answer_lang_confidence", SHARE, "confidence in `answer_lang`, 0 to 1"),
        Column("same_lang", FLAG, "the answer is in the language of the question", "either is `und`"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Guess both.

        Raises:
            MissingExtraError: ``langid`` is asked for and isn't installed.
        """
        del tools
        if self.engine == "langid":
            asked, answer = map(_langid(), (row.question, row.prose))
        else:
            asked, answer = language(row.question), row.prose_language
        same = None if "und" in (asked[0], answer[0]) else asked[0] == answer[0]
        return (*asked, *answer, same)


class Reading(RowSignal, frozen=True, kw_only=True, tag="reading"):
    """How easily the answer reads.

    English: Flesch's reading ease (Flesch 1948), syllables counted by vowel groups. Chinese: a scale of our
    own in the same direction, 100 - 1.25 x characters a clause - 200 x share of rare characters, held to
    0 to 100; rare is outside level 1 of both GB 2312 and Big5 (the 3,755 and 5,401 characters in common use).
    It was not held against readers: compare Chinese with Chinese only. Other languages have no figure.
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("reading_ease", SHARE, "higher reads more easily; English and Chinese", "another language"),
        Column("sentence_words", SHARE, "words a sentence (Chinese: characters a clause)", "no sentence"),
        Column(
            "hard_words",
            SHARE,
            "share of words of three syllables or more (Chinese: of rare characters)",
            "neither English nor Chinese",
        ),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Measure the prose of the answer."""
        del tools
        if not row.sentences:
            return (None, None, None)
        code, _ = row.prose_language
        if code == "zh" and has_han(row.prose):
            return chinese_ease(row.prose)
        tokens = [word for word in row.prose_words if word[0].isalpha()]
        per_sentence = len(tokens) / len(row.sentences)
        if code != "en" or not tokens:
            return (None, per_sentence, None)
        counts = [syllables(word) for word in tokens]
        hard = sum(n >= _HARD_SYLLABLES for n in counts) / len(tokens)
        return (206.835 - 1.015 * per_sentence - 84.6 * sum(counts) / len(tokens), per_sentence, hard)


@lru_cache(maxsize=65_536)
def syllables(word: str) -> int:
    """Estimate the syllables of an English word: groups of vowels, a silent ``e`` at the end left out."""
    folded = word.casefold()
    groups = len(_VOWELS.findall(folded))
    silent = folded.endswith("e") and not folded.endswith(("le", "ee", "ye")) and groups > 1
    return max(1, groups - silent)


def chinese_ease(text: str) -> tuple[float, float, float]:
    """Return reading ease, characters a clause, and the share of rare characters of a Chinese text."""
    letters = _HAN_LETTER.findall(text)
    clauses = sum(bool(_HAN_LETTER.search(piece)) for piece in _PAUSE.split(text))
    per_clause = len(letters) / max(clauses, 1)
    rare = sum(not common(letter) for letter in letters) / max(len(letters), 1)
    return (min(100.0, max(0.0, 100 - 1.25 * per_clause - 200 * rare)), per_clause, rare)


@lru_cache(maxsize=32_768)
def common(letter: str) -> bool:
    """Tell whether a Chinese character is in level 1 of GB 2312 or of Big5."""
    for codec, level in (("gb2312", _GB2312_LEVEL_1), ("big5", _BIG5_LEVEL_1)):
        raw = letter.encode(codec, "ignore")
        if raw and raw[0] in level:
            return True
    return False


@lru_cache(maxsize=1)
def _langid() -> Callable[[str], tuple[str, float]]:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise MissingExtraError.of(
            "py3langid", extra="signals", purpose="telling languages with engine: langid"
        ) from error
    identifier = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)

    def guess(text: str) -> tuple[str, float]:
        if not any(map(str.isalpha, text)):
            return "und", 0.0
        code, confidence = identifier.classify(text)
        return str(code), round(float(confidence), 6)

    return guess
