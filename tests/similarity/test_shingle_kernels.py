"""Sorting by place and folding only where needed change no set."""

import unicodedata

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from workbench.similarity.shingle_kernels import sort_hashes
from workbench.similarity.shingles import shingle

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
