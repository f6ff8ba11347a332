import random

import msgspec
import polars as pl
import pytest
from made_pairs import frame, pair

from workbench.errors import ConfigError
from workbench.io.frames import LEDGER_SCHEMA, pairs_to_frame
from workbench.steps import Quota, Select

WORDS = [
    "sun",
    "moon",
    "star",
    "rain",
    "snow",
    "wind",
    "leaf",
    "tree",
    "root",
    "seed",
    "hill",
    "lake",
    "road",
    "mill",
    "boat",
    "lamp",
]


def themed(themes=5, each=6):
    """Make rows of a few themes, those of one theme nearly alike."""
    rng = random.Random(0)
    stems = [" ".join(rng.choices(WORDS, k=14)) for _ in range(themes)]
    return frame(*((f"{stem} {WORDS[n]}", f"answer to {stem}") for n in range(each) for stem in stems))


def theme(rows):
    return {answer[0]["content"] for answer in rows["completion"].to_list()}


@pytest.mark.parametrize("method", ["facility_location", "k_center"])
def test_the_first_picks_are_of_different_themes(method):
    rows = themed()
    split = Select(rows=5, method=method)(rows)
    assert len(theme(split.kept)) == 5
    assert split.kept.height + split.dropped.height == rows.height
    assert split.dropped.schema == LEDGER_SCHEMA
    assert set(split.dropped["kept_id"]) <= set(split.kept["id"])
    texts = dict(zip(rows["id"], rows["completion"].to_list(), strict=True))
    assert all(texts[a] == texts[b] for a, b in split.dropped.select("id", "kept_id").rows())
    assert split.dropped["jaccard"].min() > 0.5


@pytest.mark.parametrize("method", ["facility_location", "k_center"])
def test_row_order_decides_nothing(method):
    rows = themed()
    assert set(Select(rows=7, method=method)(rows).kept["id"]) == set(
        Select(rows=7, method=method)(rows.reverse()).kept["id"]
    )


def test_lazy_is_the_same_as_measuring_every_row_every_time():
    import numpy as np

    from workbench.similarity.selection import picks

    sketch = np.random.default_rng(0).integers(0, 3, (40, 16), np.uint8)
    anchors, ones = np.arange(40), np.ones(40, np.int64)
    quality = np.random.default_rng(1).integers(1, 5, 40)
    options = {"method": "facility_location", "anchors": anchors, "quality": quality, "cost": ones}
    lazy = [p.row for p in picks(sketch, fits=lambda _: True, **options)]
    agree = (sketch[:, None] == sketch[None]).sum(axis=2)
    covered, left, plain = np.zeros(40, int), list(range(40)), []
    while left:
        best = max(left, key=lambda r: (quality[r] * np.maximum(agree[r] - covered, 0).sum(), -r))
        plain.append(best)
        left.remove(best)
        covered = np.maximum(covered, agree[best])
    assert lazy == plain


def test_quality_decides_among_rows_alike():
    rows = themed().with_columns(good=pl.int_range(30).cast(pl.Float64))
    kept = Select(rows=5, quality="good")(rows).kept
    assert kept["good"].min() >= 20
    nulls = rows.with_columns(good=pl.when(pl.col("good") > 20).then(pl.col("good")))
    assert Select(rows=5, quality="good")(nulls).kept["good"].null_count() <= 1


def test_a_budget_of_tokens():
    split = Select(tokens=80)(themed())  # a row is 5 + 3 tokens
    assert split.kept.height == 10
    assert split.notes["selection"]["spent"] == 80
    assert Select(tokens=3)(themed()).kept.height == 0


def test_the_curve_rises_and_flattens_and_looks_ahead():
    found = Select(rows=8, look_ahead=3)(themed()).notes["selection"]
    covered = [point["covered"] for point in found["curve"]]
    assert covered == sorted(covered)
    assert found["curve"][-1]["rows"] == 24
    assert covered[4] - covered[0] > 5 * (covered[-1] - covered[10])
    assert Select(rows=8, look_ahead=1)(themed()).notes["selection"]["curve"][-1]["rows"] == 8


def test_quotas_bound_each_value_or_one():
    rows = pairs_to_frame(
        pair(f"{a} {b}", "x", number=n, task="big" if n % 5 else "small")
        for n, (a, b) in enumerate((a, b) for a in WORDS for b in WORDS[:5])
    )
    tasks = Select(rows=20, quotas=(Quota(by="task", most=0.6),))(rows).kept["task"]
    assert tasks.value_counts().filter(pl.col("task") == "big")["count"].item() == 12
    one = Select(rows=20, quotas=(Quota(by="task", value="small", most=0.1),))(rows).kept["task"]
    assert one.value_counts().filter(pl.col("task") == "small")["count"].item() <= 2
    even = Select(rows=20, quotas=(Quota(by="task", temperature=1000),))(rows)
    assert even.kept["task"].value_counts()["count"].to_list() == [10, 10] or even.kept.height == 20
    assert even.notes["selection"]["mixing_weights"]["task"]["small"] == pytest.approx(0.5, abs=0.01)
    rules = rows.with_columns(rules=pl.Series([["a", "b"] if n % 2 else ["b"] for n in range(rows.height)]))
    kept = Select(rows=20, quotas=(Quota(by="rule", value="a", most=0.25),))(rules).kept
    assert kept["rules"].list.contains("a").sum() <= 5


