import random

import pytest
from conftest import chat
from model_service import echo, serving

from workbench.backends import FakeBackend, KeptBackend
from workbench.backends.openai import OpenAIBackend, Service
from workbench.errors import InvariantError, ServiceError
from workbench.ports import Sampling

GREEDY = Sampling(max_new_tokens=16)
PROMPTS = [chat(f"question {n}") for n in range(40)]


def upper():
    return FakeBackend(lambda prompt: prompt[-1].content.upper())


def test_nothing_is_asked_twice(tmp_path):
    path = tmp_path / "answers.jsonl"
    first = KeptBackend(upper(), path, identity="m").generate(PROMPTS, GREEDY)
    inner = upper()
    again = KeptBackend(inner, path, identity="m")
    assert again.generate(PROMPTS[::-1], GREEDY) == first[::-1]
    assert (again.found, again.asked, inner.calls) == (40, 0, [])


@pytest.mark.parametrize("change", ["identity", "sampling", "schema", "role", "text"])
def test_whatever_decides_an_answer_decides_its_key(tmp_path, change):
    path = tmp_path / "answers.jsonl"
    KeptBackend(upper(), path, identity="m").generate([chat("a")], GREEDY)
    sampling = {"sampling": Sampling(max_new_tokens=8), "schema": Sampling(max_new_tokens=16, schema={})}
    prompt = {"role": (chat("a")[0].__class__(role="system", content="a"),), "text": chat("b")}
    kept = KeptBackend(upper(), path, identity="n" if change == "identity" else "m")
    kept.generate([prompt.get(change, chat("a"))], sampling.get(change, GREEDY))
    assert kept.found == 0


def test_equal_prompts_are_asked_once_when_greedy_and_apart_when_sampled(tmp_path):
    greedy, sampled = upper(), upper()
    KeptBackend(greedy, tmp_path / "g", identity="m").generate([chat("a")] * 3, GREEDY)
    KeptBackend(sampled, tmp_path / "s", identity="m").generate([chat("a")] * 3, Sampling(temperature=1.0))
    assert [len(prompts) for prompts, _ in greedy.calls] == [1]
    assert [len(prompts) for prompts, _ in sampled.calls] == [3]


def test_a_failed_answer_is_asked_again(tmp_path):
    path = tmp_path / "answers.jsonl"
    first = KeptBackend(FakeBackend({"a": "x"}), path, identity="m").generate([chat("a"), chat("b")], GREEDY)
    assert [one.finish for one in first] == ["stop", "error"]
    kept = KeptBackend(upper(), path, identity="m")
    assert [one.text for one in kept.generate([chat("a"), chat("b")], GREEDY)] == ["x", "B"]
    assert (kept.found, kept.asked) == (1, 1)


def test_a_file_cut_anywhere_gives_the_same_answers_with_fewer_questions(tmp_path):
    path = tmp_path / "answers.jsonl"
    wanted = KeptBackend(upper(), path, identity="m").generate(PROMPTS, GREEDY)
    whole = path.read_bytes()
    rng = random.Random(3)
    for cut in [0, 1, len(whole) - 1, *(rng.randrange(len(whole)) for _ in range(10))]:
        path.write_bytes(whole[:cut])
        kept = KeptBackend(upper(), path, identity="m")
        assert kept.generate(PROMPTS, GREEDY) == wanted
        assert kept.found == whole[:cut].count(b"\n")
    path.write_bytes(b"not json\n{}\n" + whole)
    assert KeptBackend(upper(), path, identity="m").generate(PROMPTS, GREEDY) == wanted


def test_answers_that_came_before_a_stop_are_kept(tmp_path):
    path = tmp_path / "answers.jsonl"

    def script(body, number):
        return echo(body, number) if number <= 7 else (401, b"no")

    with serving(script) as service:
        backend = OpenAIBackend(Service(url=service.url, model="tiny", concurrency=1))
        with pytest.raises(ServiceError):
            KeptBackend(backend, path, identity="m").generate(PROMPTS, GREEDY)
    kept = KeptBackend(upper(), path, identity="m")
    assert len(kept.generate(PROMPTS, GREEDY)) == len(PROMPTS)
    assert (kept.found, kept.asked) == (7, 33)


def test_a_backend_that_loses_answers_is_our_bug(tmp_path):
    class Lossy:
        def generate(self, prompts, sampling, **_):
            return upper().generate(prompts[1:], sampling)

    with pytest.raises(InvariantError):
        KeptBackend(Lossy(), tmp_path / "a", identity="m").generate(PROMPTS, GREEDY)


def test_once_asks_equal_prompts_once_though_sampled_and_a_file_is_not_needed():
    inner = upper()
    warm = Sampling(temperature=1.0)
    kept = KeptBackend(inner, None, identity="m", once=True, batch=2)
    prompts = [chat("b"), chat("a"), chat("b"), chat("c")]
    assert [one.text for one in kept.generate(prompts, warm)] == ["B", "A", "B", "C"]
    assert [len(call) for call, _ in inner.calls] == [2, 1]
    assert kept.generate(prompts[::-1], warm)[0].text == "C"
    assert (kept.asked, len(inner.calls)) == (3, 2)


def test_a_killed_run_asks_only_what_is_left(tmp_path):
    def dying(prompt):
        if prompt[-1].content == "e":
            raise KeyboardInterrupt
        return prompt[-1].content.upper()

    prompts = [chat(text) for text in "abcdef"]
    with pytest.raises(KeyboardInterrupt):
        KeptBackend(FakeBackend(dying), tmp_path / "a", identity="m", batch=2).generate(prompts, GREEDY)
    again = upper()
    kept = KeptBackend(again, tmp_path / "a", identity="m", batch=2)
    assert [one.text for one in kept.generate(prompts, GREEDY)] == list("ABCDEF")
    assert [prompt[-1].content for call, _ in again.calls for prompt in call] == ["e", "f"]


def test_progress_counts_what_was_known_before(tmp_path):
    KeptBackend(upper(), tmp_path / "a", identity="m").generate([chat("a")], GREEDY)
    seen = []
    kept = KeptBackend(upper(), tmp_path / "a", identity="m", batch=2)
    kept.generate(
        [chat(text) for text in "abcd"],
        GREEDY,
        progress=lambda _, done, total, __="": seen.append((done, total)),
    )
    assert seen == [(1, 4), (3, 4), (4, 4)]
