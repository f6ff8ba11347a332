"""Judges the language of an answer by the prose in it, not by the keys and tags around it."""

from __future__ import annotations

import re

from workbench.checks.conditions import question_of
from workbench.checks.jsontext import read_json
from workbench.checks.subject import FieldCheck, as_text, find, on_field
from workbench.records import Case, Grade
from workbench.text import excerpt, language

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
# An address is looked for where one can begin, and no further than one can be long: so in linear time.
_LINK = re.compile(r"https?://\S+|(?<![^\s@])[^\s@]{1,64}@[^\s@.]{1,255}\.[^\s@]+")
_LATIN_RUN = re.compile(r"(?<![A-Za-z'’])[A-Za-z'’]+(?: [A-Za-z'’,]+){3,}")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff，、]{8,}")
_CLAUSE_CONFIDENCE = 0.6
NAMES = {
    "en": ("english", "英文", "英语"),
    "zh": ("chinese", "mandarin", "中文", "汉语", "简体中文", "繁体中文", "普通话"),
    "de": ("german", "deutsch", "德语", "德文"),
    "fr": ("french", "法语", "法文"),
    "es": ("spanish", "西班牙语"),
    "it": ("italian", "意大利语"),
    "pt": ("portuguese", "葡萄牙语"),
    "nl": ("dutch", "荷兰语"),
    "ja": ("japanese", "日语", "日文"),
    "ko": ("korean", "韩语", "韩文"),
    "ru": ("russian", "俄语", "俄文"),
    "ar": ("arabic", "阿拉伯语"),
    "he": ("hebrew", "希伯来语"),
    "th": ("thai", "泰语"),
    "hi": ("hindi", "印地语"),
    "el": ("greek", "希腊语"),
}


class Language(FieldCheck, frozen=True, kw_only=True):
    """The prose of the text is in ``lang`` (ISO 639-1), from end to end unless ``mixed``.

    A guess of another language with less than ``min_confidence`` leaves it unscored; so does a text without
    letters. With ``asked``, it holds only where the user's message is in that language.
    """

    lang: str
    asked: str | None = None
    min_confidence: float = 0.45
    mixed: bool = False

    def __call__(self, case: Case, output: str) -> Grade:
        """Guess and compare."""
        if self.asked is not None:
            used, confidence = language(prose(question_of(case)))
            if used == "und" or (used != self.asked and confidence < self.min_confidence):
                return Grade.unscored("too little text in the user's message to tell its language")
            if used != self.asked:
                return Grade.not_applicable(f"the message is in {used}")
        return on_field(
            self.path,
            output,
            lambda text: judge_language(
                text, self.lang, min_confidence=self.min_confidence, mixed=self.mixed
            ),
        )


class SameLanguage(FieldCheck, frozen=True, kw_only=True):
    """The prose of the text is in the language of the user's message; unscored where either is too short."""

    min_confidence: float = 0.45

    def __call__(self, case: Case, output: str) -> Grade:
        """Guess both and compare."""
        asked, confidence = language(prose(question_of(case)))
        if asked == "und" or confidence < self.min_confidence:
            return Grade.unscored("too little text in the user's message to tell its language")
        return on_field(
            self.path, output, lambda text: judge_language(text, asked, min_confidence=self.min_confidence)
        )


def judge_language(text: str, lang: str, *, min_confidence: float = 0.45, mixed: bool = False) -> Grade:
    """Tell whether the prose of ``text`` is in ``lang``."""
    said = prose(text)
    found, confidence = language(said)
    detail = f"{found} ({confidence:.2f})"
    if found != lang and confidence < min_confidence:
        return Grade.unscored(f"too little text to tell its language: {excerpt(said)!r}")
    foreign = None if mixed or found != lang else _foreign(said, lang)
    if foreign is not None:
        return Grade.of(False, find(text, foreign, what="another language"), detail=detail)
    return Grade.of(found == lang, detail=detail)


def _foreign(text: str, lang: str) -> str | None:
    """Quote a run of another script that is more than a name: a clause of words, or of Chinese characters."""
    if lang in {"zh", "ja"}:
        runs = _LATIN_RUN.findall(text)
        return next((run for run in runs if language(run)[1] >= _CLAUSE_CONFIDENCE), None)
    run = _HAN_RUN.search(text)
    return run.group() if run else None


def prose(text: str) -> str:
    """Leave out what is in no language: code, tags, links, and the keys of JSON."""
    found = read_json(text)
    if found.level != "none" and isinstance(found.value, dict | list):
        return as_text(found.value)
    if "`" in text:
        text = _CODE.sub(" ", text)
    if "@" in text or "://" in text:
        text = _LINK.sub(" ", text)
    return _TAG.sub(" ", text) if "<" in text else text
