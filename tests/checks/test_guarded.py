"""Laws of guarded patterns: what the pattern finds is never passed over for want of a word."""

import re
import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.checks import linear, premise, refusal_wording, requests
from workbench.checks.guarded import Guarded, guarded
from workbench.checks.lexicons import lexicon, sections_in
from workbench.signals import personal
from workbench.text import has_han, sentences

GUARDED = {
    f"{module.__name__.rsplit('.', 1)[1]}.{name}": value
    for module in (premise, refusal_wording, requests)
    for name, value in vars(module).items()
    if isinstance(value, Guarded)
}


def test_there_are_guarded_patterns_to_test():
    assert len(GUARDED) >= 6


@pytest.mark.parametrize("name", GUARDED)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_the_pattern_matches_is_found(name, data):
    one = GUARDED[name]
    text = data.draw(st.from_regex(one.pattern))
    assert one.may(text), text
    assert one.search(text).span() == one.pattern.search(text).span()


@pytest.mark.parametrize(
    ("written", "need"), [("ſORRY", "sorry"), ("İ AM", "i am"), ("ASK", "ask"), ("hıt", "hit")]
)
def test_letters_that_a_pattern_takes_for_ascii_ones_are_found(written, need):
    one = guarded(re.escape(need), need)
    assert one.pattern.search(written)
    assert one.search(written)


def test_a_text_without_any_of_the_words_is_not_searched():
    assert guarded("a+b", "zzz").search("aab") is None


@pytest.mark.parametrize("number", personal.NATIONAL, ids=lambda number: number.module)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_national_numbers_have_as_many_digits_as_are_looked_for(number, data):
    assert personal._MANY_DIGITS.search(data.draw(st.from_regex(number.pattern)))


@pytest.mark.parametrize(
    ("pattern", "guard"),
    [
        (personal._CARD, personal._MANY_DIGITS),
        (personal._IBAN, personal._IBAN_HEAD),
        (personal._PHONE, re.compile(rf"\+|{personal._PHONE_BODY.pattern}")),
        (personal._ASSIGNED, None),
    ],
    ids=["card", "iban", "phone", "assigned"],
)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_personal_data_and_secrets_are_never_passed_over(pattern, guard, data):
    text = data.draw(st.from_regex(pattern))
    assert guard.search(text) if guard else personal._names_one(text)


_PIECES = st.sampled_from(
    [*'.!?…"”’)]。！？」』）\n ', "a", "1", "中", "é", "RT ", "@you", "&amp;", "<b>", "http://x.y"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=24).map("".join))
def test_sentences_end_where_one_pattern_after_the_other_says(text):
    ends = re.compile(
        r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f\u2026]+[\u201d\u2019\u300d\u300f\uff09\"']*|\n+"
    )
    places = [match.end() for match in ends.finditer(text)]
    pieces = [text[a:b].strip() for a, b in pairwise([0, *places, len(text)])]
    assert sentences(text) == [piece for piece in pieces if re.search(r"[^\W_]", piece)]
    sentences(text).append("changed")
    assert "changed" not in sentences(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES | st.characters(exclude_categories=["Cs"]), max_size=40).map("".join))
def test_buckets_are_those_of_the_grams_one_by_one(text):
    if has_han(text):
        run = "^" + re.sub(r"\s+", "", text.lower()) + "$"
        grams = [run[i : i + n] for n in (1, 2, 3, 4) for i in range(len(run) - n + 1)]
    else:
        words = linear._TOKEN.findall(linear._NOISE.sub(" ", text).lower())
        run = f" {' '.join(words)} "
        grams = [*words, *(f"{a}_{b}" for a, b in pairwise(words))]
        grams += ["#" + run[i : i + n] for n in (3, 4, 5) for i in range(len(run) - n + 1)]
    expected = {zlib.crc32(gram.encode()) % linear.BUCKETS for gram in grams}
    assert linear.buckets_of(text).tolist() == sorted(expected)


@pytest.mark.parametrize("name", ["harm_en", "harm_zh"])
def test_every_term_of_a_word_list_is_seen(name):
    for section, terms in lexicon(name).items():
        for term in terms:
            written = term.replace("…", "某").replace("*", "ful")
            assert section in sections_in(f"So {written.upper()}, it was", name), term
