"""Rules that a judge decides, graded in an evaluation beside those that programs decide."""

import json

import msgspec
import pytest
from desk_world import CONTRACT, FORM, TEMPLATE, careless, case, good
from model_service import answer, serving

from workbench.backends import FakeBackend
from workbench.errors import ConfigError
from workbench.evaluation import Judging, Method, Plan, choose_graders, evaluate
from workbench.gate.policy import Policy, RuleLimits
from workbench.gate.rules import rule_checks
from workbench.graders.judgedrules import JudgedRules

QUESTION = "Is the answer kind?"
RULES = tuple(
    msgspec.structs.replace(rule, check={"use": "judge", "question": QUESTION}) if rule.id == "kind" else rule
    for rule in CONTRACT.rules
)
ASKED = msgspec.structs.replace(CONTRACT, rules=RULES)
CASES = [case(number) for number in range(40)]


def run(rules_judge=None, **answers):
    made = {
        arm: FakeBackend(say)
        for arm, say in ({"teacher": good, "before": careless, "after": good} | answers).items()
    }
    plan = Plan(
        templates={"t1": TEMPLATE},
        form=FORM,
        contracts=[ASKED],
        judging=Judging(method=Method(resamples=200)),
        rules_judge=rules_judge,
    )
    return evaluate(CASES, plan, backend_for=made.__getitem__)


def said(verdict):
    return json.dumps({"verdict": verdict})


def of_kind(found):
    return next(rule for rule in found.verdicts.rules if rule.id == "kind")


def likes_thanks(text):
    """A judge for whom an answer that opens as the contract asks is kind."""
    shown = text.partition("<<<answer>>>")[2]
    return said("pass" if "Nord here." in shown else "fail")


def test_without_a_judge_the_rule_is_unscored_with_the_reason_and_the_others_are_graded():
    found = run()
    rows = [one for one in found.graded if one.rule == "kind"]
    assert len(rows) == 3 * len(CASES)
    assert {one.grade.label for one in rows} == {"unscored"}
    assert "--grader rules=judge:" in rows[0].grade.detail
    assert of_kind(found).state == "unscored"
    assert of_kind(found).arms.after.unscored == len(CASES)
    assert found.verdicts.overall.teacher.rate == 1.0


def test_a_judge_over_http_makes_a_verdict_like_a_check_does():
    def script(body, _):
        return answer(likes_thanks(body["messages"][-1]["content"]))

    with serving(script) as service:
        chosen = choose_graders({"rules": f"judge:openai:{service.url}#tiny"})
        found = run(chosen.rules_judge)
    kind = of_kind(found)
    assert (kind.arms.teacher.rate, kind.arms.before.rate, kind.arms.after.rate) == (1.0, 0.0, 1.0)
    assert kind.state == "kept"
    assert "judge:openai:" in chosen.versions["rules"]
    assert all(QUESTION in json.dumps(body) for body in service.asked)
    # Equal answers to equal cases are asked about once.
    assert len(service.asked) <= 2 * len(CASES)


def test_a_rule_that_does_not_bear_and_a_verdict_that_cannot_be_read_are_no_marks():
    apart = of_kind(run(JudgedRules(FakeBackend(lambda _: said("not_applicable")), name="j")))
    assert (apart.arms.after.n, apart.arms.after.unscored) == (0, 0)
    unread = of_kind(run(JudgedRules(FakeBackend(lambda _: "hm"), name="j")))
    assert (unread.arms.after.n, unread.arms.after.unscored) == (0, len(CASES))


@pytest.mark.parametrize("name", ["hf:model", "judge:", "plugin:x"])
def test_only_a_judge_takes_rules(name):
    with pytest.raises(ConfigError, match="judge:BACKEND"):
        choose_graders({"rules": name})


def test_a_gate_names_a_judged_rule_like_any_other():
    policy = Policy(rules={"kind": RuleLimits(min_after=0.9)})

    def verdict(label):
        found = run(JudgedRules(FakeBackend(lambda _: said(label)), name="j"))
        return [one for one in rule_checks(found.verdicts, policy) if "kind" in one.limit + one.where]

    assert {one.verdict for one in verdict("pass")} == {"passed"}
    assert "failed" in {one.verdict for one in verdict("fail")}
