"""`routes.json` and the folder of each task, from templates alone."""

import json

import polars as pl
import pytest

from workbench.contracts import Contract
from workbench.convert import CompactForm, read_templates
from workbench.convert.induce import Patterns
from workbench.convert.survey import Surveyed
from workbench.convert.tasks import write_tasks
from workbench.records import Hole, Static, Template, TemplateMessage


def template(name, task, count):
    parts = (Static(text=f"{name}: "), Hole(name="q", type="question"))
    return Template(id=name, task=task, messages=(TemplateMessage(role="user", parts=parts),), count=count)


def surveyed(*templates):
    return Surveyed(
        logs=(),
        patterns=Patterns(),
        by_key={(("user", i),): one for i, one in enumerate(templates)},
        versions=(),
        evidence={one.id: {"q": "label"} for one in templates},
        values={},
        repeated=0,
        renamed={},
    )


def contracts(*tasks):
    return {task: Contract(task=task, rules=()) for task in tasks}


MADE = (template("t1", "b", 9), template("t2", "rest", 5), template("t3", "a", 4), template("t4", "b", 2))


@pytest.fixture
def out(tmp_path):
    rows = [("b", 1), ("rest", 2), ("a", 3), ("b", 4)]
    pl.DataFrame(rows, schema=["task", "n"], orient="row").write_parquet(tmp_path / "pairs.parquet")
    return tmp_path


def test_every_task_has_a_route_and_those_with_a_contract_a_folder(out):
    write_tasks(surveyed(*MADE), contracts("b", "a"), CompactForm(tag="<{task}>"), out)
    routes = json.loads((out / "routes.json").read_text())
    assert routes == {
        "b": {"tag": "<b>", "folder": "tasks/b", "calls": 11, "templates": ["t1", "t4"]},
        "a": {"tag": "<a>", "folder": "tasks/a", "calls": 4, "templates": ["t3"]},
        "rest": {"tag": "<rest>", "folder": None, "calls": 5, "templates": ["t2"]},
    }
    assert list(routes) == ["b", "a", "rest"]
    assert sorted(path.name for path in (out / "tasks").iterdir()) == ["a", "b"]
    for task, ids, rows in (("a", ["t3"], [3]), ("b", ["t1", "t4"], [1, 4])):
        home = out / "tasks" / task
        assert sorted(path.name for path in home.iterdir()) == [
            "contract.yaml", "pairs.parquet", "templates.json",
        ]  # fmt: skip
        form, found = read_templates(home)
        assert list(found) == ids
        assert form.tag == "<{task}>"
        table = pl.read_parquet(home / "pairs.parquet", hive_partitioning=False)
        assert table.to_dict(as_series=False) == {"task": [task] * len(rows), "n": rows}
        assert f"task: {task}" in (home / "contract.yaml").read_text()


def test_examples_are_parted_too_and_a_conversion_may_be_written_again(out):
    pl.DataFrame({"task": ["a", "a"], "k": ["x", "y"]}).write_parquet(out / "examples.parquet")
    for _ in range(2):
        write_tasks(surveyed(*MADE), contracts("b", "a"), CompactForm(), out)
    found = pl.read_parquet(out / "tasks" / "a" / "examples.parquet", hive_partitioning=False)
    assert found.to_dict(as_series=False) == {"task": ["a", "a"], "k": ["x", "y"]}
    assert not (out / "tasks" / "b" / "examples.parquet").exists()


def test_one_task_is_the_folder_itself(out):
    write_tasks(surveyed(MADE[0], MADE[3]), contracts("b"), CompactForm(), out)
    assert json.loads((out / "routes.json").read_text()) == {
        "b": {"tag": "[b]", "folder": ".", "calls": 11, "templates": ["t1", "t4"]}
    }
    assert not (out / "tasks").exists()


def test_one_task_without_a_contract_has_no_folder(out):
    write_tasks(surveyed(MADE[1]), {}, CompactForm(), out)
    assert json.loads((out / "routes.json").read_text())["rest"]["folder"] is None
