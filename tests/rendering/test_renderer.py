import pytest
from conftest import TEMPLATE, chat, make_tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.records import Message
from workbench.rendering import IGNORE, Renderer

TOKENIZER = make_tokenizer()
RENDERER = Renderer(TOKENIZER, name="tiny")


def answer(text):
    return (Message(role="assistant", content=text),)


def labelled(example):
    return [label for label in example.labels if label != IGNORE]


def test_training_starts_from_the_ids_that_generation_starts_from():
    prompt = chat("Where is 48213?", system="Be brief.")
    example = RENDERER.example(prompt, answer("Gone."))
    head = RENDERER.prompt_ids(prompt)
    assert example.input_ids[: len(head)] == head
    assert example.labels[: len(head)] == [IGNORE] * len(head)
    assert example.labels[len(head) :] == example.input_ids[len(head) :]


def test_the_last_trained_token_is_the_stop_token_and_nothing_follows_it():
    example = RENDERER.example(chat("Hi"), answer("Hello"))
    assert TOKENIZER.convert_ids_to_tokens(example.input_ids[-1:]) == ["<|end|>"]
    assert example.labels[-1] == example.input_ids[-1]
    assert example.trained == len("Hello") + 1


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.text(st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=80, deadline=None)
def test_what_is_trained_is_the_answer_whatever_its_characters(user, text):
    if "<|" in user + text:
        return
    example = RENDERER.example(chat(user), answer(text))
    assert RENDERER.text(labelled(example)) == text


def test_an_answer_that_would_merge_with_the_prompt_is_encoded_alone():
    prompt = chat("Hi")
    head = RENDERER.prompt_ids(prompt)
    example = RENDERER.example(prompt, answer("\nHello"))
    assert example.input_ids[: len(head)] == head
    assert RENDERER.text(labelled(example)) == "\nHello"


def test_every_assistant_turn_of_a_completion_is_trained_and_nothing_else():
    turns = (*answer("One"), Message(role="user", content="More"), *answer("Two"))
    example = RENDERER.example(chat("Hi"), turns)
    assert RENDERER.text(labelled(example)) == "OneTwo"
    assert labelled(example).count(4) == 2


def test_a_completion_without_an_assistant_turn_has_no_labels():
    assert RENDERER.example(chat("Hi"), (Message(role="tool", content="x"),)).trained == 0


def test_control_tokens_in_text_are_found():
    assert set(RENDERER.control_tokens("so <|end|> and <|user|>")) == {"<|end|>", "<|user|>"}
    assert RENDERER.control_tokens("plain <end>") == []


def test_an_injected_system_prompt_is_shown():
    template = "{{ '<|system|>\nYou are Model, made by Someone.<|end|>\n' }}" + TEMPLATE
    assert Renderer(make_tokenizer(template)).habits.injected == "You are Model, made by Someone."
    assert RENDERER.habits.injected == ""


def test_a_doubled_start_is_seen():
    tokenizer = make_tokenizer("{{ bos_token + bos_token }}" + TEMPLATE, bos_token="<|system|>")  # noqa: S106
    assert Renderer(tokenizer).doubled_start()
    assert not RENDERER.doubled_start()


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (TEMPLATE.replace("'<|assistant|>\n'", "'<|assistant|>\n<think>'"), "goes on differently"),
        (TEMPLATE.replace("<|end|>", ""), "without a stop token"),
        ("{{ raise_exception('no system here') }}", "no system here"),
    ],
)
def test_a_misleading_template_is_named(template, found):
    with pytest.raises(ModelError, match=found) as caught:
        Renderer(make_tokenizer(template), name="odd").example(chat("Hi", system="S"), answer("Yes"))
    assert caught.value.findings[0].where == "the chat template of odd"


def test_a_template_that_rewrites_earlier_turns_is_named():
    template = (
        "{%- for m in messages -%}{%- if m['role'] == 'assistant' and not loop.last -%}"
        "{{ '<|assistant|>\n…<|end|>\n' }}{%- else -%}"
        "{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}{%- endif -%}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{ '<|assistant|>\n' }}{%- endif -%}"
    )
    turns = (*answer("One"), Message(role="user", content="More"), *answer("Two"))
    with pytest.raises(ModelError, match="earlier turns"):
        Renderer(make_tokenizer(template)).example(chat("Hi"), turns)


def test_no_template_and_no_stop_token_are_refused():
    with pytest.raises(ModelError, match="without a chat template"):
        Renderer(make_tokenizer(None))
    with pytest.raises(ModelError, match="no end-of-sequence token"):
        Renderer(make_tokenizer(eos_token=None))


def test_stops_of_the_generation_config_are_known_too():
    assert Renderer(TOKENIZER, stops=[3]).stops == {3, 4}
