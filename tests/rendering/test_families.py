"""The real chat templates of the families that people train, as a well-known trainer ships them."""

import re
from pathlib import Path

import pytest

from workbench.errors import ModelError
from workbench.records import Message
from workbench.rendering import IGNORE, Renderer

FOLDER = Path(pytest.importorskip("trl").__file__).parent / "chat_templates"
SPECIAL = re.compile(
    r"<\|[^<>|\s'\"]+\|>|<｜[^<>\s'\"]+｜>|<(?:start|end)_of_(?:turn|utterance)>|\[/?[A-Z_]+\]|<turn\|>|<\|turn>"
    r"|\[gMASK\]|<sop>|<\|[a-z]+>|<[a-z]+\|>"
)
THINK = re.compile(r"</?think>")
# Family: file, the token that ends a sequence, and what an answer ends with where that differs.
FAMILIES = {
    "cohere": ("cohere", "<|END_OF_TURN_TOKEN|>", None),
    "cohere2": ("cohere2", "<|END_OF_TURN_TOKEN|>", None),
    "gemma2": ("gemma", "<eos>", "<end_of_turn>"),
    "gemma3": ("gemma3", "<eos>", "<end_of_turn>"),
    "gemma4": ("gemma4", "<eos>", "<turn|>"),
    "glm4": ("glm4moe", "<|endoftext|>", "<|user|>"),
    "gpt-oss": ("gptoss", "<|return|>", None),
    "idefics3": ("idefics3", "<end_of_utterance>", None),
    "lfm2": ("lfm2", "<|im_end|>", None),
    "llama3": ("llama3", "<|eot_id|>", None),
    "llama3.1": ("llama3_1", "<|eot_id|>", None),
    "llama3.2": ("llama3_2", "<|eot_id|>", None),
    "llava-next": ("llava_next", "</s>", None),
    "muse": ("muse_glimmer", "<|eot|>", None),
    "nemotron3": ("nemotron_3_nano", "<|im_end|>", None),
    "phi3": ("phi3", "<|endoftext|>", "<|end|>"),
    "phi3.5": ("phi3_5", "<|endoftext|>", "<|end|>"),
    "qwen2.5": ("qwen2_5", "<|im_end|>", None),
    "qwen3": ("qwen3", "<|im_end|>", None),
    "qwen3.6": ("qwen3_6", "<|im_end|>", None),
    "qwen3-2507": ("qwen3_instruct_2507", "<|im_end|>", None),
    "smolvlm": ("smolvlm", "<end_of_utterance>", None),
}
USER = Message(role="user", content="订单 48213 在哪？")
ANSWER = Message(role="assistant", content="It left on Monday; 已发货。")


def family(name):
    file, eos, end = FAMILIES.get(name, (name, "<｜end▁of▁sentence｜>", None))
    template = (FOLDER / f"{file}.jinja").read_text(encoding="utf-8")
    made = tokenizer(template, eos)
    return Renderer(made, stops=[made.convert_tokens_to_ids(end)] if end else [], name=name)


