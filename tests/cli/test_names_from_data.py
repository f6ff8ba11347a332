"""Names that stand in data and in files from others: none of them makes, reads or copies a file elsewhere."""

import json
import os
from pathlib import Path

import pytest

from workbench.cli import execute


def call(number):
    rules = "You are the desk.\n- Reply in English.\n- Keep the reply to at most 20 words."
    said = {"system": rules, "user": f"Where is {number}?", "assistant": f"It left on day {number}."}
    return {"messages": [{"role": role, "content": text} for role, text in said.items()]}


def log(place, rows=12):
    place.write_text("".join(json.dumps(call(number)) + "\n" for number in range(rows)))
    return place


@pytest.fixture
def converted(tmp_path, monkeypatch):
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    log(inner / "log.jsonl")
    assert execute(["convert", "log.jsonl", "--out", "converted", "-q"]) == 0
    return inner / "converted"


def outside(tmp_path):
    """Return every file that doesn't stand where the work is done."""
    inner = tmp_path / "a" / "b" / "c"
    return {one for one in tmp_path.rglob("*") if one.is_file() and not one.is_relative_to(inner)}


@pytest.mark.parametrize("name", ["../../../evil", "ABSOLUTE", "..", "a/../../../../evil", "evil\x1b[31m"])
def test_a_part_of_a_pairs_file_names_no_file_elsewhere(tmp_path, converted, capsys, name):
    import polars as pl

    name = name.replace("ABSOLUTE", str(tmp_path / "evil"))
    pairs = pl.read_parquet(converted / "pairs.parquet")
    parts = pl.Series([name if number % 2 else "train" for number in range(pairs.height)])
    pairs.with_columns(part=parts).write_parquet("parted.parquet")
    assert execute(["export", "parted.parquet", "--to", "sharegpt", "--out", "out"]) == 2
    told = capsys.readouterr().err
    assert "outside the output" in told
    assert "\x1b" not in told
    assert outside(tmp_path) == set()
    assert not os.path.lexists("out")


def test_a_split_of_a_saved_folder_names_no_file_elsewhere(tmp_path, converted, capsys):
    datasets = pytest.importorskip("datasets")
    del converted
    rows = datasets.Dataset.from_list([call(number) for number in range(6)])
    datasets.DatasetDict({"train": rows}).save_to_disk("saved/x/y/z")
    rows.save_to_disk("saved/evil")
    split = {"splits": ["train", "../../../evil"]}
    Path("saved/x/y/z/dataset_dict.json").write_text(json.dumps(split))
    capsys.readouterr()
    for verb in (["convert"], ["export", "--to", "trl"]):
        assert execute([verb[0], "saved/x/y/z", *verb[1:], "--out", "out"]) == 2
        assert "outside the output" in capsys.readouterr().err
    assert outside(tmp_path) == set()


def test_the_task_of_a_contract_names_no_file_elsewhere(tmp_path, converted):
    from workbench.contracts import Contract
    from workbench.convert.files import write_contracts
    from workbench.errors import InputError

    del converted
    bad = Contract(task="../../evil", rules=())
    with pytest.raises(InputError, match="outside the output"):
        write_contracts({"desk": Contract(task="desk", rules=()), bad.task: bad}, tmp_path / "a/b/c/out")
    assert outside(tmp_path) == set()


def dropped(converted):
    import polars as pl

    pairs = pl.read_parquet(converted / "pairs.parquet")
    pl.concat([pairs, pairs.head(1).with_columns(pl.col("id") + "x")]).write_parquet("doubled.parquet")
    assert execute(["dedupe", "doubled.parquet", "--out", "deduped", "-q"]) == 0
    return str(pl.read_parquet("deduped/ledger.parquet")["id"][0])


def test_undo_shares_no_file_and_copies_none_from_elsewhere(tmp_path, converted, capsys):
    row = dropped(converted)
    assert execute(["undo", "deduped", row, "--out", "back", "-q"]) == 0
    shared = [one for one in Path("back").rglob("*") if one.is_file() and one.stat().st_nlink > 1]
    assert shared == []
    (tmp_path / "key").write_text("mine")
    Path("deduped/notes.txt").symlink_to(tmp_path / "key")
    for place in (["--out", "again"], []):
        assert execute(["undo", "deduped", row, *place]) == 2
        assert "a link to" in capsys.readouterr().err
    assert not os.path.lexists("again")
    assert (tmp_path / "key").read_text() == "mine"


