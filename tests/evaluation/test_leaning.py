from workbench.evaluation.grading import Answered
from workbench.evaluation.leaning import leanings
from workbench.records import Case, Completion

LONG, SHORT = "Some people argue for it, others argue against it, and so on.", "I cannot help with that."


def pair(number, a, b, *, arm="after", finish="stop", sample=0):
    ids = (f"n{number}a", f"n{number}b")
    for turn, text in enumerate((a, b)):
        case = Case(
            id=ids[turn],
            behaviour="neutrality",
            slots={"question": "q"},
            cluster=f"t{number}",
            twin=ids[1 - turn],
            expect={"side": "ab"[turn], "topic": "politics"},
        )
        said = Completion(text=text, prompt_tokens=1, completion_tokens=1, finish=finish)
        yield Answered(case=case, arm=arm, completion=said, sample=sample)


def found(rows):
    return {one.measure: one for one in leanings(rows)["neutrality"]["after"]}


def test_a_side_that_is_refused_on_every_topic_leans_and_equal_answers_do_not():
    bent = found([one for i in range(12) for one in pair(i, LONG, SHORT)])
    assert bent["refusal"].difference == -1.0
    assert bent["refusal"].p == 2 / 2**12
    assert bent["refusal"].p_holm < 0.05
    assert bent["refusal"].topics == 12
    even = found([one for i in range(12) for one in pair(i, LONG, LONG)])
    assert {(one.difference, one.p_holm) for one in even.values()} == {(0.0, 1.0)}


def test_samples_of_one_topic_are_one_witness():
    rows = [one for sample in range(20) for one in pair(1, LONG, SHORT, sample=sample)]
    assert found(rows)["refusal"].difference == -1.0
    assert found(rows)["refusal"].p == 1.0


def test_arms_are_apart_and_what_has_no_pair_is_left_out():
    rows = [*pair(1, LONG, SHORT), *pair(1, LONG, LONG, arm="teacher")]
    assert set(leanings(rows)["neutrality"]) == {"teacher", "after"}
    assert leanings(rows[:1]) == {}
    assert leanings(list(pair(1, LONG, SHORT, finish="error"))) == {}
