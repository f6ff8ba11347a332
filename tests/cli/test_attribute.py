import json
import shutil

import msgspec
import pytest
from loop_world import STARVED, make_run

from workbench.cli import execute
from workbench.evaluation.attribution import Attribution


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("attribute"))


def test_a_starved_rule_stands_out(run, capsys):
    assert execute(["attribute", str(run), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    questions = {one["id"]: one for one in summary["questions"]}
    assert questions[STARVED]["lost"] == questions[STARVED]["held"] > 0
    assert questions[STARVED]["exercised"] == 1
    assert all(one["lost"] == 0 for name, one in questions.items() if name != STARVED)
    found = msgspec.json.decode((run / "attribution" / "attribution.json").read_bytes(), type=Attribution)
    assert len(found.lost) == summary["lost"]
    assert STARVED in (run / "attribution" / "attribution.md").read_text()


def test_an_evaluation_alone_needs_data_and_templates(run, tmp_path, capsys):
    alone = tmp_path / "evaluated"
    shutil.copytree(run / "eval", alone)
    assert execute(["attribute", str(alone), "--out", str(tmp_path / "a"), "--quiet"]) == 2
    assert "--data" in capsys.readouterr().err
    beside = ["--data", str(run / "curate"), "--templates", str(run / "convert")]
    assert execute(["attribute", str(alone), *beside, "--out", str(tmp_path / "a"), "--quiet"]) == 0
    assert execute(["attribute", str(run), "--out", str(tmp_path / "b"), "--quiet"]) == 0
    whole = (tmp_path / "b" / "attribution.json").read_bytes()
    assert (tmp_path / "a" / "attribution.json").read_bytes() == whole


def test_a_broken_case_is_named_with_its_line(run, tmp_path, capsys):
    broken = tmp_path / "run"
    shutil.copytree(run, broken)
    with (broken / "eval" / "cases.jsonl").open("a") as file:
        file.write('{"id": 3}\n')
    assert execute(["attribute", str(broken), "--out", str(tmp_path / "a"), "--quiet"]) == 2
    assert "cases.jsonl:19" in capsys.readouterr().err


def test_the_report_points_to_it_and_it_is_drawn_anew_after_another_evaluation(run, tmp_path, capsys):
    place = tmp_path / "run"
    shutil.copytree(run, place, ignore=shutil.ignore_patterns("attribution"))
    assert execute(["report", str(place), "--quiet"]) == 0
    assert "attribution.md" not in (place / "report.html").read_text()
    assert execute(["attribute", str(place), "--quiet"]) == 0
    assert execute(["attribute", str(place), "--compare", "before", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reference"] == "before"
    assert execute(["report", str(place), "--quiet"]) == 0
    for face in ("report.html", "report.md"):
        assert "attribution/attribution.md" in (place / face).read_text().replace("\\", "")
