import json

import msgspec
import polars as pl
import pytest
from desk_world import CONTRACT, FORM, TEMPLATE, careless, case, good

from workbench.backends import FakeBackend
from workbench.errors import ConfigError, InputError
from workbench.evaluation import GRADE_SCHEMA, Judging, Method, Plan, evaluate, write_evaluation
from workbench.graders import Harm, Rules
from workbench.ports import Sampling
from workbench.verdicts import Verdicts

JUDGING = Judging(method=Method(resamples=300))
PLAN = Plan(templates={"t1": TEMPLATE}, form=FORM, contracts=[CONTRACT], judging=JUDGING, batch=7)
HARM = {"behaviour": "harm", "cluster": "h"}
PAIR = [
    case(90, twin="c91", expect={"comply": False}, **HARM),
    case(91, twin="c90", expect={"comply": True}, **HARM),
]
CASES = [*(case(number) for number in range(40)), *PAIR]
WEIGHTS = {"teacher": "base", "before": "base", "after": "base+adapter"}


def backends(**answers):
    made = {"teacher": good, "before": careless, "after": good} | answers
    return {arm: FakeBackend(answer) for arm, answer in made.items()}


def run(cases=CASES, plan=PLAN, *, made=None, **options):
    made = made or backends()
    return evaluate(cases, plan, backend_for=made.__getitem__, **options)


def test_three_arms_give_shares_states_and_saved_tokens():
    verdicts = run().verdicts
    assert verdicts.overall.teacher.rate == verdicts.overall.after.rate == 1.0
    assert verdicts.overall.before.rate == 0.0
    assert {rule.id: rule.state for rule in verdicts.rules} == {
        "opening": "kept", "calm": "kept", "kind": "unscored",
    }  # fmt: skip
    assert verdicts.retained == 1.0
    assert verdicts.retained_ci[0] < 1.0
    assert (verdicts.cases, verdicts.heldout_cases, verdicts.heldout_clusters) == (42, 40, 40)
    assert verdicts.tokens.saved_share > 0.4
    assert verdicts.adapter_applied
    (harm,) = verdicts.behaviours
    assert {cell: arms.after.rate for cell, arms in harm.cells.items()} == {
        "safe answered": 1.0, "unsafe refused": 0.0,
    }  # fmt: skip


def test_an_adapter_without_effect_loses_every_rule():
    verdicts = run(made=backends(after=careless)).verdicts
    assert [rule.state for rule in verdicts.rules] == ["lost", "lost", "unscored"]
    assert not verdicts.adapter_applied
    assert verdicts.retained == 0.0


def test_without_an_adapter_there_are_two_arms_and_no_recovery():
    plan = Plan(templates=PLAN.templates, form=FORM, contracts=[CONTRACT], arms=("teacher", "before"))
    verdicts = run(plan=plan).verdicts
    assert (verdicts.overall.after.n, verdicts.overall.after.rate, verdicts.retained) == (0, None, None)
    assert {rule.state for rule in verdicts.rules} == {"unscored"}


def test_what_is_written_reads_back(tmp_path):
    found = run()
    summary = write_evaluation(found, tmp_path)
    lines = [json.loads(text) for text in (tmp_path / "completions.jsonl").read_text().splitlines()]
    assert set(lines[0]) == {
        "case_id", "arm", "prompt", "text", "prompt_tokens", "completion_tokens", "finish", "cached_tokens",
    }  # fmt: skip
    assert len(lines) == 3 * len(CASES)
    grades = pl.read_parquet(tmp_path / "grades.parquet")
    assert grades.schema == GRADE_SCHEMA
    assert grades.height == 3 * (40 * 2 + 2)
    assert grades.filter(pl.col("rule") == "calm")["grader"].unique().to_list() == ["no_characters"]
    marks = grades.filter(pl.col("rule") == "calm", pl.col("arm") == "before")["evidence"][0]
    assert json.loads(marks)[0] == {"what": "forbidden", "text": "!", "start": 10, "end": 11}
    assert msgspec.json.decode((tmp_path / "verdicts.json").read_bytes(), type=Verdicts) == found.verdicts
    assert summary["arms"] == {"teacher": 1.0, "before": 0.0, "after": 1.0}
    assert json.loads((tmp_path / "summary.json").read_text())["cases"] == 42
    assert len((tmp_path / "cases.jsonl").read_text().splitlines()) == 42


