"""Rows that just reach a threshold are alike, and buckets hold exactly the rows that share a key."""

import numpy as np
import polars as pl
import pytest

from workbench.similarity import kernels
from workbench.similarity.banding import sharing_rows
from workbench.similarity.shingles import shingle

# Shingles of the shorter and of the longer text, and their quotient as a threshold: times the longer, it is
# more than the shorter in floating point.
JUST = [(55, 100, 0.55), (7, 25, 0.28), (14, 25, 0.56), (28, 50, 0.56)]


@pytest.mark.parametrize(("few", "many", "threshold"), JUST)
def test_a_text_within_a_longer_one_that_just_reaches_the_threshold_is_alike(few, many, threshold):
    assert few / many == threshold
    assert threshold * many > few
    words = [f"w{n}" for n in range(many)]
    held = shingle([pl.Series([" ".join(words[:few]), " ".join(words), " ".join(words[: few - 1])])], ngram=1)
    alike = getattr(kernels.alike, "py_func", kernels.alike)
    assert alike(held.sets, held.starts, 1, 1, 0, 1, threshold)
    assert alike(held.sets, held.starts, 1, 1, 1, 0, threshold)
    assert not alike(held.sets, held.starts, 1, 1, 1, 2, threshold)


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ([9, 3, 9, 3], [1, 3, 0, 2]),
        ([9, 3, 3, 9], [1, 2, 0, 3]),
        ([3, 9, 3, 9], [0, 2, 1, 3]),
        # What a small table takes for the same at first: 1, 65 and 129.
        ([1, 65, 7, 7], [2, 3]),
        ([7, 7, 65, 1], [0, 1]),
        ([129, 1, 65, 129], [0, 3]),
        ([1, 65], []),
        ([5, 5], [0, 1]),
        ([1 << 63, 2, 1 << 63, 2], [1, 3, 0, 2]),
    ],
)
def test_rows_that_share_a_key_come_by_key_and_place(keys, rows):
    held = np.array(keys, np.uint64)
    assert sharing_rows(held, np.ones(held.size, np.bool_)).tolist() == rows


def test_a_row_that_is_not_wanted_shares_nothing():
    held, wanted = np.array([4, 4, 8, 8, 4], np.uint64), np.array([True, False, True, True, True])
    assert sharing_rows(held, wanted).tolist() == [0, 4, 2, 3]
