import random
import time
from pathlib import Path

import pytest
from conftest import chat

from workbench.backends.local import LocalBackend
from workbench.errors import ConfigError
from workbench.ports import Backend, Sampling
from workbench.rendering.opening import open_base

torch = pytest.importorskip("torch")
SYSTEM = "You are a desk. Answer briefly, and never with a joke."
GREEDY = Sampling(max_new_tokens=12)


def make_prompts(count, system=SYSTEM):
    rng = random.Random(7)
    users = ("".join(rng.choices("abc 你好?", k=rng.randint(1, 30))) for _ in range(count))
    return [chat(user, system=system) for user in users]


PROMPTS = [*make_prompts(11), *make_prompts(6, system=None)]


@pytest.fixture(scope="module")
def base(tiny_base):
    return open_base(tiny_base, dtype="float32")


@pytest.fixture(scope="module")
def adapters(tiny_base, tmp_path_factory):
    from peft import LoraConfig, get_peft_model

    folders = {}
    for seed, name in enumerate(("one", "two")):
        torch.manual_seed(seed)
        config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
        folders[name] = tmp_path_factory.mktemp("adapters") / name
        get_peft_model(open_base(tiny_base, dtype="float32").model, config).save_pretrained(folders[name])
    return folders


@pytest.fixture(scope="module")
def switched(tiny_base, adapters):
    return LocalBackend.open(tiny_base, adapters=adapters, dtype="float32")


def test_answers_equal_those_of_transformers_generate(base):
    answers = LocalBackend(base).generate(PROMPTS, GREEDY)
    for prompt, answer in zip(PROMPTS, answers, strict=True):
        ids = torch.tensor([base.renderer.prompt_ids(prompt)])
        out = base.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False, pad_token_id=0
        )
        assert base.renderer.text(out[0, ids.shape[1] :].tolist()) == answer.text
        assert answer.prompt_tokens == ids.shape[1]
        assert answer.completion_tokens == out.shape[1] - ids.shape[1]
        assert answer.finish == ("stop" if out[0, -1] == 4 else "length")


@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_answers_do_not_depend_on_the_batch_or_the_shared_prefix(base, temperature):
    sampling = Sampling(max_new_tokens=12, temperature=temperature, top_p=0.9, seed=3)
    wanted = LocalBackend(base, batch_size=1, shared_tokens=0).generate(PROMPTS, sampling)
    for size, shared in ((8, 32), (32, 32), (32, 0), (5, 200)):
        assert LocalBackend(base, batch_size=size, shared_tokens=shared).generate(PROMPTS, sampling) == wanted
    shuffled = PROMPTS[::-1]
    assert LocalBackend(base, batch_size=8).generate(shuffled, sampling) == wanted[::-1]


def test_what_a_prompt_shares_with_those_before_it_is_said_whatever_the_batch(base):
    found = [LocalBackend(base, batch_size=size).shared_tokens_of(PROMPTS) for size in (1, 5, 32)]
    assert found[0] == found[1] == found[2]
    ids = [base.renderer.prompt_ids(prompt) for prompt in PROMPTS]
    assert any(found[0])
    for number, shared in enumerate(found[0]):
        assert shared < len(ids[number])
        others = [row[:shared] for place, row in enumerate(ids) if place != number]
        assert shared == 0 or ids[number][:shared] in others
    assert not any(LocalBackend(base, shared_tokens=0).shared_tokens_of(PROMPTS))
    assert LocalBackend(base).shared_tokens_of(PROMPTS[:1]) == [0]


def test_a_seed_gives_other_samples_and_equal_prompts_are_drawn_apart(base):
    backend = LocalBackend(base)
    one = Sampling(max_new_tokens=12, temperature=1.0, seed=1)
    again = backend.generate(PROMPTS[:4], one)
    assert again == backend.generate(PROMPTS[:4], one)
    assert again != backend.generate(PROMPTS[:4], Sampling(max_new_tokens=12, temperature=1.0, seed=2))
    twins = backend.generate([PROMPTS[0]] * 6, one)
    assert len({twin.text for twin in twins}) > 1


def test_a_tiny_nucleus_is_greedy(base):
    backend = LocalBackend(base)
    narrow = Sampling(max_new_tokens=8, temperature=1.0, top_p=1e-6)
    assert backend.generate(PROMPTS[:5], narrow) == backend.generate(PROMPTS[:5], Sampling(max_new_tokens=8))


def test_answers_end_at_the_stop_token_or_the_limit(base):
    lengths = [a.completion_tokens for a in LocalBackend(base).generate(PROMPTS, Sampling(max_new_tokens=3))]
    assert max(lengths) == 3
    one = LocalBackend(base).generate(PROMPTS[:1], Sampling(max_new_tokens=1))[0]
    assert one.completion_tokens == 1


def test_a_prompt_without_room_for_an_answer_is_an_error_in_its_place(base):
    long = chat("x" * 600)
    first, second, third = LocalBackend(base).generate([PROMPTS[0], long, PROMPTS[1]], GREEDY)
    assert (first.finish == "error", second.finish, third.finish == "error") == (False, "error", False)
    nearly = chat("x" * (512 - 5 - len(base.renderer.prompt_ids(chat("")))))
    assert LocalBackend(base).generate([nearly], GREEDY)[0].completion_tokens <= 5