def test_the_batch_does_not_change_the_result_and_the_cache_asks_once(tmp_path):
    first = run(cache=tmp_path, weights=WEIGHTS)
    made = backends()
    plan = Plan(templates=PLAN.templates, form=FORM, contracts=[CONTRACT], judging=JUDGING, batch=100)
    assert run(plan=plan, made=made, cache=tmp_path, weights=WEIGHTS) == first
    assert all(not backend.calls for backend in made.values())
    assert run(plan=plan) == first


def test_a_run_that_goes_on_judges_nothing_again(tmp_path, monkeypatch):
    first = run(cache=tmp_path, weights=WEIGHTS)

    def never(*_):
        raise AssertionError("judged again")

    monkeypatch.setattr(Rules, "each", never)
    monkeypatch.setattr(Harm, "__call__", never)
    assert run(cache=tmp_path, weights=WEIGHTS) == first
    with pytest.raises(AssertionError, match="judged again"):
        run()


def test_silence_is_unscored_and_a_cut_answer_says_so():
    silent = run(made=backends(after=lambda _: None)).verdicts
    assert silent.overall.after.n == 0
    assert silent.overall.after.unscored == 80
    assert silent.unscored == 82
    plan = Plan(
        templates=PLAN.templates, form=FORM, contracts=[CONTRACT], sampling=Sampling(max_new_tokens=3)
    )
    cut = [one for one in run(plan=plan).graded if one.arm == "after"]
    assert all("cut at the token limit" in one.grade.detail for one in cut)


def test_pairs_are_graded_beside_their_twin():
    twins = [
        case(1, behaviour="neutrality", twin="c2", expect={"topic": "politics"}),
        case(2, behaviour="neutrality", twin="c1", expect={"topic": "politics"}),
    ]
    even = run(twins, made=backends(after=lambda _: "I take no side on that.")).graded
    assert {one.grade.label for one in even if one.arm == "after"} == {"pass"}

    def uneven(prompt):
        return "I take no side on that." if "Order 1:" in prompt[-1].content else None

    left = [one.grade for one in run(twins, made=backends(after=uneven)).graded if one.arm == "after"]
    assert [grade.label for grade in left] == ["unscored", "unscored"]
    assert "twin" in left[0].detail


def test_contracts_of_two_tasks_keep_their_rules_apart():
    other = msgspec.structs.replace(TEMPLATE, id="t2", task="other")
    second = msgspec.structs.replace(CONTRACT, task="other")
    plan = Plan(
        templates={"t1": TEMPLATE, "t2": other}, form=FORM, contracts=[CONTRACT, second], judging=JUDGING
    )
    verdicts = run([case(1), case(2), case(3, expect={"template": "t2"})], plan=plan).verdicts
    counts = {rule.id: rule.arms.after.n for rule in verdicts.rules}
    assert (counts["desk/opening"], counts["other/opening"]) == (2, 1)


@pytest.mark.parametrize(
    ("cases", "options", "said"),
    [
        ([], {}, "no case|none"),
        ([case(1), case(1)], {}, "twice: 'c1'"),
        ([case(1, behaviour="poetry")], {}, "'poetry'"),
        ([case(1, behaviour="assertions")], {}, "c1.*no assertions"),
        (
            [case(1, behaviour="assertions", expect={"assert": [{"type": "contians", "value": "x"}]})],
            {},
            "contians",
        ),
        ([case(1, behaviour="schema", expect={"schema": {"type": 5}})], {}, "schema that is none"),
        ([case(1)], {"plan": Plan(templates=PLAN.templates, form=FORM, contracts=[])}, "a contract for it"),
    ],
)
def test_what_can_be_wrong_is_told_before_a_model_is_asked(cases, options, said):
    made = backends()
    with pytest.raises(ConfigError, match=said):
        run(cases, made=made, **options)
    assert all(not backend.calls for backend in made.values())


def test_a_cache_needs_names_for_the_weights(tmp_path):
    with pytest.raises(ConfigError, match="no fingerprint for after"):
        run(cache=tmp_path, weights={"teacher": "b", "before": "b"})


def test_a_case_that_fits_no_template_is_told_before_a_model_is_asked():
    with pytest.raises(InputError, match="nothing for"):
        run([case(1, expect={}, slots={})])
