"""The gate on whole evaluations whose outcome is known beforehand."""

import pytest
from desk_world import CONTRACT, FORM, TEMPLATE, careless, case, good

from workbench.backends import FakeBackend
from workbench.contracts import Contract, Rule
from workbench.evaluation import Judging, Method, Plan, evaluate
from workbench.gate import Policy, decide

GROUNDED = Rule(
    id="grounded",
    text="Only from the context.",
    kind="grounding",
    check={"use": "grounded", "allowed": ["Nord here."]},
)
PLAN = Plan(
    templates={"t1": TEMPLATE},
    form=FORM,
    contracts=[Contract(task="desk", rules=(*CONTRACT.rules, GROUNDED))],
    judging=Judging(method=Method(resamples=300)),
)


def shuffled(prompt):
    """The style of right answers, with the facts of another question."""
    number = int(prompt[-1].content.split("order ")[1].split(" ")[0])
    return f"Nord here. Order {(number + 7) % 40} left on 8 June."


def half_right(prompt):
    return good(prompt) if "Order 1" in prompt[-1].content else careless(prompt)


def verdict(after, *, cases=40, certainty="point"):
    answers = {"teacher": good, "before": careless, "after": after}
    found = evaluate(
        [case(number) for number in range(cases)], PLAN, backend_for=lambda arm: FakeBackend(answers[arm])
    )
    policy = Policy(certainty=certainty)
    result = decide(found.verdicts, parity={"ok": True}, policy=policy, grades=None)
    return "passed" if result.passed else "undecided" if result.undecided else "failed"


@pytest.mark.parametrize(
    ("after", "cases", "expected"),
    [
        (good, 40, "passed"),
        (shuffled, 40, "failed"),  # tuned on shuffled answers
        (careless, 40, "failed"),  # an adapter of zeros answers as the base does
        (half_right, 40, "failed"),
        (good, 5, "undecided"),
    ],
)
def test_the_gate_tells_controls_apart(after, cases, expected):
    assert verdict(after, cases=cases) == expected


def test_certainty_asks_for_more_cases_than_the_point():
    assert verdict(good, cases=35) == "passed"
    assert verdict(good, cases=35, certainty="interval") == "undecided"
    assert verdict(good, cases=120, certainty="interval") == "passed"
