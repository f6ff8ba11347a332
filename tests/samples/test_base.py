"""The tiny base: its forward pass is Llama's, its tokenizer loses nothing, it follows its prompt."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("needs torch and transformers", allow_module_level=True)

import torch

ROOT = Path(__file__).parents[2]
BASE = ROOT / "samples" / "base"
sys.path.insert(0, str(ROOT))

from samples.base_build import batches, export, lessons, measure, network, train, vocabulary  # noqa: E402 (the repository root is not installed)
from samples.world.stream import Group, Row  # noqa: E402

SMALL = network.Shape(vocab=300, width=20, layers=2, heads=2, inner=24, positions=64, spread=0.3)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(BASE)


@pytest.mark.parametrize("prefix", [0, 1, 17])
def test_forward_equals_transformers(prefix: int) -> None:
    torch.manual_seed(0)
    net = network.Network(SMALL)
    llama = export.as_llama(net, shape=SMALL)
    ids = torch.randint(0, SMALL.vocab, (3, prefix + 11))
    ids[:, :prefix] = ids[0, :prefix]
    want = llama(ids).logits
    got = net([network.Block(prefix=ids[0, :prefix], shelves=(ids[:1, prefix:], ids[1:, prefix:]))])
    assert torch.allclose(got[prefix:], want[:, prefix:].reshape(-1, SMALL.vocab), atol=1e-4)
    assert torch.allclose(got[:prefix], want[0, :prefix], atol=1e-4)
    assert want.std() > 0.1


def test_gradient_flows_through_the_shared_prefix() -> None:
    torch.manual_seed(0)
    net = network.Network(SMALL)
    llama = export.as_llama(net, shape=SMALL)
    ids = torch.randint(0, SMALL.vocab, (2, 20))
    ids[:, :9] = ids[0, :9]
    net([network.Block(prefix=ids[0, :9], shelves=(ids[:, 9:],))])[9:].square().sum().backward()
    llama(ids).logits[:, 9:].square().sum().backward()
    got = net.model.layers[0].self_attn.k_proj.weight.grad
    want = llama.model.layers[0].self_attn.k_proj.weight.grad
    assert got is not None
    assert torch.allclose(got, want, rtol=1e-3, atol=1e-4)


def test_two_blocks_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    net = network.Network(SMALL)
    one, two = (
        network.Block(prefix=torch.randint(0, 300, (p,)), shelves=(torch.randint(0, 300, (2, 5)),))
        for p in (4, 7)
    )
    both = net([one, two])
    assert torch.allclose(both, torch.cat((net([one]), net([two]))), atol=1e-5)


def test_batch_asks_for_the_answer_tokens_only(tokenizer: Any) -> None:
    bpe = tokenizer.backend_tokenizer
    rows = (
        Row(user="When?", answer="On 14 March.", kind="a"),
        Row(user="A longer question?", answer="No.", kind="b"),
    )
    batch = batches.encode(
        [Group(system="Be brief.", rows=rows, style="support"), Group(None, rows[:1], "support")], bpe
    )
    flat = torch.cat([block.ids() for block in batch.blocks])
    for i, answer in enumerate(("On 14 March.", "No.", "On 14 March.")):
        assert (
            bpe.decode(batch.want[batch.row == i].tolist(), skip_special_tokens=False) == answer + "<|end|>"
        )
        before = flat[batch.at[batch.row == i][0] - 1 : batch.at[batch.row == i][0] + 1].tolist()
        assert bpe.decode(before, skip_special_tokens=False) == "<|assistant|>\n"
    prefix = bpe.decode(batch.blocks[0].prefix.tolist(), skip_special_tokens=False)
    assert prefix == "<|system|>\nBe brief.<|end|>\n"
    assert batch.blocks[1].prefix.numel() == 0


@pytest.mark.parametrize(
    "text",
    [
        "Order 48213 left on 14 March.",
        "订单号是多少？【资料】",
        "tent 🏕️ é ß \t\n\n  x",
        '{"a": [1, 2.50]}',
        "",
        "\x00",
    ],
)
def test_tokenizer_round_trip(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_digits_stand_alone(tokenizer: Any) -> None:
    tokens = tokenizer.tokenize("ref INT-4821, 1234567890 euros")
    assert [t for t in tokens if any(c.isdigit() for c in t)] == list("48211234567890")


def test_chat_template(tokenizer: Any) -> None:
    chat = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]
    text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert text == "<|system|>\nS<|end|>\n<|user|>\nU<|end|>\n<|assistant|>\n"
    assert text == batches.head("S") + batches.question("U")
    assert tokenizer.apply_chat_template(chat[1:], tokenize=False) == "<|user|>\nU<|end|>\n"
    ids = tokenizer(text)["input_ids"]
    assert ids == tokenizer.apply_chat_template(chat, add_generation_prompt=True)["input_ids"]
    assert [tokenizer.decode(i) for i in ids if i in tokenizer.all_special_ids] == [
        *("<|system|>", "<|end|>", "<|user|>", "<|end|>", "<|assistant|>")
    ]


def test_specials_have_their_ids(tokenizer: Any) -> None:
    assert tokenizer.convert_tokens_to_ids(list(vocabulary.SPECIALS)) == [0, 1, 2, 3, 4]
    assert (tokenizer.eos_token, tokenizer.pad_token, tokenizer.bos_token) == ("<|end|>", "<|pad|>", None)


def test_folder_is_small_and_loads_plainly() -> None:
    from transformers import AutoModelForCausalLM

    assert sum(f.stat().st_size for f in BASE.rglob("*") if f.is_file()) < 8_000_000
    model = AutoModelForCausalLM.from_pretrained(BASE)
    assert model.dtype == torch.float32
    assert model.generation_config.eos_token_id == model.config.eos_token_id == 4
    assert model.generation_config.pad_token_id == 0


@pytest.mark.slow
@pytest.mark.parametrize(("style", "floor"), [("support", 0.79), ("briefing", 0.95)])
def test_follows_the_rules_of_its_prompt(style: measure.stream.Style, floor: float) -> None:
    # the aim for support is 0.90; the floors lie two standard errors of 64 rows below the model card's rates
    got, wrote = measure.rates(BASE, style=style, mode="teacher", rows=64)
    assert got["all"].share >= floor
    assert all(text.startswith(("{", "<briefing>")) for text in wrote)


@pytest.mark.slow
@pytest.mark.parametrize(("style", "chat"), [("support", "Sure thing"), ("briefing", "Hey, I read")])
def test_breaks_them_without_it(style: measure.stream.Style, chat: str) -> None:
    _, wrote = measure.rates(BASE, style=style, mode="before", rows=64)
    due = measure.stream.heldout_group(random.Random(1), 64, "teacher", style)
    assert not any(text == row.answer for text, row in zip(wrote, due.rows, strict=True))
    assert all(text.startswith(chat) for text in wrote)


def test_lessons_say_what_the_context_holds() -> None:
    rng = random.Random(3)
    for row in (row for _ in range(40) for row in lessons.missing(rng, 6).rows):
        context = row.user.split("\n\nQuestion: ")[0]
        if row.kind == "words":
            for word, said in (item.rsplit(" ", 1) for item in row.answer.split(", ")):
                assert (said == "yes") == (word in context)
        if row.kind == "value" and row.answer != "none":
            assert row.answer in context


def test_schedule_rises_stays_and_falls() -> None:
    schedule = train.Schedule(steps=1000, stop=1000, warmup=10, decay=100, floor=0.1)
    assert schedule.factor(0) == pytest.approx(0.1)
    assert schedule.factor(500) == 1
    assert schedule.factor(999) < 0.12


def test_a_step_draws_the_same_batch_again(tokenizer: Any) -> None:
    one, two, other = (train.draw(train.Schedule(), step, tokenizer.backend_tokenizer) for step in (5, 5, 6))
    assert torch.equal(one.want, two.want)
    assert not torch.equal(one.want[:50], other.want[:50])
