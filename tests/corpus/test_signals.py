import itertools

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpus.signals import bin_edges, distribution, signals
from workbench.io.dataset import read_dataset


def test_every_numeric_column_beside_the_pair_is_a_signal(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"prompt": "a?", "completion": "好的。"}\n' * 2, "utf-8")
    frame = read_dataset(tmp_path / "a.jsonl").frame.with_columns(
        pl.Series("ifd", [0.5, None]),
        pl.Series("refuses", [True, False]),
        pl.Series("language", ["en", "zh"]),
        pl.Series("pii", [{"email": 1, "kind": "x"}, {"email": 0, "kind": "y"}]),
    )
    found = signals(frame)
    assert found.columns[-3:] == ["ifd", "refuses", "pii.email"]
    assert "language" not in found.columns
    assert found["answer_chars"].to_list() == [3, 3]
    assert found["refuses"].to_list() == [1.0, 0.0]


def test_a_distribution_with_values_missing():
    found = distribution(pl.Series("x", [1.0, 2.0, 3.0, None, float("nan"), float("inf")]))
    assert (found.n, found.missing) == (3, 3)
    assert (found.mean, found.minimum, found.median, found.maximum) == (2.0, 1.0, 2.0, 3.0)
    assert [rows for *_, rows in found.bins] == [1, 1, 1]
    assert distribution(pl.Series("x", [None, None], pl.Float64)).mean is None


@settings(deadline=None)
@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=60))
def test_bins_hold_every_value_once(values):
    found = distribution(pl.Series("x", values))
    assert sum(rows for *_, rows in found.bins) == len(values)
    lows = [low for low, *_ in found.bins]
    assert lows == sorted(lows)
    assert 1 <= len(found.bins) <= 24


@settings(deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=60))
def test_whole_numbers_get_bins_of_whole_width(values):
    edges = bin_edges(pl.Series("x", values, pl.Float64))
    widths = {round(b - a, 6) for a, b in itertools.pairwise(edges)}
    assert len(widths) == 1
    assert widths.pop() == int(edges[1] - edges[0])


def test_shared_edges_make_two_versions_comparable():
    edges = (0.0, 1.0, 2.0)
    assert [n for *_, n in distribution(pl.Series("x", [-5.0, 0.5, 9.0]), edges=edges).bins] == [2, 1]
