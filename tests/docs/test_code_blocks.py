"""Every block of code in README and docs is run as it stands, or is named here with the reason why not.

Commands are given what they need beside them (a log, a tiny base, a finished run); three things are put in
for what differs from reader to reader: the base model, the address of a service, and the id of a row. Blocks
of ``console`` are run by tests/convert/test_howto.py and tests/cli/test_improve.py with their output.
"""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
import yaml
from model_service import answer, serving

from workbench.cli import execute

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.md")])
# What is not run, by how its line begins ($: and ends), and why. Their options are checked all the same.
NOT_RUN = {
    "make demo": "scripts/smoke.sh runs the demo from the built wheel",
    "pip install": "scripts/smoke.sh installs the wheel; a test installs nothing",
    "cd desk": "the lines after it are run in that folder",
    "curl ": "tests/serve asks the same of a running server",
    "ray ": "a cluster of several machines",
    "workbench dedupe /shared/": "a cluster of several machines; tests/engines runs Ray on one",
    "workbench curate /shared/": "a cluster of several machines; tests/engines runs Ray on one",
    "workbench run /shared/": "a cluster of several machines; tests/pipeline gives a run other hands",
    "workbench dedupe data.parquet --on text --engine ray": "tests/engines runs it",
    "accelerate launch": "tests/training/test_train_command.py launches two processes",
    "sh served/serve.sh": "vLLM is not among the dependencies; tests/adapters reads the file",
    "lm_eval ": "another tool; tests/serve/test_other_tools.py reads the line",
    "workbench evals import ": "files of other tools; tests/evaluation/imports reads some of each",
    "workbench graders measure --data labelled --grader grounding=hf:": "a model that the reader names",
    "workbench eval … --grader": "… stands for the options above it",
    "workbench serve ": "a service: tests/serve starts it",
    "workbench chat ": "a conversation: tests/serve holds some",
    "workbench review converted$": "a page: tests/review opens it in a browser",
    "workbench review evaluated --order random": "a page: tests/review opens it in a browser",
    "workbench doctor --hub": "asks the hub of models",
    "workbench --install-completion": "writes into the shell; tests/cli/test_terminal.py runs it",
    "workbench --show-completion": "tests/cli/test_terminal.py runs the script in bash",
    "workbench run samples/support/recipe.yaml": "minutes; scripts/smoke.sh runs it as `workbench demo`",
    "workbench run samples/handbook/recipe.yaml": "a minute; tests/pipeline/test_knowledge_stage.py runs it",
}
# What bounds a command that would take minutes otherwise; everything else of it stays.
BOUNDS = {
    "train": ["--max-steps", "2", "--batch-size", "4"],
    "eval": ["--max-cases", "4", "--suite-cases", "2"],
}
# Verbs whose verdict on a base of random weights is no matter of the page.
CODES = {"gate": {0, 1, 3}, "check": {0, 1}, "run": {0, 1, 3}}
ADDRESS = "http://127.0.0.1:8000/v1"
_BASES = r"\bMODEL\b|\bQwen/Qwen3-0\.6B\b|(?<![\w/])samples/base\b"


class Block(NamedTuple):
    page: Path
    kind: str
    text: str


def blocks():
    for page in PAGES:
        for kind, text in re.findall(
            r"^```(\w*)\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
        ):
            yield Block(page, kind, text)


def lines(block):
    """Return the commands of a block, those over several lines whole, without what is said beside them."""
    whole = block.text.replace("\\\n", " ")
    joined = re.sub(r"'[^']*'", lambda found: found[0].replace("\n", " "), whole)
    return [
        re.split(r"\s+#\s", line)[0].split(" ; ")[0].strip() for line in joined.splitlines() if line.strip()
    ]


COMMANDS = [(block.page, line) for block in blocks() if block.kind == "sh" for line in lines(block)]


def why_not(line):
    return next((why for start, why in NOT_RUN.items() if f"{line}$".startswith(start)), None)


def test_every_block_is_of_a_kind_that_some_test_runs():
    assert {block.kind for block in blocks()} <= {"sh", "console", "python", "yaml", "ini", ""}
    for block in blocks():
        assert block.kind or "──►" in block.text or "max_break_shares" in block.text, (
            f"{block.page}: name the language"
        )


def test_what_is_not_run_is_still_there():
    for start in NOT_RUN:
        assert any(f"{line}$".startswith(start) for _, line in COMMANDS), start