def test_no_prompts_give_no_answers(base):
    assert LocalBackend(base).generate([], GREEDY) == []


def test_progress_counts_every_prompt(base):
    seen = []
    backend = LocalBackend(base, batch_size=4)
    backend.generate(PROMPTS, GREEDY, progress=lambda *report: seen.append(report[1:3]))
    assert seen[-1] == (len(PROMPTS), len(PROMPTS))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_an_adapter_changes_answers_and_switching_it_off_restores_the_base_exactly(tiny_base, base, switched):
    rows = [base.renderer.prompt_ids(prompt) for prompt in PROMPTS[:3]]
    bare = LocalBackend(open_base(tiny_base, dtype="float32")).logits(rows)
    off = switched.logits(rows)
    with switched.using("one"):
        one = switched.logits(rows)
        with switched.using("two"):
            two = switched.logits(rows)
        again = switched.logits(rows)
    restored = switched.logits(rows)
    for place in range(3):
        assert torch.equal(bare[place], off[place])
        assert torch.equal(off[place], restored[place])
        assert torch.equal(one[place], again[place])
        assert not torch.equal(one[place], off[place])
        assert not torch.equal(one[place], two[place])


def test_arms_are_backends_bound_to_an_adapter(switched):
    before, after = switched.arm(None), switched.arm("one")
    assert isinstance(after, Backend)
    answers = after.generate(PROMPTS[:3], GREEDY)
    assert before.generate(PROMPTS[:3], GREEDY) != answers
    with switched.using("one"):
        assert switched.generate(PROMPTS[:3], GREEDY) == answers
    assert switched.adapter is None


def test_switching_takes_a_moment(switched):
    start = time.process_time()
    for _ in range(10):
        with switched.using("one"), switched._switched():
            pass
        with switched._switched():
            pass
    assert (time.process_time() - start) / 20 < 0.05


def test_names_are_checked(switched, adapters):
    with pytest.raises(ConfigError, match="taken"):
        switched.load("one", adapters["one"])
    with pytest.raises(ConfigError, match="other characters"):
        switched.load("a.b", adapters["one"])
    with pytest.raises(ConfigError, match="one of one, two"), switched.using("three"):
        pass
    assert switched.adapters == ("one", "two")


def test_a_dropped_adapter_is_gone_and_the_others_answer_as_before(tiny_base, base, adapters):
    backend = LocalBackend.open(tiny_base, adapters=adapters, dtype="float32")
    rows = [base.renderer.prompt_ids(PROMPTS[0])]
    bare = backend.logits(rows)[0]
    with backend.using("two"):
        two = backend.logits(rows)[0]
        with pytest.raises(ConfigError, match="switched on"):
            backend.drop("two")
    backend.drop("one")
    assert backend.adapters == ("two",)
    with backend.using("two"):
        assert torch.equal(backend.logits(rows)[0], two)
    backend.drop("two")
    assert torch.equal(backend.logits(rows)[0], bare)
    with pytest.raises(ConfigError, match="none loaded"):
        backend.drop("two")
    backend.load("one", adapters["one"])
    with backend.using("one"):
        assert not torch.equal(backend.logits(rows)[0], bare)


def test_strength_goes_from_the_base_to_the_adapter_and_beyond(tiny_base, base, adapters):
    backend = LocalBackend.open(tiny_base, adapters=adapters, dtype="float32")
    rows = [base.renderer.prompt_ids(PROMPTS[0])]
    bare, found = backend.logits(rows)[0], {}
    with backend.using("one"):
        trained = backend.logits(rows)[0]
        for factor in (0.0, 0.5, 1.5, 1.0):
            backend.strengthen("one", factor)
            found[factor] = backend.logits(rows)[0]
    assert torch.equal(found[0.0], bare)
    assert torch.equal(found[1.0], trained)
    assert not torch.equal(found[0.5], trained)
    assert not torch.equal(found[1.5], trained)


def test_the_bundled_base_answers_the_same_in_batches_of_1_8_and_32():
    base = open_base("samples/base")
    system = Path("samples/support/prompt.md").read_text(encoding="utf-8")[:800]
    said = "Context:\n- Order {} left on {} May.\n\nQuestion: When?{}"
    asked = [said.format(n, n % 28 + 1, " Please." * (n % 5)) for n in range(36)]
    prompts = [chat(one, system=system) for one in asked]
    wanted = LocalBackend(base, batch_size=1).generate(prompts, GREEDY)
    assert len({one.text for one in wanted}) > 1
    shuffled = random.Random(2).sample(range(len(prompts)), len(prompts))
    for size in (8, 32):
        backend = LocalBackend(base, batch_size=size)
        assert backend.generate(prompts, GREEDY) == wanted
        found = backend.generate([prompts[n] for n in shuffled], GREEDY)
        assert found == [wanted[n] for n in shuffled]
