import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pairs import frame

from workbench.io.frames import PAIR_SCHEMA
from workbench.steps import ClusterSplit

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
]


def rows(count, *, seed=1, copies=1):
    rng = random.Random(seed)
    asked = [" ".join(rng.choices(WORDS, k=12)) for _ in range(count)]
    return [(f"{text} {'indeed ' * copy}", "yes", f"note {text}") for text in asked for copy in range(copies)]


def part_of(parts):
    return {row: name for name in ("train", "valid", "test") for row in getattr(parts, name)["id"].to_list()}


def test_shares_are_kept_and_rows_conserved_in_order():
    whole = frame(*rows(100))
    parts = ClusterSplit(valid=0.1, test=0.2)(whole)
    assert [parts.train.height, parts.valid.height, parts.test.height] == [70, 10, 20]
    assert sorted(part_of(parts)) == sorted(whole["id"])
    assert parts.train.schema == PAIR_SCHEMA | {"cluster": pl.String()}
    order = {name: at for at, name in enumerate(whole["id"])}
    places = [order[name] for name in parts.train["id"]]
    assert places == sorted(places)


def test_rows_that_ask_alike_share_a_part_and_a_cluster():
    parts = ClusterSplit(valid=0.2, test=0.2)(frame(*rows(60, copies=3)))
    clusters = [set(getattr(parts, name)["cluster"]) for name in ("train", "valid", "test")]
    assert sum(map(len, clusters)) == len(set.union(*clusters)) == 60
    assert parts.largest_cluster == 3
    assert parts.leak.jaccard < 0.5


def test_a_shared_context_links_unless_it_is_common():
    asked = ["how heavy is it", "who made this one", "where can I buy more", "is it blue"]
    one_source = [(text, "yes", "the very same long note about one tent") for text in asked[:2]]
    whole = frame(*one_source, *rows(38))
    parts = ClusterSplit()(whole)
    places = part_of(parts)
    assert places[whole["id"][0]] == places[whole["id"][1]]
    assert parts.largest_cluster == 2
    everywhere = frame(
        *[(f"{text} {i} {i}", "yes", "the house rules") for i, (text, *_) in enumerate(rows(40))]
    )
    assert ClusterSplit()(everywhere).largest_cluster == 1
    assert ClusterSplit(common_context=0.99)(everywhere).largest_cluster == 1
    most = frame(
        *[(f"{t} {i}", "yes", "the house rules" if i else "none") for i, (t, *_) in enumerate(rows(40))]
    )
    assert ClusterSplit(common_context=0.99)(most).largest_cluster == 39


def test_the_certificate_names_the_two_most_similar_rows_of_different_parts():
    # The same words but another number: two clusters, and the certificate says how alike they are.
    whole = frame(*[(f"when was my order {n} sent to the house on the hill", "today") for n in range(40)])
    leak = ClusterSplit()(whole).leak
    assert leak.jaccard == pytest.approx(7 / 13)
    places = part_of(ClusterSplit()(whole))
    assert places[leak.id] != places[leak.other_id]
    assert ClusterSplit()(frame(("a", "b"))).leak.id == ""


def test_small_and_empty_inputs():
    three = ClusterSplit()(frame(*rows(3)))
    assert [three.train.height, three.valid.height, three.test.height] == [1, 1, 1]
    assert ClusterSplit()(frame(*rows(2))).train.height == 2
    none = ClusterSplit()(frame())
    assert none.train.height == none.test.height == none.largest_cluster == 0
    assert "cluster" in none.test.columns


def test_each_task_gives_its_share():
    whole = frame(*rows(100))
    tasks = whole.with_columns(
        task=pl.when(pl.int_range(pl.len()) < 20).then(pl.lit("a")).otherwise(pl.lit("b"))
    )
    parts = ClusterSplit(test=0.2, valid=0.1)(tasks)
    assert sorted(parts.test["task"].value_counts().iter_rows()) == [("a", 4), ("b", 16)]


@pytest.mark.parametrize("change", [{"seed": 1}, {"valid": 0.3}, {"test": 0.3}])
def test_fields_of_the_choice_change_the_parts(change):
    whole = frame(*rows(60))
    assert part_of(ClusterSplit()(whole)) != part_of(ClusterSplit(**change)(whole))


@pytest.mark.parametrize("change", [{"threshold": 0.99}, {"ngram": 12}])
def test_fields_of_likeness_change_the_clusters(change):
    whole = frame(*[(q, a) for q, a, _ in rows(20, copies=2)])
    assert ClusterSplit()(whole).largest_cluster == 2
    assert ClusterSplit(**change)(whole).largest_cluster == 1
    chinese = frame(("我的订单什么时候发货", "x"), ("我的订单什么时候发货呢", "x"))
    assert ClusterSplit()(chinese).largest_cluster == 2
    assert ClusterSplit(char_ngram=11)(chinese).largest_cluster == 1


@pytest.mark.parametrize(
    "change", [{"floor": 0.9}, {"num_perm": 8}, {"recall": 0.5}, {"max_bucket": 2}, {"seed": 3}]
)
def test_fields_of_the_search_change_the_candidates(change, monkeypatch):
    import workbench.steps.split as module

    seen, real = [], module.find_closest

    def spy(*args, banding, **options):
        seen.append(banding)
        return real(*args, banding=banding, **options)

    monkeypatch.setattr(module, "find_closest", spy)
    for split in (ClusterSplit(), ClusterSplit(**change)):
        split(frame(*rows(4)))
    assert seen[0] != seen[-1]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(1, 3), st.randoms(use_true_random=False))
def test_parts_do_not_depend_on_row_order(count, copies, rng):
    whole = frame(*rows(count, copies=copies))
    order = list(range(whole.height))
    rng.shuffle(order)
    shuffled = whole.select(pl.all().gather(order))
    assert part_of(ClusterSplit()(whole)) == part_of(ClusterSplit()(shuffled))