def test_every_command_is_one_that_is_understood():
    """Options and verbs are those of the real command line, also where the command itself is not run."""
    import typer.main

    from workbench.cli.verbs import app

    group = typer.main.get_command(app)
    for page, line in COMMANDS:
        if not line.startswith("workbench ") or "completion" in line:
            continue
        verb, *given = shlex.split(line)[1:]
        command = group.commands[verb]
        if getattr(command, "commands", None):
            command = command.commands[given.pop(0)]
        known = {
            name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        for word in given:
            assert not word.startswith("-") or word in {*known, "-q"}, f"{page.name}: {line}: {word}"


def _service(body, _number):
    """Answer as a judge or a teacher would: a verdict where one is asked for, else some words."""
    schema = json.dumps(body.get("response_format", {}))
    if "verdict" in schema:
        return answer('{"verdict": "pass"}')
    return answer(json.dumps([{"question": "What does the Klil tent weigh?", "answer": "1,400 grams."}]))


def told(line, place, base, url):
    """Return the words of a command with what differs from reader to reader put in."""
    line = re.sub(_BASES, str(base), line).replace(ADDRESS, url).replace("#my-model", "#tiny")
    if "3f2a91" in line:
        file = "train" if " inspect " in line else "ledger"
        ids = pl.read_parquet(place / line.split()[2] / f"{file}.parquet")["id"]
        line = line.replace("3f2a91", str(ids[0]))
    return shlex.split(line)


def cleared(words, place):
    """Take away what an earlier page made where this command writes."""
    for option in ("--out", "-o", "--export", "--labels", "--labelled"):
        if option in words and not (option == "--labels" and words[1] == "eval"):
            target = place / words[words.index(option) + 1]
            if option == "--out" and "--apply" in words:
                continue
            shutil.rmtree(target, ignore_errors=True) if target.is_dir() else target.unlink(missing_ok=True)


def run(words, place):
    """Run one command, and return its exit code."""
    if words[0] != "workbench":
        tools = place / "tools"
        tools.mkdir(exist_ok=True)
        return subprocess.run(words, cwd=Path.cwd(), check=False, env=_path(tools)).returncode
    return execute([*words[1:], *BOUNDS.get(words[1], [])])


def _path(tools):
    import os
    import sys

    shim = tools / "workbench"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m workbench "$@"\n')
    shim.chmod(0o755)
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "GITHUB_ACTIONS": ""}


DONE = set()
RUN = sorted({page for page, line in COMMANDS if why_not(line) is None})


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda path: path.stem)
def test_the_commands_of_a_page_do_what_it_says(page, reader_world, wide_base, tmp_path, monkeypatch, capsys):
    place = tmp_path / "place"
    shutil.copytree(reader_world, place)
    (place / "samples").symlink_to(ROOT / "samples")
    (place / "evals").symlink_to(ROOT / "evals")
    monkeypatch.chdir(place)
    with serving(_service) as service:
        for where, line in COMMANDS:
            if where == page and line == "cd desk":
                monkeypatch.chdir(place / "desk")
            if where != page or why_not(line) is not None:
                continue
            words = told(line, Path.cwd(), wide_base, service.url)
            if tuple(words) in DONE:  # run on a page before this; what it makes stands here already
                continue
            cleared(words, Path.cwd())
            code = run(words, place)
            assert code in CODES.get(words[1], {0}), f"{line}: exit {code}\n{capsys.readouterr().err}"
            if {"converted", "curated", "trained", "evaluated"} & set(words):
                DONE.add(tuple(words))


# YAML that is another program's, and what holds it.
OTHERS = {
    "providers:": "promptfoo's, read by tests/serve/test_other_tools.py",
    "uses:": "action.yml, run by tests/cli/test_ci_files.py",
    "repo:": "hooks, run by the same",
}
YAML = [b for b in blocks() if b.kind == "yaml" and not any(word in b.text for word in OTHERS)]


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.page.stem)
def test_every_block_of_yaml_is_read(block, tmp_path):
    """Each by what the product reads it with; a part of a recipe is put into the least one."""
    from workbench.checks import load_contract
    from workbench.evaluation.suites import load_suite
    from workbench.evaluation.usage import read_prices
    from workbench.gate.datapolicy import read_data_policy
    from workbench.graders.judge import read_rubric
    from workbench.recipe import read_recipe

    file = tmp_path / "block.yaml"
    (tmp_path / "l.jsonl").write_text("{}\n")
    file.write_text(block.text, "utf-8")
    held = yaml.safe_load(block.text)
    if "check" in held:  # a part of a rule
        held = {"task": "t", "version": 1, "rules": [{"id": "r", "text": "R.", "kind": "format", **held}]}
        file.write_text(yaml.safe_dump(held), "utf-8")
    readers = {
        "rules": load_contract,
        "question": read_rubric,
        "currency": read_prices,
        "min_rows": read_data_policy,
        "cases": load_suite,
    }
    for key, reader in readers.items():
        if key in held:
            assert reader(file)
            return
    (tmp_path / "handbook").mkdir()
    source = {} if "knowledge" in held else {"convert": {"logs": ["l.jsonl"]}}
    least = {"version": 1, "base": "b", **source}
    file.write_text(yaml.safe_dump({**least, **held}), "utf-8")
    assert read_recipe(file)


@pytest.mark.slow
def test_the_adapters_page_switches_as_it_shows(reader_world, wide_base, tmp_path, monkeypatch):
    """Its Python, with a base and adapters; that of serving.md needs a client that is no dependency."""
    from conftest import chat

    from workbench.ports import Sampling

    (block,) = [b for b in blocks() if b.kind == "python" and b.page.stem == "adapters"]
    assert {b.page.stem for b in blocks() if b.kind == "python"} == {
        "adapters",
        "from-log-to-pairs",  # tests/convert/test_howto.py
        "serving",
    }
    monkeypatch.chdir(tmp_path)
    for name in ("trained", "polite", "new"):
        shutil.copytree(reader_world / "trained" / "adapter", tmp_path / name / "adapter")
    for name, folder in {"desk": "trained", "polite": "polite"}.items():
        assert execute(["adapters", "add", name, f"{folder}/adapter", "--base", str(wide_base)]) == 0
    given = {"prompts": [chat("Where?")], "sampling": Sampling(max_new_tokens=2)}
    exec(re.sub(_BASES, str(wide_base), block.text), given)  # noqa: S102 - the page's own lines
    assert len(given["answers"]) == 1
