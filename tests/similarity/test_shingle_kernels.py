"""Sorting by place and folding only where needed change no set."""

import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.similarity.banding import Banding, Buckets
from workbench.similarity.room import room, shrunk
from workbench.similarity.shingle_kernels import PRIME, mix, sort_hashes, tokenize
from workbench.similarity.shingles import _character_kinds, _small_letters, shingle

TEXTS = st.lists(
    st.text(
        st.one_of(
            st.characters(codec="utf-8", exclude_categories=["Cs"]), st.sampled_from("Aa b1，。é\u0301İſ你")
        ),
        max_size=30,
    ),
    min_size=1,
    max_size=8,
)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=90), st.sampled_from([0, 40, 63]))
def test_hashes_come_sorted_however_they_are_spread(values, shift):
    given_ = np.array(values, np.uint64) >> np.uint64(shift)
    found = given_.copy()
    sort_hashes(found, np.empty(100, np.uint64), np.empty(100, np.int64))
    assert found.tolist() == sorted(given_.tolist())


@given(TEXTS)
def test_a_text_has_the_shingles_of_its_folded_form(texts):
    folded = pl.Series([unicodedata.normalize("NFKC", text) for text in texts]).str.to_lowercase()
    plain, done = shingle([pl.Series(texts)]), shingle([folded.str.strip_chars()])
    assert plain.sets.tolist() == done.sets.tolist()
    assert plain.starts.tolist() == done.starts.tolist()
    assert plain.numbers.tolist() == done.numbers.tolist()


def hashed(word):
    """Hash a word of ASCII letters and digits, one byte at a time."""
    value, pack, size, most = 0xCBF29CE484222325, 0, 8, 2**64
    for at, byte in enumerate(word.lower().encode(), 1):
        pack = pack << 8 | byte
        if at % size == 0 or at == len(word):
            value, pack = (value ^ pack) * int(PRIME) % most, 0
    return int(mix(np.uint64(value)))


WORDS = st.text(st.sampled_from("azAZ09mK5"), min_size=1, max_size=26)
# What stands beside letters and digits, with the sixth bit set too: none of it belongs to a word.
BETWEEN = st.text(st.sampled_from(list("@[`{/: \t\x10\x19\x00-_~")), min_size=1, max_size=9)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(WORDS, BETWEEN), max_size=6), st.text(max_size=9), st.integers(0, 9))
def test_words_are_hashed_alike_eight_bytes_at_a_time_and_one_by_one(pieces, behind, before):
    text = "".join(word + gap for word, gap in pieces)
    # Near the end of the buffer bytes are read one by one, elsewhere eight at a time, where all are of ASCII.
    for around in ("", behind + "x" * 9):
        raw = ("é" * before + text + around).encode()
        first, tokens = 2 * before, np.empty(len(raw) + 2, np.uint64)
        data = np.frombuffer(raw, np.uint8)
        count, unspaced, numbers = tokenize(
            data, first, first + len(text), _character_kinds(), _small_letters(), tokens
        )
        assert tokens[:count].tolist() == [hashed(word) for word, _ in pieces]
        assert unspaced == 0
        assert bool(numbers) == any(map(str.isdigit, text))


@pytest.mark.parametrize("kept", [0, 1, 700, 5_000])
def test_a_room_that_shrinks_keeps_what_stands_first(kept):
    large = room(5, 1_000, dtype=np.uint64)
    large[:] = np.arange(5_000).reshape(5, 1_000)
    assert shrunk(large, kept).tolist() == list(range(kept))
    assert shrunk(np.arange(9).reshape(3, 3), 4).tolist() == [0, 1, 2, 3]


def test_buckets_stay_the_same_where_only_their_rows_are_left():
    banding = Banding(bands=4, per_band=1, max_bucket=3, seed=0)
    hashes = room(4, 3_000, dtype=np.uint64)
    hashes[:] = np.random.default_rng(0).integers(0, 2_000, (4, 3_000))
    whole = Buckets.among(hashes, np.arange(3_000) % 7 > 2, banding=banding)
    expected = [[part.tolist() for part in band] for band in whole.each(np.ones(3_000, np.bool_))]
    rows = whole.candidates()
    some = whole.renumbered(rows)
    found = [
        [rows[members].tolist(), bounds.tolist()]
        for members, bounds in some.each(np.ones(rows.size, np.bool_))
    ]
    assert found == expected
    assert 0 < rows.size < 3_000
