import json

import msgspec
import polars as pl
import pytest
from made_pairs import frame

from workbench.contracts import Contract, Rule
from workbench.errors import ConfigError
from workbench.steps import ExactDedup, NearDedup, TemplateLimit

LONG = "please tell me in a few words where the parcel that I ordered last week from your shop is right now"
CONTRACT = Contract(
    task="desk",
    rules=(
        Rule(
            id="opening", text="Begin with Yes.", kind="style", check={"use": "starts_with", "phrase": "Yes"}
        ),
    ),
)


def pairs():
    rows = frame(
        (LONG, "it is on its way to you since this morning"),
        (LONG + "!", "It is on its way to you since this morning, dear"),
        (LONG + "?", "Yes it is on its way to you since this morning"),
    )
    meta = [{"score": 0.2}, {"score": 0.9}, {"reviewed": True, "score": 0.5}]
    return rows.with_columns(meta=pl.Series([json.dumps(m) for m in meta]))


@pytest.mark.parametrize(
    ("keeper", "stays"),
    [
        (("oldest",), 0),
        (("score", "oldest"), 1),
        (("human_reviewed",), 2),
        (("longest", "oldest"), 1),
        (("contract_valid", "longest"), 2),
    ],
)
def test_the_first_name_that_tells_rows_apart_decides(keeper, stays):
    rows = pairs()
    step = NearDedup(threshold=0.6, keeper=keeper).bound([CONTRACT])
    for order in ([0, 1, 2], [2, 0, 1]):
        split = step(rows[order])
        assert split.kept["id"].to_list() == [rows["id"][stays]], keeper
        assert set(split.dropped["kept_id"]) == {rows["id"][stays]}


def test_a_score_column_counts_before_what_the_log_says():
    rows = pairs().with_columns(score=pl.Series([3, None, 1]))
    assert NearDedup(threshold=0.6, keeper=("score",))(rows).kept["id"].to_list() == [rows["id"][0]]


def test_exact_repeats_keep_the_reviewed_one():
    rows = pairs()[[0, 0]].with_columns(
        id=pl.Series(["a", "b"]), meta=pl.Series(["{}", json.dumps({"reviewed": True})])
    )
    assert ExactDedup()(rows).kept["id"].to_list() == ["a"]
    assert ExactDedup(keeper=("human_reviewed", "oldest"))(rows).kept["id"].to_list() == ["b"]


def test_contracts_are_asked_for_only_by_name():
    assert NearDedup().bound([CONTRACT]) == NearDedup()
    with pytest.raises(ConfigError, match="no contract"):
        NearDedup(keeper=("contract_valid",))(pairs())
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"use": "exact_dedup", "keeper": ["longest"]}, ExactDedup)


def canned(count=6):
    asked = [f"question {word} about something else {word} entirely" for word in "abcdefgh"[:count]]
    same = "we are very sorry but we cannot help you with that today"
    return frame(*[(text, same + ("." if n % 2 else "")) for n, text in enumerate(asked)], ("x", "another"))


def test_at_most_so_many_answers_of_a_kind_stay_each_with_an_edge_to_the_best():
    rows = canned()
    split = TemplateLimit(at_most=2)(rows)
    assert split.kept["id"].to_list() == rows["id"][[0, 1, 6]].to_list()
    assert set(split.dropped["kept_id"]) == {rows["id"][0]}
    assert set(split.dropped["reason"]) == {"template"}
    assert set(split.dropped["step"]) == {"template_limit"}
    assert (split.dropped["jaccard"] >= 0.8).all()
    shuffled = TemplateLimit(at_most=2)(rows.reverse())
    assert sorted(shuffled.kept["id"]) == sorted(split.kept["id"])
    assert TemplateLimit(at_most=6)(rows).dropped.is_empty()
    apart = rows.with_columns(task=pl.Series(list("abcdefg")))
    assert TemplateLimit(at_most=1)(apart).dropped.is_empty()
    strict = NearDedup(threshold=0.8, ngram=40)
    assert TemplateLimit(at_most=2, near=NearDedup(numbers="ignore"))(rows).dropped.height == 4
    assert TemplateLimit(at_most=2, near=strict)(rows).dropped.height == 4
    assert TemplateLimit(at_most=2)(frame()).kept.is_empty()
