"""Lists in JSON and tables in CSV are read row by row, and from the middle, as if they were read whole."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.io.readers import Reject, iter_part, jsonlist, look, parts_of, read_logs, survey_logs
from workbench.io.readers.jsonlist import BrokenJsonError, JsonList, check_document
from workbench.io.readers.kinds import sniff

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def record(i, text="värde 数"):
    return {"instruction": f'Say "{i}"\nin one line.', "input": "", "output": f"{text} {i}"}


def table(rows, newline="\r\n"):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["instruction", "input", "output"], lineterminator=newline)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


@given(values=st.lists(VALUES, max_size=6), indent=st.none() | st.integers(0, 2), escaped=st.booleans(),
       bom=st.booleans(), chunk=st.integers(1, 40))  # fmt: skip
def test_the_elements_are_those_of_the_whole(tmp_path_factory, values, indent, escaped, bom, chunk):
    path = tmp_path_factory.mktemp("list") / "a.json"
    text = json.dumps(values, indent=indent, ensure_ascii=escaped)
    path.write_bytes(b"\xef\xbb\xbf" * bom + text.encode("utf-8", "surrogatepass"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonlist, "_CHUNK", chunk)
        found = list(JsonList(path))
        assert [json.loads(one.text) for one in found] == values
        check_document(path)
        for place, one in enumerate(found):
            assert [again.text for again in JsonList(path, one.at)] == [each.text for each in found[place:]]


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
@pytest.mark.parametrize("text", ['[{"a": 1} {"b": 2}]', '[{"a": tru}]', '["ä", {"a": "x', "[1, 2] 3", "[1"])
def test_a_broken_list_is_broken_where_the_whole_is(tmp_path, monkeypatch, text, chunk):
    monkeypatch.setattr(jsonlist, "_CHUNK", chunk)
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(json.JSONDecodeError) as whole:
        json.loads(text)
    with pytest.raises(BrokenJsonError) as broken:
        list(JsonList(path))
    pos = len(text[: whole.value.pos].encode())
    assert (broken.value.problem, broken.value.at) == (whole.value.msg, pos)


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_a_comma_too_much_is_told_alike_by_every_python(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(jsonlist, "_CHUNK", chunk)
    path = tmp_path / "a.json"
    path.write_text('[{"ä": 1} , \n]', encoding="utf-8")
    with pytest.raises(BrokenJsonError) as broken:
        list(JsonList(path))
    assert (broken.value.problem, broken.value.at) == ("Illegal trailing comma before end of array", 11)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.json", json.dumps([record(i) for i in range(50)], ensure_ascii=False, indent=1)),
        ("log.json", json.dumps([record(i, "plain") for i in range(50)])),
        ("log.csv", table([record(i) for i in range(50)])),
        ("log.csv", "\ufeff" + table([record(i) for i in range(50)], newline="\n")),
    ],
)
def test_a_long_file_is_cut_and_its_parts_are_the_whole(tmp_path, monkeypatch, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    whole = read_logs([path])
    monkeypatch.setattr(look, "STRETCH", 600)
    logs = survey_logs([path])
    parts = parts_of(logs)
    assert len(parts) > 3
    found = [one for part in parts for one in iter_part(part)]
    assert found == whole.records
    assert [one.completion[0].content[-2:].strip() for one in found] == [str(i) for i in range(50)]


def test_a_bad_element_costs_itself_alone(tmp_path):
    path = tmp_path / "log.json"
    rows = [json.dumps(record(i)) for i in range(5)]
    rows[1] = '{"instruction": "a", "input": "", "output": "\\ud800"}'
    rows[2] = '{"instruction": "a", "output": NaN}'
    rows[3] = '{"instruction": "a", "output": ' + "9" * 5000 + "}"
    path.write_text("[" + ",\n".join(rows) + "]", encoding="utf-8")
    (log,) = survey_logs([path])
    found = [one for part in parts_of([log]) for one in iter_part(part)]
    assert [isinstance(one, Reject) for one in found] == [False, True, True, True, False]
    assert [one.record for one in found if isinstance(one, Reject)] == [1, 2, 3]


def test_an_error_in_a_list_names_its_line(tmp_path):
    path = tmp_path / "log.json"
    path.write_text('[\n {"a":\n  1},\n {"b":\n  2}\n {"c":\n  3}\n]\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"log\.json:6"):
        survey_logs([path])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]', "jsonl"),
        ('\n\n[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]\n', "jsonl"),
        ('[{"role": "user", "content": "a"}]\n[{"role": "user", "content": "b"}]\n', "jsonl"),
        ('[\n{"role": "user", "content": "a"},\n{"role": "assistant", "content": "b"}]', "json"),
        ('[{"messages": []}, {"messages": []}]', "json"),
        ('{"messages":\n []}', "json"),
        ("[]", "json"),
    ],
)
def test_lists_of_records_and_lines_of_lists(tmp_path, text, kind):
    path = tmp_path / "a"
    path.write_text(text, encoding="utf-8")
    assert sniff(path) == kind


def test_a_conversation_over_several_lines_is_one_record(tmp_path):
    path = tmp_path / "a.json"
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    path.write_text(json.dumps(turns, indent=2), encoding="utf-8")
    read = read_logs([path])
    assert [(len(one.prompt), one.completion[0].content) for one in read.records] == [(1, "b")]
