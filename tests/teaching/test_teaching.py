import json

import pytest
from conftest import chat
from msgspec.structs import replace

from workbench.backends import FakeBackend, KeptBackend
from workbench.checks import compile_contract
from workbench.contracts import Contract, Rule
from workbench.errors import ConfigError
from workbench.ports import Sampling, silent
from workbench.recipe import TeacherStage
from workbench.records import Case, Completion
from workbench.teaching import Question, ask, likeness, take

WARM = Sampling(max_new_tokens=20, temperature=0.7)
RULES = compile_contract(
    Contract(
        task="t",
        rules=(
            Rule(
                id="starts",
                text="Start with Desk.",
                kind="style",
                check={"use": "starts_with", "phrase": "Desk"},
            ),
            Rule(
                id="no_joke",
                text="No jokes.",
                kind="style",
                check={"use": "not_contains", "phrases": ["joke"]},
                severity="should",
            ),
        ),
    )
)


def stage(**more):
    return TeacherStage(**{"name": "fake", "samples": 3, "sampling": WARM, **more})


def question(number=0):
    return Question(
        id=f"q{number}",
        task="t",
        prompt=chat(f"Where is order {number}?", system="Start with Desk."),
        case=Case(id=f"q{number}", behaviour="rules", slots={}),
    )


def said(*texts, finish="stop"):
    return [Completion(text=t, prompt_tokens=5, completion_tokens=5, finish=finish) for t in texts]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Desk: it left on 3 May.", "Desk:  it LEFT on 3 May.", True),
        ("Desk: it left on 3 May.", "Desk: it left on 4 May.", False),
        ("订单已于5月3日发出。", "订单已经于5月3日发出。", True),
        ("订单已于5月3日发出。", "抱歉，查不到。", False),
        ("", "Desk", False),
    ],
)
def test_likeness_is_of_words_and_never_across_other_figures(one, other, alike):
    assert (likeness(one, other) >= 0.6) is alike
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == 1.0


def test_the_answer_that_most_samples_give_is_taken():
    samples = said("Desk: on 4 May.", "Desk: it left on 3 May.", "Desk: it has left on 3 May.")
    taken = take(question(), samples, rules=RULES, stage=stage())
    assert taken.text in {"Desk: it left on 3 May.", "Desk: it has left on 3 May."}
    assert taken.agreement == pytest.approx(2 / 3)
    assert taken.refused == ()


def test_samples_that_break_a_rule_are_refused_by_its_name_and_count_against_agreement():
    samples = said("Hello, 3 May.", "Hello, 3 May.", "Desk: 3 May.")
    taken = take(question(), samples, rules=RULES, stage=stage())
    assert taken.text is None
    assert [(r.sample, r.reason, r.rules) for r in taken.refused] == [
        (0, "breaks a rule", ("starts",)),
        (1, "breaks a rule", ("starts",)),
        (2, "samples disagree", ()),
    ]
    assert take(question(), samples, rules=RULES, stage=stage(min_agreement=0.3)).text == "Desk: 3 May."


def test_should_rules_refuse_only_where_asked_for():
    sample = said("Desk: a joke.")
    assert take(question(), sample, rules=RULES, stage=stage(samples=1)).text == "Desk: a joke."
    strict = take(question(), sample, rules=RULES, stage=stage(samples=1, severity="should"))
    assert strict.refused[0].rules == ("no_joke",)


def test_cut_and_absent_answers_are_never_taught():
    cut = take(question(), said("Desk: and then", finish="length"), rules=RULES, stage=stage(samples=1))
    none = take(question(), said("", finish="error"), rules=RULES, stage=stage(samples=1))
    assert [cut.refused[0].reason, none.refused[0].reason] == ["cut at the token limit", "no answer came"]
    assert cut.text is None
    assert none.text is None


def test_every_sample_has_a_seed_of_its_own():
    backend = FakeBackend(lambda _: "Desk.")
    answers, tally = ask([question(n) for n in range(4)], stage(), backend=backend)
    assert [sampling.seed for _, sampling in backend.calls] == [0, 1, 2]
    assert {len(found) for found in answers.values()} == {3}
    assert tally.samples == 12


def test_several_greedy_samples_are_refused_as_one_and_the_same():
    with pytest.raises(ConfigError, match="all the same"):
        ask([question()], stage(sampling=Sampling()), backend=FakeBackend({}))


@pytest.mark.parametrize("budget", [1, 500, 3000, 10**6])
def test_the_budget_is_never_passed_and_the_rest_is_named(budget):
    questions = [question(n) for n in range(200)]
    answers, tally = ask(questions, stage(budget=budget), backend=FakeBackend(lambda _: "Desk: it left."))
    assert tally.tokens <= budget
    assert [*answers, *tally.not_asked] == [q.id for q in questions]
    assert bool(tally.not_asked) is (budget < 10**6)


@pytest.mark.parametrize("times", [1, 2.4, 3])
def test_the_budget_holds_where_words_have_many_tokens(times):
    """A teacher's tokenizer may cut words finely; the first question tells, and goes ahead alone."""
    plain = FakeBackend(lambda _: "Desk.")
    waves = []

    class Fine:
        def generate(self, prompts, sampling, *, progress=silent):
            waves.append(len(prompts))
            found = plain.generate(prompts, sampling, progress=progress)
            return [replace(one, prompt_tokens=round(times * one.prompt_tokens)) for one in found]

    _, tally = ask([question(n) for n in range(90)], stage(budget=1500), backend=Fine())
    assert tally.tokens <= 1500
    assert waves[0] == 1
    assert tally.not_asked


def test_a_stopped_run_goes_on_to_the_same_answers_and_budget(tmp_path):
    questions = [question(n) for n in range(150)]
    one = stage(budget=6000, samples=2)

    def answer(prompt):
        return f"Desk: {prompt[-1].content}"

    whole, tally = ask(questions, one, backend=KeptBackend(FakeBackend(answer), tmp_path / "a", identity="m"))
    lines = (tmp_path / "a").read_bytes().splitlines(keepends=True)
    (tmp_path / "b").write_bytes(b"".join(lines[: len(lines) // 3]) + lines[-1][:10])
    inner = FakeBackend(answer)
    again, same = ask(questions, one, backend=KeptBackend(inner, tmp_path / "b", identity="m"))
    assert again == whole
    assert (same.tokens, same.not_asked) == (tally.tokens, tally.not_asked)
    assert sum(len(prompts) for prompts, _ in inner.calls) == len(lines) - len(lines) // 3


def test_progress_tells_of_all_samples_and_the_time_left():
    seen = []
    ask(
        [question(n) for n in range(4)],
        stage(),
        backend=FakeBackend(lambda _: "x"),
        progress=lambda *r: seen.append(r),
    )
    assert [done for _, done, _, _ in seen] == list(range(1, 13))
    assert {total for _, _, total, _ in seen} == {12}
    assert "s left" in seen[0][3]
    assert "left" not in seen[-1][3]


def test_refusals_can_be_written_down():
    from dataclasses import asdict

    taken = take(question(), said("Hello"), rules=RULES, stage=stage(samples=1))
    assert json.loads(json.dumps(asdict(taken.refused[0])))["rules"] == ["starts"]
