import json

import polars as pl
import pytest

from workbench.cli import execute

ROWS = [{"prompt": f"{word}?", "completion": "Yes."} for word in ("a", "b", "c")]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "desk.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "not json\n")
    return path


def test_into_a_directory_with_rejects_and_summary(tmp_path, data, capsys):
    out = tmp_path / "out"
    assert execute(["export", str(data), "--to", "sharegpt", "--out", str(out), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["in"], summary["written"], summary["unfit"], summary["rejected"]) == (4, 3, 0, 1)
    assert (out / "manifest.json").exists()
    (reject,) = (json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines())
    assert reject["line"] == 4
    info = json.loads((out / "dataset_info.json").read_text())
    assert [(out / entry["file_name"]).is_file() for entry in info.values()] == [True]


def test_into_a_file_that_must_be_free(tmp_path, data, capsys):
    out = tmp_path / "pairs.jsonl"
    command = ["export", str(data), "--to", "trl", "--out", str(out), "--quiet"]
    assert execute(command) == 0
    assert len(out.read_text().splitlines()) == 3
    assert (tmp_path / "pairs.jsonl.rejects.jsonl").exists()
    assert execute(command) == 2
    assert "--force" in capsys.readouterr().err
    assert execute([*command, "--force"]) == 0


def test_the_input_is_never_overwritten(data, capsys):
    assert execute(["export", str(data), "--to", "trl", "--out", str(data), "--force"]) == 2
    assert "input" in capsys.readouterr().err
    assert "not json" in data.read_text()


def test_parts_go_to_files_of_their_own(tmp_path, data, capsys):
    from workbench.io.dataset import read_dataset
    from workbench.io.frames import PAIR_SCHEMA

    whole = read_dataset(data).frame.select(PAIR_SCHEMA.names())
    for number, name in enumerate(("train", "valid", "test")):
        whole[number : number + 1].write_parquet(tmp_path / f"{name}.parquet")
    assert execute(["export", str(tmp_path), "--to", "alpaca", "--out", str(tmp_path / "all.jsonl")]) == 2
    assert "--part" in capsys.readouterr().err
    one = [
        "export",
        str(tmp_path),
        "--to",
        "alpaca",
        "--out",
        str(tmp_path / "one.parquet"),
        "--part",
        "test",
    ]
    assert execute([*one, "--name", "desk"]) == 0
    assert pl.read_parquet(tmp_path / "one.parquet").height == 1
    assert list(json.loads((tmp_path / "dataset_info.json").read_text())) == ["desk"]


@pytest.mark.parametrize("out", ["pairs.xlsx", "pairs.csv"])
def test_a_suffix_that_no_format_has(tmp_path, data, capsys, out):
    assert execute(["export", str(data), "--to", "trl", "--out", str(tmp_path / out)]) == 2
    assert ".jsonl" in capsys.readouterr().err
    assert not (tmp_path / out).exists()
