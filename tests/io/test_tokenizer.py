import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from workbench.errors import ModelError
from workbench.io.tokenizer import WordTokenizer, load_tokenizer
from workbench.records import Message

TEMPLATE = (
    "{%- for m in messages -%}{{ '<|' + m['role'] + '|>\\n' + m['content'] + '<|end|>\\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>\\n' }}{%- endif -%}"
)
texts = st.text(max_size=40).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    place = tmp_path_factory.mktemp("tokens") / "base"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["the order was sent on 14 March", "订单在哪里"] * 20, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=special[1],
        pad_token=special[0],
        chat_template=TEMPLATE,
        extra_special_tokens=special[2:],
    )
    fast.save_pretrained(place)
    return place


def chat(system, user):
    return (Message(role="system", content=system), Message(role="user", content=user))


@pytest.fixture(scope="module")
def mine(base):
    return load_tokenizer(base)


@settings(deadline=None, max_examples=60)
@given(texts, texts, st.booleans())
def test_counting_in_pieces_equals_counting_the_whole(mine, system, user, prompt):
    whole = mine._whole(mine._render(chat(system, user), generation_prompt=prompt))
    assert mine.count(chat(system, user), generation_prompt=prompt) == whole


def test_shared_text_is_encoded_once(base):
    mine = load_tokenizer(base)
    encoded = []
    whole = mine._whole
    mine._whole = lambda text: encoded.append(text) or whole(text)
    for i in range(50):
        mine.count(chat("the long prompt " * 100, f"order {i}"), generation_prompt=True)
    assert sum("long prompt" in text for text in encoded) == 1
    assert len(encoded) < 60


def test_text_alone_has_no_special_tokens(mine):
    assert mine.count_text("") == 0
    assert mine.count_text("the order") == 2
    assert mine.exact


@pytest.mark.parametrize("missing", ["folder", "tokenizer", "template", "a file"])
def test_what_a_base_lacks_is_named(base, tmp_path, missing):
    place = tmp_path / "base"
    if missing == "tokenizer":
        place.mkdir()
        (place / "config.json").write_text("{}")
    if missing == "a file":
        place.write_text("x")
    if missing == "template":
        place.mkdir()
        for file in base.iterdir():
            if file.name == "tokenizer_config.json":
                held = json.loads(file.read_text())
                held.pop("chat_template", None)
                (place / file.name).write_text(json.dumps(held))
            elif "chat_template" not in file.name:
                (place / file.name).write_bytes(file.read_bytes())
    words = {
        "folder": "no such folder",
        "tokenizer": "a folder without tokenizer",
        "template": "without a chat template",
    }
    with pytest.raises(ModelError, match=words.get(missing, "a file")) as caught:
        load_tokenizer(place)
    assert caught.value.findings[0].fix


def test_a_refusing_chat_template_is_a_model_error(base):
    mine = load_tokenizer(base)
    mine._tokenizer.chat_template = "{{ raise_exception('roles must alternate') }}"
    with pytest.raises(ModelError, match=r"roles must alternate.*system user"):
        mine.count(chat("a", "b"), generation_prompt=True)


def test_the_estimate_is_named_one_and_counts_chinese():
    estimate = WordTokenizer(ratio=1.5, overhead=4)
    assert not estimate.exact
    assert "estimate" in estimate.name
    assert estimate.count_text("订单在哪里 now?") == 9
    assert estimate.count(chat("a b", "c"), generation_prompt=True) == 4 * 3 + 3 + 2
