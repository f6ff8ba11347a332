import pytest

from workbench.backends import FakeBackend
from workbench.errors import InvariantError
from workbench.evaluation.answers import Answers
from workbench.ports import Sampling
from workbench.records import Message

SAMPLING = Sampling(max_new_tokens=9)


def prompts(*texts):
    return [(Message(role="user", content=text),) for text in texts]


def ask(path, texts, backend, *, weights="w", sampling=SAMPLING, batch=2):
    answers = Answers(path, weights=weights, sampling=sampling)
    found = answers.ask(prompts(*texts), backend=backend, sampling=sampling, batch=batch)
    return [one.text for one in found]


def echo():
    return FakeBackend(lambda prompt: prompt[-1].content.upper())


def asked(backend):
    return [prompt[-1].content for call, _ in backend.calls for prompt in call]


def test_answers_come_in_order_and_equal_prompts_are_asked_once(tmp_path):
    backend = echo()
    assert ask(tmp_path / "a.jsonl", ["b", "a", "b", "c"], backend) == ["B", "A", "B", "C"]
    assert asked(backend) == ["b", "a", "c"]


def test_a_killed_run_asks_only_what_is_left(tmp_path):
    path = tmp_path / "a.jsonl"

    def dying(prompt):
        if prompt[-1].content == "e":
            raise KeyboardInterrupt
        return prompt[-1].content.upper()

    with pytest.raises(KeyboardInterrupt):
        ask(path, list("abcdef"), FakeBackend(dying))
    again = echo()
    assert ask(path, list("abcdef"), again) == list("ABCDEF")
    assert asked(again) == ["e", "f"]


def test_a_line_cut_by_a_kill_is_asked_again_and_leaves_the_file_whole(tmp_path):
    path = tmp_path / "a.jsonl"
    ask(path, list("abc"), echo())
    data = path.read_bytes()
    path.write_bytes(data[:-7])
    again = echo()
    assert ask(path, list("abc"), again) == list("ABC")
    assert asked(again) == ["c"]
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "other", [{"weights": "v"}, {"sampling": Sampling(max_new_tokens=8)}, {"sampling": Sampling(seed=1)}]
)
def test_answers_of_other_weights_or_sampling_are_not_taken(tmp_path, other):
    path = tmp_path / "a.jsonl"
    ask(path, ["a"], echo())
    again = echo()
    ask(path, ["a"], again, **other)
    assert asked(again) == ["a"]


def test_an_answer_that_failed_is_asked_again_next_time(tmp_path):
    path = tmp_path / "a.jsonl"
    ask(path, ["a", "b"], FakeBackend({"a": "A"}))
    again = echo()
    assert ask(path, ["a", "b"], again) == ["A", "B"]
    assert asked(again) == ["b"]


def test_progress_counts_over_batches():
    seen = []
    Answers(None, weights="w", sampling=SAMPLING).ask(
        prompts(*"abc"), backend=echo(), sampling=SAMPLING, batch=2, stage="evaluate after",
        progress=lambda stage, done, total, _="": seen.append((stage, done, total)),
    )  # fmt: skip
    assert seen == [("evaluate after", done, 3) for done in (0, 1, 2, 3)]


def test_a_backend_that_drops_a_prompt_is_our_bug():
    class Short:
        def generate(self, *_, **__):
            return []

    with pytest.raises(InvariantError, match="2 prompts asked, 0 answers"):
        ask(None, ["a", "b"], Short())
