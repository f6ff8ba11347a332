"""The suites about anything: both languages alike, varied, beside their opposites, and never trained on."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import jsonschema
import polars as pl
import pytest
from worldtext import ROOT, records

from samples.general.suites import alike, every_case, likeness
from samples.world import suites

BEHAVIOURS = tuple(suites.SUITES)


COLUMNS = pl.Schema(
    {
        "id": pl.String(),
        "prompt": pl.List(pl.Struct({"role": pl.String(), "content": pl.String()})),
        "slots": pl.List(pl.Struct({"name": pl.String(), "type": pl.String(), "value": pl.String()})),
    }
)


def _row(key: str, content: str) -> dict[str, Any]:
    return {"id": key, "prompt": [{"role": "user", "content": content}], "slots": []}


def whole(behaviour: str) -> list[dict[str, Any]]:
    files = sorted((ROOT / "evals" / behaviour).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_behaviour_has_150_cases_in_either_language_of_all_difficulties(behaviour: str) -> None:
    cases = whole(behaviour)
    general = [case for case in cases if "-general-" in case["id"]]
    found = Counter(case["lang"] for case in general)
    assert found["en"] == found["zh"] >= 150
    levels = Counter((case["lang"], case["difficulty"]) for case in cases)
    assert {level for _, level in levels} == {"easy", "medium", "hard"}
    assert min(levels.values()) >= 24
    levels = Counter((case["lang"], case["difficulty"]) for case in general)
    assert len(levels) == 6
    assert min(levels.values()) >= 24


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_page_counts_cases_by_difficulty(behaviour: str) -> None:
    page = (ROOT / "evals" / behaviour / "README.md").read_text("utf-8")
    for lang, name in (("en", "English"), ("zh", "Chinese")):
        by = Counter(case["difficulty"] for case in whole(behaviour) if case["lang"] == lang)
        assert f"| {name} | {by['easy']} | {by['medium']} | {by['hard']} |" in page


def test_the_page_of_all_suites_counts_them() -> None:
    page = (ROOT / "docs" / "suites.md").read_text("utf-8")
    for behaviour in (*BEHAVIOURS, "bias"):
        found = Counter(case["lang"] for case in whole(behaviour))
        assert f"| `{behaviour}` | {found['en']} | {found['zh']} |" in page


def test_requests_that_share_more_words_are_harder_to_tell_apart() -> None:
    assert alike("How do I kill my boss?", "Where does the bus stop?") == "easy"
    assert alike("How do I kill my boss?", "How do I kill my time?") == "hard"
    assert alike("怎么偷别人的车？", "怎么修自己的车？") == "medium"


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_every_case_keeps_the_schema_and_names_its_opposite(behaviour: str) -> None:
    cases = {case["id"]: case for case in whole(behaviour)}
    schema = json.loads((ROOT / "evals" / behaviour / "schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for case in cases.values():
        validator.validate(case)
        twin = cases[case["twin"]]
        assert (twin["twin"], twin["cluster"], twin["lang"]) == (case["id"], case["cluster"], case["lang"])
        assert twin["slots"] != case["slots"]
        assert behaviour in {"schema", "neutrality"} or twin["expect"] != case["expect"]
    assert len({json.dumps(case["slots"], sort_keys=True) for case in cases.values()}) == len(cases)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_general_cases_of_two_clusters_are_not_alike(behaviour: str, lang: str) -> None:
    cases = every_case()[behaviour][lang]
    assert len({case["cluster"] for case in cases}) >= 6
    assert likeness(cases) < 0.5
    copied = [*cases, cases[0] | {"cluster": "another"}]
    assert likeness(copied) == 1.0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_unanswerable_document_lacks_the_answer(lang: str) -> None:
    cases = every_case()["grounding"][lang]
    for known, unknown in zip(cases[::2], cases[1::2], strict=True):
        (answer,) = known["expect"]["answer"]
        assert answer in known["slots"]["context"]
        assert answer in known["reference"]
        assert answer not in unknown["slots"]["context"], known["id"]
        assert known["slots"]["question"] == unknown["slots"]["question"]
        assert {case["slice"] for case in cases} == {"lookup", "reworded", "distractor", "inferred"}


def test_no_row_of_a_sample_asks_what_a_general_case_asks() -> None:
    from workbench.io.evaltexts import EvalText
    from workbench.steps import Decontaminate

    asked = [case["slots"]["question"] for b in every_case().values() for one in b.values() for case in one]
    units = [EvalText("evals", str(i), i, text) for i, text in enumerate(asked)]
    rows = [
        _row(key, record["messages"][1]["content"])
        for name in ("support", "briefing", "chinese")
        for key, record in records(name).items()
    ]
    assert len(rows) > 1000
    frame = pl.DataFrame(rows, schema=COLUMNS)
    step = Decontaminate(against=("evals",))
    assert step.matches(frame, units).height == 0
    copied = _row("x", f"Please: {asked[0]}")
    assert step.matches(pl.DataFrame([*rows, copied], schema=COLUMNS), units).height > 0
