"""The few facts about text that every layer needs, so that Chinese and English are counted one way only."""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
import string
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Han, kana, hangul syllables, Thai, Lao, Khmer, Myanmar: scripts written without spaces between words
# (hangul is spaced, and is therefore not here).
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’\-.][^\W_{_UNSPACED}]+)*")
_ALONE = re.compile(rf"[{_UNSPACED}]+")
_WIDE = re.compile(r"[^\W\u0000-\u00ff]")
_LETTER, _JOINER, _OTHER = b"a", b"-", b" "
_ASCII_LETTERS = string.ascii_letters.encode()
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
# One character that may end a sentence, then what goes on from it: so all others are passed over quickly.
_SENTENCE_END = re.compile(
    r"[.!?\u2026\u3002\uff01\uff1f\n](?:(?<=[.!?\u2026])[.!?\u2026]*[\"'\u201d\u2019)\]]*(?=\s|$)"
    r"|(?<=[\u3002\uff01\uff1f\u2026])[\u3002\uff01\uff1f\u2026]*[\u201d\u2019\u300d\u300f\uff09\"']*|(?<=\n)\n*)"
)
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", _HAN),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
)
# What is Markdown markup anywhere, and what is only where a line begins with it.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$]|^[-+#]|(?<=^\d)[.)])")
_BREAKS = re.compile(r"\s+")
# Controls that HTML forbids and terminals obey, lone surrogates, and the marks that reorder text around them.
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_SPACE = 0x20
_CODE = 200
_PICTURES = 0x2400  # where Unicode keeps visible pictures of the control characters
_STOPWORD_LISTS = {
    "en": "the of and to in is that it for was on are with as be at by this not or you your i we",
    "de": "der die das und ist nicht ich sie wir mit für auf ein eine zu den von im es auch",
    "fr": "le la les des et est une un dans pour que qui sur pas vous nous avec au ce",
    "es": "el la los las de y es una un en que por para con no se su al lo como",
    "it": "il lo la gli le di e è un una che per con non si del della sono come",
    "pt": "o os as de e é um uma que para com não se do da em no na por mais",
    "nl": "de het een en is van op te dat niet voor met zijn in ik je aan er maar",
}
_STOPWORDS = {code: frozenset(text.split()) for code, text in _STOPWORD_LISTS.items()}
_STOPPED = {
    word: [code for code, stop in _STOPWORDS.items() if word in stop]
    for word in frozenset().union(*_STOPWORDS.values())
}


def words(text: str) -> list[str]:
    """Split into words: runs of letters and digits, and each character of an unspaced script alone."""
    return _WORD.findall(text)


def count_words(text: str) -> int:
    """Count what :func:`words` returns, without making it: ten times as fast where letters are Latin."""
    alone = 0
    if not text.isascii():
        spaced, runs = _ALONE.subn(" ", text)
        alone = len(text) - len(spaced) + runs
        text = spaced.replace("\u2019", "'")
        if _WIDE.search(text):
            return alone + len(_WORD.findall(text))
    marks = _OTHER + text.encode("latin-1", "replace").translate(_MARKS)
    joined = _LETTER + _JOINER + _LETTER
    # Twice, because of letters that are joined on both sides, as in "U.S.A".
    for _ in range(2):
        if joined in marks:
            marks = marks.replace(joined, 3 * _LETTER)
    return alone + marks.count(_OTHER + _LETTER) + marks.count(_JOINER + _LETTER)


def word_starts(text: str) -> list[int]:
    """Return where each word of :func:`words` begins."""
    return [match.start() for match in _WORD.finditer(text)]


def sentences(text: str) -> list[str]:
    """Split into sentences at ``. ! ?``, ``。！？`` and line ends; decimal points do not end one."""
    return list(_kept_sentences(text)) if len(text) <= _KEPT_CHARACTERS else _sentences(text)


def _sentences(text: str) -> list[str]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    pieces = (text[a:b].strip() for a, b in itertools.pairwise([0, *ends, len(text)]))
    return [piece for piece in pieces if _WORD.search(piece)]


# Several readers of one answer ask for its sentences, one after the other; longer texts are not kept.
_KEPT_CHARACTERS = 10_000
_kept_sentences = functools.lru_cache(maxsize=64)(_sentences)


