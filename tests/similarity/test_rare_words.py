"""Likeness to the number, words told apart by every letter, and buckets before any is read."""

import itertools
import math

import numpy as np
import polars as pl
import pytest

from workbench.similarity import shingle
from workbench.similarity.banding import Banding, Buckets
from workbench.similarity.nearest import nearest

ROWS = ["lamp oslo", "lamp tent", "lamp tent rope", "rope", "", "map"]


def likeness(asked, row):
    """Return the weighed Jaccard of two texts of different words, rarer words of ``ROWS`` counting more."""
    left, right = set(asked.split()), set(row.split())

    def total(words):
        return sum(math.log1p(len(ROWS) / max(sum(w in one.split() for one in ROWS), 1)) for w in words)

    return total(left & right) / total(left | right) if left | right else 0.0


@pytest.mark.parametrize("asked", ["lamp", "oslo", "rope tent", "lamp unheard", "tent map", "unheard", ""])
def test_words_weigh_by_how_rare_they_are_among_the_rows(asked):
    (found,) = nearest([pl.Series(ROWS)], [pl.Series([asked])], most=9, ngram=1)
    expected = {n: likeness(asked, row) for n, row in enumerate(ROWS)}
    assert {one.row: one.likeness for one in found} == pytest.approx(
        {n: value for n, value in expected.items() if value}, abs=1e-6
    )
    assert [(-one.likeness, one.row) for one in found] == sorted((-one.likeness, one.row) for one in found)


def test_each_query_is_held_to_the_columns_that_it_fills():
    texts, topics = pl.Series(ROWS), pl.Series(["sale", "sale", "trip", "trip", "x", "y"])
    asked, about = ["rope", "oslo lamp", "tent", ""], ["", "sale", "trip", "y"]
    found = nearest([texts, topics], [pl.Series(asked), pl.Series(about)], most=1, ngram=1)
    weight = {"sale": [0, 1], "trip": [2, 3], "y": [5], "": []}
    for text, topic, (best,) in zip(asked, about, found, strict=True):
        values = [
            (likeness(text, row) + (n in weight[topic])) / (bool(text) + bool(topic))
            for n, row in enumerate(ROWS)
        ]
        assert best.likeness == pytest.approx(max(values), abs=1e-6)
        assert best.row == values.index(max(values))


@pytest.mark.parametrize("tail", ["", "é", "éa", "éé", "abcdefg", "abcdefgh", "é5"])
def test_every_letter_of_a_word_counts(tail):
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = [head + tail for head in (*letters, *map("".join, itertools.product("abmyz", repeat=2)))]
    words += [f"abcdefg{one}{tail}" for one in letters]
    found = shingle([pl.Series(words)], ngram=1)
    assert len(set(found.sets.tolist())) == len(words)


def test_no_row_stands_in_a_split_bucket_before_one_is_read():
    texts = shingle([pl.Series(["a b c d"] * 5 + ["e f g h"] * 2)])
    banding = Banding(bands=3, per_band=2, max_bucket=3, seed=0)
    buckets = Buckets.of(texts, banding=banding, guard=np.zeros(7, np.uint64), compared=1)
    assert buckets.rebanded == 0
    everything = np.ones(7, np.bool_)
    for _ in range(2):
        bands = [(rows.tolist(), bounds.tolist()) for rows, bounds in buckets.each(everything)]
        assert len(bands) == 3
        assert all(sorted(np.diff(bounds)) == [2, 5] for _, bounds in bands)
        # Copies agree in every band, so that no further band parts them.
        assert buckets.rebanded == 3 * 5
