"""A project begun in an empty folder: its own CI script is green; red once the data breaks a rule."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from workbench.cli import execute
from workbench.recipe import read_recipe

ROOT = Path(__file__).resolve().parent.parent.parent
LOG = ROOT / "samples" / "support" / "logs.jsonl"
BASE = ROOT / "samples" / "base"
ROWS = 160


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Return the first calls of the samples' log, those with broken lines among them left out."""
    path = tmp_path_factory.mktemp("log") / "calls of the desk.jsonl"
    lines = [line for line in LOG.read_text("utf-8").splitlines() if _whole(line)][:ROWS]
    path.write_text("\n".join([*lines, "not json"]) + "\n", "utf-8")
    return path


def _whole(line):
    try:
        return bool(json.loads(line)["messages"][-1]["content"])
    except (ValueError, KeyError, IndexError, TypeError):
        return False


def ci(place, tmp_path, **variables):
    """Run the project's script as CI does, with `workbench` on the path."""
    tools = tmp_path / "bin"
    tools.mkdir(exist_ok=True)
    shim = tools / "workbench"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m workbench "$@"\n')
    shim.chmod(0o755)
    return subprocess.run(
        ["sh", str(place / "ci.sh")], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "GITHUB_ACTIONS": "", **variables},
    )  # fmt: skip


def shout(place):
    """Put an exclamation mark, which one rule forbids, into 12 answers of the log."""
    data = next((place / "data").iterdir())
    calls = [json.loads(line) for line in data.read_text("utf-8").splitlines() if line.startswith("{")]
    done = 0
    for call in calls:
        answer = call["messages"][-1]
        try:
            held = json.loads(answer["content"])
        except ValueError:
            continue
        if done < 12 and held.get("status") == "answered" and "!" not in held["reply"]:
            answer["content"] = json.dumps({**held, "reply": held["reply"] + "!"})
            done += 1
    assert done == 12
    data.write_text("".join(json.dumps(call) + "\n" for call in calls), "utf-8")


def test_its_own_ci_is_green_then_red_naming_the_rule(log, tmp_path):
    place = tmp_path / "desk"
    arguments = ["init", str(place), "--log", str(log), "--base", str(BASE), "--copy", "--ci", "gitlab", "-q"]
    assert execute(arguments) == 0
    green = ci(place, tmp_path)
    assert green.returncode == 0, green.stdout + green.stderr
    shout(place)
    red = ci(place, tmp_path)
    assert red.returncode == 1, red.stdout + red.stderr
    assert "max_break_shares.no-exclamation" in red.stdout
    assert "rule no-exclamation" in red.stdout
    assert "max_break_shares.opening" not in red.stdout
    junit = yaml.safe_load((place / ".gitlab-ci.yml").read_text("utf-8"))["workbench"]["artifacts"]["reports"]
    assert "no-exclamation" in (place / junit["junit"]).read_text("utf-8")


def test_records_that_can_no_longer_be_read_make_its_ci_red(log, tmp_path):
    """As many good ones as before, and broken ones beside them: the limit is what the log held before."""
    place = tmp_path / "desk"
    arguments = ["init", str(place), "--log", str(log), "--base", str(BASE), "--copy", "--ci", "none", "-q"]
    assert execute(arguments) == 0
    assert yaml.safe_load((place / "data-policy.yaml").read_text("utf-8"))["max_rejected_share"] == 0.0063
    with next((place / "data").iterdir()).open("a", encoding="utf-8") as data:
        data.write("cut off\n" * 4)
    red = ci(place, tmp_path)
    assert red.returncode == 1, red.stdout + red.stderr
    assert "max_rejected_share" in red.stdout
    assert "not JSON 5" in red.stdout