def paragraphs(text: str) -> list[str]:
    """Split at blank lines."""
    return [piece.strip() for piece in re.split(r"\n\s*\n", text) if piece.strip()]


def fold(text: str) -> str:
    """Return the form in which two texts count as the same: NFKC, case-folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def has_han(text: str) -> bool:
    """Tell whether any Chinese character stands in ``text``."""
    return not text.isascii() and bool(_HAN.search(text))


def count_han(text: str) -> int:
    """Count the Chinese characters in ``text``."""
    return 0 if text.isascii() else len(_HAN.findall(text))


def language(text: str) -> tuple[str, float]:
    """Guess the language offline.

    Returns:
        An ISO 639-1 code and a confidence in [0, 1]; ``("und", 0.0)`` where there are no letters. Scripts
        decide where they can; Latin text is told apart by stop words, and short Latin text without one is
        taken for English with low confidence.
    """
    letters = _letters_in(text)
    if not letters:
        return "und", 0.0
    for code, pattern in () if text.isascii() else _SCRIPTS:
        share = len(pattern.findall(text)) / letters if pattern.search(text) else 0.0
        if code == "ja" and share > 0:
            share += len(_HAN.findall(text)) / letters
        # A Chinese character carries about as much as a Latin word of four letters.
        if share > (0.2 if code in {"zh", "ja"} else 0.5):
            return code, min(1.0, share * 2 if code in {"zh", "ja"} else share)
    tokens = words(text)
    hits = dict.fromkeys(_STOPWORDS, 0)
    for token in filter(_STOPPED.__contains__, map(str.casefold, tokens)):
        for code in _STOPPED[token]:
            hits[code] += 1
    best = max(hits, key=lambda code: hits[code])
    if not hits[best] or (best != "en" and hits[best] == hits["en"]):
        return "en", 0.3
    return best, min(1.0, 0.4 + hits[best] / len(tokens))


def _letters_in(text: str) -> int:
    if not text.isascii():
        return sum(map(str.isalpha, text))
    return len(text) - len(text.encode().translate(None, _ASCII_LETTERS))


def content_id(*parts: str) -> str:
    """Return 16 hexadecimal digits of BLAKE2b over the parts: the same on every machine."""
    return f"{digest(*parts):016x}"


def digest(*parts: str) -> int:
    """Return ``content_id`` as a number of 64 bits."""
    return int.from_bytes(_hashed(b"".join(map(framed, parts))), "big")


def framed(part: str) -> bytes:
    """Return a part with its length before it, as it enters the hash of `content_id`."""
    raw = part.encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(8, "little") + raw


def framed_id(raw: bytes) -> str:
    """Return `content_id` of the parts whose frames are joined in ``raw``."""
    return _hashed(raw).hex()


def _hashed(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=8).digest()


def excerpt(text: str, *, limit: int = 80) -> str:
    """Quote ``text`` safely on one line for a message: control characters escaped, cut at ``limit``."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in cut
    )


def _mark(character: str) -> bytes:
    """Tell what a character is to the count of words: part of one, a joiner of two parts, or neither."""
    if _WORD.fullmatch(character):
        return _LETTER
    return _JOINER if _WORD.fullmatch(f"a{character}a") else _OTHER


_MARKS = b"".join(_mark(chr(code)) for code in range(256))


def is_utf8(text: str) -> bool:
    """Tell whether a text can be written as UTF-8; names of files may hold halves of surrogate pairs."""
    return text.isascii() or text.encode("utf-8", "replace").decode() == text


def visible(text: str) -> str:
    """Replace what neither a page nor a terminal may get by visible marks; tabs and line ends stay."""
    return _UNFIT.sub(_picture, text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(_PICTURES + code) if code < _SPACE else "\ufffd"


def markdown_code(text: str) -> str:
    """Write a text as a code span of one line, also within a table."""
    shown = excerpt(text.replace("`", "'"), limit=_CODE).replace("|", "\\|")
    return f"`{shown}`"


def markdown_escape(text: str) -> str:
    """Keep any text from becoming Markdown markup, a mention or a terminal's command, on one line."""
    # A mention is found after escapes are read; a space of no width parts the sign from the name.
    return _SPECIAL.sub(r"\\\1", _BREAKS.sub(" ", visible(text)).strip()).replace("@", "@\u200b")


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
