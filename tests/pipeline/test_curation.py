import json

import polars as pl
import pytest

from workbench.contracts import Contract, Rule
from workbench.errors import InputError, InvariantError
from workbench.io.frames import LEDGER_SCHEMA, ledger_frame, pairs_to_frame, read_pairs
from workbench.pipeline.curate import curate, write_curated
from workbench.pipeline.explain import explain
from workbench.records import Message, Pair, Slot, Source, Split, TokenCounts
from workbench.signals import Lengths
from workbench.steps import ClusterSplit, ContractFilter, Decontaminate, ExactDedup, NearDedup, Select

STEPS = (ContractFilter(), ExactDedup(), NearDedup())
CONTRACT = Contract(
    task="desk",
    rules=(
        Rule(
            id="opening",
            text="Begin with Hello.",
            kind="style",
            check={"use": "starts_with", "phrase": "Hello."},
        ),
    ),
)
TOPICS = [
    "tents",
    "lamps",
    "boots",
    "ropes",
    "maps",
    "stoves",
    "mugs",
    "skis",
    "packs",
    "gloves",
    "socks",
    "hats",
]


def pair(number, question, answer):
    return Pair(
        id=f"id{number:02}",
        task="desk",
        prompt=(Message(role="user", content=question),),
        completion=(Message(role="assistant", content=answer),),
        template_id="t",
        slots=(Slot(name="question", type="question", value=question),),
        source=Source(file="log", line=number + 1, record=number),
        tokens=TokenCounts(original=9, compact=3, completion=3),
    )


def sample():
    """Return 15 pairs: 12 good ones, one that breaks the rule, an exact repeat, a near repeat."""
    asked = [f"where do I find {topic} of the new season in your shop" for topic in TOPICS]
    rows = [("what is this", "no greeting")] + [(text, f"Hello. Shelf {text[16:20]}.") for text in asked]
    rows += [rows[1], (rows[2][0] + ", please", rows[2][1])]
    return pairs_to_frame(pair(n, *row) for n, row in enumerate(rows))


@pytest.fixture(scope="module")
def curated():
    return curate(sample(), steps=STEPS, split=ClusterSplit(test=0.25), contracts=[CONTRACT])


def test_what_goes_and_why(curated):
    entries = curated.ledger.select("id", "row", "step", "reason", "rule", "kept_id").rows()
    assert entries == [
        ("id00", 0, "contract_filter", "breaks a rule", "opening", None),
        ("id13", 13, "exact_dedup", "exact duplicate", None, "id01"),
        ("id14", 14, "near_dedup", "near duplicate", None, "id02"),
    ]
    assert curated.ledger.schema == LEDGER_SCHEMA
    assert curated.dropped["id"].to_list() == ["id00", "id13", "id14"]


def test_the_summary_adds_up(curated):
    summary = curated.summary
    assert {k: summary[k] for k in ("in", "kept", "dropped", "rejected")} == {
        "in": 15,
        "kept": 12,
        "dropped": 3,
        "rejected": 0,
    }
    assert summary["reasons"] == {"breaks a rule": 1, "exact duplicate": 1, "near duplicate": 1}
    assert summary["rules"] == {"opening": 1}
    assert summary["parts"] == {"train": 8, "valid": 1, "test": 3}
    assert summary["seconds"] >= 0
    assert summary["peak_mb"] > 10


def test_the_order_of_the_rows_decides_nothing(curated):
    backwards = curate(sample().reverse(), steps=STEPS, split=ClusterSplit(test=0.25), contracts=[CONTRACT])
    for name in ("train", "valid", "test"):
        assert sorted(getattr(backwards, name)["id"]) == sorted(getattr(curated, name)["id"])
    without = pl.all().exclude("row")
    assert backwards.ledger.select(without).sort("id").equals(curated.ledger.select(without).sort("id"))
    assert backwards.ledger["row"].sort().to_list() == [0, 1, 14]


def test_a_step_that_loses_or_mixes_rows_is_found_out():
    def loses(frame):
        return Split(kept=frame.head(3), dropped=ledger_frame([]))

    def mixes(frame):
        return Split(kept=frame.reverse(), dropped=ledger_frame([]))

    for step in (loses, mixes):
        with pytest.raises(InvariantError):
            curate(sample(), steps=(step,), split=ClusterSplit())


