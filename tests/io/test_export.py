import json

import polars as pl
import pytest
from test_dataset import PAIRS, pair

from workbench.errors import InputError, OutputError
from workbench.io.export import add_dataset_info, export
from workbench.io.formats import FORMATS, UnfitPairError, dataset_info, shaped
from workbench.io.frames import pairs_to_frame
from workbench.records import Message

ROLES = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}


def row(prompt="su", answer="a", **changes):
    """Make a pair's row from initials of roles: each message says its role and place."""
    said = [{"role": ROLES[r], "content": f"{ROLES[r]} {i}"} for i, r in enumerate(prompt + answer)]
    return {
        **pairs_to_frame(PAIRS[:1]).row(0, named=True),
        "prompt": said[: len(prompt)],
        "completion": said[len(prompt) :],
        **changes,
    }


def test_each_shape_of_a_conversation():
    talk = row("suau")
    said = [*talk["prompt"], *talk["completion"]]
    assert shaped(talk, "trl") == {"prompt": said[:4], "completion": said[4:]}
    assert shaped(talk, "messages") == {"messages": said}
    assert [m.get("weight") for m in shaped(talk, "openai")["messages"]] == [None, None, 0, None, None]
    assert shaped(talk, "alpaca") == {
        "instruction": "user 3", "input": "", "output": "assistant 4", "system": "system 0",
        "history": [["user 1", "assistant 2"]],
    }  # fmt: skip
    told = shaped(talk, "sharegpt")
    assert [turn["from"] for turn in told["conversations"]] == ["human", "gpt", "human", "gpt"]
    assert told["system"] == "system 0"


@pytest.mark.parametrize(
    ("prompt", "completion", "unfit"),
    [
        ("u", "a", ""),
        ("s", "a", "alpaca sharegpt"),
        ("suat", "a", "alpaca openai"),
        ("suu", "a", "alpaca sharegpt"),
        ("su", "aa", "alpaca sharegpt"),
        ("usu", "a", "alpaca sharegpt"),
        ("au", "a", "alpaca sharegpt"),
        ("u", "u", "trl messages alpaca sharegpt openai"),
        ("", "a", "trl messages alpaca sharegpt openai"),
        ("u", "", "trl messages alpaca sharegpt openai"),
    ],
)
def test_what_a_shape_cannot_hold_is_refused_and_never_bent(prompt, completion, unfit):
    found = []
    for to in FORMATS:
        try:
            shaped(row(prompt, completion), to)
        except UnfitPairError:
            found.append(to)
    assert found == unfit.split()


