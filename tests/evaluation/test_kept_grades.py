import json

import msgspec
import pytest
from desk_world import CONTRACT, case, good

from workbench.contracts import Rule
from workbench.evaluation.grading import Answered, grade_answers
from workbench.evaluation.keptgrades import KeptGrades
from workbench.graders import Grounding, Neutrality, Plugin, Rules, standard
from workbench.records import Completion, Message

GRADERS = standard()
RULES = Rules(contract=CONTRACT)
SUITE = {"behaviour": "grounding", "expect": {"answerable": True, "answer": ["3 May"]}}
SIDES = {"behaviour": "neutrality", "expect": {"topic": "politics"}}
CASES = [
    *(case(number) for number in range(3)),
    case(3, **SUITE),
    case(4, twin="c5", **SIDES),
    case(5, twin="c4", **SIDES),
]


def answers(change=""):
    for one in CASES:
        prompt = (Message(role="user", content=one.slots["question"]),)
        completion = Completion(text=good(prompt) + change, prompt_tokens=1, completion_tokens=1)
        yield Answered(case=one, arm="after", completion=completion)


def graded(path, *, change="", graders=GRADERS, rules=RULES):
    kept = KeptGrades(path) if path else None
    rows = grade_answers(
        list(answers(change)), rules_of={one.id: rules for one in CASES}, graders=graders, kept=kept
    )
    return rows, kept


def test_nothing_is_judged_twice_and_the_grades_are_the_same(tmp_path):
    plain, _ = graded(None)
    first, kept = graded(tmp_path / "grades.jsonl")
    assert (kept.found, kept.fresh) == (0, len(CASES))
    again, kept = graded(tmp_path / "grades.jsonl")
    assert (kept.found, kept.fresh) == (len(CASES), 0)
    assert plain == first == again


def test_whatever_decides_a_grade_decides_its_key(tmp_path, monkeypatch):
    file = tmp_path / "grades.jsonl"
    graded(file)
    _, kept = graded(file, change="!")
    assert kept.found == 0
    strict = GRADERS | {"grounding": Grounding(min_support=0.9), "neutrality": Neutrality(min_words=3)}
    _, kept = graded(file, graders=strict)
    assert (kept.found, kept.fresh) == (3, 3)
    longer = Rules(contract=msgspec.structs.replace(CONTRACT, rules=CONTRACT.rules[:1]))
    rows, kept = graded(file, rules=longer)
    assert (kept.found, kept.fresh) == (3, 3)
    assert len(rows) == 6
    monkeypatch.setattr(
        "workbench.evaluation.keptgrades.grader_versions", lambda: dict.fromkeys(["rules", *GRADERS], "other")
    )
    _, kept = graded(file)
    assert kept.found == 0


def test_a_twin_is_part_of_what_was_judged(tmp_path):
    kept = KeptGrades(tmp_path / "grades.jsonl")
    one, other = CASES[4], CASES[5]
    grader = Neutrality()
    keys = {
        kept.key(grader, (one, "a"), (other, "b")),
        kept.key(grader, (one, "a"), (other, "c")),
        kept.key(grader, (other, "b"), (one, "a")),
        kept.key(grader, (one, "a")),
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    "check", [{"use": "plugin", "name": "mine"}, {"use": "unless", "check": {"use": "plugin"}}]
)
def test_what_other_packages_judge_is_never_kept(tmp_path, check):
    kept = KeptGrades(tmp_path / "grades.jsonl")
    rule = Rule(id="theirs", text="As they say.", kind="style", check=check)
    theirs = Rules(contract=msgspec.structs.replace(CONTRACT, rules=(rule,)))
    assert kept.key(theirs, (CASES[0], "x")) is None
    assert kept.key(Plugin(name="mine"), (CASES[0], "x")) is None
    assert kept.key(RULES, (CASES[0], "x")) is not None


def test_a_file_cut_anywhere_gives_the_same_grades(tmp_path):
    plain, _ = graded(tmp_path / "whole.jsonl")
    whole = (tmp_path / "whole.jsonl").read_bytes()
    for cut in range(0, len(whole), 97):
        file = tmp_path / "cut.jsonl"
        file.write_bytes(whole[:cut])
        rows, kept = graded(file)
        assert rows == plain
        assert kept.found + kept.fresh == len(CASES)
    lines = (tmp_path / "cut.jsonl").read_text().splitlines()
    assert {json.loads(line)["key"] for line in lines} == {
        json.loads(line)["key"] for line in whole.decode().splitlines()
    }
