import json

import made_run
import pytest
from test_report_browser import CONTRAST, browser, opened  # noqa: F401 - fixtures

from workbench.cli import execute
from workbench.errors import InputError
from workbench.report.comparison import compare_runs
from workbench.report.comparisonfaces import comparison_html, comparison_markdown


def with_rule(run, name, rate, *, text=None):
    path = run / "eval" / "verdicts.json"
    held = json.loads(path.read_text())
    for rule in held["rules"]:
        if rule["id"] == name:
            rule["arms"]["after"] = made_run.figure(rate, 100)
            rule["text"] = text or rule["text"]
    held["overall"]["after"] = made_run.figure(rate, 400)
    path.write_text(json.dumps(held))
    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    made = [made_run.run(place / name / "run", cases=20) for name in ("monday", "tuesday", "friday")]
    for run, rate in zip(made, (0.5, 0.95, 0.97), strict=True):
        with_rule(run, "opening", rate, text="<script>alert(1)</script> | begin")
    with_rule(made[1], "length", 0.2)
    with_rule(made[1], "opening", 0.95)
    return made


@pytest.fixture(scope="module")
def address(runs, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "comparison.html"
    path.write_text(comparison_html(compare_runs(runs)), "utf-8")
    return path.as_uri()


def test_the_best_adapter_of_a_rule_is_clear_or_said_not_to_be(runs):
    found = compare_runs(runs)
    assert [run.name for run in found.runs] == ["monday/run", "tuesday/run", "friday/run"]
    assert found.best == 2
    rules = {rule.id: rule for rule in found.rules}
    assert (rules["opening"].best, rules["opening"].clear) == (2, False)
    assert [f.rate for f in rules["opening"].after] == [0.5, 0.95, 0.97]
    two = {rule.id: rule for rule in compare_runs([runs[0], runs[2]]).rules}
    assert (two["opening"].best, two["opening"].clear) == (1, True)
    assert (rules["length"].best, rules["phone"].best) == (0, None)
    assert found.notes == ()


def test_runs_that_do_not_compare_say_so(runs, tmp_path):
    other = made_run.run(tmp_path / "other", cases=21)
    (note,) = compare_runs([runs[0], other]).notes
    assert "same cases" in note


def test_rules_that_a_run_lacks_are_dashes(runs, tmp_path):
    other = made_run.run(tmp_path / "other", cases=20)
    path = other / "eval" / "verdicts.json"
    held = json.loads(path.read_text())
    held["rules"] = [rule for rule in held["rules"] if rule["id"] != "opening"]
    path.write_text(json.dumps(held))
    rules = {rule.id: rule for rule in compare_runs([other, runs[1]]).rules}
    assert rules["opening"].after[0] is None
    assert rules["opening"].best == 1
    assert "| – |" in comparison_markdown(compare_runs([other, runs[1]]))


def test_faces_hold_no_markup_of_a_rule(runs):
    text = comparison_markdown(compare_runs(runs))
    assert "<script>" not in text
    assert "friday/run obeys most" in text
    page = comparison_html(compare_runs(runs))
    assert "<script>alert" not in page
    assert page.count("<script") == 1


def test_the_verb_writes_every_face(runs, tmp_path, capsys):
    files = ["--html", str(tmp_path / "c.html"), "--markdown", str(tmp_path / "c.md")]
    assert execute(["compare", *map(str, runs), *files]) == 0
    assert "friday/run obeys most" in capsys.readouterr().out
    assert execute(["compare", *map(str, runs), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["best"] == 2
    assert (tmp_path / "c.html").read_text().startswith("<!doctype html>")
    assert execute(["compare", str(runs[0]), str(tmp_path)]) == 2
    for places in ([runs[0]], [runs[0], runs[0]]):
        with pytest.raises(InputError, match="1 different run"):
            compare_runs(places)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_page_in_a_browser(opened, width, scheme):  # noqa: F811 - the fixture
    page = opened(width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
