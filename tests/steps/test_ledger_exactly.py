"""What a ledger row says, and which rows minima, shares and sources choose, to the word and the number."""

import math
from collections import Counter
from functools import cache

import numpy as np
import polars as pl
import pytest
from made_pairs import frame, pair

from workbench.contracts import Contract, Rule
from workbench.errors import ConfigError
from workbench.io.decisions import Decision, text_hash
from workbench.io.frames import pairs_to_frame
from workbench.records import Message
from workbench.steps import ContractFilter, DropWhere, Reviewed, TemplateLimit
from workbench.steps.quotas import Caps, Quota, mixing, values_of, wanted
from workbench.steps.split import largest_of
from workbench.steps.stratify import choose_parts, same_source
from workbench.steps.template_limit import _place_in_kind


@cache
def rows():
    """Return the rows, made when a test first asks: gathering starts no thread."""
    return frame(*((str(n), "answer") for n in range(4))).with_columns(
        pii=pl.Series([0, 3, 2, None]),
        text=pl.Series(["x" * 100, "x" * 101, "", None]),
        share=pl.Series([0.123456789, 1e-9, 12345678.0, None]),
    )


@pytest.mark.parametrize(
    ("where", "row", "measured", "threshold", "detail"),
    [
        ("pii >= 3", 1, 3.0, 3.0, "pii = 3"),
        ("pii <= -1.5 OR pii = 3", 1, 3.0, None, "pii = 3"),
        (" pii<>0 AND pii<>2 ", 1, 3.0, None, "pii = 3"),
        ("share < 0.5 AND pii = 0", 0, 0.123456789, None, "share = 0.123457, pii = 0"),
        ("text = 'no' OR pii = 0", 0, 0.0, None, "text = " + "x" * 100 + ", pii = 0"),
        ("text <> '' AND pii > 2", 1, 3.0, None, "text = " + "x" * 100 + "…, pii = 3"),
        ("text IS NULL", 3, None, None, "text = None"),
        ("share > 12345677.5", 2, 12345678.0, 12345677.5, "share = 1.23457e+07"),
        ("pii > -1 AND pii > 2", 1, 3.0, None, "pii = 3"),
    ],
)
def test_a_filtered_row_says_what_was_looked_at(where, row, measured, threshold, detail):
    (told,) = DropWhere(where=where)(rows()).dropped.rows(named=True)
    found = (told["row"], told["id"], told["step"], told["reason"], told["rule"])
    assert found == (row, rows()["id"][row], "drop_where", "filtered", where)
    assert (told["measured"], told["threshold"], told["detail"]) == (measured, threshold, detail)
    assert told["spec_key"] == DropWhere(where=where).key


def test_an_id_that_is_looked_at_is_told():
    name = rows()["id"][2]
    (told,) = DropWhere(where=f"id = '{name}'")(rows()).dropped.rows(named=True)
    assert (told["id"], told["detail"], told["measured"]) == (name, f"id = {name}", None)
    (told,) = DropWhere(where=f"id = '{name}' AND pii = 2")(rows()).dropped.rows(named=True)
    assert told["detail"] == "pii = 2"


def test_a_row_that_breaks_rules_says_which_and_how():
    rules = [
        Rule(
            id=name, text=name, kind="style", severity=severity, check={"use": "contains", "phrases": [name]}
        )
        for name, severity in (("a", "should"), ("b", "must"), ("c", "must"))
    ]
    step = ContractFilter(contracts=(Contract(task="desk", rules=tuple(rules)),))
    (told,) = step(frame(("q", "a b"), ("q", "b c"))).dropped.rows(named=True)
    assert (told["row"], told["step"], told["reason"], told["rule"]) == (
        0,
        "contract_filter",
        "breaks a rule",
        "c",
    )
    assert (told["measured"], told["threshold"]) == (0.0, 1.0)
    assert told["detail"].startswith("c: ")
    both = ContractFilter(severity="should", contracts=step.contracts)(frame(("q", "b"))).dropped
    assert both["rule"].to_list() == ["a, c"]
    assert [piece.split(":")[0] for piece in both["detail"][0].split("; ")] == ["a", "c"]
    other = pairs_to_frame([pair("q", "a b c", task="sales")])
    with pytest.raises(ConfigError, match=r"task 'sales'.*there are: \['desk'\]"):
        step(other)


# Quotas ---------------------------------------------------------------------------------------------------

TASKS = pl.DataFrame(
    {
        "task": ["a", "a", "a", "b", "c"],
        "rules": [["x", "y"], ["x"], None, ["y"], []],
        "answer_lang": list("eezzf"),
    }
)


