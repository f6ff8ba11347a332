"""Each bad input of the product's list, through the real command: exit 2, what and where, nothing written."""

import json
import subprocess
import sys

import pytest

from workbench.cli import execute
from workbench.io.bundled import bundled

RECORD = {
    "messages": [
        {"role": "system", "content": 'Answer briefly. Begin with "Hi."'},
        {"role": "user", "content": "Question: what?"},
        {"role": "assistant", "content": "Hi. That."},
    ]
}


def line(question="what?", answer="Hi. That."):
    record = json.loads(json.dumps(RECORD))
    record["messages"][1]["content"] = f"Question: {question}"
    record["messages"][2]["content"] = answer
    return json.dumps(record, ensure_ascii=False)


def convert(tmp_path, log, *options):
    return execute(["convert", str(log), "--out", str(tmp_path / "out"), "--quiet", *options])


def refused(tmp_path, capsys, log, *expected):
    assert convert(tmp_path, log) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert "to do" in error
    for word in expected:
        assert word in error
    assert not (tmp_path / "out").exists()


def summary(tmp_path):
    return json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))


def rejects(tmp_path):
    return [
        json.loads(row)
        for row in (tmp_path / "out" / "rejects.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_missing_file(tmp_path, capsys):
    refused(tmp_path, capsys, tmp_path / "none.jsonl", "none.jsonl", "no such file")


def test_empty_file(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text("")
    refused(tmp_path, capsys, tmp_path / "a.jsonl", "a.jsonl", "empty")


def test_a_directory_where_a_file_is_meant(tmp_path, capsys):
    (tmp_path / "logs").mkdir()
    refused(tmp_path, capsys, tmp_path / "logs", "directory")


def test_wrong_encoding_names_line_and_byte(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_bytes("\n".join(line(f"第{i}个") for i in range(5)).encode("gb18030"))
    refused(tmp_path, capsys, tmp_path / "a.jsonl", "a.jsonl:1", "UTF-8", "iconv")


def test_one_line_of_another_encoding_is_a_rejected_row(tmp_path):
    rows = [line(f"第{i}个").encode() for i in range(5)]
    rows[1] = line("第二个问题").encode("gb18030")
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(rows))
    assert convert(tmp_path, tmp_path / "a.jsonl") == 0
    assert [reject["line"] for reject in rejects(tmp_path)] == [2]


def test_not_json_on_line_7_is_a_rejected_row(tmp_path):
    rows = [line(f"number {i}?") for i in range(12)]
    rows[6] = '{"messages": ['
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    assert convert(tmp_path, tmp_path / "a.jsonl") == 0
    (reject,) = rejects(tmp_path)
    assert reject["line"] == 7
    assert summary(tmp_path)["in"] == 12
    assert summary(tmp_path)["pairs"] == 11


def test_a_record_without_an_assistant_turn_is_rejected(tmp_path):
    cut = json.loads(line())
    cut["messages"].pop()
    (tmp_path / "a.jsonl").write_text("\n".join([line("a?"), json.dumps(cut), line("b?")]))
    assert convert(tmp_path, tmp_path / "a.jsonl") == 0
    (reject,) = rejects(tmp_path)
    assert reject["line"] == 2
    assert "assistant" in reject["reason"] + reject["found"]


def test_a_line_of_5_mb(tmp_path):
    (tmp_path / "a.jsonl").write_text("\n".join([line("x" * 5_000_000), line("b?"), line("c?")]))
    assert convert(tmp_path, tmp_path / "a.jsonl") == 0
    assert summary(tmp_path)["pairs"] + summary(tmp_path)["rejected"] == 3


def test_nul_bytes_never_crash_and_add_up(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(
        (line("a?") + "\n\x00\x00\n" + line("b\x00?") + "\n" + line("c?")).encode()
    )
    assert convert(tmp_path, tmp_path / "a.jsonl") == 0
    found = summary(tmp_path)
    assert found["in"] == found["pairs"] + found["rejected"]
    assert found["pairs"] >= 2


def test_the_next_command_can_be_pasted_whatever_the_path(tmp_path, capsys):
    import shlex

    (tmp_path / "a.jsonl").write_text("\n".join(line(f"{i}?") for i in range(3)))
    out = tmp_path / "my [old] $(logs) 客服"
    assert execute(["convert", str(tmp_path / "a.jsonl"), "--out", str(out)]) == 0
    command = capsys.readouterr().out.split("then ")[1]
    assert shlex.split(command)[:3] == ["workbench", "curate", str(out)]


def test_duplicate_ids_are_told_apart(tmp_path):
    import polars as pl

    rows = [{**json.loads(line(f"{i}?")), "id": "same"} for i in range(3)] + [
        {**json.loads(line("0?")), "id": "same"}
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    assert convert(tmp_path, tmp_path / "a.jsonl") == 0
    assert pl.read_parquet(tmp_path / "out" / "pairs.parquet")["id"].n_unique() == 4
    assert summary(tmp_path)["duplicate_ids"] == 3


def test_nothing_that_is_a_log(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"b": 2}\n')
    refused(tmp_path, capsys, tmp_path / "a.jsonl", "a.jsonl")


def test_output_that_holds_something_else(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text("\n".join(line(f"{i}?") for i in range(3)))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    assert convert(tmp_path, tmp_path / "a.jsonl") == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"
    assert convert(tmp_path, tmp_path / "a.jsonl", "--force") == 2
    assert "by hand" in capsys.readouterr().err
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"
    (tmp_path / "out" / "thesis.txt").unlink()
    assert convert(tmp_path, tmp_path / "a.jsonl") == 0
    assert convert(tmp_path, tmp_path / "a.jsonl", "--force") == 0
    assert summary(tmp_path)["pairs"] == 3


def test_base_folder_without_tokenizer(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text("\n".join(line(f"{i}?") for i in range(3)))
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text("{}")
    assert convert(tmp_path, tmp_path / "a.jsonl", "--base", str(tmp_path / "base")) == 2
    assert "tokenizer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("max_steps", "max_stps"), ["max_stps", "max_steps"]),
        (("logs.jsonl", "lags.jsonl"), ["lags.jsonl", "$.convert.logs[0]"]),
        (("max_steps: 150", "max_steps: many"), ["$.train.max_steps"]),
    ],
)
def test_unknown_recipe_keys_and_wrong_values(tmp_path, capsys, change, expected):
    folder = tmp_path / "samples" / "support"
    folder.mkdir(parents=True)
    text = bundled("samples/support/recipe.yaml").read_text(encoding="utf-8")
    (folder / "recipe.yaml").write_text(text.replace(*change), encoding="utf-8")
    assert execute(["run", str(folder / "recipe.yaml"), "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    for word in expected:
        assert word in error
    assert not (tmp_path / "run").exists()


def test_a_bug_of_ours_exits_70_and_shows_the_trace_on_demand(monkeypatch, capsys):
    from workbench.cli import doctor

    def broken():
        raise RuntimeError("boom")

    monkeypatch.setattr(doctor, "examine", broken)
    assert execute(["doctor"]) == 70
    assert "Traceback" not in capsys.readouterr().err
    assert execute(["--debug", "doctor"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_exits_130_and_says_how_to_go_on(monkeypatch, capsys):
    from workbench.cli import doctor

    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "examine", stopped)
    assert execute(["doctor"]) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_ctrl_c_inside_exec_still_exits_130(tmp_path):
    """Importing a library runs exec() of strings; an interrupt there must not end as a death by signal."""
    (tmp_path / "interrupted.py").write_text(
        "from workbench import cli\nfrom workbench.cli import doctor\n"
        "doctor.examine = lambda: exec('raise KeyboardInterrupt')\ncli.main()"
    )
    command = [sys.executable, "-m", "interrupted", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 130, done.stderr


@pytest.mark.parametrize("out", ["own", "own/log.jsonl"])
def test_force_never_deletes_the_input(tmp_path, capsys, out):
    log = tmp_path / "own" / "log.jsonl"
    log.parent.mkdir()
    log.write_text("\n".join(line(f"{i}?") for i in range(3)))
    assert execute(["convert", str(log), "--out", str(tmp_path / out), "--force", "--quiet"]) == 2
    assert "input" in capsys.readouterr().err
    assert log.read_text().startswith("{")


def test_an_output_name_that_no_disk_takes(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text("\n".join(line(f"{i}?") for i in range(3)))
    assert (
        execute(["convert", str(tmp_path / "a.jsonl"), "--out", str(tmp_path / ("x" * 300)), "--quiet"]) == 2
    )
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["-1", "nan"])
def test_a_learning_rate_that_is_none(tmp_path, capsys, rate):
    (tmp_path / "train.parquet").write_bytes(b"")
    out = str(tmp_path / "out")
    assert execute(["train", str(tmp_path), "--base", "x", "--out", out, "--learning-rate", rate]) == 2
    assert "error --learning-rate" in capsys.readouterr().err
