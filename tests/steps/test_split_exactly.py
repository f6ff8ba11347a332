"""Defaults, limits and edges of splitting, decontamination, reviews and guards, to the number."""

import msgspec
import polars as pl
import pytest
from made_pairs import frame, pair
from test_cluster_split import rows

from workbench.errors import GuardError
from workbench.io.decisions import Decision, text_hash
from workbench.io.evaltexts import EvalText
from workbench.io.frames import pairs_to_frame
from workbench.pipeline.guards import enforce_on_pairs, enforce_on_table
from workbench.records import Message
from workbench.steps import ClusterSplit, Decontaminate, Guards, Reviewed


def test_without_a_word_a_tenth_is_for_validation_and_fifteen_of_a_hundred_for_the_test():
    whole = frame(*rows(100))
    parts = ClusterSplit()(whole)
    assert [parts.train.height, parts.valid.height, parts.test.height] == [75, 10, 15]
    assert parts.test["id"].to_list() == ClusterSplit(seed=0)(whole).test["id"].to_list()
    assert parts.test["id"].to_list() != ClusterSplit(seed=1)(whole).test["id"].to_list()


@pytest.mark.parametrize(("share", "taken"), [(0, True), (0.999, True), (1, False), (-0.001, False)])
def test_a_share_is_from_0_to_below_1(share, taken):
    if taken:
        assert msgspec.convert({"valid": share}, ClusterSplit).valid == share
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"valid": share}, ClusterSplit)


def test_the_leak_of_a_split_is_its_greatest():
    parts = ClusterSplit(valid=0.2, test=0.2, threshold=1.0, ngram=1)(frame(*rows(24)))
    found = sorted(leak.jaccard for leak in parts.across.values())
    assert found[0] < found[-1]
    assert parts.leak.jaccard == found[-1]


@pytest.mark.parametrize(("sharing", "linked"), [(2, True), (3, False)])
def test_a_context_of_two_rows_links_however_few_there_are(sharing, linked):
    """A share of 0.05 is no row of ten: two that share a context are of one source, three are common."""
    asked = [
        "how heavy is it",
        "who made this one",
        "where can I buy more",
        *(f"q {n} {n * 7}" for n in range(7)),
    ]
    made = frame(*((text, "yes", "one note" if n < sharing else f"note {n}") for n, text in enumerate(asked)))
    clusters = ClusterSplit(common_context=0.05).clusters(made)
    assert (clusters.head(sharing).n_unique() == 1) is linked


def test_a_row_at_the_threshold_is_a_match():
    """Seven words hold three runs of five; the row has two of them."""
    train = frame(("one two three four five six now", "yes"), ("nothing of the kind at all here", "yes"))
    unit = EvalText("cases", "case", 0, "one two three four five six seven")
    for threshold, found in ((2 / 3, [0]), (0.67, [])):
        how = Decontaminate(against=(), threshold=threshold, common=0.9)
        assert how.matches(train, [unit])["row"].to_list() == found
    assert how.matches(train, [unit]).columns == ["row", "unit", "containment", "run"]


def test_an_edit_changes_the_last_message_of_an_answer_and_no_other(monkeypatch):
    said = (Message(role="assistant", content="first"), Message(role="assistant", content="last"))
    made = pairs_to_frame([msgspec.structs.replace(pair("q", "a"), completion=said)])
    edit = Decision(
        id=made["id"][0],
        hash=text_hash(pair("q", "a").prompt, said),
        action="edit",
        reviewer="ann",
        text="new",
    )
    monkeypatch.setattr("workbench.steps.reviewed.read_decisions", lambda _: [edit])
    (kept,) = Reviewed(decisions="d.jsonl")(made).kept["completion"].to_list()
    assert [one["content"] for one in kept] == ["first", "new"]


def test_guards_read_what_stands_in_a_folder_with_brackets(tmp_path):
    """A name with brackets is a name, no pattern."""
    out = tmp_path / "run[1]"
    out.mkdir()
    made = frame(*((str(n), "yes") for n in range(8))).with_columns(cluster="id")
    for name, part in (("train", made[:3]), ("valid", made[3:4]), ("test", made[4:5]), ("kept", made[:5])):
        part.write_parquet(out / f"{name}.parquet")
    made[5:].drop("cluster").write_parquet(out / "dropped.parquet")
    gone = {"step": ["exact_dedup"] * 3, "kept_id": [made["id"][0]] * 3, "rule": [None] * 3}
    pl.DataFrame(gone, schema=dict.fromkeys(gone, pl.String)).write_parquet(out / "ledger.parquet")
    for enforce in (
        lambda limits: enforce_on_pairs(limits, out=out),
        lambda limits: enforce_on_table(limits, out=out, source=None),
    ):
        enforce(Guards(max_loss_share=0.5, max_cluster_share=None, min_rows=1))
        with pytest.raises(GuardError, match="3 of 8 rows dropped"):
            enforce(Guards(max_loss_share=0.3, max_cluster_share=None, min_rows=1))