def test_values_of_each_kind_of_quota():
    assert values_of(TASKS, "task") == [["a"], ["a"], ["a"], ["b"], ["c"]]
    assert values_of(TASKS, "rule") == [["x", "y"], ["x"], [], ["y"], []]
    assert values_of(TASKS, "lang") == [["e"], ["e"], ["z"], ["z"], ["f"]]
    assert values_of(pairs_to_frame([pair("q", "a", file="f1")]), "source") == [["f1"]]
    for by, signal in (("lang", "languages"), ("rule", "rules")):
        with pytest.raises(ConfigError, match=f"the signal '{signal}' measured"):
            values_of(TASKS.select("task"), by)


def test_a_share_bounds_what_may_still_be_taken():
    caps = Caps(Quota(by="task", most=0.5), TASKS, 3)
    assert caps.room == {"a": 2, "b": 2, "c": 2}
    assert caps.allow(0, 2)
    assert not caps.allow(0, 3)
    caps.take(0, 1)
    assert caps.room == {"a": 1, "b": 2, "c": 2}
    assert caps.allow(1, 1)
    assert not caps.allow(1, 2)
    alone = Caps(Quota(by="task", most=0.25, value="b"), TASKS, 4)
    assert alone.room == {"b": 1}
    assert alone.allow(0, 99)
    assert not alone.allow(3, 2)


def test_minima_are_counted_down_and_told():
    caps = Caps(Quota(by="rule", at_least=2), TASKS, 5)
    assert caps.lacking == {"x": 2, "y": 2}
    assert (caps.lacks(0, "x"), caps.lacks(2, "x"), caps.lacks(1, "y")) == (True, False, False)
    caps.take(0, 1)
    caps.take(1, 1)
    assert caps.lacking == {"x": 0, "y": 1}
    assert not caps.lacks(0, "x")
    assert caps.minima() == [
        {"by": "rule", "value": "x", "at_least": 2, "there": 2, "selected": 2, "met": True},
        {"by": "rule", "value": "y", "at_least": 2, "there": 2, "selected": 1, "met": False},
    ]
    caps.take(0, 1)
    assert [one["met"] for one in caps.minima()] == [True, True]
    assert Caps(Quota(by="rule"), TASKS, 5).minima() == []


def test_the_rarest_value_is_wanted_first():
    caps = [Caps(Quota(by=by, at_least=1), TASKS, 5) for by in ("task", "rule")]
    found = [(cap.quota.by, value) for cap, value in wanted(caps)]
    assert found == [("task", "b"), ("task", "c"), ("rule", "x"), ("rule", "y"), ("task", "a")]


def test_a_temperature_makes_shares_more_even():
    rows = Counter({"a": 9, "b": 1})
    assert mixing(rows, 1.0) == {"a": 0.9, "b": 0.1}
    assert mixing(rows, 2.0) == {"a": 0.75, "b": 0.25}
    caps = Caps(Quota(by="task", temperature=1.0, most=0.5), TASKS, 10)
    assert caps.room == {"a": 5, "b": 2, "c": 2}
    third = round(3 ** (1 / 2) / (3 ** (1 / 2) + 2), 6)
    assert Caps(Quota(by="task", temperature=2.0), TASKS, 10).room["a"] == math.ceil(third * 10)


# Parts ----------------------------------------------------------------------------------------------------


def test_rows_of_one_source_are_linked_to_the_first():
    rows = pairs_to_frame([pair(str(n), "a", number=n, file=name) for n, name in enumerate("xyxzyx")])
    assert same_source(rows, "file").tolist() == [[0, 2], [1, 4], [0, 5]]
    meta = rows.with_columns(
        meta=pl.Series(['{"k": "1"}', "{}", '{"k": "1"}', "{}", '{"k": "2"}', '{"k": "1"}'])
    )
    assert same_source(meta, "meta.k").tolist() == [[0, 2], [0, 5]]
    for source, found in [
        ("customer", "neither file nor meta.KEY"),
        ("meta.other", "no row with 'other' in its meta"),
    ]:
        with pytest.raises(ConfigError, match=found):
            same_source(meta, source)
    with pytest.raises(ConfigError, match="one source for all 6 rows: 'x'"):
        same_source(rows.with_columns(source=rows["source"].gather([0] * 6)), "file")
    assert same_source(rows.head(1), "file").shape == (0, 2)
    assert same_source(rows.clear(), "file").shape == (0, 2)


def test_parts_take_their_share_of_rows_and_the_label_they_lack():
    clusters = {f"c{n}": Counter({"": 1, **({"rare": 1} if n < 4 else {})}) for n in range(20)}
    chosen = choose_parts({"t": clusters}, shares={2: 0.25, 1: 0.1}, least=3, seed=0)
    assert Counter(chosen.values()) == {0: 13, 1: 2, 2: 5}
    assert chosen.keys() == clusters.keys()
    assert sum(chosen[f"c{n}"] == 2 for n in range(4)) == 1
    assert chosen != choose_parts({"t": clusters}, shares={2: 0.25, 1: 0.1}, least=3, seed=1)


