"""What the report says to repeat a run is given again, word for word, and gives the same files."""

import json
import shlex

import made_run
import pytest
import yaml

from workbench.cli import execute
from workbench.cli.invoked import carrying_out, invoked
from workbench.errors import ConfigError
from workbench.io.bundled import bundled
from workbench.recipe import read_recipe
from workbench.report import build_report, render_html
from workbench.report.portable import portable, portable_command
from workbench.report.provenance import commands, recipe_yaml, stage_commands

TELL_TIMES = {"summary.json", "card.md"}


def test_a_recipe_is_told_verb_by_verb():
    plain = stage_commands({"base": "b", "gate": "my policy.yaml"}, out="again")
    assert [shlex.split(line)[1] for line in plain] == [
        "convert",
        "curate",
        "train",
        "eval",
        "gate",
        "report",
    ]
    assert "--base" not in " ".join(plain)
    assert "--policy 'my policy.yaml'" in plain[4]
    full = stage_commands(
        {
            "base": "b c",
            "teacher": {"name": "local:b"},
            "train": {"objective": "distill"},
        },
        out="again",
    )
    assert full[1] == "workbench teacher again/convert --recipe recipe.yaml --out again/teacher"
    assert full[2] == ("workbench curate again/teacher --recipe recipe.yaml --out again/curate")
    assert "--templates again/convert" in full[3]


def test_the_command_stands_in_the_manifest_without_what_shapes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = bundled("samples/support/logs.jsonl")
    lines = log.read_text(encoding="utf-8").splitlines()[:40]
    (tmp_path / "my log.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert execute(["convert", "my log.jsonl", "--out", "run/convert", "--force", "--json"]) == 0
    held = json.loads((tmp_path / "run" / "convert" / "manifest.json").read_text())
    assert held["command"] == "workbench convert 'my log.jsonl' --out run/convert"
    assert set(held["inputs"]) == {"my log.jsonl"}
    made_run.evaluation(tmp_path / "run" / "eval", 8)
    report = build_report(tmp_path / "run")
    assert held["command"] in commands(report.provenance)
    assert held["inputs"]["my log.jsonl"] in render_html(report)
    capsys.readouterr()


def test_a_report_tells_nobodys_folders(tmp_path):
    told = []
    for home in ("ann", "machine-b/somebody"):
        place = tmp_path / home / "project"
        run = made_run.run(place / "run", cases=8)
        held = json.loads((run / "run.json").read_text())
        held["recipe"] = {
            "base": str(bundled("samples/base")),
            "convert": {"logs": [str(place / "logs" / "a.jsonl"), "/srv/elsewhere/shared/b.jsonl"]},
            "teacher": {"name": f"local:{place}/model"},
            "eval": {"suites": [str(bundled("evals/harm"))], "sampling": {"stop": ["/end"]}},
        }
        (run / "run.json").write_text(json.dumps(held))
        manifest = run / "convert" / "manifest.json"
        made = json.loads(manifest.read_text())
        made |= {
            "command": f"workbench convert {place}/logs/a.jsonl --out={run}/convert",
            "inputs": {f"{place}/logs/a.jsonl": "9f86"},
        }
        manifest.write_text(json.dumps(made))
        assert execute(["report", str(run), "--quiet"]) == 0
        told.append([(run / f"report.{kind}").read_bytes() for kind in ("json", "html", "md")])
    assert told[0] == told[1]
    assert str(tmp_path).encode() not in b"".join(told[0])
    held = json.loads(told[0][0])["provenance"]
    assert held["recipe"]["base"] == "samples/base"
    assert held["recipe"]["convert"]["logs"] == ["logs/a.jsonl", "shared/b.jsonl"]
    assert held["recipe"]["teacher"]["name"] == "local:model"
    assert held["recipe"]["eval"]["suites"] == ["evals/harm"]
    assert held["stages"][0]["command"] == "workbench convert logs/a.jsonl --out=run/convert"
    assert held["stages"][0]["inputs"] == {"logs/a.jsonl": "9f86"}


def test_a_path_in_the_runs_repository_is_told_from_the_run(tmp_path):
    (tmp_path / ".git").mkdir()
    run = tmp_path / "runs" / "monday"
    assert portable({"logs": [f"{tmp_path}/data/a.jsonl"]}, run) == {"logs": ["../data/a.jsonl"]}
    assert portable(f"{run}/eval", run) == "monday/eval"
    assert portable_command("workbench card 'no closing quote", run) == "workbench card 'no closing quote"


def test_a_recipe_names_what_travels_with_the_workbench(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "base: samples/base\nconvert: {logs: [samples/support/logs.jsonl]}\neval: {suites: [evals/harm]}\n"
    )
    read = read_recipe(path)
    assert read.base == str(bundled("samples/base").resolve())
    assert read.convert.logs == (str(bundled("samples/support/logs.jsonl").resolve()),)
    assert read.eval.suites == (str(bundled("evals/harm").resolve()),)
    path.write_text("base: samples/base\nconvert: {logs: [samples/no-such.jsonl]}\n")
    with pytest.raises(ConfigError, match="no-such"):
        read_recipe(path)


def test_passwords_are_no_part_of_a_command():
    with carrying_out(["teacher", "c", "--teacher", "openai:https://ann:secret@host/v1#m", "-q"]):
        assert invoked() == "workbench teacher c --teacher 'openai:https://host/v1#m'"
    assert invoked() == ""


def test_a_verb_without_recipe_says_what_it_needs(tmp_path, capsys):
    for words, missing in (
        (["convert", "--out", "x"], "LOG..."),
        (["train", str(tmp_path), "--out", "x"], "--base"),
        (["teacher", str(tmp_path), "--out", "x"], "--teacher"),
    ):
        assert execute(words) == 2
        assert missing in capsys.readouterr().err


@pytest.mark.slow
def test_the_commands_of_a_report_give_the_same_files(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = {
        "version": 1,
        "base": str(bundled("samples/base")),
        "convert": {"logs": [str(bundled("samples/support/logs.jsonl"))]},
        "train": {"use": "sft", "r": 4, "max_steps": 2, "batch_size": 8},
        "eval": {"max_cases": 4, "sampling": {"max_new_tokens": 16}},
    }
    (tmp_path / "given.yaml").write_text(yaml.safe_dump(recipe))
    assert execute(["run", "given.yaml", "--out", "run", "--quiet"]) in {0, 1, 3}
    held = build_report(tmp_path / "run").provenance
    (tmp_path / "recipe.yaml").write_text(recipe_yaml(held), encoding="utf-8")
    told = [line for line in commands(held).splitlines() if line.startswith("workbench") and " again" in line]
    for line in told:
        assert execute([*shlex.split(line)[1:], "--quiet"]) in {0, 1, 3}, line
    for stage in ("convert", "curate", "adapter", "eval"):
        once, twice = (
            json.loads((tmp_path / run / stage / "manifest.json").read_text())["files"]
            for run in ("run", "again")
        )
        assert set(once) == set(twice)
        assert {name for name in once if once[name] != twice[name]} <= TELL_TIMES
    capsys.readouterr()