def tokenizer(template, eos):
    """Byte-level tokens with the template's own control tokens; reasoning tags are tokens but not special."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = sorted({*SPECIAL.findall(template), "<bos>", "<pad>", eos})
    think = sorted(set(THINK.findall(template)))
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate([*special, *think, *alphabet])}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    raw.add_tokens([AddedToken(t, special=False, normalized=False) for t in think])
    made = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token=eos, bos_token="<bos>")  # noqa: S106
    made.chat_template = template
    return made


def labelled(example):
    return [label for label in example.labels if label != IGNORE]


def test_there_are_at_least_twelve_families():
    assert len(FAMILIES) >= 12
    assert all((FOLDER / f"{file}.jinja").is_file() for file, _, _ in FAMILIES.values())


@pytest.mark.parametrize("name", FAMILIES)
def test_training_begins_with_the_very_tokens_that_generation_begins_with(name):
    renderer = family(name)
    head = renderer.prompt_ids((USER,))
    example = renderer.example((USER,), (ANSWER,))
    assert example.input_ids[: len(head)] == head
    assert len(example.input_ids) > len(head)
    assert set(example.labels[: len(head)]) == {IGNORE}


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_trained_is_the_answer_and_one_stop_token(name):
    renderer = family(name)
    _, eos, end = FAMILIES[name]
    taught = labelled(renderer.example((USER,), (ANSWER,)))
    assert renderer.names(taught[-1:]) == [end or eos]
    assert not renderer.stops & set(taught[:-1])
    assert renderer.text(taught) == ANSWER.content
    assert "think" not in renderer.raw_text(taught)


@pytest.mark.parametrize("name", FAMILIES)
def test_several_turns_train_each_answer_once(name):
    renderer = family(name)
    second = Message(role="assistant", content="Tomorrow.")
    rows = renderer.examples((USER,), (ANSWER, Message(role="user", content="And now?"), second))
    taught = "".join(renderer.raw_text(labelled(row)) for row in rows)
    assert taught.count(ANSWER.content) == taught.count(second.content) == 1
    assert "And now?" not in taught
    only = renderer.examples((USER,), (ANSWER, Message(role="user", content="And now?"), second), last=True)
    assert ANSWER.content not in "".join(renderer.raw_text(labelled(row)) for row in only)
    assert sum(second.content in renderer.raw_text(labelled(row)) for row in only) == 1


@pytest.mark.parametrize("name", FAMILIES)
def test_no_prompt_starts_twice(name):
    assert not family(name).doubled_start()


@pytest.mark.parametrize(
    ("name", "injected"),
    [
        ("qwen2.5", "You are Qwen, created by Alibaba Cloud"),
        ("llama3.1", "Cutting Knowledge Date: December 2023"),
        ("gpt-oss", "You are ChatGPT"),
        ("cohere2", "You are in contextual safety mode"),
        ("lfm2", ""),
        ("phi3", ""),
    ],
)
def test_default_system_prompts_are_shown(name, injected):
    shown = family(name).habits.injected
    assert injected in shown
    assert bool(injected) == bool(shown)


def test_text_before_one_s_own_system_message_is_shown():
    assert "Today Date" in family("llama3.2").habits.preamble
    assert family("qwen2.5").habits.preamble == ""


@pytest.mark.parametrize("name", ["llama3.2", "gpt-oss", "muse"])
def test_today_s_date_is_seen_and_pinned(name):
    renderer = family(name)
    assert renderer.habits.dated
    assert "2024" in renderer.raw_text(renderer.prompt_ids((USER,)))


@pytest.mark.parametrize(
    ("name", "options"),
    [("qwen3", {"enable_thinking": False}), ("nemotron3", {"enable_thinking": False}), ("qwen2.5", {})],
)
def test_reasoning_is_switched_off_in_prompt_and_training_alike(name, options):
    renderer = family(name)
    assert renderer.habits.options == options
    assert ("</think>" in renderer.raw_text(renderer.prompt_ids((USER,)))) == bool(options)


def test_words_that_a_template_puts_before_an_answer_are_learned_and_not_shown():
    renderer = family("gpt-oss")
    taught = labelled(renderer.example((USER,), (ANSWER,)))
    assert renderer.habits.lead == "<|channel|>final<|message|>"
    assert "final" in renderer.raw_text(taught)
    assert renderer.text(taught) == ANSWER.content


@pytest.mark.parametrize("name", ["deepseek_r1_distill", "deepseekv3"])
def test_a_prompt_that_opens_reasoning_which_the_finished_chat_lacks_is_refused(name):
    with pytest.raises(ModelError, match="goes on differently"):
        family(name).example((USER,), (ANSWER,))


def test_a_template_without_system_role_is_named():
    with pytest.raises(ModelError, match=r"System role not supported \(for roles: system user\)"):
        family("gemma2").prompt_ids((Message(role="system", content="Be brief."), USER))
