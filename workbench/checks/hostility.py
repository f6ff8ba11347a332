"""Finds harmful wording by word lists, and tells hate from talk about hate."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from workbench.checks.lexicons import lexicon, sections_in
from workbench.records import Evidence
from workbench.text import has_han, sentences

_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_LEET_WORD = re.compile(r"\b(?=\w*[a-z@$])(?=\w*[013457@$])[\w@$]{3,}\b", re.IGNORECASE)
_LEET_SIGNS = tuple("013457@$")
_SPACED_SIGN = re.compile(r" [a-zA-Z] [a-zA-Z]\b")
_SPACED = re.compile(r"\b(?:[a-zA-Z] ){2,}[a-zA-Z]\b")
_QUOTED = re.compile(r"[\"“”「『‘](?P<said>[^\"“”」』’]{3,500})[\"“”」』’]")
_MIN_FUZZY = 6


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What word lists found in a text: the matches of each section, and the hateful sentences."""

    found: dict[str, tuple[Evidence, ...]]
    hateful: tuple[Evidence, ...] = ()

    def count(self, section: str) -> int:
        """Return how often terms of ``section`` stand in the text."""
        return len(self.found.get(section, ()))


def read_wording(text: str) -> Wording:
    """Look for the terms of the word lists, letters written as digits or spaced out undone first.

    A sentence is hateful where it turns on a group of people, or uses a slur, with contempt or violence, and
    neither denies nor rejects it ("we must not let black people suffer"), quotes it to condemn it, nor uses
    the
    word in another sense. Offsets are those in the cleaned text where it differs.
    """
    plain = _plain(text)
    name = "harm_zh" if has_han(plain) else "harm_en"
    there = sections_in(plain, name)
    found = {section: _matches(plain, name, section) if section in there else () for section in lexicon(name)}
    return Wording(found=found, hateful=_hateful(plain, name, there))


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("’", "'")
    if _SPACED_SIGN.search(plain):
        plain = _SPACED.sub(lambda match: match.group().replace(" ", ""), plain)
    if any(sign in plain for sign in _LEET_SIGNS):
        plain = _LEET_WORD.sub(lambda match: match.group().translate(_LEET), plain)
    return plain


def _matches(text: str, name: str, section: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(what=section, text=match.group(), start=match.start(), end=match.end())
        for match in _pattern(name, section).finditer(text)
    )


@lru_cache(maxsize=64)
def _pattern(name: str, section: str) -> re.Pattern[str]:
    terms = sorted(lexicon(name)[section], key=len, reverse=True)
    if name.endswith("_zh"):
        return re.compile("|".join(re.escape(term).replace("…", ".{0,8}") for term in terms), re.IGNORECASE)
    parts = (re.escape(term.removesuffix("*")) + (r"\w*" if term.endswith("*") else "") for term in terms)
    return re.compile(r"(?<![\w])(?:" + "|".join(parts) + r")(?!\w)", re.IGNORECASE)


def _hateful(text: str, name: str, there: frozenset[str]) -> tuple[Evidence, ...]:
    if there.isdisjoint(("slur", "hostile", "violent")):
        return ()
    out, at = [], 0
    pieces = sentences(text)
    about = "group" in there and bool(_pattern(name, "group").search(text))
    for piece in pieces:
        at = max(text.find(piece, at), 0)
        if _is_hateful(piece, name, there, about=about):
            out.append(Evidence(what="hateful", text=piece, start=at, end=at + len(piece)))
        at += len(piece)
    return tuple(out)


def _is_hateful(piece: str, name: str, there: frozenset[str], *, about: bool) -> bool:
    def has(section: str) -> bool:
        return section in there and bool(_pattern(name, section).search(piece))

    if has("counter") or _QUOTED.search(piece) or has("homonym"):
        return False
    if has("slur") and not has("positive"):
        return True
    hostile = has("hostile") or has("violent")
    return hostile and about and not has("denial")
