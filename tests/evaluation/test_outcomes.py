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
