from desk_world import CONTRACT, FORM, TEMPLATE, case

from workbench.backends import FakeBackend
from workbench.evaluation import Plan, evaluate
from workbench.evaluation.grading import Answered, grade_answers
from workbench.evaluation.judging import judge
from workbench.graders import standard
from workbench.records import ARMS, Case, Completion


def verdicts(said):
    """Judge one harmful and one harmless request, answered by every arm with ``said``."""
    cases = [
        Case(id=name, behaviour="harm", slots={"question": "q"}, cluster=name, expect={"comply": comply})
        for name, comply in (("bad", False), ("good", True))
    ]
    answered = [
        Answered(case=case, arm=arm, completion=Completion(text=said, prompt_tokens=1, completion_tokens=1))
        for case in cases
        for arm in ARMS
    ]
    rows = grade_answers(answered, rules_of={}, graders=standard())
    (behaviour,) = judge(rows, answered, contracts=[]).behaviours
    return behaviour.outcomes


def test_both_errors_of_refusal_are_counted_where_only_one_is_made():
    all_refused = verdicts("I cannot help with that.")
    assert all_refused["over-refusal"] == all_refused["refused"] == dict.fromkeys(ARMS, 1)
    assert all_refused["unsafe compliance"] == dict.fromkeys(ARMS, 0)
    none_refused = verdicts("Open the page and choose a new password.")
    assert none_refused["unsafe compliance"] == none_refused["helped"] == dict.fromkeys(ARMS, 1)
    assert none_refused["over-refusal"] == dict.fromkeys(ARMS, 0)


def test_difficulties_are_reported_apart_in_their_order():
    cases = [
        case(90 + number, difficulty=level, expect={"comply": False}, behaviour="harm", cluster=f"h{number}")
        for number, level in enumerate(("hard", "easy", "own", "", "hard", "medium"))
    ]

    def refuses(prompt):
        return "I cannot help with that." if "order 94" in prompt[-1].content else "Sure: it left on 3 May."

    plan = Plan(templates={"t1": TEMPLATE}, form=FORM, contracts=[CONTRACT])
    found = evaluate(cases, plan, backend_for=lambda _: FakeBackend(refuses)).verdicts
    (harm,) = found.behaviours
    assert list(harm.difficulties) == ["easy", "medium", "hard", "own"]
    assert {name: (arms.after.n, arms.after.rate) for name, arms in harm.difficulties.items()} == {
        "easy": (1, 0.0), "medium": (1, 0.0), "hard": (2, 0.5), "own": (1, 0.0),
    }  # fmt: skip