def test_each_part_has_a_row_where_a_task_has_clusters_enough():
    clusters = {f"c{n}": Counter({"": 1}) for n in range(3)}
    for least, parts in [(3, {0: 1, 1: 1, 2: 1}), (4, {0: 3})]:
        chosen = choose_parts({"t": clusters}, shares={2: 0.1, 1: 0.1}, least=least, seed=0)
        assert Counter(chosen.values()) == parts
    none = choose_parts({"t": clusters}, shares={2: 0.1, 1: 0.0}, least=3, seed=0)
    assert Counter(none.values()) == {0: 2, 2: 1}


def test_a_cluster_too_large_for_a_part_is_train():
    clusters = {"large": Counter({"": 8}), "small": Counter({"": 2})}
    chosen = choose_parts({"t": clusters}, shares={2: 0.2}, least=9, seed=0)
    assert chosen == {"large": 0, "small": 2}


def test_rows_of_a_kind_are_counted_from_the_best():
    kept_of = np.array([-1, -1, 0, 1, 0, -1, 0])
    assert _place_in_kind(kept_of).tolist() == [0, 0, 1, 1, 2, 0, 3]
    gone = {n: TemplateLimit(at_most=n).surplus(kept_of).tolist() for n in (1, 2, 3, 4)}
    assert gone == {1: [2, 3, 4, 6], 2: [4, 6], 3: [6], 4: []}
    assert largest_of(np.array([0, 1, 1, 2, 1])) == 3
    assert largest_of(np.array([], np.int64)) == 0


# Reviews --------------------------------------------------------------------------------------------------


@cache
def pairs():
    """Return the rows, made when a test first asks: gathering starts no thread."""
    return frame(*((f"q{n}", f"a{n}") for n in range(8)))


def decided(place, action, *, who="", stale=False, **more):
    row = pairs().row(place, named=True)
    texts = [[Message(**one) for one in row[name]] for name in ("prompt", "completion")]
    return Decision(
        id=row["id"], hash="old" if stale else text_hash(*texts), action=action, reviewer=who, **more
    )


def reviewed(monkeypatch, *decisions):
    monkeypatch.setattr("workbench.steps.reviewed.read_decisions", lambda _: list(decisions))
    return Reviewed(decisions="d.jsonl")(pairs())


def test_people_who_differ_change_nothing_unless_one_settles(monkeypatch):
    found = reviewed(
        monkeypatch,
        decided(0, "reject", who="ann", note="rude"), decided(0, "reject", who="bo", tags=("tone", "fact")),
        decided(1, "reject", who="ann"), decided(1, "accept", who="bo"),
        decided(2, "edit", who="ann", text="new"), decided(2, "edit", who="bo", text="new"),
        decided(3, "edit", who="ann", text="new"), decided(3, "edit", who="bo", text="other"),
        decided(4, "accept"), decided(5, "reject", stale=True), decided(6, "accept"),
        decided(6, "edit", who="cy", text="x", note="typo"),
        Decision(id="gone", hash="h", action="reject"),
    )  # fmt: skip
    ids = pairs()["id"].to_list()
    notes = found.notes["review"]
    assert (notes["rejected"], notes["accepted"]) == (1, 1)
    assert (notes["edited"], notes["disputed"]) == ([ids[2], ids[6]], [ids[1], ids[3]])
    assert (notes["stale"], notes["unknown"]) == ([ids[5]], ["gone"])
    (told,) = found.dropped.rows(named=True)
    assert (told["id"], told["row"], told["step"], told["reason"]) == (ids[0], 0, "reviewed", "review")
    assert (told["rule"], told["detail"]) == ("ann, bo", "rude; tone, fact")
    assert found.kept["id"].to_list() == ids[1:]
    answers = dict(zip(found.kept["id"], found.kept["completion"], strict=True))
    assert [answers[ids[n]][-1]["content"] for n in (1, 2, 3, 6)] == ["a1", "new", "a3", "x"]
    first, second = found.notes["edits"]
    assert (first["id"], first["rule"], first["detail"], first["reason"]) == (
        ids[2],
        "ann, bo",
        None,
        "edited",
    )
    assert (second["rule"], second["detail"]) == ("cy", "typo")
    row = pairs().row(2, named=True)
    prompt = [Message(**one) for one in row["prompt"]]
    assert first["before"] == decided(2, "accept").hash
    assert first["after"] == text_hash(prompt, [Message(role="assistant", content="new")])


def test_an_edit_to_nothing_and_no_decision_at_all(monkeypatch):
    emptied = reviewed(monkeypatch, decided(0, "edit", text=""), decided(1, "edit"))
    assert [one[-1]["content"] for one in emptied.kept["completion"]][:3] == ["", "", "a2"]
    untouched = reviewed(monkeypatch)
    assert untouched.kept.equals(pairs())
    assert untouched.dropped.is_empty()
