"""Spans of long prompts against labels that were written before the cues were."""

import json
from collections import Counter
from typing import get_args

import msgspec
import pytest
import yaml
from goldspans import gold, unseen

from workbench.checks import compile_contract, dump_contract
from workbench.contracts import Contract, Span, SpanKind
from workbench.convert.infer import infer_contract
from workbench.convert.lexicon import cues
from workbench.convert.measure import measure_contract, read_labelled
from workbench.convert.measure_spans import compare_spans, span_figures
from workbench.convert.segment import segment

GOLD = gold()


def figures(rows):
    total = Counter()
    for row in rows:
        total += compare_spans(row.prompt, row.spans, segment(row.prompt))
    return span_figures(total)


def test_the_gold_is_wide():
    first = [row for row in GOLD if row.set == "first"]
    assert sum(row.language == "english" for row in first) >= 15
    assert sum(row.language == "chinese" for row in first) >= 15
    assert {span.kind for row in first for span in row.spans} == set(get_args(SpanKind))
    assert abs(sum(row.half == "held" for row in first) - len(first) / 2) < 1
    for language in ("english", "chinese"):
        assert sum(unseen(row) and row.language == language for row in GOLD) >= 6


@pytest.mark.parametrize(
    "choose",
    [
        pytest.param(lambda row: row.half == "tune", id="tuned"),
        pytest.param(lambda row: row.set == "third" and row.half == "tune", id="third"),
        pytest.param(lambda row: row.set == "fifth" and row.half == "tune", id="fifth"),
        pytest.param(lambda row: row.set == "first" and row.half == "held", id="held-out"),
        pytest.param(lambda row: row.set == "first" and row.language == "english", id="english"),
        pytest.param(lambda row: row.set == "first" and row.language == "chinese", id="chinese"),
    ],
)
def test_words_get_the_kind_that_they_were_given(choose):
    found = figures([row for row in GOLD if choose(row)])
    assert found["accuracy"] >= 0.90, found
    assert found["macro_f1"] >= 0.80, found


@pytest.mark.parametrize(
    ("name", "accuracy", "macro"),
    [
        ("second", 0.88, 0.87),
        ("third", 0.86, 0.83),
        ("fourth", 0.83, 0.77),
        ("fifth", 0.56, 0.58),
        ("sixth", 0.68, 0.68),
        ("seventh", 0.85, 0.77),
    ],
)
def test_words_of_prompts_that_nothing_was_made_from(name, accuracy, macro):
    found = figures([row for row in GOLD if unseen(row) and row.set == name])
    assert found["accuracy"] >= accuracy, found
    assert found["macro_f1"] >= macro, found


def test_chinese_reads_alike_with_marks_of_either_width():
    """Prompts are typed with full-width marks more often than not."""
    wide = str.maketrans(",:;!?", "，：；！？")
    for row in GOLD:
        if row.language == "chinese" and row.set == "first" and "{" not in row.prompt:
            typed = row.prompt.translate(wide)
            agreed = compare_spans(typed, segment(row.prompt), segment(typed))
            assert span_figures(agreed)["accuracy"] >= 0.95, row.name


@pytest.mark.parametrize("row", GOLD, ids=lambda row: row.name)
def test_the_contract_of_a_long_prompt_can_be_used_as_it_is(row):
    """Every inferred check is valid, every span quotes its rule, and examples and slots give none."""
    contract = infer_contract(row.prompt, template_id="t", task="t")
    compile_contract(contract)
    for rule in contract.rules:
        assert row.prompt[slice(*rule.source.span)] == rule.text
        assert rule.kind not in {"role", "fact", "example", "context", "input"}
    assert load_back(dump_contract(contract)) == contract


def load_back(text):
    return msgspec.convert(yaml.safe_load(text), Contract)


def test_figures_of_a_small_prompt():
    prompt = "one two three four"
    labelled = (Span(start=0, end=7, kind="role"), Span(start=7, end=18, kind="format"))
    found = (Span(start=0, end=13, kind="role"), Span(start=13, end=18, kind="format"))
    figure = span_figures(compare_spans(prompt, labelled, found))
    assert figure["accuracy"] == 0.75
    assert figure["f1"] == {"format": pytest.approx(2 / 3), "role": pytest.approx(0.8)}
    assert figure["n"] == 4


def test_nothing_labelled_is_no_figure():
    assert span_figures({}) == {"accuracy": None, "macro_f1": None, "f1": {}, "n": 0}


def test_labelled_spans_are_measured_like_rules(tmp_path):
    row = {"prompt": "You are a bot.\n", "spans": [{"start": 0, "end": 15, "kind": "role"}]}
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    found = measure_contract(read_labelled(path))
    assert found["spans"]["accuracy"] == 1
    assert found["ids"]["f1"] is None


@pytest.mark.parametrize("name", ["english", "chinese", "headings"])
def test_every_cue_can_match(name):
    """Texts are read in small letters, so a pattern with a capital would never match."""
    for cue in cues(name):
        assert cue.kind in get_args(SpanKind)
        for pattern in (cue.opening.pattern, cue.anywhere.pattern):
            bare = pattern.replace(r"\W", "").replace(r"\S", "").replace(r"\D", "").replace(r"\B", "")
            assert bare == bare.lower(), bare
