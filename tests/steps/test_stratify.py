import polars as pl
import pytest
from made_pairs import frame
from test_cluster_split import part_of, rows

from workbench.errors import ConfigError
from workbench.io.frames import pairs_to_frame
from workbench.steps import ClusterSplit


def with_rules(count, every):
    """Make rows of which each ``every``-th exercises a rule of its own."""
    exercised = [["always", "rare"] if n % every == 0 else ["always"] for n in range(count)]
    return frame(*rows(count)).with_columns(rules=pl.Series(exercised))


def shares(parts, rule):
    return [getattr(parts, name)["rules"].list.contains(rule).sum() for name in ("train", "valid", "test")]


def test_each_rule_gives_its_share_to_each_part():
    whole = with_rules(200, every=10)
    parts = ClusterSplit(valid=0.1, test=0.2)(whole)
    assert [parts.train.height, parts.valid.height, parts.test.height] == [140, 20, 40]
    assert shares(parts, "rare") == [14, 2, 4]
    alone = [
        shares(ClusterSplit(valid=0.1, test=0.2, stratify=("task",), seed=s)(whole), "rare") for s in range(5)
    ]
    assert any(found != [14, 2, 4] for found in alone)


def test_rules_do_not_part_a_cluster():
    whole = frame(*rows(60, copies=3)).with_columns(
        rules=pl.Series([["rare"] if n % 9 == 0 else [] for n in range(180)])
    )
    parts = ClusterSplit(valid=0.2, test=0.2)(whole)
    clusters = [set(getattr(parts, name)["cluster"]) for name in ("train", "valid", "test")]
    assert sum(map(len, clusters)) == len(set.union(*clusters)) == 60


def test_parts_do_not_depend_on_row_order_with_rules():
    whole = with_rules(80, every=7)
    assert part_of(ClusterSplit()(whole)) == part_of(ClusterSplit()(whole.reverse()))


def test_stratify_by_nothing_takes_all_tasks_together():
    whole = frame(*rows(60))
    tasks = whole.with_columns(
        task=pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("a")).otherwise(pl.lit("b"))
    )
    assert part_of(ClusterSplit(stratify=())(tasks)) != part_of(ClusterSplit()(tasks))
    assert part_of(ClusterSplit(stratify=())(tasks)) == part_of(ClusterSplit()(whole))


def sourced(count, files):
    from made_pairs import pair

    return pairs_to_frame(
        pair(q, a, context=c, number=n, file=f"log{n % files}") for n, (q, a, c) in enumerate(rows(count))
    )


def test_a_source_is_never_parted():
    whole = sourced(60, files=12)
    parts = ClusterSplit(source="file", valid=0.2, test=0.2)(whole)
    files = [set(getattr(parts, p)["source"].struct.field("file")) for p in ("train", "valid", "test")]
    assert sum(map(len, files)) == 12
    assert all(files)
    by_meta = whole.with_columns(
        meta=pl.concat_str(pl.lit('{"who":"'), pl.col("source").struct.field("file"), pl.lit('"}'))
    )
    again = ClusterSplit(source="meta.who", valid=0.2, test=0.2)(by_meta)
    assert part_of(again) == part_of(parts)


@pytest.mark.parametrize(
    ("source", "found"),
    [("file", "one source for all"), ("meta.who", "no row with 'who'"), ("who", "neither")],
)
def test_a_source_that_parts_nothing_is_refused(source, found):
    with pytest.raises(ConfigError, match=found):
        ClusterSplit(source=source)(frame(*rows(9)))


def test_the_certificate_of_each_two_parts():
    asked = [(f"when was my order {n} sent to the house on the hill", "today") for n in range(40)]
    parts = ClusterSplit(test=0.2, valid=0.2)(frame(*asked))
    assert set(parts.across) == {"train-valid", "train-test", "valid-test"}
    home = part_of(parts)
    for name, leak in parts.across.items():
        assert {home[leak.id], home[leak.other_id]} == set(name.split("-"))
        assert leak.jaccard == pytest.approx(7 / 13)
    assert parts.leak.jaccard == max(leak.jaccard for leak in parts.across.values())


def test_one_source_is_an_error_from_two_rows_on():
    one, two = sourced(1, 1), sourced(2, 1)
    assert ClusterSplit(source="file")(one).train.height == 1
    with pytest.raises(ConfigError, match="one source for all 2 rows"):
        ClusterSplit(source="file")(two)


def test_a_small_task_still_has_a_row_in_each_part():
    parts = ClusterSplit(valid=0.1, test=0.1)(frame(*rows(4)))
    assert [parts.train.height, parts.valid.height, parts.test.height] == [2, 1, 1]
    two = ClusterSplit(valid=0.1, test=0.1)(frame(*rows(2)))
    assert [two.train.height, two.valid.height, two.test.height] == [2, 0, 0]
