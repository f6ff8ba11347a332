"""Writes the base as a plain transformers folder, so that nothing of this package is needed to load it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safetensors.torch import load_file
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from samples.base_build.network import Network, Shape
from samples.base_build.vocabulary import END, PAD, SPECIALS

if TYPE_CHECKING:
    from pathlib import Path


def config(shape: Shape) -> LlamaConfig:
    """Describe `shape` as transformers does."""
    return LlamaConfig(
        vocab_size=shape.vocab,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=shape.positions,
        rms_norm_eps=shape.eps,
        rope_parameters={"rope_type": "default", "rope_theta": shape.theta},
        initializer_range=shape.spread,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=SPECIALS.index(END),
        pad_token_id=SPECIALS.index(PAD),
        architectures=["LlamaForCausalLM"],
    )


def as_llama(network: Network, *, shape: Shape) -> LlamaForCausalLM:
    """Copy the weights into transformers' own class."""
    llama = LlamaForCausalLM(config(shape))
    llama.load_state_dict(network.state_dict() | {"lm_head.weight": network.model.embed_tokens.weight})
    return llama.float().eval()


def save(network: Network, folder: Path, *, shape: Shape) -> None:
    """Write fp32 safetensors, `config.json` and `generation_config.json` into `folder`."""
    llama = as_llama(network, shape=shape)
    ends = {"eos_token_id": SPECIALS.index(END), "pad_token_id": SPECIALS.index(PAD)}
    llama.generation_config = GenerationConfig(do_sample=False, max_new_tokens=160, **ends)
    llama.save_pretrained(folder)


def load(folder: Path, *, shape: Shape) -> Network:
    """Read the weights that `save` wrote."""
    network = Network(shape)
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network