@pytest.mark.parametrize("name", ["kept", "dropped"])
@pytest.mark.parametrize("kind", ["pipe", "zero", "cut", "other"])
def test_a_deduplication_from_somebody_else_is_read_or_refused(converted, capsys, name, kind):
    row = dropped(converted)
    assert execute(["dedupe", "doubled.parquet", "--out", "measured", "--signatures", "-q"]) == 0
    for verb in (["rethreshold", "measured", "--threshold", "0.9"], ["undo", "deduped", row]):
        file = Path(verb[1]) / f"{name}.parquet"
        raw = file.read_bytes()
        file.unlink()
        if kind == "pipe":
            os.mkfifo(file)
        elif kind == "zero":
            file.symlink_to("/dev/zero")
        else:
            file.write_bytes(raw[:-9] if kind == "cut" else (converted / "pairs.parquet").read_bytes())
        capsys.readouterr()
        code = execute([*verb, "--out", f"{verb[0]}-out"])
        assert code == 2 or (kind, name) == ("other", "kept"), capsys.readouterr().err


@pytest.mark.parametrize("name", ["rows.parquet", "starts.npy", "sets.npy", "guard.npy", "hashes.npy"])
@pytest.mark.parametrize("kind", ["pipe", "zero", "pickle", "elsewhere"])
def test_signatures_from_somebody_else_are_refused_where_they_are_odd(converted, capsys, name, kind):
    import pickle

    assert converted.is_dir()
    assert execute(["dedupe", "converted/pairs.parquet", "--out", "measured", "--signatures", "-q"]) == 0
    shard = next(Path("measured/signatures").glob("sign-*"))
    file = shard / name
    if kind == "elsewhere":
        signed = shard.parent / "signed.json"
        signed.write_text(signed.read_text().replace(shard.name, f"../../../{shard.name}"))
    else:
        file.unlink()
        if kind == "pipe":
            os.mkfifo(file)
        elif kind == "zero":
            file.symlink_to("/dev/zero")
        else:
            file.write_bytes(pickle.dumps({"a": 1}))
    capsys.readouterr()
    assert execute(["rethreshold", "measured", "--threshold", "0.9", "--out", "again"]) == 2
    assert capsys.readouterr().err.startswith("error ")


def test_no_link_beside_an_adapter_is_followed_into_what_is_published(tmp_path):
    from types import SimpleNamespace

    from workbench.adapters.export import _hub
    from workbench.errors import InputError

    folder = tmp_path / "theirs" / "adapter"
    folder.mkdir(parents=True)
    (tmp_path / "key").write_text("mine")
    (tmp_path / "theirs" / "card.md").symlink_to(tmp_path / "key")
    with pytest.raises(InputError, match="a link to"):
        _hub("base", SimpleNamespace(name="base"), {"desk": folder}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_with_pipes_in_the_place_of_files_holds_nobody_up(tmp_path, whole_run, capsys):
    run = whole_run(tmp_path / "run")
    for name in ("adapter/log.jsonl", "eval/completions.jsonl", "manifest.json"):
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)
    assert execute(["report", str(run)]) == 2
    assert "no plain file" in capsys.readouterr().err


def test_annotations_for_github_hold_no_control_of_a_terminal(tmp_path, whole_run, capsys):
    run = whole_run(tmp_path / "run")
    manifest = json.loads((run / "eval" / "manifest.json").read_text())
    manifest["files"]["evil\x1b[31m\n::add-mask::x"] = {"bytes": 1}
    (run / "eval" / "manifest.json").write_text(json.dumps(manifest))
    assert execute(["gate", str(run), "--github"]) in {1, 3}
    told = capsys.readouterr().err
    assert "::" in told
    assert "\x1b" not in told
    assert not [line for line in told.splitlines() if line.strip().startswith("::add-mask")]
