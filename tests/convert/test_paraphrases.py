"""The 25 kinds of IFEval asked for in many words, and sentences that speak of them and ask for nothing."""

import pytest
from paraphrased import no_rules, paraphrases

from workbench.checks.ifeval import Ifeval
from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.measure import measure_contract
from workbench.records import Case

ROWS = paraphrases()


def test_every_kind_is_asked_for_in_many_ways():
    names = {row["instruction_id_list"][0] for row in ROWS}
    assert len(names) == 25
    for name in names:
        mine = [row["language"] for row in ROWS if row["instruction_id_list"] == [name]]
        assert mine.count("english") >= 8
        assert mine.count("chinese") >= 4


@pytest.mark.parametrize(
    ("language", "half", "recall", "arguments"),
    [
        ("english", "tune", 0.97, 0.97),
        ("english", "held", 0.93, 0.95),
        ("chinese", "tune", 0.97, 0.97),
        ("chinese", "held", 0.95, 0.95),
    ],
)
def test_what_is_asked_for_is_found(language, half, recall, arguments):
    found = measure_contract(row for row in ROWS if (row["language"], row["half"]) == (language, half))
    assert found["ids"]["recall"] >= recall, found["by_id"]
    assert found["ids"]["precision"] >= 0.92, found["by_id"]
    assert found["arguments"]["accuracy"] >= arguments


@pytest.mark.parametrize("half", ["tune", "held"])
def test_what_only_speaks_of_it_is_no_rule(half):
    wrong = [row["prompt"] for row in no_rules() if row["half"] == half and read_instructions(row["prompt"])]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("row", ROWS[::7], ids=lambda row: row["prompt"][:60])
def test_what_is_read_can_be_checked(row):
    case = Case(id="c", behaviour="rules", slots={})
    for one in read_instructions(row["prompt"]):
        grade = Ifeval(instruction=one.id, arguments=one.arguments)(case, "An answer.")
        assert grade.label in {"pass", "fail"}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Don't write more than 40 words.", {"relation": "less than", "num_words": 41}),
        ("The text must be longer than 100 words.", {"relation": "at least", "num_words": 101}),
        ("No longer than one hundred and twenty words.", {"relation": "less than", "num_words": 121}),
        ("Answer in fewer than twenty-five words.", {"relation": "less than", "num_words": 25}),
    ],
)
def test_bounds_in_words(prompt, expected):
    (found,) = read_instructions(prompt)
    assert found.arguments == expected
