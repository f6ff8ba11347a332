"""The quick ways of the readers give what the plain ways give."""

import re
import zlib
from itertools import pairwise

import pytest

from workbench.checks.hostility import _pattern
from workbench.checks.lexicons import lexicon, sections_in
from workbench.checks.linear import _LATIN_GRAMS, _NOISE, _TOKEN, BUCKETS, buckets_of
from workbench.text import has_han


def plain_buckets(text):
    if has_han(text):
        run = "^" + re.sub(r"\s+", "", text.lower()) + "$"
        grams = [run[i : i + n] for n in (1, 2, 3, 4) for i in range(len(run) - n + 1)]
    else:
        words = _TOKEN.findall(_NOISE.sub(" ", text).lower())
        line = f" {' '.join(words)} "
        grams = [*words, *(f"{a}_{b}" for a, b in pairwise(words))]
        grams += ["#" + line[i : i + n] for n in _LATIN_GRAMS for i in range(len(line) - n + 1)]
    return sorted({zlib.crc32(gram.encode("utf-8", "surrogatepass")) % BUCKETS for gram in grams})


@pytest.mark.parametrize(
    "text",
    ["", "a", "Hello, wide world!", "naïve café – 😀 ok", "你好，world 😀 再见", "lone \ud800 half", "好"],
)
def test_buckets_are_those_of_each_gram_hashed_alone(text):
    assert buckets_of(text).tolist() == plain_buckets(text)


@pytest.mark.parametrize("name", ["harm_en", "harm_zh"])
def test_a_section_whose_pattern_matches_is_never_ruled_out(name):
    for section, terms in lexicon(name).items():
        for term in terms:
            word = term.replace("*", "ing").replace("…", "他们")
            for text in (word, f"They {word.upper()}, all.", f"这些{word}人", word.replace("i", "ı")):
                if _pattern(name, section).search(text):
                    assert section in sections_in(text, name), (term, text)


def test_a_plain_text_has_no_section_of_hate():
    assert not sections_in("The parcel arrives on Tuesday.", "harm_en") & {"slur", "hostile"}
