"""Evaluation files that a recipe's steps read are found beside the recipe, and their content counts."""

import json

import pytest

from workbench.errors import ConfigError
from workbench.io.bundled import bundled
from workbench.pipeline.run import plan, run_key
from workbench.ports import silent
from workbench.recipe import against, read_recipe

RECIPE = """\
version: 1
base: {base}
convert: {{logs: [log.jsonl]}}
curate:
  steps:
    - {{use: exact_dedup}}
    - {{use: decontaminate, against: [{name}]}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"messages": []}\n')
    (tmp_path / "asked.jsonl").write_text(json.dumps({"q": "When was the parcel from Oslo sent?"}) + "\n")
    return tmp_path


def written(folder, name):
    (folder / "recipe.yaml").write_text(RECIPE.format(base=bundled("samples/base"), name=name))
    return folder / "recipe.yaml"


def keys(recipe, folder):
    return {one.name: one.key for one in plan(recipe, folder / "run", key=run_key(recipe), progress=silent)}


def test_paths_are_relative_to_the_recipe_not_to_where_one_stands(folder, monkeypatch):
    monkeypatch.chdir(bundled("samples"))
    assert against(read_recipe(written(folder, "asked.jsonl")).curate) == (str(folder / "asked.jsonl"),)


def test_a_file_that_is_not_there_is_named_with_its_place(folder):
    with pytest.raises(ConfigError, match=r"\$\.curate\.steps\[1\]\.against\[0\]"):
        read_recipe(written(folder, "nowhere.jsonl"))


def test_other_content_is_another_curation_and_another_run(folder):
    recipe = read_recipe(written(folder, "asked.jsonl"))
    before, whole = keys(recipe, folder), run_key(recipe)
    (folder / "asked.jsonl").write_text(json.dumps({"q": "What does the green lamp weigh?"}) + "\n")
    after = keys(recipe, folder)
    assert before["convert"] == after["convert"]
    assert all(before[name] != after[name] for name in ("curate", "adapter", "eval"))
    assert run_key(recipe) != whole


def test_the_same_content_elsewhere_is_the_same_curation(folder):
    recipe = read_recipe(written(folder, "asked.jsonl"))
    (folder / "asked.jsonl").rename(folder / "moved.jsonl")
    moved = read_recipe(written(folder, "moved.jsonl"))
    (folder / "asked.jsonl").write_text((folder / "moved.jsonl").read_text())
    assert keys(recipe, folder)["curate"] == keys(moved, folder)["curate"]


def test_another_grader_is_another_evaluation_of_the_same_adapter(folder, monkeypatch):
    recipe = read_recipe(written(folder, "asked.jsonl"))
    before = keys(recipe, folder)
    monkeypatch.setattr("workbench.pipeline.run.grader_versions", lambda: {"harm": "another"})
    after = keys(recipe, folder)
    assert before["adapter"] == after["adapter"]
    assert before["eval"] != after["eval"]


def test_the_demo_trains_on_nothing_that_its_suites_ask():
    recipe = read_recipe(bundled("samples/support/recipe.yaml"))
    assert against(recipe.curate) == (str(bundled("evals").resolve()),)
