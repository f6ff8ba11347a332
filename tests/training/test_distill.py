"""The teacher is the base under the long prompt, exactly; the student follows it."""

import json

import msgspec
import pytest
from conftest import make_frame, make_pair

from workbench.errors import ConfigError, InputError
from workbench.io.frames import frame_to_pairs, pairs_to_frame
from workbench.records import Message
from workbench.training import Sft, Teaching, train

torch = pytest.importorskip("torch")
LONG = "You are the desk of a shop. Give the number of the order as JSON, and nothing besides it. " * 2
SPEC = Sft(
    r=4, learning_rate=0.02, max_steps=4, batch_size=4, dtype="float32", log_every=1, eval_every=0,
    checkpoint_every=2, parity_rows=2, objective="distill",
)  # fmt: skip
ROWS = make_frame(12)


def changed(**fields):
    return msgspec.structs.replace(SPEC, **fields)


def long(pair):
    return (Message(role="system", content=LONG), *pair.prompt)


def run(base, out, spec=SPEC, *, store=None, **kwargs):
    return train(
        spec, base=base, train=ROWS, valid=None, out=out, teaching=Teaching(long=long, store=store), **kwargs
    )


def losses(result):
    return [entry["loss"] for entry in result.log if "loss" in entry]


@pytest.fixture(scope="module")
def opened(tiny_base):
    from workbench.rendering.opening import open_base
    from workbench.training.lora import add_adapter

    base = open_base(tiny_base, dtype="float32")
    return base, add_adapter(SPEC, base.model, name="tiny")


@pytest.fixture(scope="module")
def rows(opened):
    from workbench.training.rows import collect

    return collect(ROWS, SPEC, renderer=opened[0].renderer, context=512, part="train", long=long)


def test_a_teacher_s_rows_carry_the_long_prompt_and_the_same_answers(rows):
    for student, teacher in zip(rows.examples, rows.teachers, strict=True):
        assert len(teacher.input_ids) > len(student.input_ids) + 100
        assert [x for x in student.labels if x != -100] == [x for x in teacher.labels if x != -100]


def plain(model, example):
    """What the untouched base says before each labelled token, one row at a time."""
    with torch.no_grad(), model.disable_adapter():
        logits = model(input_ids=torch.tensor([example.input_ids])).logits[0].float()
    return logits[[i - 1 for i, label in enumerate(example.labels) if label != -100]]


@pytest.mark.parametrize("shared", [0, 32])
def test_logits_over_a_prefix_encoded_once_are_those_of_whole_rows(opened, rows, shared):
    from workbench.training.teacher import LiveTeacher

    teacher = LiveTeacher(opened[1], rows.teachers, shared_tokens=shared)
    wanted = torch.cat([plain(opened[1], rows.teachers[row]) for row in (7, 0, 3)])
    for _ in range(2):  # the second time from the kept prefix
        assert torch.allclose(teacher.logits([7, 0, 3]), wanted, atol=1e-4)


def test_what_a_live_teacher_said_is_kept_and_the_same_in_any_order(opened, rows):
    from workbench.training.teacher import LiveTeacher, RememberedTeacher, top_tokens

    live, asked = LiveTeacher(opened[1], rows.teachers), []

    class Counting:
        batches = live.batches

        def logits(self, places):
            asked.extend(places)
            return live.logits(places)

    def remembered():
        return RememberedTeacher(Counting(), rows.teachers, size=4, top_k=9, temperature=2.0)

    one, other = remembered(), remembered()
    first = one.top([7, 0, 3], device="cpu")
    assert set(asked) >= {7, 0, 3}
    everything = one.top(list(range(len(rows.teachers))), device="cpu")
    assert sorted(asked) == list(range(len(rows.teachers)))  # each row once
    wanted = torch.cat([plain(opened[1], rows.teachers[row]) for row in (7, 0, 3)])
    expected = top_tokens(wanted, top_k=9, temperature=2.0)
    assert torch.allclose(first.values, expected.values, atol=1e-4)
    assert torch.equal(first.ids, expected.ids)
    other.top([5], device="cpu")  # as a training that goes on from there
    again = other.top([7, 0, 3], device="cpu")
    assert torch.equal(again.values, first.values)
    assert len(everything.values) == sum(example.trained for example in rows.teachers)


