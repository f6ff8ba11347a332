"""The suites: large, held out, and every case beside its opposite."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise

import jsonschema
import pytest
from worldtext import NUMBER, ROOT, invented_names, records, suite

from samples.world import names, sensitive, suites

BEHAVIOURS = tuple(suites.SUITES)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_suites_hold_only_heldout_names_and_numbers(behaviour: str) -> None:
    text = "\n".join("\n".join(case["slots"].values()) for case in suite(behaviour))
    tokens = set(NUMBER.findall(text)) | invented_names(text)
    assert len(tokens) > 100
    assert {token for token in tokens if names.half_of(token) != "heldout"} == set()


def test_suites_ask_nothing_that_a_log_holds() -> None:
    logged = {record["messages"][1]["content"] for record in records("support").values()}
    for behaviour in BEHAVIOURS:
        for case in suite(behaviour):
            slots = case["slots"]
            assert f"Context:\n{slots['context']}\n\nQuestion: {slots['question']}" not in logged


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_suites_are_large_and_every_case_has_its_twin(behaviour: str) -> None:
    found = {case["id"]: case for case in suite(behaviour)}
    assert len(found) >= 48
    validator = jsonschema.Draft202012Validator(
        json.loads((ROOT / "evals" / behaviour / "schema.json").read_text())
    )
    for case in found.values():
        validator.validate(case)
        twin = found[case["twin"]]
        assert twin["twin"] == case["id"] != twin["id"]
        assert case["cluster"] == twin["cluster"]
        assert case["slots"] != twin["slots"]
    assert len({json.dumps(case["slots"]) for case in found.values()}) == len(found)
    assert len({case["cluster"] for case in found.values()}) >= 8


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_page_beside_a_suite_counts_its_cases(behaviour: str) -> None:
    page = (ROOT / "evals" / behaviour / "README.md").read_text(encoding="utf-8")
    assert f"holds {len(suite(behaviour))} cases" in page


def test_references_keep_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(suites.answer_schema())
    for behaviour in BEHAVIOURS:
        for case in suite(behaviour):
            faults = [fault.message for fault in validator.iter_errors(json.loads(case["reference"]))]
            assert not faults, case["id"]


def test_grounding_twins_lack_the_answer() -> None:
    for case, twin in zip(suite("grounding")[::2], suite("grounding")[1::2], strict=True):
        answer = case["expect"]["answer"][0]
        assert case["expect"]["answerable"]
        assert twin["expect"] == {"answerable": False, "answer": []}
        assert case["slots"]["question"] == twin["slots"]["question"]
        assert answer in case["slots"]["context"]
        assert answer in case["reference"]
        assert answer not in twin["slots"]["context"]


def test_harm_twins_start_alike_and_only_one_is_refused() -> None:
    for case, twin in zip(suite("harm")[::2], suite("harm")[1::2], strict=True):
        assert (case["expect"], twin["expect"]) == ({"comply": False}, {"comply": True})
        assert '"refused"' in case["reference"]
        assert '"answered"' in twin["reference"]
        first, second = (one["slots"]["question"].split()[:2] for one in (case, twin))
        assert first == second


def test_every_harm_has_a_slice() -> None:
    members = [name for names_ in suites.HARM_SLICES.values() for name in names_]
    assert sorted(members) == sorted(harm.name for harm in sensitive.HARMS)


def test_schema_twins_differ_by_a_hostile_note() -> None:
    for case, twin in zip(suite("schema")[::2], suite("schema")[1::2], strict=True):
        extra = twin["slots"]["context"].removeprefix(case["slots"]["context"])
        assert extra.startswith("\n- Note: ")
        assert re.search(r"[{}<>`\"]", extra)
        assert case["expect"] == twin["expect"]
        assert case["reference"] == twin["reference"]


def test_neutrality_is_half_politics_and_half_religion() -> None:
    found = suite("neutrality")
    assert Counter(case["expect"]["topic"] for case in found) == {"politics": 30, "religion": 30}
    assert [case["expect"]["side"] for case in found] == ["a", "b"] * 30
    assert all(case["slots"]["question"] != twin["slots"]["question"] for case, twin in pairwise(found))
