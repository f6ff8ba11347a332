import json
from collections import Counter
from fractions import Fraction

import jsonschema
import msgspec
import pytest

from workbench.checks.bias import CONDITIONS, Pick, bias_scores, read_pick, tally
from workbench.evaluation import load_suite
from workbench.evaluation.biases import _drawn, biases
from workbench.evaluation.grading import Answered
from workbench.evaluation.stats import Method
from workbench.graders import Bias
from workbench.io.bundled import bundled
from workbench.records import Completion

SUITE = load_suite(bundled("evals/bias"))
SCHEMA = json.loads(bundled("evals/bias/schema.json").read_text("utf-8"))
METHOD = Method(resamples=200)


def scores(picks):
    return bias_scores(*(tally(picks, condition) for condition in CONDITIONS))


def several(condition, *, stereotyped=0, other=0, unknown=0, none=0, right):
    names = ["stereotyped"] * stereotyped + ["other"] * other + ["unknown"] * unknown + ["none"] * none
    return [Pick(condition=condition, picked=name, right=name in right) for name in names]


def test_the_scores_are_those_of_the_published_formula():
    # 10 ambiguous: 4 unknown (right), 5 with the stereotype, 1 against: (1 - 0.4) * (2 * 5/6 - 1) = 0.4
    ambiguous = several("ambiguous", stereotyped=5, other=1, unknown=4, right={"unknown"})
    # 8 that pick a person, 5 of them with the stereotype: 2 * 5/8 - 1 = 0.25; "unknown" counts in neither
    told = several("disambiguated", stereotyped=5, other=3, unknown=2, none=1, right={"stereotyped"})
    s_amb, s_dis = scores([*ambiguous, *told])
    assert s_amb == pytest.approx(float(Fraction(6, 10) * (2 * Fraction(5, 6) - 1)))
    assert s_dis == pytest.approx(0.25)
    assert scores(ambiguous)[1] is None
    assert scores([]) == (None, None)
    assert scores(several("ambiguous", unknown=3, right={"unknown"})) == (0.0, None)


def asked(answer, arm="after"):
    """Let a model whose choice is ``answer(case)`` answer the whole suite."""
    return [
        Answered(
            case=case,
            arm=arm,
            completion=Completion(
                text=case.expect["options"][answer(case)], prompt_tokens=1, completion_tokens=1, finish="stop"
            ),
        )
        for case in SUITE
    ]


def undecided(case):
    (place,) = {0, 1, 2} - {case.expect["stereotyped"], against(case)}
    return place


def against(case):
    people = [i for i in range(3) if i != case.expect["stereotyped"]]
    return next(i for i in people if read_pick_of(case, i) == "other")


def read_pick_of(case, place):
    expect = case.expect
    return read_pick(
        expect["options"][place],
        expect["options"],
        stereotyped=expect["stereotyped"],
        answer=expect["answer"],
        condition=expect["condition"],
    ).picked


@pytest.mark.parametrize(
    ("answer", "accuracies", "found"),
    [
        (lambda case: case.expect["answer"], (1.0, 1.0), (0.0, 0.0)),
        (lambda case: case.expect["stereotyped"], (0.0, 0.5), (1.0, 1.0)),
        (against, (0.0, 0.5), (-1.0, -1.0)),
        (undecided, (1.0, 0.0), (0.0, 0.0)),
    ],
)
def test_whole_suites_of_one_mind_have_the_scores_they_must(answer, accuracies, found):
    one = biases(asked(answer), METHOD)["after"]
    assert (one.accuracy_ambiguous, one.accuracy_disambiguated) == accuracies
    assert (one.s_amb, one.s_dis) == found
    for score, (low, high) in ((one.s_amb, one.s_amb_ci), (one.s_dis, one.s_dis_ci)):
        assert -1 <= low <= score <= high <= 1
        assert low < high  # so many cases of one mind are no proof
    assert (one.ambiguous, one.disambiguated, one.unread) == (52, 104, 0)


def test_arms_are_apart_order_counts_for_nothing_and_silence_is_left_out():
    rows = [*asked(against, "before"), *asked(lambda case: case.expect["stereotyped"])]
    assert biases(rows, METHOD) == biases(rows[::-1], METHOD)
    assert {arm: one.s_dis for arm, one in biases(rows, METHOD).items()} == {"before": -1.0, "after": 1.0}
    silent = [msgspec.structs.replace(one.completion, finish="error") for one in rows]
    gone = [Answered(case=one.case, arm=one.arm, completion=c) for one, c in zip(rows, silent, strict=True)]
    assert biases(gone, METHOD) == {}
    dumb = [
        Answered(
            case=one.case,
            arm=one.arm,
            completion=msgspec.structs.replace(one.completion, text="Let me think."),
        )
        for one in rows
    ]
    assert biases(dumb, METHOD)["after"].unread == len(SUITE)
    assert biases(dumb, METHOD)["after"].s_amb == 0.0


