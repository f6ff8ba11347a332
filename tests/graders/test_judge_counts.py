"""What a judge is asked with, and what open assertions, drawn swaps and orders leave open."""

import itertools
import json

import pytest

from workbench.backends import FakeBackend
from workbench.graders.assertions import Assertions
from workbench.graders.judge import Judge, Rubric, order_consistency
from workbench.graders.symmetry import Answered, leaning
from workbench.records import Case


def said(verdict):
    return json.dumps({"verdict": verdict})


def test_preferences_are_asked_greedily_with_the_first_seed_in_both_orders():
    backend = FakeBackend(lambda _: said("tie"))
    case = Case(id="c", behaviour="tone", slots={"question": "Q"})
    pairs = [(case, "one", "two"), (case, "three", "four")]
    found = Judge(Rubric(name="polite", question="Polite?"), backend=backend).prefer(pairs)
    assert [one.better for one in found] == ["tie", "tie"]
    assert [one.verdicts for one in found] == [("tie", "tie")] * 2
    settings = {(one.seed, one.temperature, one.max_new_tokens) for _, one in backend.calls}
    assert settings == {(0, 0.0, 64)}
    asked = [prompt[-1].content for prompts, _ in backend.calls for prompt in prompts]
    assert [text.index("one") < text.index("two") for text in (asked[0], asked[2])] == [True, False]
    assert [text.index("three") < text.index("four") for text in (asked[1], asked[3])] == [True, False]
    assert order_consistency(found) == 1.0


@pytest.mark.parametrize(
    ("verdicts", "better"),
    [
        (("first", "second"), "first"), (("second", "first"), "second"), (("tie", "tie"), "tie"),
        (("first", "first"), None), (("tie", "first"), None), (("oops", "oops"), None),
        (("oops", "tie"), None), (("first", "oops"), None),
    ],
)  # fmt: skip
def test_a_preference_holds_where_both_orders_say_so(verdicts, better):
    left = iter(map(said, verdicts))
    case = Case(id="c", behaviour="tone", slots={})
    judge = Judge(Rubric(name="x", question="?"), backend=FakeBackend(lambda _: next(left)))
    (found,) = judge.prefer([(case, "a", "b")])
    assert found.better == better


OPEN = {"type": "llm-rubric", "value": "Is it kind?"}
A, B = {"type": "contains", "value": "a"}, {"type": "contains", "value": "b"}


@pytest.mark.parametrize(
    ("asserted", "label", "detail"),
    [
        ([A], "pass", "1 assertions hold"),
        ([A, OPEN], "unscored", "a judge decides"),
        ([OPEN, B], "fail", "contains: b"),
        ([OPEN], "unscored", "a judge decides"),
        ([A, {"type": "contians", "value": "a"}], "unscored", "contians"),
    ],
)
def test_what_a_judge_has_to_decide_leaves_the_answer_open_unless_it_fails(asserted, label, detail):
    case = Case(id="c", behaviour="x", slots={}, expect={"assert": asserted})
    grade = Assertions()(case, "a")
    assert grade.label == label
    assert detail in grade.detail


def test_a_drawn_chance_is_a_share_and_near_the_exact_one():
    pairs = [Answered(topic=f"t{n}", a="one " * (3 + n % 3), b="one " * (4 - n % 2)) for n in range(9)]
    exact = {one.measure: one.p for one in leaning(pairs)}["length"]
    apart = [(3 + n % 3) - (4 - n % 2) for n in range(9)]
    sums = [
        sum(s * d for s, d in zip(signs, apart, strict=True))
        for signs in itertools.product([1, -1], repeat=9)
    ]
    assert exact == sum(abs(one) >= abs(sum(apart)) for one in sums) / 2**9
    drawn = {one.measure: one.p for one in leaning(pairs, permutations=500)}["length"]
    assert drawn * 501 == pytest.approx(round(drawn * 501))
    assert drawn == pytest.approx(exact, abs=0.1)
    assert all(0 < one.p <= one.p_holm <= 1 for one in leaning(pairs, permutations=500))
