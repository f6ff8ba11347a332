"""Where a whole run may be made."""

import json

import pytest

from workbench.errors import OutputError
from workbench.pipeline import run as pipeline
from workbench.recipe import read_recipe

RECIPE = """\
version: 1
base: base
convert: {logs: [log.jsonl]}
train: {use: sft}
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "plan", lambda *_, **__: [])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    (tmp_path / "log.jsonl").write_text("{}\n")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return read_recipe(tmp_path / "recipe.yaml")


@pytest.mark.parametrize("marker", [None, "{}", "[", '{"name": "a runner of another kind"}'])
def test_force_goes_over_a_run_and_over_nothing_else(tmp_path, recipe, marker):
    out = tmp_path / "out"
    (out / "convert").mkdir(parents=True)
    (out / "convert" / "thesis.txt").write_text("mine")
    if marker is not None:
        (out / "run.json").write_text(marker)
    for force in (False, True):
        with pytest.raises(OutputError, match="by hand"):
            pipeline.run(recipe, out, force=force)
    assert not (out / "run.json").exists() if marker is None else (out / "run.json").read_text() == marker


def test_the_run_of_another_recipe_gives_way_to_force_alone(tmp_path, recipe):
    out = tmp_path / "out"
    pipeline.run(recipe, out)
    key = json.loads((out / "run.json").read_text())["key"]
    (tmp_path / "log.jsonl").write_text('{"another": 1}\n')
    with pytest.raises(OutputError, match="--force"):
        pipeline.run(recipe, out)
    pipeline.run(recipe, out, force=True)
    assert json.loads((out / "run.json").read_text())["key"] != key


def test_what_a_run_that_was_killed_at_once_leaves_is_in_nobodys_way(tmp_path, recipe):
    out = tmp_path / "out"
    out.mkdir()
    (out / "lock.json").write_text("{}")
    (out / ".run.json.999999999.tmp").write_text("{")
    pipeline.run(recipe, out)
    assert sorted(one.name for one in out.iterdir()) == ["run.json"]
