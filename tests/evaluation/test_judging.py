import pytest
from desk_world import case

from workbench.contracts import Rule
from workbench.evaluation.grading import Answered, Graded
from workbench.evaluation.judging import Judging, applied, judge_rules, paired
from workbench.evaluation.stats import Method
from workbench.records import Completion, Grade

RULE = Rule(id="r", text="r", kind="style")
JUDGING = Judging(method=Method(resamples=500))
ALL, NONE = [1] * 40, [0] * 40


def rows(teacher, before, after, *, cluster=None):
    arms = {"teacher": teacher, "before": before, "after": after}
    return [
        Graded(
            case=case(number, cluster=cluster(number) if cluster else f"k{number}"),
            arm=arm,
            grader="g",
            rule="r",
            grade=Grade.of(bool(score)) if score is not None else Grade.unscored("?"),
        )
        for arm, scores in arms.items()
        for number, score in enumerate(scores)
    ]


def judged(held, judging=JUDGING):
    return judge_rules([RULE], {RULE.id: held}, judging)[0]


def share(obeyed, n=40):
    return [1] * obeyed + [0] * (n - obeyed)


@pytest.mark.parametrize(
    ("teacher", "before", "after", "state"),
    [
        (ALL, NONE, ALL, "kept"),
        (share(38), NONE, share(38), "kept"),
        (ALL, NONE, NONE, "lost"),
        (ALL, NONE, share(28), "lost"),
        (ALL, ALL, share(20), "lost"),  # broken by the tuning, though the base obeys anyway
        (share(10), NONE, share(36), "gained"),
        (share(4), NONE, share(4), "never_held"),
        (NONE, NONE, NONE, "never_held"),
        (ALL, ALL, ALL, "not_identifiable"),
        (share(30), share(28), share(30), "not_identifiable"),
        (ALL, NONE, share(37), "undecided"),
        ([1] * 8, [0] * 8, [1] * 8, "undecided"),  # eight cases can hide too much
        (ALL, NONE, [], "unscored"),
        ([None] * 40, NONE, ALL, "unscored"),
    ],
)
def test_what_became_of_a_rule(teacher, before, after, state):
    assert judged(rows(teacher, before, after)).state == state


def test_few_clusters_decide_nothing():
    held = rows(ALL, NONE, ALL, cluster=lambda number: f"k{number % 4}")
    assert judged(held).state == "undecided"


def test_margin_hold_and_min_clusters_matter():
    close = rows(ALL, NONE, share(37))
    replace = Judging(method=JUDGING.method, margin=0.25)
    assert judged(close, replace).state == "kept"
    half = rows(share(10), NONE, share(10))
    assert judged(half).state == "never_held"
    assert judged(half, Judging(method=JUDGING.method, hold=0.2)).state != "never_held"
    grouped = rows(ALL, NONE, NONE, cluster=lambda number: f"k{number % 4}")
    four = judged(grouped, Judging(method=JUDGING.method, min_clusters=3))
    assert (four.change.p, four.state) == (0.125, "undecided")  # the best that four coins can say
    ten = rows(ALL, NONE, NONE, cluster=lambda number: f"k{number % 10}")
    assert judged(ten).state == "lost"
    assert judged(ten, Judging(method=JUDGING.method, min_clusters=11)).state == "undecided"


def test_a_loss_among_many_rules_has_to_be_surer():
    rules = [Rule(id=f"r{number}", text="r", kind="style") for number in range(30)]
    held = {rule.id: rows(ALL, ALL, ALL) for rule in rules} | {"r0": rows(ALL, NONE, share(33))}
    alone = judge_rules(rules[:1], held, JUDGING)[0].change
    among = judge_rules(rules, held, JUDGING)[0]
    assert alone.verdict == "regressed"
    assert among.change.p_holm == pytest.approx(30 * alone.p)
    assert among.state == among.change.verdict == "undecided"
    assert among.change.needs > 0


def test_recovery_is_of_the_prompts_effect_and_none_where_there_is_none():
    verdict = judged(rows(ALL, share(20), share(30)))
    assert verdict.recovery == pytest.approx(0.5)
    assert verdict.ci[0] < 0.5 < verdict.ci[1]
    same = judged(rows(ALL, ALL, ALL))
    assert (same.recovery, same.ci) == (None, None)


def test_only_judged_grades_count_and_the_rest_is_counted_beside():
    teacher = [1, 1, None, 0]
    held = rows(teacher, [0, 0, 0, 0], [1, 1, 1, 1])
    verdict = judged(held)
    assert (verdict.arms.teacher.n, verdict.arms.teacher.obeyed, verdict.arms.teacher.unscored) == (3, 2, 1)
    assert verdict.arms.before.n == 4
    units = paired(held, ("teacher", "before", "after"))
    assert units.scores.shape == (3, 3)


def test_not_applicable_is_neither_judged_nor_unscored():
    held = [
        Graded(case=case(n), arm=arm, grader="g", rule="r", grade=Grade.not_applicable("no order"))
        for n in range(5)
        for arm in ("teacher", "before", "after")
    ]
    verdict = judged(held)
    assert (verdict.state, verdict.arms.after.n, verdict.arms.after.unscored) == ("unscored", 0, 0)


def test_the_adapter_is_applied_where_one_answer_differs():
    def answered(arm, text, number=1):
        done = Completion(text=text, prompt_tokens=1, completion_tokens=1)
        return Answered(case=case(number), arm=arm, completion=done)

    assert applied([answered("before", "a"), answered("after", "b")])
    assert not applied([answered("before", "a"), answered("after", "a")])
    assert not applied([answered("teacher", "x"), answered("before", "a")])
