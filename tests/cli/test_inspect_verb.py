import json

import pytest
from rich.cells import cell_len

from workbench.cli import execute


def lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def log(tmp_path):
    rows = [
        {"id": f"call-{i:02}", "messages": [{"role": "user", "content": f"question {i}"},
                                            {"role": "assistant", "content": f"answer {i}"}]}
        for i in range(40)
    ]  # fmt: skip
    return lines(tmp_path / "log.jsonl", rows)


def shown(capsys, *arguments):
    assert execute(["inspect", *map(str, arguments), "--json"]) == 0
    return [row["id"] for row in json.loads(capsys.readouterr().out)["rows"]]


def test_first_rows_random_rows_and_rows_by_id(log, capsys):
    assert shown(capsys, log) == ["call-00", "call-01", "call-02"]
    assert shown(capsys, log, "-n", 1) == ["call-00"]
    drawn = shown(capsys, log, "--random", 5)
    assert len(set(drawn)) == 5
    assert drawn == sorted(drawn) == shown(capsys, log, "--random", 5)
    assert drawn != shown(capsys, log, "--random", 5, "--seed", 1)
    assert shown(capsys, log, "--random", 99) == [f"call-{i:02}" for i in range(40)]
    assert shown(capsys, log, "--id", "call-07") == ["call-07"]
    assert len(shown(capsys, log, "--id", "call-1")) == 10


def test_an_unknown_id_is_an_error(log, capsys):
    assert execute(["inspect", str(log), "--id", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_who_said_what_is_laid_out(log, capsys):
    assert execute(["inspect", str(log), "-n", "1"]) == 0
    said = capsys.readouterr().out
    assert "log.jsonl, line 1" in said
    assert "assistant" in said
    assert "answer 0" in said
    assert "question 1" not in said


def test_control_sequences_and_markup_of_the_data_are_text(tmp_path, capsys):
    path = lines(
        tmp_path / "a.jsonl", [{"id": "\x1b[31mx", "prompt": "[bold]\x1b[2J\u202e", "completion": "b"}]
    )
    assert execute(["inspect", str(path)]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[bold]\\x1b[2J\\u202e" in said


def test_chinese_keeps_within_the_width(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    path = lines(tmp_path / "a.jsonl", [{"prompt": "山径户外客服" * 30, "completion": "好"}])
    assert execute(["inspect", str(path)]) == 0
    said = capsys.readouterr().out
    assert max(cell_len(line) for line in said.splitlines()) <= 50
    assert said.count("山") == 30


def test_long_texts_are_cut_unless_whole_is_asked(tmp_path, capsys):
    path = lines(tmp_path / "a.jsonl", [{"prompt": "ab " * 900 + "end", "completion": "b"}])
    assert execute(["inspect", str(path)]) == 0
    assert "more characters: --full" in capsys.readouterr().out
    assert execute(["inspect", str(path), "--full"]) == 0
    assert "end" in capsys.readouterr().out


def test_a_row_that_is_no_json_shows_its_problem(tmp_path, capsys):
    path = tmp_path / "a.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\nnot json\n')
    assert execute(["inspect", str(path)]) == 0
    said = capsys.readouterr().out
    assert "problem" in said
    assert "not json" in said


def test_an_output_directory_is_looked_into(whole_run, tmp_path, capsys):
    whole_run(tmp_path / "run")
    assert len(shown(capsys, tmp_path / "run", "-n", 2)) == 2
    assert len(shown(capsys, tmp_path / "run" / "eval" / "grades.parquet", "-n", 2)) == 2
    assert execute(["inspect", str(tmp_path)]) == 2
    assert "a directory with run" in capsys.readouterr().err
