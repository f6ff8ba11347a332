"""What people do by mistake: nothing of theirs is lost, and the words say what to do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli import execute

ROOT = Path(__file__).resolve().parents[2]


def call(number):
    rules = "You are the desk.\n- Reply in English.\n- Keep the reply to at most 20 words."
    said = {"system": rules, "user": f"Where is {number}?", "assistant": f"It left on day {number}."}
    return {"messages": [{"role": role, "content": text} for role, text in said.items()]}


@pytest.fixture
def desk(tmp_path, monkeypatch, whole_run):
    monkeypatch.chdir(tmp_path)
    Path("log.jsonl").write_text("".join(json.dumps(call(number)) + "\n" for number in range(20)))
    Path("prompt.md").write_text("- Reply in English.\n")
    assert execute(["convert", "log.jsonl", "--out", "converted", "-q"]) == 0
    whole_run(tmp_path / "run")
    whole_run(tmp_path / "other")
    return tmp_path


def content(place):
    return {one: one.read_bytes() for one in place.rglob("*") if one.is_file()}


@pytest.mark.parametrize(
    "line",
    [
        "compact converted --in log.jsonl --out log.jsonl --force",
        "compact converted --in log.jsonl --out converted/templates.json --force",
        "contract infer prompt.md --out prompt.md --force",
        "contract infer prompt.md --out converted/contract.yaml --force",
        "evals import log.jsonl --out log.jsonl --force",
        "evals from-contract converted/contract.yaml --out converted/contract.yaml --force",
        "report run --to csv --out run/eval/verdicts.json --force",
        "bless run --out run/eval/grades.parquet --force",
        "compare run other --html run/eval/verdicts.json",
        "diff converted converted --markdown converted/pairs.parquet",
        "diff converted converted --out converted/manifest.json",
        "export converted --to trl --out log.jsonl",
        "export converted --to messages --out converted/rejects.jsonl --force",
        "convert log.jsonl --out log.jsonl --force",
        "convert log.jsonl --out s3://bucket/converted",
        "report run --to csv --out https://example.test/results.csv",
        "report run --to csv --out run --force",
        "convert log.jsonl --out",
        "convert https://example.test/log.jsonl --out out",
        "undo ab12 converted",
        "explain ab12 converted",
    ],
)
def test_a_slip_of_the_hand_changes_no_file(desk, capsys, line):
    before = content(desk)
    assert execute([*line.split(), *([""] if line.endswith("--out") else [])]) == 2
    assert capsys.readouterr().err
    after = content(desk)
    assert {one: after.get(one) for one in before} == before
    assert not [one for one in desk.iterdir() if ":" in one.name]


def test_a_name_that_is_no_utf8_is_refused_in_words(desk, capsys):
    odd = os.fsdecode(b"o\xffx")
    for line in (["convert", "log.jsonl", "--out", odd], ["convert", odd, "--out", "o"]):
        assert execute(line) == 2
        assert "o\\udcffx" in capsys.readouterr().err
    assert not (desk / odd).exists()
    (desk / "docs").mkdir()
    (desk / "docs" / f"{odd}.md").write_text("Q: When is it open?\nA: From 9 to 5.\n")
    assert execute(["knowledge", "docs", "--out", "known"]) == 2
    assert "convmv" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["jsonl", "json", "parquet"])
def test_what_a_killed_command_left_goes_with_the_next_and_no_link_is_written_through(desk, suffix):
    (desk / "precious").write_text("mine")
    (desk / f".out.{suffix}.999999999.tmp").write_text("half")
    (desk / f".out.{suffix}.{os.getpid()}.tmp").symlink_to("precious")
    assert execute(["export", "converted", "--to", "messages", "--out", f"out.{suffix}", "-q"]) == 0
    assert not list(desk.glob(".out.*"))
    assert (desk / "precious").read_text() == "mine"
    assert not (desk / f"out.{suffix}").is_symlink()


def run(line, *, closed=(), **variables):
    shell = 'exec "$@" ' + " ".join(f"{number}>&-" for number in closed)
    command = ["sh", "-c", shell, "sh", sys.executable, "-m", "workbench", *line.split()]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(command, env=env, capture_output=True, check=False, timeout=120)


def test_closed_streams_and_terminals_that_lack_letters_are_no_reason_to_fail(desk):
    assert run("convert log.jsonl --out 一 -q", closed=(0, 1, 2)).returncode == 0
    whole, other = content(desk / "一"), content(desk / "converted")
    name = "pairs.parquet"
    assert whole[desk / "一" / name] == other[desk / "converted" / name]
    assert run("init place --log log.jsonl", closed=(0,)).returncode == 2
    told = run("convert log.jsonl --out 二", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert told.returncode == 0
    assert b"\\u4e8c" in told.stdout
    told = run("inspect log.jsonl -n 1 --json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert json.loads(told.stdout)["file"] == "log.jsonl"
