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
# Verbs whose output is data or a conversation, not a summary.
WITHOUT_JSON = {"compact", "serve", "chat"}
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
# Those that load a model, or ask a service (SERVICE), in the world of tests/reader_world.py.
WITH_A_MODEL = [
    ("run", "recipe.yaml --out run"),
    ("audit", "curated --base BASE"),
    ("train", "curated --base BASE --max-steps 2 --batch-size 4 --out trained2"),
    (
        "eval",
        "--base BASE --adapter trained/adapter --templates converted --data curated --max-cases 2 --out e2",
    ),
    ("adapters add", "desk trained/adapter --base BASE --force"),
    ("adapters add", "polite polite/adapter --base BASE --force"),
    ("adapters list", ""),
    ("adapters show", "desk"),
    ("adapters use", "desk"),
    ("adapters verify", ""),
    ("adapters combine", "desk=0.5 polite=0.5 --out both"),
    ("adapters merge", "desk --out merged"),
    ("adapters export", "desk --to vllm --out served"),
    (
        "adapters strength",
        "desk --templates converted --data curated --scales 0,1 --max-cases 2 --out strength",
    ),
    ("adapters remove", "polite"),
    ("attribute", "run"),
    ("improve", "run --inputs further.jsonl --out improved"),
    ("teacher", "converted --teacher openai:SERVICE#tiny --which missing --out taught"),
    ("knowledge", "handbook --out known"),
    ("judge", "evaluated --rubric tone.yaml --judge openai:SERVICE#tiny --out judged"),
    ("evals from-contract", "converted/contract.yaml --pairs curated --out probes.yaml"),
    ("evals import", "questions.jsonl --bare --out mine.jsonl"),
    ("graders measure", "--data labelled.jsonl --resamples 100 --out figures.json"),
    ("contract measure", "--data prompts.jsonl"),
    ("review", "converted --export decisions.jsonl"),
    ("undo", "curated DROPPED --out back"),
    ("schema", "--check --dir SCHEMAS"),
]
# The summary of `demo` is that of `run`; it takes minutes, and scripts/smoke.sh runs it.
# Verbs that refuse to write over what they wrote a moment ago.
AGAIN = {
    "adapters combine", "adapters merge", "adapters export", "evals from-contract", "evals import",
    "graders measure", "review", "undo",
}  # fmt: skip
ELSEWHERE = {"demo", *WITHOUT_JSON}


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


def test_every_verb_is_tried_here():
    tried = {verb for verb, _ in (*COMMANDS, *WITH_A_MODEL)}
    assert tried | ELSEWHERE == {name for name, _ in verbs()}
    assert not tried & ELSEWHERE


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


@pytest.fixture(scope="module")
def model_place(reader_world, tmp_path_factory):
    made = tmp_path_factory.mktemp("models") / "place"
    shutil.copytree(reader_world, made)
    question = {"input": "What is a tarn?", "target": "lake"}
    (made / "questions.jsonl").write_text(json.dumps(question) + "\n")
    row = {"behaviour": "harm", "output": "Good day.", "label": 0}
    other = {"behaviour": "harm", "output": "You people are vermin.", "label": 1}
    (made / "labelled.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(other) + "\n")
    prompt = {"behaviour": "rules", "prompt": "Reply in English.", "instruction_id_list": [], "kwargs": []}
    (made / "prompts.jsonl").write_text(json.dumps(prompt) + "\n")
    return made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "line"), WITH_A_MODEL, ids=[f"{v} {n}" for n, (v, _) in enumerate(WITH_A_MODEL)]
)
def test_verbs_with_a_model_say_what_is_next_too(model_place, wide_base, monkeypatch, capsys, verb, line):
    """In order: what one makes, the next may take."""
    from model_service import answer, serving

    monkeypatch.chdir(model_place)
    with serving(lambda *_: answer('{"verdict": "pass"}')) as service:
        words = [*verb.split(), *line.split()]
        if "DROPPED" in words:
            import polars as pl

            words[words.index("DROPPED")] = str(pl.read_parquet("curated/ledger.parquet")["id"][0])
        given = [
            word.replace("BASE", str(wide_base))
            .replace("SERVICE", service.url)
            .replace("SCHEMAS", str(ROOT / "schemas"))
            for word in words
        ]
        assert execute([*given, "--json"]) in {0, 1, 3}
        assert isinstance(json.loads(capsys.readouterr().out), dict)
        again = ["--force"] if verb in AGAIN else []
        if verb == "adapters remove":
            assert execute(["adapters", "add", "polite", "polite/adapter", "--base", str(wide_base)]) == 0
        assert execute([*given, *again]) in {0, 1, 3}
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


COMPLETE = """
source <(_WORKBENCH_COMPLETE=source_bash workbench)
function_of() { complete -p workbench | sed 's/.*-F \\([^ ]*\\).*/\\1/'; }
complete_line() {
  COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  $(function_of) workbench
}
complete_line "workbench ins"; echo "${COMPREPLY[@]}"
complete_line "workbench inspect --ra"; echo "${COMPREPLY[@]}"
complete_line "workbench adapters ver"; echo "${COMPREPLY[@]}"
"""


def test_bash_itself_completes(tmp_path):
    """The script is sourced in a real bash, and its function is called as Tab would."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    shim = tmp_path / "workbench"
    code = "import sys; sys.argv[0] = 'workbench'; from workbench.cli import main; main()"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -c "{code}" "$@"\n')
    shim.chmod(0o755)
    done = subprocess.run(
        [bash, "--norc", "-c", COMPLETE], env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split("\n")[:3] == ["inspect", "--random", "verify"], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_script_can_be_shown(shell):
    script = "import sys; sys.argv = ['workbench']; from workbench.cli import main; main()"
    variables = {**os.environ, "_WORKBENCH_COMPLETE": f"source_{shell}"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "_WORKBENCH_COMPLETE" in done.stdout
