import json

import polars as pl
import pytest

from workbench.errors import ConfigError, InputError
from workbench.io.config import convert
from workbench.io.frames import LEDGER_SCHEMA, read_parquet
from workbench.io.tables import read_table
from workbench.pipeline.dedupe import DedupeOptions
from workbench.pipeline.dedupe import dedupe as dedupe_file
from workbench.pipeline.explain import explain

LONG = "the quick brown fox jumps over the lazy dog while the sun goes down behind the old mill by the river"


def dedupe(frame, *, out, on=None, keeper=("longest",), **near):
    frame.write_parquet(out / "in.parquet")
    fields = {"use": "near_dedup", "ngram": 3, "char_ngram": 5, **near}
    options = {"near": fields, "keeper": keeper} | ({"on": on} if on else {})
    return dedupe_file(out / "in.parquet", out=out, options=convert(options, DedupeOptions, where="dedupe"))


TEXTS = [LONG, LONG, LONG + " bank", LONG + " 7", "", "", None, "短文本", "短文本。", "another row"]


def test_exact_counts_and_the_longer_row_stays(tmp_path):
    summary = dedupe(pl.DataFrame({"text": TEXTS}), out=tmp_path)
    assert summary["reasons"] == {"exact duplicate": 2, "near duplicate": 2}
    assert (summary["in"], summary["kept"], summary["dropped"]) == (10, 6, 4)
    kept = read_parquet(tmp_path / "kept.parquet")
    assert kept["text"].to_list() == [LONG + " bank", LONG + " 7", "", None, "短文本。", "another row"]
    ledger = read_parquet(tmp_path / "ledger.parquet")
    assert ledger.schema == LEDGER_SCHEMA
    assert ledger["row"].to_list() == [0, 1, 5, 7]
    assert set(ledger["kept_id"]) <= set(kept["id"]) | set(ledger["id"])
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


def test_a_row_goes_only_for_one_that_stays(tmp_path):
    """An exact repeat of a row that is itself a near duplicate is explained by the row that stays."""
    dedupe(pl.DataFrame({"id": ["a", "b", "c"], "text": [LONG, LONG, LONG + " bank"]}), out=tmp_path)
    ledger = read_parquet(tmp_path / "ledger.parquet")
    assert dict(ledger.select("id", "kept_id").iter_rows()) == {"a": "c", "b": "c"}
    assert (ledger["jaccard"] >= 0.8).all()


def test_columns_and_threshold_are_the_users(tmp_path):
    frame = pl.DataFrame(
        {"id": [3, 1, 2], "a": ["same", "same", "same"], "b": ["x y", "p q", "x y"], "n": [1, 2, 3]}
    )
    assert dedupe(frame, out=tmp_path)["reasons"] == {"exact duplicate": 1}
    assert read_parquet(tmp_path / "ledger.parquet")["id"].to_list() == ["3"]
    assert dedupe(frame, out=tmp_path, on=["a"])["dropped"] == 2
    assert dedupe(frame, out=tmp_path, on=["a", "n"])["dropped"] == 0
    near = pl.DataFrame({"t": [LONG, LONG + " bank"]})
    assert dedupe(near, out=tmp_path)["dropped"] == 1
    assert dedupe(near, out=tmp_path, threshold=0.99)["dropped"] == 0
    assert dedupe(near, out=tmp_path, ngram=20)["dropped"] == 0


def test_nested_columns_count_as_their_json(tmp_path):
    messages = [[{"role": "user", "content": text}] for text in (LONG, LONG, "hi")]
    assert dedupe(pl.DataFrame({"messages": messages}), out=tmp_path)["reasons"] == {"exact duplicate": 1}


def test_wrong_columns_and_thresholds_are_refused(tmp_path):
    frame = pl.DataFrame({"text": ["a"]})
    with pytest.raises(ConfigError, match="Did you mean 'text'"):
        dedupe(frame, out=tmp_path, on=["txt"])
    with pytest.raises(ConfigError, match="threshold"):
        dedupe(frame, out=tmp_path, threshold=0.0)
    with pytest.raises(InputError, match="--on"):
        dedupe(pl.DataFrame({"n": [1, 2]}), out=tmp_path)


def test_a_dropped_row_is_explained(tmp_path):
    dedupe(pl.DataFrame({"id": ["a", "b"], "text": [LONG, LONG + " bank"]}), out=tmp_path)
    told = explain(tmp_path, "a").text
    for piece in ("a: dropped", "near duplicate", "kept instead: b", "river bank"):
        assert piece in told
    assert explain(tmp_path, "b").parts == ("kept",)


def test_tables_of_three_containers(tmp_path):
    rows = pl.DataFrame({"id": ["1", "2"], "text": ["a,b", "中文\n两行"]})
    rows.write_csv(tmp_path / "t.csv")
    rows.write_parquet(tmp_path / "t.data")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows.to_dicts()]
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    for name in ("t.csv", "t.data", "t.jsonl"):
        assert read_table(tmp_path / name).equals(rows)


def test_lines_of_other_shapes_lose_nothing(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": "x", "b": {"c": [1]}}\n{"a": 3}\n{"a": null, "z": [1, "q"]}\n')
    assert read_table(path).to_dicts() == [
        {"a": "x", "b": '{"c":[1]}', "z": None},
        {"a": "3", "b": None, "z": None},
        {"a": None, "b": None, "z": '[1,"q"]'},
    ]


def test_bad_tables_are_refused_with_their_lines(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n{"a": \n[1]\n')
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert [finding.where for finding in caught.value.findings] == [f"{path}:2", f"{path}:3"]
    path.write_text('{"a": 1}\n' + "{\n" * 30)
    with pytest.raises(InputError, match="10 further lines"):
        read_table(path)
    (tmp_path / "empty.csv").write_text("")
    for name in ("empty.csv", "missing.csv", "."):
        with pytest.raises(InputError):
            read_table(tmp_path / name)
    (tmp_path / "gb.csv").write_bytes("列\n文".encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        read_table(tmp_path / "gb.csv")
