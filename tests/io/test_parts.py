import json

import polars as pl
import pytest
from conftest import make_frame

from workbench.errors import InputError
from workbench.io.frames import frame_to_pairs
from workbench.io.parts import places, read_parts, read_whole


def said(frame):
    return [(pair.prompt[-1].content, pair.output) for pair in frame_to_pairs(frame)]


def chats(frame):
    return [
        {"messages": [{"role": "user", "content": a}, {"role": "assistant", "content": b}]}
        for a, b in said(frame)
    ]


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


TRAIN, VALID = make_frame(6), make_frame(2, seed=9)


@pytest.fixture(params=["parquet", "jsonl", "json", "csv", "saved", "run"])
def source(request, tmp_path):
    """The same rows as each kind of data set keeps them."""
    if request.param == "saved":
        datasets = pytest.importorskip("datasets")
        made = {name: datasets.Dataset.from_list(chats(f)) for name, f in (("train", TRAIN), ("eval", VALID))}
        datasets.DatasetDict(made).save_to_disk(str(tmp_path))
        return tmp_path
    folder = tmp_path / "curate" if request.param == "run" else tmp_path
    folder.mkdir(exist_ok=True)
    for name, frame in (("train", TRAIN), ("valid", VALID)):
        path = folder / f"{name}.{'parquet' if request.param == 'run' else request.param}"
        if path.suffix == ".parquet":
            frame.write_parquet(path)
        elif path.suffix == ".jsonl":
            lines(path, chats(frame))
        elif path.suffix == ".json":
            path.write_text(json.dumps(chats(frame)), "utf-8")
        else:
            pl.DataFrame(said(frame), schema=["prompt", "completion"], orient="row").write_csv(path)
    return tmp_path


def test_every_kind_of_data_set_gives_the_same_rows(source):
    parts = read_parts(source)
    assert said(parts.train) == said(TRAIN)
    assert said(parts.valid) == said(VALID)


def test_a_file_of_a_folder_has_the_validation_rows_beside_it(tmp_path):
    for name, frame in (("train", TRAIN), ("valid", VALID)):
        lines(tmp_path / f"{name}.jsonl", chats(frame))
    parts = read_parts(tmp_path / "train.jsonl")
    assert said(parts.valid) == said(VALID)
    assert places(tmp_path).names == [str(tmp_path / f"{name}.jsonl") for name in ("train", "valid")]
    assert read_parts(tmp_path / "valid.jsonl").valid is None


def test_a_column_of_a_pairs_file_may_name_the_part(tmp_path):
    part = pl.Series("part", ["train"] * 4 + ["valid"] * 2)
    TRAIN.with_columns(part).write_parquet(tmp_path / "pairs.parquet")
    parts = read_parts(tmp_path / "pairs.parquet")
    assert said(parts.train) == said(TRAIN)[:4]
    assert said(parts.valid) == said(TRAIN)[4:]


def test_rows_that_are_no_pairs_stop_the_training_with_file_and_line(tmp_path):
    good = [json.dumps(row) for row in chats(TRAIN)]
    bad = ["not json", '{"messages": [{"role": "user", "content": "Hi"}]}']
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([*good, *bad]) + "\n")
    with pytest.raises(InputError) as caught:
        read_parts(path)
    assert [f.where for f in caught.value.findings] == [f"{path}:7", f"{path}:8"]
    with pytest.raises(InputError, match="no assistant turn"):
        read_whole(path)


def test_of_many_bad_rows_twenty_are_listed_and_the_rest_counted(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([json.dumps(chats(TRAIN)[0]), *["not json"] * 30]) + "\n")
    with pytest.raises(InputError) as caught:
        read_parts(path)
    assert len(caught.value.findings) == 21
    assert "10 more of its 31 rows" in caught.value.findings[-1].found


def test_parts_without_one_to_train_on_are_refused_by_name(tmp_path):
    datasets = pytest.importorskip("datasets")
    held = datasets.Dataset.from_list(chats(TRAIN))
    datasets.DatasetDict({"test": held, "eval": held}).save_to_disk(str(tmp_path / "held"))
    with pytest.raises(InputError, match="valid, test"):
        read_parts(tmp_path / "held")


def test_no_row_at_all_is_left_for_the_audit_to_say(tmp_path):
    TRAIN.head(0).write_parquet(tmp_path / "train.parquet")
    assert read_parts(tmp_path).train.height == 0
