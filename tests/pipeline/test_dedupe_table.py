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


ARABIC = "سياسة الإرجاع خلال سبعة أيام من تاريخ الشراء بدون أي رسوم إضافية على العميل"
HAN = "我们支持七天无理由退货，请在收到商品后的七天之内联系客服办理退货手续"
CALL = '{{"name": "get_weather", "arguments": {{"city": "{}", "unit": "celsius", "days": 3}}}}'
ORDER = "please cancel my order number {} and send me a confirmation by mail as soon as you can thank you"
ROWS = {
    "short1": "ok",
    "short2": "OK!",
    "short3": "no",
    "empty1": "",
    "empty2": "  ",
    "empty3": "",
    "han1": HAN,
    "han2": HAN + "！",
    "han3": "您的订单已经发货，预计三天内送达，请保持电话畅通",
    "arabic1": ARABIC,
    "arabic2": ARABIC + ".",
    "call1": CALL.format("Berlin"),
    "call2": CALL.format("Munich"),
    "call3": CALL.format("Berlin"),
    "number1": ORDER.format(4711),
    "number2": ORDER.format(4712),
    "number3": ORDER.format(4711) + ".",
    "chain1": "a b c d e f",
    "chain2": "b c d e f g",
    "chain3": "c d e f g h",
}


@pytest.mark.parametrize(("threshold", "chain"), [(0.8, {}), (0.6, {"chain2": "chain1"})])
def test_of_every_kind_of_row_exactly_the_duplicates_go(tmp_path, threshold, chain):
    # Calls to two cities share 4 of 8 shingles; in the chain each shares 3 of 5 with the next, and 2 of 6.
    frame = pl.DataFrame({"id": list(ROWS), "text": list(ROWS.values())})
    dedupe(frame, out=tmp_path, threshold=threshold)
    gone = dict(read_parquet(tmp_path / "ledger.parquet").select("id", "kept_id").iter_rows())
    alike = {"short1": "short2", "han1": "han2", "arabic1": "arabic2", "number1": "number3"}
    assert gone == {"empty3": "empty1", "call3": "call1"} | alike | chain


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