def tasked():
    """Return 80 rows: 64 of the task big, 16 of small; four have the rule ``rare``, one also ``alone``."""
    rows = pairs_to_frame(
        pair(f"{a} {b}", "x", number=n, task="big" if n % 5 else "small")
        for n, (a, b) in enumerate((a, b) for a in WORDS for b in WORDS[:5])
    )
    held = [["common", *(["rare"] if n % 20 == 7 else []), *(["alone"] if n == 7 else [])] for n in range(80)]
    return rows.with_columns(rules=pl.Series(held))


def test_there_are_at_least_so_many_rows_of_each_value_or_of_one():
    rows = tasked()
    bare = Select(rows=20)(rows).kept
    assert bare["rules"].list.contains("rare").sum() < 4
    wanted = (Quota(by="rule", value="rare", at_least=4), Quota(by="task", at_least=9))
    split = Select(rows=20, quotas=wanted)(rows)
    assert split.kept.height == 20
    assert split.kept["rules"].list.contains("rare").sum() == 4
    assert min(split.kept["task"].value_counts()["count"]) >= 9
    assert all(one["met"] for one in split.notes["selection"]["minima"])
    told = {(one["by"], one["value"]): one["there"] for one in split.notes["selection"]["minima"]}
    assert told == {("rule", "rare"): 4, ("task", "big"): 64, ("task", "small"): 16}
    assert split.kept["id"].to_list() == [
        one for one in rows["id"] if one in set(Select(rows=20, quotas=wanted)(rows.reverse()).kept["id"])
    ]


def test_a_minimum_that_cannot_be_met_is_told_with_what_there_is():
    wanted = (
        Quota(by="rule", value="alone", at_least=3),
        Quota(by="rule", value="unheard-of", at_least=1),
        Quota(by="task", value="small", at_least=9),
        Quota(by="task", value="small", most=0.2),
    )
    split = Select(rows=20, quotas=wanted)(tasked())
    assert split.kept.height == 20
    found = {one["value"]: one for one in split.notes["selection"]["minima"]}
    assert [found["alone"][key] for key in ("there", "selected", "met")] == [1, 1, False]
    assert [found["unheard-of"][key] for key in ("there", "selected", "met")] == [0, 0, False]
    assert [found["small"][key] for key in ("there", "selected", "met")] == [16, 4, False]
    few = Select(rows=3, quotas=(Quota(by="task", at_least=2),))(tasked()).notes["selection"]["minima"]
    assert [(one["value"], one["selected"], one["met"]) for one in few] == [
        ("big", 1, False),
        ("small", 2, True),
    ]


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (Select(), "one of the two"),
        (Select(rows=9, quotas=(Quota(by="task", at_least=10),)), "at least 10 rows"),
        (Select(rows=9, quotas=(Quota(by="task", at_least=6, most=0.5, value="a"),)), "gives it"),
        (Select(rows=1, tokens=1), "one of the two"),
        (Select(rows=1, quality="nothing"), "nothing"),
        (Select(rows=1, quality="task"), "quality"),
        (Select(rows=1, quotas=(Quota(by="lang"),)), "languages"),
    ],
)
def test_what_cannot_be_decided_is_refused(step, found):
    with pytest.raises(ConfigError, match=found):
        step(frame(("a", "b")))


@pytest.mark.parametrize(
    "change",
    [{"ngram": 1}, {"char_ngram": 1}, {"size": 16}, {"anchors": 2}, {"seed": 1}, {"method": "k_center"}],
)
def test_every_field_of_the_search_changes_the_figures(change):
    rows = pl.concat(
        [themed(), frame(*((f"我的{w}订单什么时候发货给我呢{w}", "明天") for w in "甲乙丙丁戊"))]
    )
    assert Select(rows=6)(rows).notes != Select(rows=6, **change)(rows).notes


def test_no_rows_and_senseless_budgets():
    assert Select(rows=3)(frame()).kept.height == 0
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"use": "select", "rows": 0}, Select)


def test_mixing_weights_are_rows_to_a_power_and_sum_to_one():
    from collections import Counter

    from workbench.steps.quotas import mixing

    rows = Counter({"a": 100, "b": 25, "c": 1})
    assert mixing(rows, 1.0) == {"a": round(100 / 126, 6), "b": round(25 / 126, 6), "c": round(1 / 126, 6)}
    assert mixing(rows, 2.0) == {"a": 0.625, "b": 0.3125, "c": 0.0625}
