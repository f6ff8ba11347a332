import json

import msgspec
import pytest

from workbench.checks import load_contract
from workbench.errors import ConfigError
from workbench.io.tokenizer import WordTokenizer
from workbench.pipeline import stages
from workbench.pipeline.run import run_key
from workbench.recipe import read_recipe

RULES = "Reply in English.\n- Keep the reply to at most 9 words.\n- Do not use exclamation marks."
CHECK = "check: {{use: contains, phrases: [at]}}"
MINE = f"task: {{task}}\nrules: [{{{{id: mine, text: Say it., kind: style, {CHECK}}}}}]\n"


def call(number):
    said = {"system": RULES, "user": f"Where is {number}?", "assistant": f"It is at {number}."}
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in said.items()]}) + "\n"


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "load_tokenizer", lambda _: WordTokenizer())
    (tmp_path / "log.jsonl").write_text("".join(call(n) for n in range(30)))
    (tmp_path / "recipe.yaml").write_text(
        "base: owner/name\nconvert: {logs: [log.jsonl], contracts: [mine.yaml]}\n"
    )
    (tmp_path / "plain.yaml").write_text("base: owner/name\nconvert: {logs: [log.jsonl]}\n")
    (tmp_path / "mine.yaml").write_text(MINE.format(task="other"))
    return tmp_path / "recipe.yaml"


def test_a_contract_of_the_recipe_stands_in_for_the_inferred_one(recipe, tmp_path):
    inferred = tmp_path / "inferred"
    inferred.mkdir()
    stages.begin(read_recipe(tmp_path / "plain.yaml"), inferred, lambda *_: None)
    found = load_contract(inferred / "contract.yaml")
    assert len(found.rules) > 1
    (tmp_path / "mine.yaml").write_text(MINE.format(task=found.task))
    mine = tmp_path / "mine"
    mine.mkdir()
    stages.begin(read_recipe(recipe), mine, lambda *_: None)
    assert [rule.id for rule in load_contract(mine / "contract.yaml").rules] == ["mine"]


def test_a_contract_of_no_task_of_the_log_is_refused(recipe, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(ConfigError, match=r"mine.yaml: found a contract of the task 'other'"):
        stages.begin(read_recipe(recipe), work, lambda *_: None)


def test_a_changed_contract_makes_another_run(recipe, tmp_path):
    before = run_key(read_recipe(recipe))
    (tmp_path / "mine.yaml").write_text(MINE.format(task="desk"))
    assert run_key(read_recipe(recipe)) != before
    (tmp_path / "mine.yaml").unlink()
    with pytest.raises(ConfigError, match=r"\$\.convert\.contracts\[0\]"):
        read_recipe(recipe)


def test_contracts_are_told_apart_by_content_and_not_by_path(recipe, tmp_path):
    read = read_recipe(recipe)
    (tmp_path / "same.yaml").write_text((tmp_path / "mine.yaml").read_text())
    moved = msgspec.structs.replace(
        read, convert=msgspec.structs.replace(read.convert, contracts=(str(tmp_path / "same.yaml"),))
    )
    assert run_key(moved) == run_key(read)
