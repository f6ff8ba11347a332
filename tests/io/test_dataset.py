import json
import os

import polars as pl
import pytest

from workbench.errors import InputError
from workbench.io import hub
from workbench.io.dataset import read_dataset
from workbench.io.frames import PAIR_SCHEMA, frame_to_pairs, pairs_to_frame
from workbench.io.hub import looks_like_hub_id
from workbench.records import Message, Pair, Slot, Source, TokenCounts

SAID = [("Where is order 7?", "It left on Monday."), ("订单 8 在哪里？", "已于周一发出。")]


def pair(question, answer, number=0):
    return Pair(
        id=f"p{number}",
        task="desk",
        prompt=(Message(role="system", content="[desk]"), Message(role="user", content=question)),
        completion=(Message(role="assistant", content=answer),),
        template_id="t1",
        slots=(Slot(name="question", type="question", value=question),),
        source=Source(file="log.jsonl", line=number + 1, record=number),
        tokens=TokenCounts(original=90, compact=9, completion=3),
        meta={"log_id": f"c{number}"},
    )


PAIRS = [pair(*said, number) for number, said in enumerate(SAID)]


def texts(dataset):
    return [(p.prompt[-1].content, p.output) for p in frame_to_pairs(dataset.frame)]


def test_a_pairs_file_keeps_its_further_columns(tmp_path):
    frame = pairs_to_frame(PAIRS).with_columns(pl.Series("perplexity", [3.5, None]))
    frame.write_parquet(tmp_path / "pairs.parquet")
    read = read_dataset(tmp_path / "pairs.parquet")
    assert frame_to_pairs(read.frame) == PAIRS
    assert read.frame["perplexity"].to_list() == [3.5, None]
    assert read.parts == ()
    assert read.home == tmp_path


def test_a_curated_directory_or_a_run_has_parts(tmp_path):
    (tmp_path / "curate").mkdir()
    for number, name in enumerate(("train", "test")):
        pairs_to_frame([PAIRS[number]]).write_parquet(tmp_path / "curate" / f"{name}.parquet")
    for place in (tmp_path, tmp_path / "curate"):
        read = read_dataset(place)
        assert read.parts == ("train", "test")
        assert read.part("test")["id"].to_list() == ["p1"]
        with pytest.raises(InputError, match="train, test"):
            read.part("valid")


def test_pairs_as_json_lines_come_back_as_they_were(tmp_path):
    lines = pairs_to_frame(PAIRS).with_columns(pl.Series("score", [0.5, 1.0]))
    lines.write_ndjson(tmp_path / "pairs.jsonl")
    with (tmp_path / "pairs.jsonl").open("a") as stream:
        stream.write('{"id": "half"}\nnot json\n')
        broken = {**json.loads(lines[:1].write_ndjson()), "tokens": "many"}
        stream.write(json.dumps(broken) + "\n")
    read = read_dataset(tmp_path / "pairs.jsonl")
    assert frame_to_pairs(read.frame) == PAIRS
    assert read.frame["score"].to_list() == [0.5, 1.0]
    assert [(r.line, r.reason) for r in read.rejects] == [
        (3, "not a pair"),
        (4, "not JSON"),
        (5, "not a pair"),
    ]
    assert read.rows == 5


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "parquet"])
def test_rows_of_other_tools(tmp_path, suffix):
    path = tmp_path / f"desk.{suffix}"
    rows = [{"prompt": asked, "completion": answer} for asked, answer in SAID]
    frame = pl.DataFrame(rows)
    if suffix == "jsonl":
        frame.write_ndjson(path)
    elif suffix == "json":
        path.write_text(json.dumps(rows), "utf-8")
    else:
        getattr(frame, f"write_{suffix}")(path)
    read = read_dataset(path)
    assert texts(read) == SAID
    assert read.frame["task"].to_list() == ["", ""]
    assert read.frame["id"].n_unique() == 2
    assert read_dataset(path).frame["id"].equals(read.frame["id"])


