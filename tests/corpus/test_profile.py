import polars as pl
import pytest

from workbench.contracts import Contract, Rule
from workbench.corpus import leak, profile, with_signals
from workbench.io.dataset import PART, read_dataset
from workbench.io.frames import PAIR_SCHEMA, ledger_frame


@pytest.fixture
def curated(tmp_path):
    """Write a curated directory: two parts, a ledger, and the rows that went."""
    lines = [
        ("How do I send back the lamp I bought in March?", "Use the box. Hi."),
        ("How do I send back the lamp I bought in April?", "Use the box. Hi."),
        ("订单四百二十在哪里？", "周一已发出。"),
        ("Is the tent dry?", "Yes. Hi."),
        ("Is the tent dry?", "Yes. Hi."),
        ("Rude one?", "No."),
    ]
    import json

    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"prompt": q, "completion": a}) + "\n" for q, a in lines), "utf-8"
    )
    frame = read_dataset(tmp_path / "a.jsonl").frame.select(PAIR_SCHEMA.names())
    home = tmp_path / "curate"
    home.mkdir()
    frame[[0, 2]].write_parquet(home / "train.parquet")
    frame[[1, 3]].write_parquet(home / "test.parquet")
    frame[[4, 5]].write_parquet(home / "dropped.parquet")
    ids = frame["id"].to_list()
    ledger_frame(
        [
            {
                "id": ids[4],
                "step": "exact_dedup",
                "reason": "exact duplicate",
                "kept_id": ids[3],
                "jaccard": 1.0,
            },
            {"id": ids[5], "step": "contract_filter", "reason": "breaks a rule", "rule": "greet"},
        ]
    ).write_parquet(home / "ledger.parquet")
    pl.DataFrame({"id": ids, "row": range(6), "ifd": [0.1 * i for i in range(6)]}).write_parquet(
        home / "signals.parquet"
    )
    return home


def test_a_profile_holds_every_part_of_a_card(curated):
    check = {"use": "contains", "phrases": ["Hi."]}
    greet = Rule(id="greet", text="Say Hi.", kind="style", check=check)
    prose = Rule(id="prose", text="Be nice.", kind="style")
    found = profile(read_dataset(curated), contracts=[Contract(task="desk", rules=(greet, prose))])
    assert (found.rows, found.parts) == (4, {"train": 2, "test": 2})
    greeted, unchecked = found.coverage.rules
    assert (greeted.holds, greeted.breaks, unchecked.checked) == (3, 1, False)
    assert greeted.broken[0].answer == "周一已发出。"
    assert found.coverage.rows_breaking_must == 1
    reasons = {reason.reason: reason for reason in found.reasons}
    kept = reasons["exact duplicate"].examples[0].kept
    assert kept.asked == "Is the tent dry?"
    assert reasons["breaks a rule"].examples[0].why == "greet"
    (ifd,) = [one for one in found.signals if one.name == "ifd"]
    assert (ifd.n, ifd.maximum) == (4, pytest.approx(0.3))
    before_after = {shift.name: shift for shift in found.curation}
    assert (before_after["answer_chars"].a.n, before_after["answer_chars"].b.n) == (
        6,
        4,
    )
    assert (before_after["ifd"].a.n, before_after["ifd"].b.n) == (6, 4)
    assert before_after["ifd"].p < 0.2
    assert found.leak.jaccard > 0.5
    assert {found.leak.closest.row.part, found.leak.closest.other.part} == {"train", "test"}


def test_likeness_within_a_part_is_no_leak(curated):
    frame = read_dataset(curated).frame
    alone = frame.with_columns(pl.lit("train").alias(PART))
    assert leak(alone).closest is None
    assert leak(frame).closest is not None


def test_repeats_are_found_in_what_is_there(curated):
    frame = pl.concat([pl.read_parquet(curated / f"{name}.parquet") for name in ("test", "dropped")])
    frame.write_parquet(curated / "pairs.parquet")
    found = profile(read_dataset(curated / "pairs.parquet")).repeats
    assert len(found.exact) == 1
    assert found.exact[0].row.asked == found.exact[0].other.asked == "Is the tent dry?"
    assert found.near == found.conflicts == ()


def test_before_and_after_rests_on_what_is_known_of_every_row(curated):
    (curated / "signals.parquet").unlink()
    read = with_signals(read_dataset(curated))
    assert "answer_words" in read.frame.columns
    names = [shift.name for shift in profile(read).curation]
    assert "answer_chars" in names
    assert "answer_words" not in names
