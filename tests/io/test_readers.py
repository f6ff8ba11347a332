import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.io.readers import FORMATS, read_logs
from workbench.io.readers.kinds import sniff

GOOD = {"id": "a", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "问?"}]}
GOOD["messages"].append({"role": "assistant", "content": "答。"})
LINE = json.dumps(GOOD, ensure_ascii=False)
LATIN = LINE.replace("问?", "Müller fährt Größe").replace("答。", "é") + "\n"
ROWS = {
    "openai": GOOD,
    "openai_calls": {
        "request": {"model": "m", "messages": GOOD["messages"][:2]},
        "response": {"choices": [{"message": GOOD["messages"][2]}]},
    },
    "sharegpt": {
        "system": "s",
        "conversations": [{"from": "human", "value": "问?"}, {"from": "gpt", "value": "答。"}],
    },
    "alpaca": {"system": "s", "instruction": "问?", "input": "", "output": "答。"},
    "prompt_completion": {"system": "s", "prompt": "问?", "completion": "答。"},
    "messages": GOOD["messages"],
}


def write(tmp_path, data, name="log.jsonl"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(tmp_path, data, name="log.jsonl", **options):
    return read_logs([write(tmp_path, data, name)], **options)


def said(record):
    return [(m.role, m.content) for m in (*record.prompt, *record.completion)]


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("how", ["jsonl", "json"])
def test_every_shape_reads_alike_by_name_and_by_content(tmp_path, shape, how):
    rows = [ROWS[shape]] * 2
    text = "\n".join(json.dumps(row) for row in rows) if how == "jsonl" else json.dumps(rows, indent=1)
    for wanted in ("auto", shape):
        got = read(tmp_path, text, f"x.{how}", format=wanted)
        assert [said(r) for r in got.records] == [
            [("system", "s"), ("user", "问?"), ("assistant", "答。")]
        ] * 2
        assert list(got.formats.values()) == [shape]


@pytest.mark.parametrize("shape", [name for name in FORMATS if name != "messages"])
def test_parquet_holds_every_shape(tmp_path, shape):
    pl.DataFrame([ROWS[shape]] * 2).write_parquet(tmp_path / "log.parquet")
    got = read_logs([tmp_path / "log.parquet"])
    assert said(got.records[1]) == [("system", "s"), ("user", "问?"), ("assistant", "答。")]
    assert got.records[1].source.record == 1


def test_csv_with_quoted_line_breaks_and_a_short_row(tmp_path):
    got = read(tmp_path, 'instruction,input,output\n"a\nb","c, d",e\nonly,two\n"x",,z\n', "log.csv")
    assert [said(r) for r in got.records] == [
        [("user", "a\nb\n\nc, d"), ("assistant", "e")],
        [("user", "x"), ("assistant", "z")],
    ]
    assert [(r.line, r.reason) for r in got.rejects] == [(4, "a row of another width than the header")]
    assert got.records[1].source.line == 5


def test_csv_may_hold_messages_as_json(tmp_path):
    frame = pl.DataFrame({"id": ["q"], "messages": [json.dumps(GOOD["messages"])]})
    frame.write_csv(tmp_path / "log.csv")
    got = read_logs([tmp_path / "log.csv"])
    assert said(got.records[0])[1] == ("user", "问?")
    assert got.records[0].id == "q"


def test_bad_rows_are_rejected_with_their_line_and_the_rest_is_read(tmp_path):
    bad = [
        '{"messages": [{"role": "user"',
        json.dumps({"messages": GOOD["messages"][:2]}),
        json.dumps({"messages": "hello"}),
        LINE.replace("答。", "\\ud83d"),
        LINE.replace("答。", "a\0b"),
        json.dumps({"messages": [{"role": "wizard", "content": "x"}]}),
        json.dumps({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
        json.dumps({"messages": [*GOOD["messages"], {"role": "user", "content": "and?"}]}),
        json.dumps({"messages": [{"role": "assistant", "content": "hi"}]}),
        json.dumps({"messages": [*GOOD["messages"][:2], {"role": "assistant", "content": None}]}),
        "[" * 100_000,
        "17",
    ]
    got = read(tmp_path, "\n".join([LINE, "", *bad, LINE]))
    assert [r.reason for r in got.rejects] == [
        "not JSON",
        "no assistant turn",
        "messages isn't a list",
        "a lone surrogate",
        "a NUL character",
        "an unknown role",
        "content with parts other than text",
        "the last turn isn't the assistant's",
        "no prompt before the answer",
        "an answer without text",
        "nested too deeply",
        "not a row of the format openai",
    ]
    assert [r.line for r in got.rejects] == list(range(3, 3 + len(bad)))
    assert got.rows == len(got.records) + len(got.rejects) == len(bad) + 2
    assert all(r.raw.isprintable() and len(r.raw) <= 80 for r in got.rejects)


def test_rows_of_another_format_than_the_file_are_rejected(tmp_path):
    got = read(tmp_path, "\n".join([LINE, LINE, json.dumps(ROWS["alpaca"])]))
    assert len(got.records) == 2
    assert got.rejects[0].reason == "of the format alpaca in a file of openai"


def test_byte_order_mark_and_crlf(tmp_path):
    got = read(tmp_path, b"\xef\xbb\xbf" + f"{LINE}\r\n\r\n{LINE}\r\n".encode())
    assert len(got.records) == 2
    assert not got.rejects
    assert [r.source.line for r in got.records] == [1, 3]


def test_a_line_of_five_megabytes(tmp_path):
    got = read(tmp_path, LINE.replace("问?", "问" * 1_700_000))
    assert len(got.records[0].prompt[1].content) == 1_700_000


def test_a_nul_is_rejected_escaped_or_not(tmp_path):
    got = read(tmp_path, "\n".join([LINE, LINE.replace("问?", "a\\u0000b"), LINE.replace("问?", "a\0b")]))
    assert [(r.line, r.reason) for r in got.rejects] == [(2, "a NUL character"), (3, "a NUL character")]
    assert got.rejects[0].found == "NUL at character 1 of a user turn"


def test_a_reject_names_the_file_as_it_was_given(tmp_path):
    got = read(tmp_path, f"{LINE}\n17")
    assert Path(got.rejects[0].file) == tmp_path / "log.jsonl"


def test_repeated_ids_stay_and_become_distinct(tmp_path):
    other = LINE.replace("答。", "另答。")
    ids = [r.id for r in read(tmp_path, f"{LINE}\n{other}\n{LINE}\n{LINE}").records]
    assert ids[0] == "a"
    assert len(set(ids)) == 4
    again = [r.id for r in read(tmp_path, f"{LINE}\n{LINE}\n{other}\n{LINE}").records]
    assert set(again) == set(ids), "the new ids follow the content, not the place"
    got = read(tmp_path, f"{LINE}\n{LINE}")
    assert got.duplicate_ids == {"a": 1}
    assert got.records[1].meta["id_in_log"] == "a"


def test_tool_fields_and_other_keys_are_kept(tmp_path):
    row = {
        "model": "m",
        "messages": [
            {"role": "developer", "content": "d"},
            {
                "role": "user",
                "name": "kim",
                "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            },
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "tool_call_id": "1", "content": "42"},
            {"role": "assistant", "content": "ok"},
        ],
    }
    record = read(tmp_path, json.dumps(row)).records[0]
    assert said(record)[:2] == [("system", "d"), ("user", "ab")]
    assert record.prompt[0].extra == {"role": "developer"}
    assert record.prompt[1].extra["name"] == "kim"
    assert record.prompt[2].extra == {"tool_calls": [{"id": "1"}]}
    assert record.meta == {"model": "m"}


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "an empty file"),
        (b" \n\n", "only white space"),
        (b"hello\nworld\n", "found hello"),
        (b'{"messages": [\n {"role": }\n', ":2: found not JSON"),
        (b'{"a": 1}\n{"a": 2}\n', "rows with: a"),
        ((LINE + "\n").encode("gb18030") * 3, r"log.jsonl:1: found byte 0x.*iconv -f GB18030"),
        (
            LINE.replace("问?", "Müller fährt Größe").replace("答。", "é").encode("latin-1") + b"\n",
            "WINDOWS-1252",
        ),
        (LINE.encode("utf-16"), "UTF-16"),
        ("instruction,output\n问,答\n".encode("gb18030"), ":2: found byte"),
        (b"PAR1 but cut", "log.jsonl"),
        (b"{bad\n{worse\n", "not JSON"),
    ],
)
def test_unreadable_files_say_what_and_where(tmp_path, data, match):
    with pytest.raises(InputError, match=match):
        read(tmp_path, data)


