"""What is printed to be pasted: whatever a place is called, the shell takes it as one word."""

import json
import re
import shlex

import pytest

from workbench.cli import execute
from workbench.cli.hint import command, shown

NAME = 'desk $(touch pwned) `id`; [/bold] [red] :bomb: "a" 中文 \u202e'
# A verb with the places that it is given.
CHAIN = [
    "convert {log} --out {converted}",
    "curate {converted} --out {curated}",
    "dedupe {converted}/pairs.parquet --out {deduped}",
    "dedupe {converted}/pairs.parquet --out {measured} --signatures",
    "rethreshold {measured} --threshold 0.9 --out {again}",
    "explain {curated} ID",
    "export {converted} --to messages --out {exported}",
    "card {curated} --out {card}",
    "diff {converted} {curated}",
    "check {converted} --policy {policy}",
    "contract infer {prompt} --out {contract}",
    "init {begun} --log {log} --base owner/name",
    "report {run}",
    "gate {run}",
    "bless {run} --out {baseline}",
    "compare {run} {other} --html {page}",
]


def call(number):
    rules = "You are the desk.\n- Reply in English.\n- Keep the reply to at most 20 words."
    said = {"system": rules, "user": f"Where is {number}?", "assistant": f"It left on day {number}."}
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in said.items()]})


def words(line):
    """Split a line as a shell does, as far as its quotes can be read."""
    try:
        return shlex.split(line)
    except ValueError:
        return []


def test_a_path_is_one_word_of_what_is_to_be_pasted(tmp_path, monkeypatch, capsys, whole_run):
    import polars as pl

    home = tmp_path / NAME
    home.mkdir(parents=True)
    monkeypatch.chdir(home)
    (home / "log.jsonl").write_text("".join(call(number) + "\n" for number in range(30)))
    (home / "policy").write_text("min_rows: 1\nmax_exact_share: 1\nmax_secret_rows: null\n")
    (home / "prompt").write_text("- Reply in English.\n- Keep the reply to at most 20 words.\n")
    whole_run(home / "run")
    whole_run(home / "other")
    hinted = 0
    for line in CHAIN:
        places = {name: home / name for name in re.findall(r"{(\w+)}", line)} | {"log": home / "log.jsonl"}
        given = [word.format(**places) for word in line.split()]
        if "ID" in given:
            given[given.index("ID")] = str(pl.read_parquet("curated/train.parquet")["id"][0])
        assert execute(given) in {0, 1, 3}, line
        for said in capsys.readouterr().out.replace("\\u202e", "\u202e").splitlines():
            if "workbench " in said and "$(touch" in said:
                named = [word for word in words(said) if "$(touch" in word or str(home) in word]
                assert named, said
                assert all(str(home) in word for word in named), said
                hinted += 1
    assert hinted >= 10


@pytest.mark.parametrize("place", ["-rf", "a b", "a'b", "$(id)", "a\nb", "[bold]", "~", "*"])
def test_a_command_is_read_back_by_a_shell_as_it_was_meant(place):
    from pathlib import Path

    from rich.text import Text

    told = Text.from_markup(command("gate", Path(place), "--baseline", "FILE")).plain
    assert shlex.split(told) == [
        "workbench",
        "gate",
        f"./{place}" if place == "-rf" else place,
        "--baseline",
        "FILE",
    ]
    assert shlex.split(Text.from_markup(shown(place)).plain) == [place]
