"""A base of a few thousand random parameters, so that code above a model is tested in a moment."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Source, TokenCounts

# The same examples each time, however loaded the machine: a landing must not fail by the draw or the clock.
settings.register_profile(
    "landing", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("landing")

TEMPLATE = (
    "{%- for message in messages -%}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|assistant|>\n' }}{%- endif -%}"
)
SPECIAL = ["<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]


def make_tokenizer(template=TEMPLATE, **special):
    """Byte-level tokens, and one merge: two line ends become one token."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: place for place, token in enumerate([*SPECIAL, *alphabet, "ĊĊ"])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ċ", "Ċ")]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    named = {"pad_token": "<|pad|>", "eos_token": "<|end|>"} | special
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=512, **named)
    tokenizer.chat_template = template
    return tokenizer


def make_base(folder: Path, *, seed: int = 0, template=TEMPLATE) -> Path:
    """Save a randomly initialised Llama of 2 layers with its tokenizer."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer(template)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=4,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(eos_token_id=4, pad_token_id=0)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def chat(user, system=None):
    """Return a prompt of one user message."""
    head = () if system is None else (Message(role="system", content=system),)
    return (*head, Message(role="user", content=user))


def make_pair(number, user, answer):
    """Return a compact pair."""
    return Pair(
        id=f"pair-{number}",
        task="support",
        prompt=chat(user),
        completion=(Message(role="assistant", content=answer),),
        template_id="t",
        slots=(),
        source=Source(file="log.jsonl", line=number + 1, record=number),
        tokens=TokenCounts(original=90, compact=20, completion=9),
    )


def make_frame(rows, *, seed=0):
    """Return short pairs of one kind: an order number asked for and answered."""
    rng = random.Random(seed)
    numbers = [rng.randint(100, 999) for _ in range(rows)]
    return pairs_to_frame(make_pair(i, f"Where is {n}?", f'{{"id": {n}}}') for i, n in enumerate(numbers))


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="session")
def other_base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("base") / "other", seed=1)


@pytest.fixture(scope="session")
def wide_base(tmp_path_factory):
    """A base of random weights with room for the sample's long prompt in bytes."""
    from reader_world import make_wide_base

    return make_wide_base(tmp_path_factory.mktemp("base") / "wide")


@pytest.fixture(scope="session")
def reader_world(tmp_path_factory, wide_base):
    """What readers have beside them, as tests/reader_world.py makes it; to be copied, not written into."""
    from reader_world import make_world

    return make_world(tmp_path_factory.mktemp("world"), wide_base)


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory):
    """Return a function that copies a made-up run, complete with manifests and grader versions."""
    import importlib.util
    import json
    import shutil

    from workbench.graders.versions import grader_versions
    from workbench.io.rundir import _write_manifest

    spec = importlib.util.spec_from_file_location("made", Path(__file__).parent / "report" / "made_run.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    place = made.run(tmp_path_factory.mktemp("made") / "run", cases=40)
    (place / "eval" / "summary.json").write_text(json.dumps({"graders": grader_versions()}))
    shutil.copy(place / "adapter" / "parity.json", place / "eval")

    def copy(to, *, change=None):
        shutil.copytree(place, to)
        if change is not None:
            change(to)
        for stage in ("convert", "curate", "adapter", "eval"):
            (to / stage / "manifest.json").unlink()
            _write_manifest(to / stage, verb=stage, key="k")
        return to

    return copy