def test_the_formats_are_named_when_none_fits(tmp_path):
    with pytest.raises(InputError, match=", ".join(FORMATS)):
        read(tmp_path, '{"text": "x"}')
    with pytest.raises(InputError, match="'alpaca'"):
        read(tmp_path, LINE, format="alpaca")


def test_missing_files_and_directories_are_told_together(tmp_path):
    with pytest.raises(InputError) as caught:
        read_logs([tmp_path / "none.jsonl", tmp_path])
    assert [f.found for f in caught.value.findings] == ["no such file", "a directory"]


def test_one_bad_byte_costs_one_row_only(tmp_path):
    got = read(tmp_path, f"{LINE}\n{LINE}\n".encode() + b'{"messages": "\xff"}\n')
    assert len(got.records) == 2
    assert got.rejects[0].reason == "not UTF-8"
    assert got.rejects[0].found == "byte 0xff at position 14"


def test_containers_are_told_by_content_not_by_name(tmp_path):
    assert sniff(write(tmp_path, LINE, "a.csv")) == "jsonl"
    assert sniff(write(tmp_path, json.dumps([GOOD]), "b.jsonl")) == "json"
    assert sniff(write(tmp_path, json.dumps(GOOD, indent=2), "c.txt")) == "json"
    assert sniff(write(tmp_path, "{cut\n" + LINE, "d.json")) == "jsonl"
    assert sniff(write(tmp_path, "# log\n" + LINE, "e")) == "jsonl"
    assert sniff(write(tmp_path, "prompt,completion\na,b\n", "f.json")) == "csv"


def test_progress_is_told(tmp_path):
    seen = []
    path = write(tmp_path, f"{LINE}\n" * 600)
    read_logs([path], progress=lambda *told: seen.append(told))
    assert seen[0] == ("read log.jsonl", 500, None)
    assert ("read log.jsonl", 600, 600) in seen
    assert seen[-1] == ("convert log.jsonl", 600, 600)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.just(LINE.encode()), st.binary(max_size=30)), min_size=1, max_size=8))
def test_whatever_the_bytes_rows_are_conserved(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("any") / "log.jsonl"
    path.write_bytes(b"\n".join(lines))
    try:
        got = read_logs([path])
    except InputError:
        return
    assert got.rows == len(got.records) + len(got.rejects)
    assert len(got.records) <= sum(line == LINE.encode() for line in lines)