@pytest.mark.parametrize(
    ("fields", "processes", "vocabulary", "kept"),
    [
        ({"epochs": 3.0}, 1, 300, True),
        ({"epochs": 1.0}, 1, 300, True),  # rows of like length are asked together
        ({"epochs": 0.5}, 1, 300, False),  # half of the rows would be asked in vain
        ({"epochs": 3.0}, 2, 300, True),
        ({"epochs": 1.0}, 2, 300, False),  # half of the rows a pass
        ({"epochs": 1.0, "max_steps": 100}, 1, 300, True),
        ({"epochs": 3.0, "top_k": None}, 1, 10**7, False),  # more than memory should hold
    ],
)
def test_answers_are_kept_where_all_rows_come_and_memory_holds_them(
    rows, fields, processes, vocabulary, kept
):
    from workbench.training import Sft
    from workbench.training.teacher import remembers

    assert (
        remembers(Sft(batch_size=4, **fields), rows.teachers, vocabulary=vocabulary, processes=processes)
        is kept
    )


def test_a_prefix_that_is_all_of_the_prompt_but_a_token_is_shared(opened, rows):
    from workbench.training.teacher import LiveTeacher

    same = [rows.teachers[0]] * 3
    teacher = LiveTeacher(opened[1], same)
    assert torch.allclose(teacher.logits([1]), plain(opened[1], same[0]), atol=1e-4)


def test_full_divergence_is_torch_s_and_top_k_is_a_lower_bound_of_it():
    from workbench.training.loss import forward_kl, reverse_kl
    from workbench.training.teacher import top_tokens

    torch.manual_seed(0)
    student, teacher = torch.randn(7, 50) * 2, torch.randn(7, 50) * 2
    logs = [torch.log_softmax(x / 1.5, -1) for x in (student, teacher)]
    whole = torch.nn.functional.kl_div(*logs, log_target=True, reduction="sum") * 1.5**2

    def at(k):
        return forward_kl(student, top_tokens(teacher, top_k=k, temperature=1.5), temperature=1.5)

    assert at(None) == pytest.approx(float(whole), rel=1e-5)
    assert at(50) == pytest.approx(float(whole), rel=1e-5)
    assert float(at(2)) < float(at(10)) < float(at(40)) < float(whole)
    back = torch.nn.functional.kl_div(logs[1], logs[0], log_target=True, reduction="sum") * 1.5**2
    assert reverse_kl(student, logs[1], temperature=1.5) == pytest.approx(float(back), rel=1e-5)
    assert float(forward_kl(teacher, top_tokens(teacher, top_k=9, temperature=1), temperature=1)) < 1e-4


def test_stored_and_live_teachers_train_the_same_adapter(tiny_base, tmp_path):
    stored = run(tiny_base, tmp_path / "stored", changed(top_k=20))
    live = run(tiny_base, tmp_path / "live", changed(top_k=20, teacher="live"))
    assert losses(stored) == pytest.approx(losses(live), abs=1e-4)
    assert losses(stored)[-1] < losses(stored)[0]


def test_a_stored_teacher_is_used_again_and_only_by_the_same_work(tiny_base, tmp_path):
    asked = []

    def watch(stage, *_):
        asked.append(stage)

    first = run(tiny_base, tmp_path / "a", store=tmp_path / "store", progress=watch)
    assert "ask teacher" in asked
    assert not (tmp_path / "a" / "teacher").exists()
    asked.clear()
    again = run(tiny_base, tmp_path / "b", store=tmp_path / "store", progress=watch)
    assert "ask teacher" not in asked
    assert losses(again) == losses(first)
    run(tiny_base, tmp_path / "c", changed(temperature=2.0), store=tmp_path / "store", progress=watch)
    assert "ask teacher" in asked
    kept = [json.loads(p.read_text()) for p in (tmp_path / "store").glob("*/teacher.json")]
    assert sorted(k["temperature"] for k in kept) == [1.0, 2.0]


def test_a_store_that_was_cut_short_is_made_anew(tiny_base, tmp_path):
    first = run(tiny_base, tmp_path / "a", store=tmp_path / "store")
    (folder,) = (tmp_path / "store").iterdir()
    (folder / "teacher.json").unlink()
    (folder / "values.npy").write_bytes(b"half")
    assert losses(run(tiny_base, tmp_path / "b", store=tmp_path / "store")) == losses(first)


