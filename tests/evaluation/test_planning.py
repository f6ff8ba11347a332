import json

import pytest
from desk_world import case

from workbench.cli import execute
from workbench.evaluation import Assumed, plan_questions
from workbench.evaluation.power import power


def suite(n, *, clusters):
    return [case(number, cluster=f"k{number % clusters}", behaviour="harm") for number in range(n)]


def test_a_suite_is_planned_by_its_clusters():
    [few] = plan_questions(suite(60, clusters=10), contracts=[], templates={})
    assert (few.name, few.cases, few.clusters, few.detectable, few.enough) == ("harm", 60, 10, None, False)
    [many] = plan_questions(suite(600, clusters=600), contracts=[], templates={})
    assert many.enough
    assert power(600, differing=0.2, difference=many.detectable) >= 0.8
    assert many.for_margin < 600


def test_a_family_of_questions_asks_more_of_each():
    alone = plan_questions(suite(200, clusters=200), contracts=[], templates={})[0]
    both = [*suite(200, clusters=200), case(999, behaviour="schema")]
    among = plan_questions(both, contracts=[], templates={})[0]
    assert among.level == alone.level / 2
    assert among.for_margin > alone.for_margin


def test_a_wider_margin_asks_less():
    cases = suite(200, clusters=200)
    narrow = plan_questions(cases, contracts=[], templates={}, assumed=Assumed(margin=0.05))[0]
    wide = plan_questions(cases, contracts=[], templates={}, assumed=Assumed(margin=0.15))[0]
    assert narrow.for_margin > wide.for_margin
    assert narrow.for_equivalence > wide.for_equivalence


@pytest.mark.slow
def test_the_command_plans_and_writes_nothing(tmp_path, capsys):
    from workbench.io.bundled import bundled

    logs = str(bundled("samples/support/logs.jsonl"))
    assert execute(["convert", logs, "--out", str(tmp_path / "c"), "--quiet"]) == 0
    assert execute(["curate", str(tmp_path / "c"), "--out", str(tmp_path / "d"), "--quiet"]) == 0
    base = str(bundled("samples/base"))
    what = ["eval", "--base", base, "--templates", str(tmp_path / "c"), "--data", str(tmp_path / "d")]
    assert execute([*what, "--out", str(tmp_path / "e"), "--plan", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not (tmp_path / "e").exists()
    by_name = {one["name"]: one for one in told["questions"]}
    assert by_name["opening"]["cases"] > by_name["ask-when-missing"]["cases"] > 0
    assert told["short"] == sum(not one["enough"] for one in told["questions"])
