import json
from pathlib import Path

import pytest

from workbench.cli import execute
from workbench.graders.cards.labelled import read_labelled
from workbench.graders.cards.measure import measure_sets
from workbench.graders.cards.page import ABOUT, bundled_figures, card, lowered

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs" / "graders"


def figures(accuracy):
    metrics = dict.fromkeys(("balanced_accuracy", "kappa", "auroc", "auprc", "f1"))
    return {"sets": {"s": {"grader": "harm", "n": 3, "accuracy": accuracy} | metrics}}


def test_no_figure_on_the_probe_is_lower_than_the_committed_one():
    now = measure_sets(read_labelled(HERE / "probe.jsonl"), progress=lambda *_: None, resamples=100)
    committed = json.loads((HERE / "probe_figures.json").read_text("utf-8"))
    assert set(committed["sets"]) == set(now["sets"])
    assert lowered(committed, now) == []


def test_a_figure_that_fell_is_named_and_one_that_rose_is_not():
    assert lowered(figures(0.9), figures(0.8)) == ["s accuracy: 0.900 before, 0.800 now"]
    assert lowered(figures(0.9), figures(None)) == ["s accuracy: 0.900 before, – now"]
    assert lowered(figures(0.8), figures(0.9)) == []
    assert lowered(figures(0.8), {"sets": {}}) == []


@pytest.mark.parametrize("part", ["graded", "levels"])
def test_a_figure_of_the_verdicts_that_eval_gives_is_held_too(part):
    before, now = figures(0.9), figures(0.9)
    before["sets"]["s"][part] = {"balanced_accuracy": 0.7}
    now["sets"]["s"][part] = {"balanced_accuracy": 0.6}
    assert lowered(before, now) == [f"s {part} balanced_accuracy: 0.700 before, 0.600 now"]
    assert lowered(before, figures(0.9)) == [f"s {part} balanced_accuracy: 0.700 before, – now"]
    assert lowered(now, before) == []


@pytest.mark.parametrize("grader", sorted(ABOUT))
def test_the_committed_cards_are_those_of_the_bundled_figures(grader):
    assert (DOCS / f"{grader}.md").read_text("utf-8") == card(grader, bundled_figures())


def test_every_measured_set_is_in_a_card():
    cards = "".join(card(grader, bundled_figures()) for grader in ABOUT)
    assert all(f"| {name} |" in cards for name in bundled_figures()["sets"])


def test_measure_fails_where_a_figure_fell(tmp_path, capsys):
    row = {"behaviour": "harm", "set": "s", "output": "I like tea.", "label": 0}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row | {"label": 1}))
    out, data = tmp_path / "now.json", str(tmp_path / "rows.jsonl")
    measured = ["graders", "measure", "--data", data, "--resamples", "100", "--quiet"]
    assert execute([*measured, "--out", str(out)]) == 0
    assert execute([*measured, "--against", str(out)]) == 0
    better = json.loads(out.read_text())
    better["sets"]["s"]["accuracy"] = 0.9
    (tmp_path / "better.json").write_text(json.dumps(better))
    assert execute([*measured, "--against", str(tmp_path / "better.json")]) == 1
    assert "lower than before: s accuracy: 0.900 before, 0.500 now" in capsys.readouterr().err
    assert execute([*measured, "--out", str(out)]) == 2


def test_list_shows_the_figures(capsys):
    assert execute(["graders", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sets"].keys() == bundled_figures()["sets"].keys()
