"""Counts sentences and words as IFEval's reference does, without the models that the reference downloads."""

from __future__ import annotations

import re

from workbench.text import language

CODES = {
    "english": "en", "chinese": "zh", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "russian": "ru", "arabic": "ar", "hindi": "hi", "thai": "th", "korean": "ko",
    "japanese": "ja", "bengali": "bn", "persian": "fa", "farsi": "fa", "urdu": "ur", "punjabi": "pa",
    "marathi": "mr", "gujarati": "gu", "tamil": "ta", "telugu": "te", "kannada": "kn", "malayalam": "ml",
    "nepali": "ne", "finnish": "fi", "bulgarian": "bg", "vietnamese": "vi", "swahili": "sw",
    "polish": "pl", "ukrainian": "uk", "greek": "el", "turkish": "tr", "dutch": "nl", "swedish": "sv",
    "hebrew": "he", "romanian": "ro", "czech": "cs", "danish": "da", "indonesian": "id",
}  # fmt: skip
# Scripts by themselves tell these apart; within Arabic, Devanagari and Cyrillic, letters and words do.
_SCRIPTS = {
    "bn": "\u0980-\u09ff", "pa": "\u0a00-\u0a7f", "gu": "\u0a80-\u0aff", "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f", "kn": "\u0c80-\u0cff", "ml": "\u0d00-\u0d7f", "th": "\u0e00-\u0e7f",
    "ko": "\uac00-\ud7af", "he": "\u0590-\u05ff", "el": "\u0370-\u03ff", "hi": "\u0900-\u097f",
    "ar": "\u0600-\u06ff", "ru": "\u0400-\u04ff",
}  # fmt: skip
_MIN_WITHIN = 2
_WITHIN: dict[str, tuple[tuple[str, str], ...]] = {
    "ar": (("ur", "[ٹڈڑںےہھ]"), ("fa", "[پچژگی]")),
    "hi": (
        ("mr", r"(?<!\S)(?:आहे|आणि|आहेत|नाही|मध्ये|त्याच्या|करण्यासाठी)(?!\S)|ळ"),
        ("ne", r"(?<!\S)(?:छ|छन्|र|गर्न|भएको|लागि)(?!\S)"),
    ),
    "ru": (("uk", "[іїєґ]"), ("bg", r"(?<!\S)(?:се|на|за|от|са|ще|че)(?!\S)")),
}
_LATIN_WORDS = {
    "fi": "ja on se ei että hän oli mutta joka olen ovat kun niin myös kanssa",
    "vi": "và của là có không được cho một trong những người với các này để",
    "sw": "na ya wa kwa ni katika za kuwa hii ambayo kama yako lakini cha",
    "pl": "i w na z do się nie jest to że o jak ale po co tak od",
    "tr": "ve bir bu için ile da de çok olarak gibi daha ama olan",
    "sv": "och att det i som på är av för med den till inte en ett",
    "ro": "și în de la cu pe este un o care nu pentru din mai",
    "cs": "a se na je v že s z do to jako ale pro by",
    "da": "og at det i som på er af for med den til ikke en et",
    "id": "dan yang di untuk dengan dari ini itu pada adalah tidak dalam",
}
_ENGLISH_TEXT = "a i to do by is as on so no we it in the and of for that this you my me our all"
_ENGLISH = frozenset(_ENGLISH_TEXT.split())
_TELLING = frozenset({"the", "and", "of", "is", "that", "this", "you", "my", "in", "it", "for"})
_LATIN = {code: frozenset(text.split()) - _ENGLISH for code, text in _LATIN_WORDS.items()}
_MIN_HITS = 3
_WORDS_A_HIT = 15
_ABBREVIATIONS_TEXT = (
    "mr mrs ms dr prof st sr jr vs etc inc ltd co corp gen sen rep gov capt col lt mt no vol fig al "
    "approx dept est"
)
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_TEXT.split())
_STOP = re.compile(r"[.!?]+[\"'”’)\]*_]*(?=\s+(?P<next>\S)|\s*$)")
_TOKEN = re.compile(r"[A-Za-z0-9][\w'’.&/-]*|\S")


def is_language(text: str, code: str) -> bool:
    """Tell whether ``text`` is in ``code`` (ISO 639-1); without letters it passes, as in the reference."""
    if not any(character.isalpha() for character in text):
        return True
    return detect(text) == code


def detect(text: str) -> str:
    """Guess the language among all that IFEval asks for."""
    letters = sum(character.isalpha() for character in text)
    for code, script in _SCRIPTS.items():
        if len(re.findall(f"[{script}]", text)) * 2 > letters:
            within = _WITHIN.get(code, ())
            return next(
                (other for other, pattern in within if len(re.findall(pattern, text)) >= _MIN_WITHIN), code
            )
    guess, _ = language(text)
    words = re.findall(r"\w+", text.lower())
    hits = {code: sum(word in stop for word in words) for code, stop in _LATIN.items()}
    best = max(hits, key=lambda code: hits[code])
    return (
        best
        if guess != "zh" and hits[best] > max(_MIN_HITS, len(words) // _WORDS_A_HIT) and not _english(words)
        else guess
    )


def count_sentences(text: str) -> int:
    """Count sentences much as Punkt does: at a stop that no abbreviation made and no small letter follows."""
    count, start = 0, 0
    for match in _STOP.finditer(text):
        if not _splits(text, start, match):
            continue
        count += bool(text[start : match.end()].strip())
        start = match.end()
    return count + bool(text[start:].strip())


def capital_words(text: str) -> int:
    """Count the words in capitals throughout; a single ``I`` or ``A`` counts, as in the reference."""
    return sum(token.isupper() for token in _tokens(text))


def _tokens(text: str) -> list[str]:
    out: list[str] = []
    for token in _TOKEN.findall(text):
        clitic = re.fullmatch(r"(?P<word>.+?)(?P<tail>n't|'(?:s|m|d|ll|re|ve))", token, re.IGNORECASE)
        out += [clitic["word"], clitic["tail"]] if clitic else [token]
    return out


def _english(words: list[str]) -> bool:
    return sum(word in _TELLING for word in words) * 10 > len(words)


def _splits(text: str, start: int, match: re.Match[str]) -> bool:
    following = match["next"]
    if following is None:
        return True
    stop = match.group().rstrip("\"'”’)]*_")
    if stop != ".":
        return not (following.islower() and stop == "...")
    last = re.search(r"(\S+)\.$", text[start : match.start() + 1])
    word = last.group(1).strip("\"'(*_“‘").lower() if last else ""
    # "J." is an initial, "*x*." is not: a letter that a mark closes is a word of its own.
    alone = last is not None and last.group(1)[-1].isalpha()
    initial = alone and len(word) == 1 and word.isalpha() and word != "i"
    numbered = word.isdigit() and not text[start : match.start()].strip()[: -len(word)].strip()
    return not (
        word in _ABBREVIATIONS
        or initial
        or ("." in word and not word[-1].isdigit())
        or following.islower()
        or numbered
    )
