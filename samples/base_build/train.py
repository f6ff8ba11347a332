"""Trains the base from nothing: one loop, one schedule, checkpoints that a later run can go on from."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 (the name every torch reader expects)
from torch import Tensor

from samples.base_build import export, lessons
from samples.base_build.batches import Batch, ahead, encode, seeded
from samples.base_build.measure import Rate, exact_rows
from samples.base_build.network import Network, Shape
from samples.world import stream

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

    from samples.world.stream import Group


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Every number that shapes the weights; the defaults are the run that made the committed ones.

    Before step `copying` all groups are lessons in copying; from there to step `mixed` full prompts come in
    until only `short_last` of the groups have a short one; from step `doubting` a share of `doubts` are
    lessons in seeing what is missing. The learning rate rises for `warmup` steps, stays, and falls to `floor`
    of itself over the last `decay` of `steps`; the run ends at step `stop`.
    """

    seed: int = 7
    steps: int = 4000
    stop: int = 4000
    groups: int = 6
    rows: int = 12
    copying: int = 400
    mixed: int = 900
    short_last: float = 0.1
    doubting: int = 2000
    doubts: float = 0.35
    rate: float = 4e-3
    embed_rate: float = 3e-3
    weight_decay: float = 0.05
    warmup: int = 100
    decay: int = 1680
    floor: float = 0.02
    clip: float = 1.0

    def factor(self, step: int) -> float:
        """Give the learning rate of a step as a share of the full one."""
        up = min(1.0, (step + 1) / self.warmup)
        down = min(1.0, (self.steps - step) / self.decay)
        return up * (self.floor + (1 - self.floor) * down)

    def task(self, rng: random.Random, step: int) -> Callable[[random.Random, int], Group]:
        """Draw what a group of this step is made by."""
        if step < self.copying:
            return lessons.copying
        if step >= self.doubting and rng.random() < self.doubts:
            return lessons.missing
        done = min(1.0, (step - self.copying) / (self.mixed - self.copying))
        if rng.random() < done * (1 - self.short_last):
            return stream.group
        return rng.choice((lessons.copying, stream.warmup_group))


@dataclass(kw_only=True)
class Tally:
    """What has happened so far, as the model card reports it."""

    step: int = 0
    tokens: int = 0
    answers: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    exact: dict[str, tuple[int, int]] = field(default_factory=dict)


def draw(schedule: Schedule, step: int, bpe: Tokenizer) -> Batch:
    """Make the batch of one step; it depends on nothing but the schedule's seed and the step."""
    rng = seeded(schedule.seed, step)
    makes = [schedule.task(rng, step) for _ in range(schedule.groups)]
    return encode([make(rng, schedule.rows) for make in makes], bpe)


def optimizers(network: Network, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Make Muon (Jordan 2024, rates matched to AdamW's) inside, AdamW for embeddings and norms."""
    inner = [weight for name, weight in network.named_parameters() if "proj" in name]
    outer = [weight for name, weight in network.named_parameters() if "proj" not in name]
    return [
        torch.optim.Muon(
            inner, lr=schedule.rate, weight_decay=schedule.weight_decay, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.AdamW(outer, lr=schedule.embed_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ]


def forward(network: Network, batch: Batch) -> tuple[Tensor, dict[str, Rate]]:
    """Give the mean cross-entropy of the answer tokens and the exact answers by kind."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(batch.blocks, batch.at)
    return F.cross_entropy(logits.float(), batch.want), exact_rows(logits, batch)


def fit(
    bpe: Tokenizer, *, schedule: Schedule, shape: Shape, out: Path, every: int, resume: Path | None
) -> Network:
    """Run the schedule, writing a loadable folder and a resumable state into `out` each `every` steps."""
    torch.manual_seed(schedule.seed)
    network = Network(shape)
    opts = optimizers(network, schedule)
    tally = Tally()
    if resume:
        tally = restore(resume, network, opts)
    rates = list(zip(opts, (schedule.rate, schedule.embed_rate), strict=True))
    batches = ahead(lambda step: draw(schedule, step, bpe), first=tally.step, last=schedule.stop)
    for batch in batches:
        began = time.monotonic()
        for opt, rate in rates:
            opt.param_groups[0]["lr"] = rate * schedule.factor(tally.step)
        loss, rates_now = forward(network, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), schedule.clip)
        for opt in opts:
            opt.step()
            opt.zero_grad()
        count(tally, batch, loss.item(), rates_now, seconds=time.monotonic() - began)
        if tally.step % every == 0 or tally.step == schedule.stop:
            keep(out, network, opts, tally, schedule=schedule, shape=shape)
    return network


def count(tally: Tally, batch: Batch, loss: float, got: dict[str, Rate], *, seconds: float) -> None:
    """Add one step to the tally and print a line each 50 steps."""
    tally.step += 1
    tally.tokens += batch.tokens
    tally.answers += batch.want.numel()
    tally.seconds += seconds
    tally.losses.append(loss)
    for kind, rate in got.items():
        right, n = tally.exact.get(kind, (0, 0))
        tally.exact[kind] = (right + rate.right, n + rate.n)
    if tally.step % 50 == 0:
        recent = sum(tally.losses[-50:]) / len(tally.losses[-50:])
        print(f"step {tally.step} loss {recent:.4f} tokens {tally.tokens} seconds {tally.seconds:.0f}")
        print(
            " ", {kind: round(right / n, 3) for kind, (right, n) in sorted(tally.exact.items())}, flush=True
        )
        tally.exact.clear()


def keep(
    out: Path,
    network: Network,
    opts: Sequence[torch.optim.Optimizer],
    tally: Tally,
    *,
    schedule: Schedule,
    shape: Shape,
) -> None:
    """Write the weights as a transformers folder and the whole state beside it."""
    export.save(network, out, shape=shape)
    state = {
        "network": network.state_dict(),
        "opts": [opt.state_dict() for opt in opts],
        "tally": asdict(tally),
    }
    torch.save(state, out.parent / f"{out.name}.state.pt")
    (out.parent / f"{out.name}.schedule.json").write_text(json.dumps(asdict(schedule)), encoding="utf-8")


def restore(state_file: Path, network: Network, opts: Sequence[torch.optim.Optimizer]) -> Tally:
    """Read what `keep` wrote and give the tally back."""
    state = torch.load(state_file, weights_only=True)
    network.load_state_dict(state["network"])
    for opt, kept in zip(opts, state["opts"], strict=True):
        opt.load_state_dict(kept)
    return Tally(**state["tally"])
