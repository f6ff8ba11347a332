import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from workbench.similarity import Near, nearest

WORDS = st.lists(
    st.sampled_from(["order", "sent", "carrier", "my", "the", "when", "订", "单", "号"]), max_size=8
).map(" ".join)


def of(rows, queries, **options):
    columns = ([pl.Series(rows, dtype=pl.String)], [pl.Series(queries, dtype=pl.String)])
    return nearest(*columns, **({"most": 3} | options))


def test_the_same_text_is_nearest_and_counts_as_one():
    rows = ["When was my order sent?", "Which carrier has order 5?", "Where is it going?"]
    assert of(rows, [rows[1]])[0][0] == Near(1, 1.0)


def test_rare_wording_counts_more_than_what_all_rows_say():
    common = "please tell me at once"
    rows = [f"{common} number {n}" for n in range(20)] + ["has my tent been sent"]
    found = of(rows, [f"{common} has my tent been sent"])[0]
    assert found[0].row == 20


def test_columns_count_alike():
    rows = [pl.Series(["a b c d e f", "x y z"]), pl.Series(["which order is it", "how are you"])]
    asked = [pl.Series(["x y z"]), pl.Series(["which order is it"])]
    assert {one.row: one.likeness for one in nearest(rows, asked, most=2)[0]} == {0: 0.5, 1: 0.5}


def test_chinese_is_compared_by_characters():
    assert of(["我的订单什么时候发货", "今天天气很好"], ["订单什么时候发货"])[0][0].row == 0


def test_nothing_shared_is_not_near():
    assert of(["a b c"], ["x y z"]) == [[]]


@given(st.lists(WORDS, min_size=1, max_size=12), st.lists(WORDS, min_size=1, max_size=4))
def test_it_finds_what_comparing_every_pair_finds(rows, queries):
    every = of(rows, queries, most=len(rows))
    few = of(rows, queries, most=2)
    for all_found, found in zip(every, few, strict=True):
        assert found == all_found[:2]
        assert all(0 < one.likeness <= 1 for one in all_found)
        assert [one.likeness for one in all_found] == sorted((o.likeness for o in all_found), reverse=True)


@given(st.permutations(["my order", "the order", "when sent", "my carrier"]))
def test_likeness_does_not_depend_on_the_order_of_rows(rows):
    found = {rows[one.row]: one.likeness for one in of(rows, ["my order sent"], most=4)[0]}
    first = sorted(rows)
    assert found == {first[one.row]: one.likeness for one in of(first, ["my order sent"], most=4)[0]}