@pytest.mark.parametrize("copy", [True, False], ids=["copied", "where it is"])
def test_its_recipe_finds_the_contract_of_its_log(log, tmp_path, copy):
    """Tasks are named by the file or its folder: a log of a common name has another folder once copied."""
    from workbench.pipeline.stages import begin
    from workbench.ports import silent

    place = tmp_path / "desk"
    source = tmp_path / "support desk" / "logs.jsonl"
    source.parent.mkdir()
    source.write_bytes(log.read_bytes())
    arguments = ["init", str(place), "--log", str(source), "--base", str(BASE), "-q"]
    assert execute([*arguments, *(["--copy"] if copy else [])]) == 0
    work = tmp_path / "work"
    work.mkdir()
    begin(read_recipe(place / "recipe.yaml"), work, silent)
    given = (place / "contract.yaml").read_bytes()
    assert (work / "contract.yaml").read_bytes() == given


@pytest.mark.slow
def test_its_ci_trains_evaluates_and_gates_when_asked_to(tmp_path):
    """The slow path, for real: two steps teach the bundled base nothing, and the gate says so in CI."""
    place = tmp_path / "desk"
    assert execute(["init", str(place), "--log", str(LOG), "--base", str(BASE), "--copy", "-q"]) == 0
    recipe = yaml.safe_load((place / "recipe.yaml").read_text("utf-8"))
    recipe["train"] |= {"max_steps": 2, "batch_size": 8}
    recipe["eval"] = {"max_cases": 64, "sampling": {"max_new_tokens": 40}}
    (place / "recipe.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    done = ci(place, tmp_path, WORKBENCH_TRAIN="1")
    assert done.returncode == 1, done.stdout + done.stderr
    run = place / ".workbench" / "run"
    crossed = {
        one["limit"].partition(":")[0] for one in json.loads((run / "gate.json").read_text())["crossed"]
    }
    assert "min_retained" in crossed
    assert (run / "report.html").is_file()
    assert "gate failed" in done.stdout


@pytest.mark.parametrize(("kind", "file"), [("github", ".github/workflows/workbench.yml"), ("none", None)])
def test_what_it_writes_can_be_read(log, tmp_path, capsys, kind, file):
    place = tmp_path / "desk"
    arguments = ["init", str(place), "--log", str(log), "--base", str(BASE), "--ci", kind, "--json"]
    assert execute(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["log_inside"] is False
    assert (said["pairs"], said["rejected"]) == (ROWS, 1)
    recipe = read_recipe(place / "recipe.yaml")
    assert Path(recipe.convert.logs[0]) == log
    assert Path(recipe.base) == BASE
    assert [Path(path).name for path in recipe.convert.contracts] == ["contract.yaml"]
    assert execute(["contract", "lint", str(place / "contract.yaml"), "--json"]) == 0
    workflows = [name for name in said["files"] if name.endswith(".yml")]
    assert workflows == ([file] if file else [])
    if file:
        steps = yaml.safe_load((place / file).read_text("utf-8"))["jobs"]["data"]["steps"]
        assert steps[-1]["run"] == "sh ci.sh"


def test_nothing_is_written_over_unasked(log, tmp_path, capsys):
    (tmp_path / "policy.yaml").write_text("mine")
    arguments = ["init", str(tmp_path), "--log", str(log), "--base", "owner/name"]
    assert execute(arguments) == 2
    assert "policy.yaml" in capsys.readouterr().err
    assert (tmp_path / "policy.yaml").read_text() == "mine"
    assert not (tmp_path / "recipe.yaml").exists()


def test_without_a_terminal_what_is_missing_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "init", str(tmp_path / "desk")],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--log" in done.stderr
    assert "--base" in done.stderr
    assert not (tmp_path / "desk").exists()


def test_on_a_terminal_three_questions_are_asked(log, tmp_path, monkeypatch, capsys):
    asked = []
    answers = iter([str(log), "owner/name", "svn", "none"])

    def prompt(text, **_):
        asked.append(text)
        return next(answers)

    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("typer.prompt", prompt)
    assert execute(["init", str(tmp_path / "desk")]) == 0
    assert len(asked) == 4
    assert "next:" in capsys.readouterr().out
    assert (tmp_path / "desk" / "recipe.yaml").exists()