def test_an_answer_without_text_and_one_with_tool_calls_do_not_go_out():
    with pytest.raises(UnfitPairError, match="empty"):
        shaped(row(completion=[{"role": "assistant", "content": ""}]), "trl")
    meta = json.dumps({"extras": {"2": {"tool_calls": [{"id": "c1"}]}}})
    with pytest.raises(UnfitPairError, match="tool calls"):
        shaped(row(meta=meta), "messages")
    assert shaped(row(meta=json.dumps({"log": {"note": "tool_calls"}})), "messages")


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
@pytest.mark.parametrize("to", [f for f in FORMATS if f != "openai"])
def test_the_datasets_library_reads_every_shape_in_every_container(tmp_path, to, suffix):
    datasets = pytest.importorskip("datasets")
    path = tmp_path / f"pairs{suffix}"
    export(pairs_to_frame(PAIRS), path, to=to)
    kind = "parquet" if suffix == ".parquet" else "json"
    loaded = datasets.load_dataset(
        kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    wanted = [shaped(one, to) for one in pairs_to_frame(PAIRS).iter_rows(named=True)]
    assert loaded.to_list() == wanted


@pytest.mark.slow
def test_trl_trains_on_the_answer_alone_and_reads_messages(tmp_path, tiny_base):
    pytest.importorskip("trl", reason="TRL isn't installed")
    from datasets import load_dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    for to in ("trl", "messages"):
        path = tmp_path / f"{to}.jsonl"
        export(pairs_to_frame(PAIRS), path, to=to)
        rows = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
        config = SFTConfig(output_dir=str(tmp_path / "out"), report_to=[], use_cpu=True, bf16=False)
        trainer = SFTTrainer(model=str(tiny_base), args=config, train_dataset=rows)
        batch = trainer.data_collator([trainer.train_dataset[0]])
        learned = [token for token in batch["labels"][0].tolist() if token >= 0]
        text = AutoTokenizer.from_pretrained(tiny_base).decode(learned)
        question, answer = PAIRS[0].prompt[-1].content, PAIRS[0].output
        assert answer in text
        assert (question in text) == (to == "messages")


def test_openai_file_obeys_its_published_rules(tmp_path):
    export(pairs_to_frame(PAIRS), tmp_path / "a.jsonl", to="openai")
    for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines():
        example = json.loads(line)
        assert set(example) == {"messages"}
        assert example["messages"][-1]["role"] == "assistant"
        for message in example["messages"]:
            assert set(message) <= {"role", "content", "weight"}
            assert message["role"] in {"system", "user", "assistant"}
            assert isinstance(message["content"], str)
    with pytest.raises(OutputError, match="jsonl"):
        export(pairs_to_frame(PAIRS), tmp_path / "a.parquet", to="openai")


def test_left_out_pairs_are_counted_with_place_and_reason(tmp_path):
    odd = pair("q?", "a.", 7)
    two = (Message(role="user", content="x"), Message(role="user", content="y"))
    import msgspec

    frame = pairs_to_frame([*PAIRS, msgspec.structs.replace(odd, prompt=two)])
    done = export(frame, tmp_path / "a.jsonl", to="sharegpt")
    assert (done.rows_in, done.rows, len(done.unfit)) == (3, 2, 1)
    assert (done.unfit[0].id, done.unfit[0].where) == ("p7", "log.jsonl:8")
    assert "user user assistant" in done.unfit[0].reason
    with pytest.raises(InputError, match="user user assistant"):
        export(frame[2:], tmp_path / "b.jsonl", to="sharegpt")
    assert not (tmp_path / "b.jsonl").exists()


def test_dataset_info_names_the_columns_that_are_there():
    assert dataset_info("trl", name="a", file="a.jsonl") is None
    for to in ("alpaca", "sharegpt"):
        entry = dataset_info(to, name="desk", file="desk.jsonl")["desk"]
        keys = shaped(row("suau"), to)
        assert set(entry["columns"].values()) == set(keys)
        assert entry["formatting"] == to
    tags = entry["tags"]
    turn = keys["conversations"][0]
    assert {tags["role_tag"], tags["content_tag"]} == set(turn)
    assert {t["from"] for t in keys["conversations"]} == {tags["user_tag"], tags["assistant_tag"]}


def test_dataset_info_is_added_to_and_never_overwritten(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{"mine": {"file_name": "x.json"}}')
    assert add_dataset_info(tmp_path, to="alpaca", name="desk", file="desk.jsonl")
    held = json.loads((tmp_path / "dataset_info.json").read_text())
    assert list(held) == ["mine", "desk"]
    assert not add_dataset_info(tmp_path, to="trl", name="desk", file="desk.jsonl")
    with pytest.raises(OutputError, match=r"x\.json"):
        add_dataset_info(tmp_path, to="alpaca", name="mine", file="desk.jsonl")
    add_dataset_info(tmp_path, to="alpaca", name="mine", file="desk.jsonl", force=True)
    (tmp_path / "dataset_info.json").write_text("[]")
    with pytest.raises(OutputError, match="JSON object"):
        add_dataset_info(tmp_path, to="alpaca", name="desk", file="desk.jsonl")


def test_parquet_and_json_lines_hold_the_same(tmp_path):
    frame = pairs_to_frame(PAIRS)
    export(frame, tmp_path / "a.parquet", to="trl")
    export(frame, tmp_path / "a.jsonl", to="trl")
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert pl.read_parquet(tmp_path / "a.parquet").to_dicts() == lines
