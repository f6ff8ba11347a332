"""Pairs are written part by part, in one process or several, and nothing of that shows in the result."""

import json
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from workbench.cli import execute
from workbench.convert import convert, write
from workbench.errors import InvariantError
from workbench.io.readers import iter_part, parts_of, stretches, survey_logs
from workbench.io.tokenizer import WordTokenizer

SYSTEM = "You answer for the harbour office. Be brief and polite, and say when the office opens. 今天是"


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    monkeypatch.setattr(stretches, "STRETCH", 1000)
    monkeypatch.setattr(stretches, "SLICE", 7)


def line(n: int, *, identity: str | None = None, asked: str | None = None) -> str:
    messages = [
        {"role": "system", "content": f"{SYSTEM} 2026-01-{n % 28 + 1:02d}."},
        {"role": "user", "content": asked or f"When does ferry {n} leave?"},
        {"role": "assistant", "content": f"At {n % 24} o'clock."},
    ]
    return json.dumps({"id": identity or f"r{n}", "messages": messages}, ensure_ascii=False)


def log_at(path: Path) -> Path:
    """Write 61 rows: blank lines, CRLF, rows that are no records, ids and pairs that come again."""
    rows = [line(n) for n in range(50)]
    rows[3] = '{"id": "r3", "messages": ['
    rows[20] = json.dumps({"id": "none", "messages": [{"role": "user", "content": "?"}]})
    rows += [line(n, identity="same") for n in range(5)] + [line(8)] * 6
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(rows).encode() + b"\n")
    return path


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_number_of_workers_changes_nothing(tmp_path):
    log = log_at(tmp_path / "log.jsonl")
    for workers in (1, 2):
        summary = convert([log], tmp_path / f"by{workers}", tokenizer=WordTokenizer(), workers=workers)
        assert (summary["in"], summary["pairs"], summary["rejected"]) == (61, 59, 2)
    assert hashes(tmp_path / "by1") == hashes(tmp_path / "by2")
    assert not (tmp_path / "by1" / "pairs.parquet.parts").exists()


def test_parts_change_nothing_but_how_the_work_is_cut(tmp_path, monkeypatch):
    log = log_at(tmp_path / "log.jsonl")
    convert([log], tmp_path / "parts", tokenizer=WordTokenizer(), workers=1)
    monkeypatch.setattr(stretches, "STRETCH", 1_000_000)
    convert([log], tmp_path / "whole", tokenizer=WordTokenizer(), workers=1)
    parts, whole = (pl.read_parquet(tmp_path / name / "pairs.parquet") for name in ("parts", "whole"))
    assert parts.equals(whole)
    rejects = [(tmp_path / name / "rejects.jsonl").read_bytes() for name in ("parts", "whole")]
    assert rejects[0] == rejects[1]


def test_equal_pairs_and_ids_are_told_apart_over_all_parts(tmp_path):
    log = log_at(tmp_path / "log.jsonl")
    summary = convert([log], tmp_path / "out", tokenizer=WordTokenizer(), workers=1)
    pairs = pl.read_parquet(tmp_path / "out" / "pairs.parquet")
    assert pairs["id"].n_unique() == pairs.height == 59
    eighth = pairs["id"][7]  # row 3 is no record
    assert pairs["id"].to_list()[-6:] == [f"{eighth}-{n}" for n in range(2, 8)]
    logged = pairs["meta"].str.json_path_match("$.log_id")
    assert logged.n_unique() == pairs.height
    assert summary["duplicate_ids"] == 4 + 6
    assert pairs["source"].struct.field("line").to_list()[:5] == [1, 3, 5, 9, 11]


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "json", "csv"])
def test_every_part_reads_the_rows_that_stand_there(tmp_path, kind):
    path = tmp_path / f"log.{kind}"
    rows = [
        {"id": f"r{n}", "prompt": f"How deep is dock {n}?", "completion": f"{n} metres."} for n in range(30)
    ]
    write = {
        "jsonl": lambda: path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8"),
        "parquet": lambda: pl.DataFrame(rows).write_parquet(path),
        "json": lambda: path.write_text(json.dumps(rows), encoding="utf-8"),
        "csv": lambda: pl.DataFrame(rows).write_csv(path),
    }
    write[kind]()
    parts = parts_of(survey_logs([path, path]))
    assert len(parts) == {"jsonl": 6, "parquet": 10}.get(kind, 2)
    assert [one.id for part in parts for one in iter_part(part)] == [f"r{n}" for n in range(30)] * 2
    assert [one.source.record for part in parts for one in iter_part(part)] == [*range(30)] * 2
    firsts = [part.first for part in parts]
    assert firsts == [sum(part.rows for part in parts[:n]) for n in range(len(parts))]


@pytest.mark.parametrize("change", ["longer", "shorter"])
def test_a_log_that_changes_meanwhile_is_no_result(tmp_path, change):
    path = log_at(tmp_path / "log.jsonl")
    parts = parts_of(survey_logs([path]))
    text = path.read_bytes()
    path.write_bytes(text + line(99).encode() + b"\n" if change == "longer" else text[: len(text) // 2])
    with pytest.raises(InvariantError, match="rows when looked through"):
        for part in parts:
            list(iter_part(part))


def test_a_file_that_cannot_be_cut_is_written_piece_by_piece(tmp_path, monkeypatch):
    rows = "".join(f'"{SYSTEM}\nWhen does ferry {n} leave?",At {n % 24}\n' for n in range(30))
    log = tmp_path / "desk.csv"
    log.write_text(f"prompt,completion\n{rows}one cell\n")
    convert([log], tmp_path / "whole", tokenizer=WordTokenizer(), workers=1)
    monkeypatch.setattr(write, "_PAIRS_HELD", 7)
    summary = convert([log], tmp_path / "pieces", tokenizer=WordTokenizer(), workers=1)
    assert (summary["in"], summary["pairs"], summary["rejected"]) == (31, 30, 1)
    frames = [pl.read_parquet(tmp_path / name / "pairs.parquet") for name in ("whole", "pieces")]
    assert frames[0].equals(frames[1])
    assert frames[0]["id"].n_unique() == 30


def test_saved_data_sets_are_logs_too(tmp_path):
    datasets = pytest.importorskip("datasets")
    rows = [{**json.loads(line(n)), "extra": n if n % 2 else None} for n in range(20)]
    rows[4]["messages"] = rows[4]["messages"][:2]
    splits = {"train": rows[:15], "test": rows[15:]}
    saved = datasets.DatasetDict({name: datasets.Dataset.from_list(own) for name, own in splits.items()})
    saved.save_to_disk(str(tmp_path / "desk"))
    summary = convert([tmp_path / "desk"], tmp_path / "out", tokenizer=WordTokenizer(), workers=1)
    assert (summary["in"], summary["pairs"], summary["rejected"]) == (20, 19, 1)
    assert set(summary["formats"]) == {"desk/train.parquet", "desk/test.parquet"}
    (reject,) = map(json.loads, (tmp_path / "out" / "rejects.jsonl").read_text().splitlines())
    assert (reject["file"], reject["record"]) == (f"{tmp_path / 'desk'}, split train", 4)
    assert execute(["templates", str(tmp_path / "desk"), "--json", "--quiet"]) == 0


def test_a_folder_that_is_no_data_set_is_refused(tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    assert execute(["convert", str(tmp_path / "folder"), "--out", str(tmp_path / "out")]) == 2
    assert "directory" in capsys.readouterr().err
