"""Measures the base on held-out names and numbers: with the sample's long prompt, and without any."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from samples.base_build.batches import encode, head, question
from samples.world import stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer
    from torch import Tensor

    from samples.base_build.batches import Batch
    from samples.base_build.network import Network


MODES: tuple[stream.Mode, ...] = ("teacher", "before")
STYLES: tuple[stream.Style, ...] = ("support", "briefing")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How many of `n` answers came out exactly as the rules of the long prompt want them."""

    right: int
    n: int

    @property
    def share(self) -> float:
        """Give the share of right answers."""
        return self.right / self.n


def tally(pairs: Iterable[tuple[str, bool]]) -> dict[str, Rate]:
    """Count right answers by kind, and of all kinds together under "all"."""
    got: dict[str, list[bool]] = defaultdict(list)
    for kind, right in pairs:
        got[kind].append(right)
        got["all"].append(right)
    return {kind: Rate(right=sum(each), n=len(each)) for kind, each in sorted(got.items())}


@torch.no_grad()  # type: ignore[untyped-decorator]
def exact(network: Network, bpe: Tokenizer, group: stream.Group) -> dict[str, Rate]:
    """Give the rate of exact answers by kind of row in one pass, without generating."""
    batch = encode([group], bpe)
    return exact_rows(network(batch.blocks, batch.at), batch)


def exact_rows(logits: Tensor, batch: Batch) -> dict[str, Rate]:
    """Give the rate of exact answers by kind from the logits `[n, vocab]` at the places of the answers.

    Greedy decoding writes an answer exactly if and only if each of its tokens is the likeliest.
    """
    miss = logits.argmax(-1) != batch.want
    misses = torch.zeros(len(batch.kinds), dtype=torch.long).index_add(0, batch.row, miss.long())
    return tally(zip(batch.kinds, (misses == 0).tolist(), strict=True))


@torch.no_grad()  # type: ignore[untyped-decorator]
def answers(model: Any, tokenizer: Any, prompts: Sequence[str], *, batch: int = 32) -> list[str]:
    """Decode greedily with transformers alone, the prompts padded on the left."""
    out: list[str] = []
    for i in range(0, len(prompts), batch):
        given = tokenizer(
            list(prompts[i : i + batch]), return_tensors="pt", padding=True, padding_side="left"
        )
        made = model.generate(
            given.input_ids, attention_mask=given.attention_mask, do_sample=False, max_new_tokens=160
        )
        out += tokenizer.batch_decode(made[:, given.input_ids.shape[1] :], skip_special_tokens=True)
    return out


def rates(
    folder: Path, *, style: stream.Style, mode: stream.Mode, rows: int, seed: int = 1
) -> tuple[dict[str, Rate], list[str]]:
    """Load `folder` as anyone would, answer held-out rows, and compare with what the mode calls for.

    Returns the rates by kind and the answers. "before" calls for the answers of a desk without rules.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    group = stream.heldout_group(random.Random(seed), rows, mode, style)
    wrote = answers(model, tokenizer, [head(group.system) + question(row.user) for row in group.rows])
    pairs = [(row.kind, text == row.answer) for row, text in zip(group.rows, wrote, strict=True)]
    return tally(pairs), wrote


def measure(folder: Path, *, rows: int) -> None:
    """Print the rates of both styles and both modes as a Markdown table."""
    print("| style | mode | kind | exact | of |\n|---|---|---|---|---|")
    for style in STYLES:
        for mode in MODES:
            got, _ = rates(folder, style=style, mode=mode, rows=rows)
            for kind, rate in got.items():
                print(f"| {style} | {mode} | {kind} | {rate.share:.3f} | {rate.n} |", flush=True)
