from functools import cache

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pairs import frame

from workbench.errors import ConfigError
from workbench.io.frames import LEDGER_SCHEMA
from workbench.steps import DropWhere


@cache
def rows():
    """Return the rows, made when a test first asks: gathering starts no thread."""
    return frame(*((str(n), "answer") for n in range(5))).with_columns(
        pii=pl.Series([0, 1, 2, None, 0]),
        lang=pl.Series(["en", "zh", "en", "en", None]),
        share=pl.Series([0.1, 0.2, 0.3, 0.4, None]),
        rules=pl.Series([["a"], ["a", "b"], [], ["b"], None]),
    )


@pytest.mark.parametrize(
    ("where", "gone"),
    [
        ("pii > 0", [1, 2]),
        ("pii > 0 AND lang = 'en'", [2]),
        ("lang <> 'en'", [1]),
        ("NOT (lang = 'en')", [1]),
        ("pii IS NULL OR share IS NULL", [3, 4]),
        ("share BETWEEN 0.2 AND 0.3", [1, 2]),
        ("lang IN ('zh', 'fr')", [1]),
        ("array_contains(rules, 'b')", [1, 3]),
        ("task = 'desk' and pii = 2", [2]),
    ],
)
def test_what_goes(where, gone):
    split = DropWhere(where=where)(rows())
    assert split.dropped["row"].to_list() == gone
    assert split.dropped.schema == LEDGER_SCHEMA
    assert split.kept.height == 5 - len(gone)
    assert split.kept.columns == rows().columns


def test_the_ledger_names_condition_figure_and_limit():
    entry = DropWhere(where="pii > 1")(rows()).dropped.row(0, named=True)
    assert (entry["rule"], entry["measured"], entry["threshold"]) == ("pii > 1", 2.0, 1.0)
    assert (entry["reason"], entry["detail"]) == ("filtered", "pii = 2")
    both = DropWhere(where="lang = 'zh' AND share > 0.1")(rows()).dropped.row(0, named=True)
    assert (both["measured"], both["threshold"]) == (0.2, None)
    assert both["detail"] == "lang = zh, share = 0.2"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("pi > 0", "Did you mean 'pii'"),
        ("pii >", "unable to parse"),
        ("pii > 'many'", "cannot compare"),
        ("pii", "a value, not a condition"),
        ("pii > 0 now", "words after the end"),
        ("count(pii) > 1", "over all rows together"),
        ("1 = 1", "no column"),
        ("select 1", "expected an expression"),
        ("ifd > 1", "give --base"),
        ("", "unable to parse"),
    ],
)
def test_conditions_that_cannot_be_decided_are_refused_before_any_row_is_read(where, found):
    with pytest.raises(ConfigError, match=found):
        DropWhere(where=where).check(rows().schema, elsewhere={"ifd": "give --base"})


def test_where_is_asked_for():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"use": "drop_where"}, DropWhere)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-2, 2)), max_size=12))
def test_rows_are_conserved_nulls_included(values):
    rows = frame(*((str(n), "a") for n in range(len(values)))).with_columns(
        pii=pl.Series(values, dtype=pl.Int64)
    )
    split = DropWhere(where="pii > 0")(rows)
    assert sorted([*split.kept["id"], *split.dropped["id"]]) == sorted(rows["id"])
    assert split.dropped.height == sum(value is not None and value > 0 for value in values)
