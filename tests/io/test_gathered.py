"""Rows of any kind become pairs files: the same pairs as when read at once, a piece at a time."""

import json

import polars as pl
import pytest

from workbench.errors import InputError
from workbench.io import gathered
from workbench.io.dataset import PART, read_dataset
from workbench.io.gathered import gather, is_pairs_file


def chats(path, count, *, bad=()):
    rows = []
    for n in range(count):
        said = [{"role": "user", "content": f"问 {n}?"}, {"role": "assistant", "content": f"答 {n}."}]
        rows.append({"id": f"r{n % 40}", "messages": said} if n % 3 else {"messages": said})
    for n in bad:
        rows[n] = {"messages": []}
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def test_pieces_give_what_reading_at_once_gives(tmp_path, monkeypatch):
    monkeypatch.setattr(gathered, "_PIECE", 7)
    source = chats(tmp_path / "rows.jsonl", 50, bad=(3, 48))
    found = gather(source, tmp_path / "into")
    at_once = read_dataset(source)
    assert (found.rows, found.rejected) == (48, 2)
    assert len(found.files) == 8
    assert pl.read_parquet(found.files).equals(at_once.frame.drop(PART))
    lines = (tmp_path / "into" / "rejects.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in lines] == [4, 49]
    assert all(is_pairs_file(tmp_path / "into" / f"{n:06d}.parquet") for n in range(8))


def test_what_stands_complete_is_used_again(tmp_path):
    source = chats(tmp_path / "rows.jsonl", 5)
    first = gather(source, tmp_path / "into")
    source.unlink()
    assert gather(source, tmp_path / "into") == first


def test_a_saved_folder_and_exported_pairs(tmp_path):
    datasets = pytest.importorskip("datasets")
    source = chats(tmp_path / "rows.jsonl", 6)
    rows = [json.loads(line) for line in source.read_text().splitlines()]
    whole = datasets.Dataset.from_list(rows)
    datasets.DatasetDict({"train": whole, "test": whole}).save_to_disk(str(tmp_path / "saved"))
    found = gather(tmp_path / "saved", tmp_path / "of-saved")
    assert found.rows == 12
    assert pl.read_parquet(found.files)["id"].n_unique() == 12
    written = tmp_path / "pairs.jsonl"
    frame = read_dataset(source).frame.drop(PART)
    written.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in frame.to_dicts()))
    again = gather(written, tmp_path / "of-pairs")
    assert pl.read_parquet(again.files).equals(frame)


@pytest.mark.parametrize(
    ("content", "expected"),
    [("", "empty"), ('{"messages": []}\n{"messages": []}\n', "no assistant turn"), ('{"a": 1}\n', "a")],
)
def test_a_source_without_a_pair_is_an_error(tmp_path, content, expected):
    (tmp_path / "rows.jsonl").write_text(content)
    with pytest.raises(InputError, match=expected):
        gather(tmp_path / "rows.jsonl", tmp_path / "into")
