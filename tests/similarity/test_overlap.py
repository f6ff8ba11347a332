"""What texts share is counted exactly, what many records or rows say left aside."""

import sys

import numpy as np
import polars as pl
import pytest

from workbench.similarity.nearest import nearest
from workbench.similarity.overlap import Common, Texts, shared, take
from workbench.similarity.shingles import shingle

NEVER = Common(share=1.0, least=1000)


def texts(*pairs):
    owner, text = zip(*pairs, strict=True) if pairs else ((), ())
    return Texts(owner=np.array(owner, np.int64), text=pl.Series(text, dtype=pl.String))


def found(rows, units, common=NEVER, records=None):
    records = np.arange(len(units)) if records is None else np.array(records)
    frame, boilerplate = shared(
        texts(*rows), texts(*units), records, common=common, ngram=1, char_ngram=2
    )  # fmt: skip
    return frame.rows(), boilerplate


def test_each_row_and_unit_with_what_they_share_of_the_units_own():
    rows = [(0, "a b c"), (0, "c d"), (2, "x y"), (3, "q")]
    units = [(0, "a b z"), (1, "d d d"), (2, "nothing here")]
    assert found(rows, units) == ([(0, 0, 2, 3), (0, 1, 1, 1)], 0)
    assert found([], units) == ([], 0)
    assert found([(5, "a"), (5, "b")], units) == ([(5, 0, 2, 3)], 0)


@pytest.mark.parametrize(
    ("least", "share", "left", "boilerplate"),
    [
        (3, 0.0, [(0, 0, 1, 1), (0, 1, 1, 1), (0, 2, 1, 1)], 1),
        (4, 0.0, [(0, 0, 2, 2), (0, 1, 2, 2), (0, 2, 2, 2)], 0),
        (1, 0.75, [(0, 0, 1, 1), (0, 1, 1, 1), (0, 2, 1, 1)], 1),
        (1, 1.0, [(0, 0, 2, 2), (0, 1, 2, 2), (0, 2, 2, 2)], 0),
    ],
)
def test_what_so_many_records_say_is_boilerplate(least, share, left, boilerplate):
    rows = [(0, "hello a b c"), (1, "v"), (2, "w"), (3, "u")]
    units = [(0, "hello a"), (1, "hello b"), (2, "hello c")]
    assert found(rows, units, Common(share=share, least=least)) == (left, boilerplate)


def test_units_of_one_record_count_once():
    rows, units = [(0, "hello a b c")], [(0, "hello a"), (1, "hello b"), (2, "hello c")]
    assert found(rows, units, Common(share=0.0, least=3), records=[0, 0, 1])[1] == 0
    assert found(rows, units, Common(share=0.0, least=2), records=[0, 0, 1])[1] == 1


def test_what_so_many_rows_say_is_boilerplate_and_a_copied_leak_is_none():
    units = [(0, "hello a b c d e"), (1, "f")]
    greeted = [(n, f"hello {letter}") for n, letter in enumerate("abcd")]
    assert found(greeted, units, Common(share=0.0, least=4))[1] == 1
    assert found(greeted, units, Common(share=0.0, least=5))[1] == 0
    copies = [(n, "a b c d e") for n in range(6)]
    rows, boilerplate = found(copies, units, Common(share=0.0, least=3))
    assert boilerplate == 0
    assert rows == [(n, 0, 5, 6) for n in range(6)]


def test_two_copies_count_once_too():
    units, rows = [(0, "a b c"), (1, "z")], [(0, "a b c"), (1, "a b c")]
    assert found(rows, units, Common(share=0.0, least=2))[1] == 0
    assert found([(0, "a b"), (1, "a c")], units, Common(share=0.0, least=2))[1] == 1


def test_a_share_is_one_of_all_rows_whether_they_share_anything_or_not():
    units, half = [(0, "a b c d e"), (1, "z")], Common(share=0.5, least=1)
    rows = [(n, f"a {letter}") for n, letter in enumerate("bcde")]
    assert found([*rows, (7, "q")], units, half)[1] == 0
    assert found([*rows, (6, "q")], units, half)[1] == 1


def test_sets_of_some_rows_in_the_order_asked():
    columns = [pl.Series(["a b", "", "c", "d e 5"]), pl.Series(["f", "g h", "", "i"])]
    whole = shingle(columns, ngram=1)
    asked = np.array([3, 0, 1, 3])
    expected = shingle([column[asked.tolist()] for column in columns], ngram=1)
    part = take(whole, asked)
    assert part.sets.tolist() == expected.sets.tolist()
    assert part.starts.tolist() == expected.starts.tolist()
    assert part.numbers.tolist() == expected.numbers.tolist()
    assert (part.rows, part.fields) == (4, 2)


def test_many_queries_are_compared_a_few_at_a_time(monkeypatch):
    rows = [pl.Series([f"w{n} w{n + 1} w{n + 2} w{n + 3}" for n in range(6)])]
    queries = [pl.Series([f"w{n} w{n + 1} w{n + 2}" for n in (4, 0, 2, 5, 1)])]
    whole = nearest(rows, queries, most=2)
    assert len({found[0].row for found in whole}) == 5
    for cells in (1, 12, 18):
        monkeypatch.setattr(sys.modules[nearest.__module__], "_CELLS", cells)
        assert nearest(rows, queries, most=2) == whole


def test_no_columns_have_nothing_near():
    assert nearest((), (), most=3) == []
