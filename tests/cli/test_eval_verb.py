import json
import shutil

import pytest
import yaml
from loop_world import make_run

from workbench.cli import execute


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("evaluated"))


def again(run, out, capsys, *more, code=0):
    """Grade the recorded answers of a run again."""
    assert execute(["eval", "--replay", str(run), "--out", str(out), *map(str, more)]) == code
    return capsys.readouterr()


def test_the_end_shows_shares_tokens_and_what_to_do_next(run, tmp_path, capsys):
    said = again(run, tmp_path / "out", capsys).out
    assert "rules obeyed: teacher" in said
    assert "prompt tokens" in said
    assert "workbench gate" in said
    assert "cost" not in said


def test_prices_show_what_each_arm_cost(run, tmp_path, capsys):
    (tmp_path / "prices.yaml").write_text("currency: EUR\nall: {input: 3, output: 15}\n")
    said = again(run, tmp_path / "out", capsys, "--prices", tmp_path / "prices.yaml", "--json").out
    usage = json.loads(said)["usage"]
    assert usage["currency"] == "EUR"
    assert all(one["cost"] is not None for one in usage["arms"].values())
    (tmp_path / "none.yaml").write_text("currency: EUR\n")
    again(run, tmp_path / "o", capsys, "--prices", tmp_path / "none.yaml", code=2)


def test_a_bundled_suite_is_found_from_anywhere_unless_one_stands_there(run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = again(run, "out", capsys, "--suite", "evals/harm/support.en.jsonl", "--json").out
    assert json.loads(said)["cases"] == 64
    case = {"id": "x", "behaviour": "assertions", "slots": {"context": "c", "question": "q"},
            "expect": {"assert": [{"type": "contains", "value": "y"}]}}  # fmt: skip
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "mine.yaml").write_text(yaml.safe_dump({"cases": [case]}))
    said = again(run, "own", capsys, "--suite", "evals/mine.yaml", "--json").out
    assert json.loads(said)["cases"] == 1
    again(run, "none", capsys, "--suite", "evals/nowhere", code=2)


def test_answers_and_grades_stay_in_a_cache_for_the_next_evaluation(run, tmp_path, capsys):
    cache = tmp_path / "cache"
    first = again(run, tmp_path / "one", capsys, "--cache", cache, "--json").out
    kept = {path.name: path.stat().st_size for path in cache.iterdir()}
    assert {"grades.jsonl", "teacher.jsonl", "after.jsonl"} <= set(kept)
    assert json.loads(again(run, tmp_path / "two", capsys, "--cache", cache, "--json").out) == json.loads(
        first
    )
    assert {path.name: path.stat().st_size for path in cache.iterdir()} == kept
    said = again(run, tmp_path / "three", capsys, "--cache", tmp_path / "one" / "summary.json", code=2).err
    assert "a folder" in said


def test_other_answers_of_the_same_run_are_not_taken_from_the_cache(run, tmp_path, capsys):
    recorded = tmp_path / "run"
    shutil.copytree(run, recorded)
    first = json.loads(again(recorded, tmp_path / "one", capsys, "--cache", tmp_path / "c", "--json").out)
    file = recorded / "eval" / "completions.jsonl"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    file.write_text("".join(json.dumps(line | {"text": "Nonsense!"}) + "\n" for line in lines), "utf-8")
    other = json.loads(again(recorded, tmp_path / "two", capsys, "--cache", tmp_path / "c", "--json").out)
    assert other["arms"] != first["arms"]
