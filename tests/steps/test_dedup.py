import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pairs import frame

from workbench.io.frames import LEDGER_SCHEMA, PAIR_SCHEMA
from workbench.steps import ExactDedup, NearDedup
from workbench.steps.dedup import direct

LONG = "please tell me in a few words where the parcel that I ordered last week from your shop is right now"
CALL = '{{"tool": "track_order", "arguments": {{"order_id": "{}", "carrier": "{}", "language": "en"}}}}'


def gone(step, rows):
    split = step(rows)
    assert split.kept.schema == rows.schema == PAIR_SCHEMA
    assert split.dropped.schema == LEDGER_SCHEMA
    assert set(split.dropped["kept_id"]) <= set(split.kept["id"])
    return split.dropped["row"].to_list()


@pytest.mark.parametrize(
    ("rows", "exact", "near"),
    [
        ([("hi", "yes"), ("hi", "yes"), ("hi", "no"), ("ho", "yes")], [1], [1]),
        ([("", ""), ("", ""), ("", "x")], [1], []),
        ([("退货", "可以"), ("退货。", "可以！"), ("退款", "可以")], [], [1]),
        ([("我的订单什么时候发货？", "明天"), ("我的订单什么时候发货？谢谢", "明天")], [], [1]),
        ([("أين طلبي الآن", "في الطريق"), ("أين طلبي الآن؟", "في الطريق")], [], [1]),
        ([(f"{LONG} 1", "a"), (f"{LONG} 2", "a"), (f"{LONG} 1 thanks", "a")], [], [2]),
        ([(LONG, "order 5"), (LONG, "order 6")], [], []),
        ([(LONG, "yes", "c d e f"), (LONG, "yes", "g h i j")], [], []),
        # Tool calls share a template: another identifier or value is another row, other punctuation is none.
        (
            [
                (LONG, CALL.format("A-1001", "post")),
                (f"{LONG}?", CALL.format("A-1001", "post")),
                (LONG, CALL.format("A-1002", "post")),
                (LONG, CALL.format("A-1001", "courier")),
                (LONG, CALL.format("A-1001", "post")),
            ],
            [4],
            [1, 4],
        ),
    ],
)
def test_which_rows_go(rows, exact, near):
    assert gone(ExactDedup(), frame(*rows)) == exact
    assert gone(NearDedup(), frame(*rows)) == near


def test_the_ledger_has_the_figures_of_the_least_alike_field():
    rows = frame(
        (LONG, "on its way to you since this morning"),
        (f"Hello, {LONG}", "on its way to you since this morning"),
    )
    entry = NearDedup()(rows).dropped.row(0, named=True)
    assert entry["id"] == rows["id"][1]
    assert entry["kept_id"] == rows["id"][0]
    assert entry["jaccard"] == entry["measured"] == pytest.approx(20 / 21)
    assert entry["containment_ab"] == pytest.approx(20 / 21)
    assert entry["containment_ba"] == 1.0
    assert entry["threshold"] == 0.8
    assert entry["detail"] == "Jaccard by field: 1.000, 0.952, 1.000"
    assert entry["spec_key"] == NearDedup().key


def test_conflicts_are_reported_or_all_but_the_first_go():
    rows = frame((LONG, "it is with the carrier"), (LONG + ".", "we have lost it, sorry"), ("other", "text"))
    kept = NearDedup()(rows)
    assert kept.dropped.is_empty()
    [conflict] = kept.notes["conflicts"]
    assert (conflict["id"], conflict["other_id"]) == (rows["id"][1], rows["id"][0])
    first = NearDedup(conflicts="first")(rows)
    assert first.dropped["reason"].to_list() == ["conflict"]
    assert first.dropped["kept_id"].to_list() == [rows["id"][0]]


def test_first_of_conflicts_and_duplicates_together_leaves_no_edge_to_a_row_that_went():
    rows = frame((LONG, "yes it is"), (LONG + "!", "no"), (LONG + "?", "no"), (LONG + ".", "yes it is"))
    found = NearDedup(conflicts="first")(rows)
    assert found.dropped["reason"].to_list() == ["conflict", "conflict", "near duplicate"]
    assert set(found.dropped["kept_id"]) == {rows["id"][0]}


def test_other_tasks_and_templates_are_left_alone():
    rows = frame((LONG, "yes"), (LONG, "yes"))
    for column in ("task", "template_id"):
        apart = rows.with_columns(pl.Series(column, ["a", "b"]))
        assert gone(ExactDedup(), apart) == gone(NearDedup(), apart) == []


def test_a_pair_without_slots_is_judged_on_its_prompt():
    rows = frame((LONG, "yes"), (LONG + "!", "yes"), ("something else entirely", "yes"))
    bare = rows.with_columns(pl.Series("slots", [[], [], []], dtype=PAIR_SCHEMA["slots"]))
    assert gone(NearDedup(), bare) == [1]


