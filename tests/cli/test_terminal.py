"""What every verb promises at the terminal: JSON on demand, what to do next, no colour unasked."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from workbench.cli import execute
from workbench.cli.verbs import app

ROOT = Path(__file__).resolve().parents[2]
# Verbs whose output is data or a service, not a summary.
WITHOUT_JSON = {"compact", "serve", "chat", "review"}
DATA_POLICY = "min_rows: 1\nmax_exact_share: 1\nmax_secret_rows: null\n"
# A verb, its arguments in the made place, and the exit codes that it may end with there.
COMMANDS = [
    ("templates", "log.jsonl"),
    ("inspect", "log.jsonl"),
    ("convert", "log.jsonl --out c2"),
    ("contract infer", "prompt.md --out inferred.yaml"),
    ("contract show", "prompt.md"),
    ("contract lint", "run/convert/contract.yaml"),
    ("contract check", "converted --contract converted/contract.yaml"),
    ("contract diff", "prompt.md prompt2.md"),
    ("dedupe", "converted/pairs.parquet --out deduped"),
    ("rethreshold", "deduped --threshold 0.95 --out again"),
    ("curate", "converted --out curated"),
    ("explain", "curated FIRST"),
    ("export", "curated --part train --to messages --out messages.jsonl"),
    ("diff", "converted curated"),
    ("card", "curated --out card"),
    ("check", "curated --policy data-policy.yaml"),
    ("report", "run"),
    ("gate", "run --policy policy.yaml"),
    ("bless", "run --out baseline.json"),
    ("compare", "run run2"),
    ("graders list", ""),
    ("init", "desk --log log.jsonl --base owner/name"),
    ("doctor", ""),
]


def verbs():
    for name, command in typer.main.get_command(app).commands.items():
        inner = getattr(command, "commands", None)
        yield from ((f"{name} {sub}", leaf) for sub, leaf in inner.items()) if inner else [(name, command)]


def call(number):
    rules = (
        "You are the desk.\n- Reply in English.\n- Keep the reply to at most 20 words.\n- Do not use emoji."
    )
    said = {
        "system": rules,
        "user": f"Where is {number}?",
        "assistant": f"Parcel {number} left on day {number}.",
    }
    return {"messages": [{"role": role, "content": text} for role, text in said.items()]}


@pytest.fixture(scope="module")
def place(tmp_path_factory, whole_run):
    made = tmp_path_factory.mktemp("place")
    (made / "log.jsonl").write_text("".join(json.dumps(call(n)) + "\n" for n in range(40)))
    (made / "prompt.md").write_text("- Reply in English.\n- Keep the reply to at most 20 words.\n")
    (made / "prompt2.md").write_text("- Reply in English.\n- Keep the reply to at most 30 words.\n")
    (made / "policy.yaml").write_text("max_lost_must_rules: null\nmin_cases: 0\nmin_clusters: 0\n")
    (made / "data-policy.yaml").write_text(DATA_POLICY)
    whole_run(made / "run")
    whole_run(made / "run2")
    before = Path.cwd()
    os.chdir(made)
    assert execute(["convert", "log.jsonl", "--out", "converted", "-q"]) == 0
    assert execute(["dedupe", "converted/pairs.parquet", "--out", "deduped", "-q"]) == 0
    assert execute(["curate", "converted", "--out", "curated", "-q"]) == 0
    os.chdir(before)
    return made


def arguments(place, verb, line):
    import polars as pl

    first = str(pl.read_parquet(place / "curated" / "train.parquet")["id"][0])
    return [*verb.split(), *line.replace("FIRST", first).split()]


def test_every_verb_can_print_json():
    for name, command in verbs():
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options or name in WITHOUT_JSON, name


def test_the_commands_are_of_verbs_that_are_there():
    assert {verb for verb, _ in COMMANDS} <= {name for name, _ in verbs()}


@pytest.mark.parametrize(("verb", "line"), COMMANDS, ids=[verb for verb, _ in COMMANDS])
def test_json_is_one_object_and_people_learn_what_is_next(place, monkeypatch, capsys, verb, line):
    monkeypatch.chdir(place)
    for name in ("c2", "inferred.yaml", "again", "messages.jsonl", "card", "baseline.json", "desk"):
        target = place / name
        shutil.rmtree(target, ignore_errors=True) if target.is_dir() else target.unlink(missing_ok=True)
    given = arguments(place, verb, line)
    assert execute([*given, "--json"]) == 0
    said = capsys.readouterr()
    assert isinstance(json.loads(said.out), dict)
    force = ["--force"] if "--out" in given or verb == "init" else []
    assert execute([*given, *force]) == 0
    assert "next:" in capsys.readouterr().out


def test_colour_is_left_out_where_it_is_not_wanted(place):
    """Rich draws colour when FORCE_COLOR says so, whatever reads it; NO_COLOR wins, as no-color.org says."""
    base = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    command = [sys.executable, "-m", "workbench", "inspect", "log.jsonl", "-n", "1"]
    said = {}
    for name, more in {
        "plain": {},
        "forced": {"FORCE_COLOR": "1"},
        "no": {"FORCE_COLOR": "1", "NO_COLOR": "1"},
    }.items():
        done = subprocess.run(
            command, cwd=place, env={**base, **more, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said[name] = done.stdout
    assert "\x1b" not in said["plain"]
    assert "\x1b[1;36m" in said["forced"]
    assert "36m" not in said["no"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_verbs_and_options(shell):
    def complete(line):
        variables = {
            "_WORKBENCH_COMPLETE": f"complete_{shell}",
            "COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")),
            "_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }  # fmt: skip
        script = "import sys; sys.argv = ['workbench']; from workbench.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, **variables}, cwd=ROOT,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout

    assert "inspect" in complete("workbench ins")
    assert "--random" in complete("workbench inspect --ra")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_script_can_be_shown(shell):
    script = "import sys; sys.argv = ['workbench']; from workbench.cli import main; main()"
    variables = {**os.environ, "_WORKBENCH_COMPLETE": f"source_{shell}"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "_WORKBENCH_COMPLETE" in done.stdout