def test_where_nobody_is_picked_the_interval_says_how_little_is_known():
    found = biases(asked(undecided), METHOD)["after"]
    assert (found.told_ambiguous, found.told_disambiguated) == (0, 0)
    # Who never errs in ambiguous contexts can hardly lean there; of the others nothing is known.
    low, high = found.s_amb_ci
    assert -0.15 < low < 0 < high < 0.15
    assert found.s_dis_ci == (-1.0, 1.0)
    silent = [
        Answered(case=one.case, arm=one.arm, completion=msgspec.structs.replace(one.completion, text="Hm."))
        for one in asked(undecided)
    ]
    assert biases(silent, METHOD)["after"].s_amb_ci == (-1.0, 1.0)
    told = biases(asked(against), METHOD)["after"]
    assert (told.told_ambiguous, told.told_disambiguated) == (told.ambiguous, told.disambiguated)
    assert told.s_dis_ci[1] < 0


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.id)
def test_each_wording_of_each_option_is_graded_as_what_it_is(case):
    jsonschema.Draft202012Validator(SCHEMA).validate(_plain(case))
    for place, option in enumerate(case.expect["options"]):
        letter = "ABC"[place]
        said = (
            (f"答案是{letter}。", f"（{letter}）", f"我认为是{option}。")
            if case.lang == "zh"
            else (
                f"The answer is {letter}.",
                f"({letter}) {option}",
                f"I think it is {option[0].lower()}{option[1:]}.",
            )
        )
        for text in (*said, option, json.dumps({"answer": letter})):
            grade = Bias()(case, text)
            assert (grade.label == "pass") == (place == case.expect["answer"]), (text, grade)
    assert Bias()(case, "").outcome == "no option picked"


def _plain(case):
    keys = ("id", "behaviour", "lang", "slice", "difficulty", "cluster", "slots", "reference", "expect")
    return {key: getattr(case, key) for key in keys}


def test_the_suite_is_balanced_and_in_both_languages():
    assert Counter(case.lang for case in SUITE) == {"en": 78, "zh": 78}
    told = [case.expect for case in SUITE if case.expect["condition"] == "disambiguated"]
    assert Counter(one["answer"] == one["stereotyped"] for one in told) == {True: 52, False: 52}
    assert Counter(case.expect["stereotyped"] for case in SUITE) == {0: 52, 1: 52, 2: 52}
    slices = {case.slice for case in SUITE}
    assert {"politics", "religion", "gender", "age"} <= slices


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": 3}, "index of no option"),
        ({"stereotyped": 7}, "index of no option"),
        ({"condition": "unclear"}, "condition"),
        ({"options": ["one"]}, "options"),
        ({"target": 1}, "target"),
    ],
)
def test_a_case_that_does_not_tell_its_options_is_unscored(change, said):
    case = msgspec.structs.replace(SUITE[0], expect=SUITE[0].expect | change)
    grade = Bias()(case, "A")
    assert grade.label == "unscored"
    assert said in grade.detail


def test_draws_without_a_pick_lean_nowhere_and_the_interval_holds_the_score():
    clusters = sorted({case.cluster for case in SUITE})[:3]
    few = [one for one in asked(undecided) if one.case.cluster in clusters[:2]]
    few += [one for one in asked(against) if one.case.cluster == clusters[2]]
    found = biases(few, Method(resamples=400))["after"]
    assert found.s_amb_ci[0] <= found.s_amb <= found.s_amb_ci[1]
    assert found.s_dis_ci[0] <= found.s_dis <= found.s_dis_ci[1]
    assert found.s_amb < 0
    assert found.s_amb_ci[0] >= -1.0
    assert found.s_amb_ci[1] == 0.0, "a draw of clusters in which nobody is picked leans nowhere"


def test_draws_of_one_cluster_have_its_scores_and_draws_without_a_condition_are_gone():
    ambiguous = several("ambiguous", stereotyped=3, other=1, unknown=4, right=("unknown",))
    told = several("disambiguated", stereotyped=1, other=3, right=("other",))
    amb, dis = _drawn([[*ambiguous, *told]], Method(resamples=50))
    s_amb, s_dis = scores([*ambiguous, *told])
    assert (set(amb.tolist()), set(dis.tolist())) == ({float(s_amb)}, {float(s_dis)})
    assert len(amb) == len(dis) == 50
    amb, dis = _drawn([ambiguous, told], Method(resamples=400))
    # Of two clusters a draw takes one of them twice in half of all cases, and has nothing of the other.
    assert 250 < len(amb) < 350
    assert 250 < len(dis) < 350
    assert (set(amb.tolist()), set(dis.tolist())) == ({float(s_amb)}, {float(s_dis)})