def test_no_pairs_at_all():
    found = curate(sample().clear(), steps=STEPS, split=ClusterSplit(), contracts=[CONTRACT])
    assert found.summary["in"] == found.summary["kept"] == found.train.height == 0


def test_progress_ends_where_it_said():
    told = []
    curate(
        sample(),
        steps=STEPS,
        split=ClusterSplit(),
        contracts=[CONTRACT],
        progress=lambda stage, done, total, note="": note or told.append((stage, done, total)),
    )
    assert told[0] == ("curate", 0, 4)
    assert told[-1] == ("curate", 4, 4)


@pytest.fixture
def written(curated, tmp_path):
    write_curated(curated, tmp_path)
    return tmp_path


def test_files_written(written, curated):
    assert read_pairs(written / "train.parquet").equals(curated.train)
    assert json.loads((written / "summary.json").read_text()) == curated.summary
    card = (written / "card.md").read_text()
    assert "| near duplicate | near\\_dedup | 1 |" in card
    assert "| opening | 1 |" in card


def test_explain_says_why_and_shows_both_rows(written):
    near = explain(written, "id14")
    assert near.state == "dropped"
    [removal] = near.removals
    assert removal.kept_id == "id02"
    assert removal.jaccard == pytest.approx(11 / 12)
    for piece in ("near_dedup", "Jaccard 0.917", "threshold 0.800", "please", "kept instead: id02", "lamps"):
        assert piece in near.text
    rule = explain(written, "id00")
    assert "breaks a rule (opening)" in rule.text
    assert "no greeting" in rule.text


def test_explain_says_where_a_kept_row_is(written, curated):
    name = curated.test["id"][0]
    found = explain(written, name)
    assert (found.state, found.parts, found.removals) == ("kept", ("test",), ())
    assert "kept in test" in found.text
    assert "where do I find" in found.text


def test_explain_takes_a_beginning_a_run_and_names_the_nearest(written, tmp_path):
    run = tmp_path.parent / "run"
    run.mkdir(exist_ok=True)
    if not (run / "curate").exists():
        (run / "curate").symlink_to(written)
    assert explain(run, "id14").id == "id14"
    with pytest.raises(InputError, match="begin so"):
        explain(written, "id1")
    with pytest.raises(InputError, match="nearest ids are id1"):
        explain(written, "xid13")
    with pytest.raises(InputError, match="no such directory"):
        explain(tmp_path / "nowhere", "id01")
    (tmp_path / "converted").mkdir()
    (tmp_path / "converted" / "pairs.parquet").write_bytes(b"")
    with pytest.raises(InputError, match=r"output of convert.*workbench curate"):
        explain(tmp_path / "converted", "id01")


def test_every_dropped_row_is_explained_by_rule_figure_and_kept_row_where_there_is_one(tmp_path):
    suite = tmp_path / "suite.jsonl"
    suite.write_text('{"q": "where do I find maps of the new season in your shop"}')
    steps = (*STEPS, Decontaminate(against=(str(suite),)), Select(rows=6))
    found = curate(sample(), steps=steps, split=ClusterSplit(), contracts=[CONTRACT], signals=[Lengths()])
    write_curated(found, tmp_path)
    reasons = found.summary["reasons"]
    assert set(reasons) == {
        "breaks a rule", "exact duplicate", "near duplicate", "in an evaluation set", "not selected",
    }  # fmt: skip
    for entry in found.ledger.iter_rows(named=True):
        told = explain(tmp_path, entry["id"])
        assert entry["reason"] in told.text
        assert told.signals["answer_words"] > 0
        [removal] = told.removals
        assert removal.kept_id or removal.measured is not None
        assert (removal.kept_went is None) == (
            removal.kept_id in {None, *found.train["id"], *found.valid["id"], *found.test["id"]}
        )
    assert found.summary["leakage"]["against"][str(suite)]["rows_dropped"] == 1
    assert "## Leakage certificate" in (tmp_path / "card.md").read_text()