def test_the_same_row_twice_gets_two_ids_and_the_file_name_does_not_enter(tmp_path):
    rows = [{"prompt": "a?", "completion": "b."}] * 2
    for name in ("one", "two"):
        pl.DataFrame(rows).write_ndjson(tmp_path / f"{name}.jsonl")
    one, two = (read_dataset(tmp_path / f"{name}.jsonl").frame["id"].to_list() for name in ("one", "two"))
    assert one == two
    assert one[1] == f"{one[0]}-2"


def test_a_saved_folder_with_and_without_splits(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = [
        {"messages": [{"role": "user", "content": a}, {"role": "assistant", "content": b}]} for a, b in SAID
    ]
    alone = datasets.Dataset.from_list(rows)
    alone.save_to_disk(str(tmp_path / "alone"))
    assert texts(read_dataset(tmp_path / "alone")) == SAID
    both = datasets.DatasetDict({"train": alone, "validation": alone.select([1])})
    both.save_to_disk(str(tmp_path / "both"))
    read = read_dataset(tmp_path / "both")
    assert read.parts == ("train", "valid")
    assert texts(read)[2:] == SAID[1:]
    next((tmp_path / "both" / "train").glob("*.arrow")).unlink()
    with pytest.raises(InputError, match="save_to_disk"):
        read_dataset(tmp_path / "both")


def test_a_saved_folder_of_pairs_keeps_ids_and_signals(tmp_path):
    datasets = pytest.importorskip("datasets")
    frame = pairs_to_frame(PAIRS).with_columns(pl.Series("score", [0.5, 1.0]))
    datasets.Dataset.from_list(frame.to_dicts()).save_to_disk(str(tmp_path / "saved"))
    read = read_dataset(tmp_path / "saved")
    assert frame_to_pairs(read.frame) == PAIRS
    assert read.frame["score"].to_list() == [0.5, 1.0]


def test_a_hub_id_is_asked_of_the_library(monkeypatch, tmp_path):
    datasets = pytest.importorskip("datasets")
    asked = []

    def load(name):
        asked.append(name)
        return datasets.DatasetDict(
            {"train": datasets.Dataset.from_list([{"question": a, "answer": b} for a, b in SAID])}
        )

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.setattr(hub, "withheld_by_hub", lambda *_, **__: None)
    assert texts(read_dataset("owner/name")) == SAID
    assert asked == ["owner/name"]

    def unreachable(name):
        raise ConnectionError(f"Couldn't reach {name!r} on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    with pytest.raises(InputError, match=r"no such path here, and the hub gave.*owner/name"):
        read_dataset("owner/name")


def test_a_path_that_is_not_there_is_no_hub_id(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert looks_like_hub_id("owner/name")
    for path in ("data/name", "owner/name.jsonl", "name", "./owner/name", "/owner/name", "a/b/c"):
        assert not looks_like_hub_id(path)
    with pytest.raises(InputError, match="no such file"):
        read_dataset("data/pairs.jsonl")


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"a": 1}\n', "题".encode("gb18030") * 40])
def test_what_is_no_data_set_is_an_error_that_names_it(tmp_path, content):
    (tmp_path / "x.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.jsonl"):
        read_dataset(tmp_path / "x.jsonl")


def test_a_directory_of_something_else_says_what_is_in_it(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"thesis\.txt"):
        read_dataset(tmp_path)


def test_no_row_that_is_a_pair_lists_the_reasons(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"messages": [{"role": "user", "content": "a"}]}\n' * 2)
    with pytest.raises(InputError, match="no assistant turn"):
        read_dataset(tmp_path / "x.jsonl")


def test_an_empty_table_of_pairs_is_an_error(tmp_path):
    pl.DataFrame(schema=PAIR_SCHEMA).write_parquet(tmp_path / "pairs.parquet")
    with pytest.raises(InputError, match="no row"):
        read_dataset(os.fspath(tmp_path / "pairs.parquet"))
