import random

import msgspec
import pytest
from desk_world import CONTRACT, FORM, TEMPLATE, careless, case, good

from workbench.backends import FakeBackend
from workbench.errors import ConfigError, InputError
from workbench.evaluation import Judging, Method, Plan, evaluate, read_replay, write_evaluation
from workbench.evaluation.asking import sample_seed
from workbench.evaluation.noise import noise
from workbench.evaluation.repeats import pass_hat
from workbench.ports import Sampling
from workbench.records import Completion
from workbench.text import content_id

K = 4
WARM = Sampling(temperature=0.8)
PLAN = Plan(
    templates={"t1": TEMPLATE},
    form=FORM,
    contracts=[CONTRACT],
    judging=Judging(method=Method(resamples=300)),
    sampling=WARM,
    samples=K,
    noise=True,
)
CASES = [case(number) for number in range(40)]


class Moody:
    """Answers well with a chance of its own, by prompt and seed alone, as a sampled model does."""

    def __init__(self, chance):
        self.chance = chance

    def generate(self, prompts, sampling, *, progress=None):
        del progress
        return [self._one(prompt, sampling.seed) for prompt in prompts]

    def _one(self, prompt, seed):
        drawn = int(content_id(str(seed), prompt[-1].content), 16) % 1000 / 1000
        text = good(prompt) if drawn < self.chance else careless(prompt)
        return Completion(text=text, prompt_tokens=9, completion_tokens=9)


def moody(arm):
    return Moody({"teacher": 1.0, "before": 0.0, "after": 0.6}[arm])


@pytest.fixture(scope="module")
def found():
    return evaluate(CASES, PLAN, backend_for=moody)


def questions(verdicts, arm="after"):
    return {one.name: one for one in verdicts.samples.questions if one.arm == arm}


def test_figures_are_means_over_samples_and_all_of_k_is_rarer(found):
    one = questions(found.verdicts)["opening"]
    assert found.verdicts.overall.after.n == 80
    assert found.verdicts.overall.after.rate == pytest.approx(questions(found.verdicts)["all rules"].pass_at)
    assert one.pass_at == pytest.approx(0.6, abs=0.15)
    assert list(one.pass_hat) == sorted(one.pass_hat, reverse=True)
    assert one.pass_hat[0] == pytest.approx(one.pass_at)
    assert one.pass_hat[-1] < 0.35
    assert one.pass_hat_ci[0] <= one.pass_hat[-1] <= one.pass_hat_ci[1]
    assert 0.5 < one.flips < 1.0
    steady = questions(found.verdicts, "teacher")["opening"]
    assert (steady.pass_hat, steady.flips) == ((1.0,) * K, 0.0)


def test_the_order_of_cases_and_the_cases_beside_change_nothing(found):
    mixed = random.Random(1).sample(CASES, len(CASES))
    again = evaluate(mixed, PLAN, backend_for=moody).verdicts
    assert again == found.verdicts
    texts = {(one.case.id, one.sample): one.completion.text for one in found.answered if one.arm == "after"}
    fewer = evaluate(CASES[::3], PLAN, backend_for=moody).answered
    assert all(one.completion.text == texts[one.case.id, one.sample] for one in fewer if one.arm == "after")


def test_samples_differ_and_the_first_has_the_plans_own_seed():
    assert sample_seed(7, 0) == 7
    assert len({sample_seed(seed, n) for seed in range(20) for n in range(20)}) == 400


def test_pass_hat_is_unbiased_over_all_choices():
    assert [pass_hat(3, 4, j) for j in (1, 2, 3, 4)] == [0.75, 0.5, 0.25, 0.0]


def test_noise_has_a_floor_where_answers_vary_and_none_where_they_do_not(found):
    told = found.verdicts.noise
    floors = {(one.name, one.arm): one for one in told.comparisons}
    assert floors["opening", "teacher"].floor == 0.0
    after = floors["opening", "after"]
    assert 0.05 < after.floor < 0.3
    assert abs(after.difference) < 0.3
    assert told.per_half == 2
    ps = sorted(one.p for one in told.comparisons)
    assert told.rejected == sum(p <= 0.05 for p in ps) < len(ps)
    assert told.rejected_holm <= told.rejected
    assert 0.2 < told.differing < 0.4