# Every field decides something: the rows, the default's drops, and those with the field changed.
@pytest.mark.parametrize(
    ("change", "rows", "by_default", "changed"),
    [
        ({"threshold": 0.99}, [(LONG, "yes"), (LONG + " now", "yes")], [1], []),
        ({"ngram": 9}, [("a b c d e f g h i j", "x"), ("a b c d e f g h i j k", "x")], [1], []),
        ({"char_ngram": 8}, [("我的订单什么时候发货", "x"), ("我的订单什么时候发货呢", "x")], [1], []),
        ({"numbers": "ignore"}, [(f"{LONG} 1", "a"), (f"{LONG} 2", "a")], [], [1]),
        ({"conflicts": "first"}, [(LONG, "yes"), (LONG, "no")], [], [1]),
        ({"keeper": ("longest",)}, [("hello", LONG), ("hello", LONG + " then")], [1], [0]),
    ],
)
def test_every_deciding_field_changes_the_result(change, rows, by_default, changed):
    assert gone(NearDedup(), frame(*rows)) == by_default
    assert gone(NearDedup(**change), frame(*rows)) == changed


@pytest.mark.parametrize("change", [{"num_perm": 8}, {"recall": 0.5}, {"seed": 1}, {"max_bucket": 2}])
def test_every_field_of_the_search_changes_the_candidates(change, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "workbench.steps.dedup.find_duplicates",
        lambda *_, banding, **__: seen.append(banding) or pytest.fail("seen"),
    )
    for step in (NearDedup(), NearDedup(**change)):
        with pytest.raises(pytest.fail.Exception):
            step(frame((LONG, "yes")))
    assert seen[0] != seen[1]


@pytest.mark.parametrize(
    "wrong", [{"threshold": 0}, {"threshold": 1.5}, {"ngram": 0}, {"recall": 1}, {"keeper": "x"}]
)
def test_senseless_fields_are_refused(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"use": "near_dedup", **wrong}, NearDedup)


letters = ["alpha", "beta", "gamma", "delta", "1", "2", "我", "们"]
texts = st.lists(st.sampled_from(letters), max_size=6).map(" ".join)
many = st.lists(st.tuples(texts, texts), max_size=14)


@settings(max_examples=30, deadline=None)
@given(many, st.randoms(use_true_random=False), st.sampled_from([ExactDedup(), NearDedup(threshold=0.5)]))
def test_laws_of_both_steps(rows, rng, step):
    whole = frame(*rows)
    split = step(whole)
    # Conserved; every removal points at a row that stays; a second run removes nothing.
    assert sorted([*split.kept["id"], *split.dropped["id"]]) == sorted(whole["id"])
    assert set(split.dropped["kept_id"]) <= set(split.kept["id"])
    assert split.dropped.filter(pl.col("jaccard") < pl.col("threshold")).is_empty()
    assert step(split.kept).dropped.is_empty()
    # The order of the rows does not matter.
    order = list(range(len(rows)))
    rng.shuffle(order)
    again = step(whole.select(pl.all().gather(order)))
    assert sorted(again.kept["id"]) == sorted(split.kept["id"])
    assert dict(zip(again.dropped["id"], again.dropped["kept_id"], strict=True)) == dict(
        zip(split.dropped["id"], split.dropped["kept_id"], strict=True)
    )
    assert whole["id"].gather(split.dropped["row"]).equals(split.dropped["id"])


def test_rows_with_nulls_are_conserved():
    rows = frame((LONG, "yes"), ("b", "no"), ("c", "no")).with_columns(
        completion=pl.Series([None, None, []], dtype=PAIR_SCHEMA["completion"]),
        slots=pl.Series([None, None, None], dtype=PAIR_SCHEMA["slots"]),
    )
    for step in (ExactDedup(), NearDedup()):
        split = step(rows)
        assert split.kept.height + split.dropped.height == 3


def test_an_exact_duplicate_of_a_row_that_went_is_pointed_at_the_row_that_stayed():
    rows = frame((LONG, "yes"), (LONG + " then", "yes"), (LONG + " then", "yes"))
    exact = ExactDedup()(rows)
    near = NearDedup()(exact.kept)
    assert exact.dropped["kept_id"].to_list() == near.dropped["id"].to_list()
    entry = direct(pl.concat([exact.dropped, near.dropped])).row(0, named=True)
    assert entry["kept_id"] == rows["id"][0]
    assert entry["jaccard"] == near.dropped["jaccard"][0] < 1
    assert entry["detail"].startswith(f"equal to {rows['id'][1]}")
    assert direct(near.dropped).equals(near.dropped)


def test_the_ledger_of_an_exact_copy_has_its_whole_edge():
    found = frame(("where is it", "here"), ("what else", "more"), ("where is it", "here"))
    (row,) = ExactDedup()(found).dropped.to_dicts()
    assert (row["id"], row["row"], row["kept_id"]) == (found["id"][2], 2, found["id"][0])
    figures = ("measured", "threshold", "jaccard", "containment_ab", "containment_ba")
    assert [row[name] for name in figures] == [1.0] * 5
    assert (row["step"], row["reason"], row["spec_key"]) == (
        "exact_dedup",
        "exact duplicate",
        ExactDedup().key,
    )