def test_packed_rows_meet_their_own_teacher(tiny_base, tmp_path):
    whole = run(tiny_base, tmp_path / "a")
    packed = run(tiny_base, tmp_path / "b", changed(packing=True))
    assert losses(packed) == pytest.approx(losses(whole), abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"top_k": 4}, {}),
        ({"temperature": 3.0}, {}),
        ({"objective": "mixed"}, {}),
        ({"objective": "mixed", "logged_weight": 0.9}, {"objective": "mixed"}),
        ({"objective": "sft"}, {}),
    ],
)
def test_each_field_of_the_objective_shows(tiny_base, tmp_path, one, other):
    a = run(tiny_base, tmp_path / "a", changed(max_steps=2, **one))
    b = run(tiny_base, tmp_path / "b", changed(max_steps=2, **other))
    assert losses(a) != pytest.approx(losses(b), abs=1e-4)


@pytest.mark.slow
def test_mixed_is_the_weighted_sum_of_both(tiny_base, tmp_path):
    first = {
        name: losses(run(tiny_base, tmp_path / name, changed(objective=name, max_steps=1, warmup=0.0)))[0]
        for name in ("sft", "distill", "mixed")
    }
    assert first["mixed"] == pytest.approx((first["sft"] + first["distill"]) / 2, abs=1e-3)


@pytest.mark.slow
def test_on_policy_follows_the_base_on_its_own_samples_and_repeats(tiny_base, tmp_path):
    spec = changed(objective="distill-onpolicy", sample_tokens=12, max_steps=8, learning_rate=0.01)
    one = run(tiny_base, tmp_path / "a", spec)
    two = run(tiny_base, tmp_path / "b", spec)
    assert losses(one) == losses(two)
    assert losses(one)[-1] < losses(one)[0]
    other = run(tiny_base, tmp_path / "c", msgspec.structs.replace(spec, sample_tokens=3))
    assert losses(other) != pytest.approx(losses(one), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["distill", "distill-onpolicy"])
def test_interrupted_it_ends_with_the_same_losses(tiny_base, tmp_path, objective):
    spec = changed(objective=objective, sample_tokens=8)
    whole = run(tiny_base, tmp_path / "whole", spec)

    def stop(stage, done, *_):
        if stage == "train" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny_base, tmp_path / "out", spec, progress=stop)
    again = run(tiny_base, tmp_path / "out", spec)
    assert again.summary["resumed"]
    assert losses(again) == pytest.approx(losses(whole), abs=1e-6)


def test_without_long_prompts_there_is_no_teacher(tiny_base, tmp_path):
    with pytest.raises(ConfigError, match="no long prompts"):
        train(SPEC, base=tiny_base, train=ROWS, valid=None, out=tmp_path / "out")


def test_a_long_prompt_that_the_base_can_t_hold_is_listed(tiny_base, tmp_path):
    def endless(pair):
        return (Message(role="system", content="x" * 600), *pair.prompt)

    with pytest.raises(InputError, match="at most 512"):
        train(SPEC, base=tiny_base, train=ROWS, valid=None, out=tmp_path, teaching=Teaching(long=endless))


def neutral(count):
    return pairs_to_frame(make_pair(1000 + n, f"Tell me {n}.", f"A story of {n}.") for n in range(count))


def test_replayed_rows_have_their_share_and_their_own_prompt(tiny_base, tmp_path):
    from workbench.training.replay import mixed_in

    spec = changed(replay_share=0.25)
    mixed, prompts = mixed_in(ROWS, neutral(9), spec, long=long)
    pairs = frame_to_pairs(mixed)
    replayed = [pair for pair in pairs if pair.prompt[0].content.startswith("Tell")]
    assert (len(pairs), len(replayed)) == (16, 4)
    assert all(prompts(pair) == pair.prompt for pair in replayed)
    assert prompts(pairs[0])[0].content == LONG
    result = run(tiny_base, tmp_path / "out", changed(max_steps=2), replay=neutral(9))
    assert result.summary["rows"] == 13
    with pytest.raises(InputError, match="at least 12"):
        mixed_in(ROWS, neutral(9), changed(replay_share=0.5), long=None)