def test_a_question_that_was_not_answered_each_time_is_left_out_of_the_noise(found):
    lost = next(one for one in found.answered if (one.arm, one.sample) == ("after", K - 1))
    fewer = [one for one in found.answered if one is not lost]
    told = noise([], fewer, k=K, method=Method(resamples=20))
    assert told.differing == pytest.approx(found.verdicts.noise.differing, abs=0.01)


def test_an_arm_against_itself_seldom_looks_like_a_change():
    rejected = of = 0
    for seed in range(40):
        plan = twice(Sampling(temperature=0.8, seed=seed))
        told = evaluate(CASES, plan, backend_for=moody).verdicts.noise
        tests = [one for one in told.comparisons if (one.name, one.arm) == ("opening", "after")]
        rejected += sum(one.p <= 0.05 for one in tests)
        of += len(tests)
    assert of == 40
    assert rejected <= 6  # a binomial of 5 % exceeds that once in a hundred


def twice(sampling):
    fast = Judging(method=Method(resamples=20))
    return Plan(
        templates={"t1": TEMPLATE}, form=FORM, contracts=[CONTRACT], judging=fast, sampling=sampling,
        samples=2, noise=True,
    )  # fmt: skip


def test_a_recorded_run_is_graded_again_without_a_model(found, tmp_path):
    write_evaluation(found, tmp_path)
    recorded = read_replay(tmp_path)
    assert (recorded.arms, recorded.samples) == (("teacher", "before", "after"), K)
    again = evaluate(recorded.cases, PLAN, backend_for=lambda arm: recorded.backend(arm, seed=0))
    assert again.verdicts == found.verdicts
    assert again.answered == found.answered
    first = read_replay(tmp_path / "completions.jsonl")
    assert first.samples == 1
    assert len(first.cases) == 40


def test_a_case_that_was_not_recorded_is_unscored(found, tmp_path):
    write_evaluation(found, tmp_path)
    recorded = read_replay(tmp_path)
    more = [*recorded.cases, case(77)]
    verdicts = evaluate(more, PLAN, backend_for=lambda arm: recorded.backend(arm, seed=0)).verdicts
    assert verdicts.unscored == 6
    assert verdicts.overall.after.n == 80


def test_a_recording_that_is_none_is_named(tmp_path):
    (tmp_path / "completions.jsonl").write_text('{"case_id": 3}\n')
    with pytest.raises(InputError, match=r"completions.jsonl:1"):
        read_replay(tmp_path)
    (tmp_path / "completions.jsonl").write_text("\n")
    with pytest.raises(InputError, match="no answer"):
        read_replay(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sampling": Sampling(), "noise": False}, "one answer 4 times"),
        ({"samples": 1}, "one sample a case"),
    ],
)
def test_samples_that_can_show_nothing_are_refused(change, said):
    fields = {name: getattr(PLAN, name) for name in PLAN.__dataclass_fields__} | change
    with pytest.raises(ConfigError, match=said):
        evaluate(CASES, Plan(**fields), backend_for=moody)


def test_one_sample_writes_what_it_always_wrote(tmp_path):
    fields = {name: getattr(PLAN, name) for name in PLAN.__dataclass_fields__}
    plan = Plan(**(fields | {"samples": 1, "noise": False, "sampling": Sampling()}))
    summary = write_evaluation(evaluate(CASES, plan, backend_for=lambda _: FakeBackend(good)), tmp_path)
    assert not {"samples", "noise", "corrected"} & set(summary)
    assert not (tmp_path / "samples.jsonl").exists()
    line = msgspec.json.decode((tmp_path / "completions.jsonl").read_bytes().splitlines()[0])
    assert "sample" not in line
