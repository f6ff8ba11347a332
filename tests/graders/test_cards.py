# ruff: noqa: E501 - what is broken reads best as a table
import json
from pathlib import Path

import pytest

from workbench.checks.harmtext import Harmful
from workbench.checks.ifeval import Ifeval
from workbench.checks.refusal import Refusal, read_refusal
from workbench.checks.stance import Stance
from workbench.cli import execute
from workbench.graders import Grounding, Harm
from workbench.graders.cards import judging
from workbench.graders.cards.labelled import read_labelled
from workbench.graders.cards.measure import measure_sets
from workbench.graders.cards.page import ABOUT, bundled_figures, card, lowered
from workbench.records import Grade


def _half(_, output, *, prompt=""):
    """Call every full refusal a partial one."""
    found = read_refusal(output, prompt=prompt)
    return Refusal(level="none" if found.level == "none" else "partial")


def _left_out(*_, **__):
    raise judging._LeftOutError("not judged")


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


# What is broken of a grader, by the place in the code, and the sets of the probe whose figures must fall.
BROKEN = {
    "grounding, the scorer": (Grounding, "support", lambda *_, **__: 0.4, "probe_grounding"),
    "grounding, the claims that eval grades": (Grounding, "weakest", lambda *_, **__: 1.0, "probe_grounding", "graded"),
    "grounding, spans": (Grounding, "span_support", lambda _, spans, **__: [0.9] * len(spans), "probe_spans_zh"),
    "refusal, the detector": (Harm, "refusal", lambda *_, **__: Refusal(level="none"), "probe_refusal"),
    "refusal, how far": (Harm, "refusal", _half, "probe_refusal", "levels"),
    "harm, the scorer": (Harm, "harmful", lambda *_: Harmful(score=0.4), "probe_harm"),
    "rules, an instruction": (Ifeval, "__call__", lambda *_: Grade.of(True), "probe_rules"),
    "neutrality, choices": (judging, "read_choice", lambda *_: 0, "probe_choice"),
    "neutrality, stance": (judging, "read_stance", lambda *_, **__: Stance(label="other"), "probe_stance"),
    "neutrality, loaded words": (judging, "loaded_score", lambda _: 0.1, "probe_loaded"),
    "schema, the validator": (judging, "schema_problems", lambda *_, **__: [], "probe_schema"),
    "rows left out": (judging, "read_stance", _left_out, "probe_stance", "n:"),
}  # fmt: skip


def probed():
    return measure_sets(read_labelled(HERE / "probe.jsonl"), progress=lambda *_: None, resamples=100)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_grader_lowers_figures_of_its_own_and_of_no_other(name, monkeypatch):
    place, attribute, broken, sets, *part = BROKEN[name]
    monkeypatch.setattr(place, attribute, broken)
    committed = json.loads((HERE / "probe_figures.json").read_text("utf-8"))
    fallen = lowered(committed, probed())
    assert any({*part} <= {*line.split()} for line in fallen), fallen
    assert all(line.startswith(sets) for line in fallen), fallen


def test_every_card_has_rows_in_the_probe_and_a_way_to_break():
    committed = json.loads((HERE / "probe_figures.json").read_text("utf-8"))["sets"]
    judged = {one["grader"].split(" ")[0] for one in committed.values()}
    assert judged == set(ABOUT)
    assert {name.split(",")[0] for name in BROKEN} >= set(ABOUT)


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
