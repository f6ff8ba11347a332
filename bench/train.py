"""Holds the trainer against TRL's SFTTrainer and a plain loop: losses of the same steps, and tokens a second.

    python -m bench.train --model tiny --steps 50
    python -m bench.train --model 30m --steps 50

Both get the same rendered rows of the support sample, the same LoRA weights to begin with, the same order,
optimiser and schedule. Speed is CPU time of the training loop alone (model and data are ready), the least of
``--repeats`` runs that take turns, so that other work on the machine weighs on both alike. A token counts if
it belongs to a row; padding doesn't. Packed, ours puts the rows of a batch on shared lines, and TRL (best-fit
decreasing) makes lines of so many tokens, so many a step as hold as many tokens; its best line counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from transformers import PrinterCallback, Qwen2Config, Qwen2ForCausalLM, TrainerCallback, set_seed

from bench import plainloop
from workbench import training
from workbench.convert import convert
from workbench.io.frames import read_pairs
from workbench.io.tokenizer import load_tokenizer
from workbench.ports import silent
from workbench.recipe import read_recipe
from workbench.rendering.opening import open_base, open_text
from workbench.training import loop
from workbench.training.lora import add_adapter
from workbench.training.objectives import Supervised
from workbench.training.rows import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.rendering import Example
    from workbench.training import Sft

SAMPLES = Path(__file__).parent.parent / "samples"
SHAPE_30M = {
    "hidden_size": 512,
    "intermediate_size": 1408,
    "num_hidden_layers": 9,
    "num_attention_heads": 8,
    "num_key_value_heads": 8,
    "tie_word_embeddings": True,
}


class Setting(NamedTuple):
    """What both trainers are given."""

    spec: Sft
    model: Callable[[], Any]
    examples: list[Example]
    tokenizer: Any
    pad: int


class Result(NamedTuple):
    """One run: each step's loss, CPU and wall seconds of the loop, and the rows' tokens it saw."""

    losses: list[float]
    cpu: float
    wall: float
    tokens: int

    @property
    def speed(self) -> float:
        """Rows' tokens a second of CPU time."""
        return self.tokens / self.cpu


class Clock(TrainerCallback):  # type: ignore[misc]
    """Times a Trainer's loop."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Start."""
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Stop."""
        self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall


def rows(place: Path) -> Any:
    """Convert the support sample and return its pairs."""
    recipe = read_recipe(SAMPLES / "support" / "recipe.yaml")
    logs = [Path(log) for log in recipe.convert.logs]
    convert(logs, place, options=recipe.convert.options, tokenizer=load_tokenizer(recipe.base))
    return read_pairs(place / "pairs.parquet")


def setting(name: str, spec: Sft, pairs: Any) -> Setting:
    """Render the pairs and say how to make the model."""
    text = open_text(SAMPLES / "base")
    found = collect(pairs, spec, renderer=text.renderer, context=text.context, part="train")

    def tiny() -> Any:
        return open_base(SAMPLES / "base", dtype="float32").model

    def qwen() -> Any:
        set_seed(0)
        vocabulary = text.config.vocab_size
        return Qwen2ForCausalLM(Qwen2Config(vocab_size=vocabulary, max_position_embeddings=2048, **SHAPE_30M))

    make = tiny if name == "tiny" else qwen
    return Setting(
        spec=spec,
        model=lambda: add_adapter(spec, make(), name=name),
        examples=found.examples,
        tokenizer=text.renderer.tokenizer,
        pad=text.renderer.pad,
    )


def ours(given: Setting, place: Path) -> Result:
    """Train with the workbench's loop."""
    built = loop.trainer(
        given.spec, model=given.model(), train=given.examples, valid=[], objective=Supervised(),
        pad=given.pad, out=place, progress=silent,
    )  # fmt: skip
    return timed(built)


def trl(given: Setting, place: Path, *, line: int) -> Result:
    """Train with TRL's SFTTrainer; packed, on lines of ``line`` tokens."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    spec, size = given.spec, given.spec.batch_size
    if spec.packing:
        mean = statistics.fmean(len(example.input_ids) for example in given.examples)
        size = max(1, round(size * mean / line))
    built = SFTTrainer(
        model=given.model(),
        args=SFTConfig(
            output_dir=str(place), learning_rate=spec.learning_rate, lr_scheduler_type=spec.schedule,
            warmup_steps=spec.warmup, weight_decay=spec.weight_decay, max_grad_norm=spec.max_grad_norm,
            max_steps=spec.max_steps, per_device_train_batch_size=size, seed=spec.seed, data_seed=spec.seed,
            use_cpu=True, bf16=False, activation_checkpointing=False, logging_steps=1, save_strategy="no",
            disable_tqdm=True, report_to="none", dataloader_pin_memory=False, packing=spec.packing,
            max_length=line if spec.packing else None,
        ),
        train_dataset=Dataset.from_list(
            [{"input_ids": example.input_ids, "labels": example.labels} for example in given.examples]
        ),
        processing_class=given.tokenizer,
    )  # fmt: skip
    return timed(built)


def timed(trainer: Any) -> Result:
    """Run a Trainer and count the rows' tokens of the batches it used."""
    counted: list[int] = []
    collate, clock = trainer.data_collator, Clock()

    def counting(features: Sequence[dict[str, Any]]) -> Any:
        counted.append(sum(len(feature["input_ids"]) for feature in features))
        return collate(features)

    trainer.data_collator = counting
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(clock)
    gc.collect()
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return Result(losses, clock.cpu, clock.wall, sum(counted[: len(losses)]))


def plain(given: Setting) -> list[float]:
    """Return the losses of the plain loop."""
    return plainloop.losses(given.model(), given.examples, given.spec, pad=given.pad)


def compared(given: Setting, *, repeats: int, lines: Sequence[int]) -> dict[str, Any]:
    """Let both take turns; returns the greatest difference of losses and the speeds with their ratio."""
    own: list[Result] = []
    others: dict[int, list[Result]] = {line: [] for line in (lines if given.spec.packing else [0])}
    with tempfile.TemporaryDirectory() as place:
        for _ in range(repeats):
            for line, results in others.items():
                own.append(ours(given, Path(place) / "ours"))
                results.append(trl(given, Path(place) / "trl", line=line))
    one = max(own, key=_speed)
    line, other = max(
        ((line, max(runs, key=_speed)) for line, runs in others.items()), key=lambda it: it[1].speed
    )
    told: dict[str, Any] = {
        "packing": given.spec.packing,
        "tokens_per_cpu_second": {"ours": round(one.speed), "trl": round(other.speed)},
        "tokens_per_second": {"ours": round(one.tokens / one.wall), "trl": round(other.tokens / other.wall)},
        "ratio": round(one.speed / other.speed, 2),
        "loss": {"ours": one.losses[-1], "trl": other.losses[-1]},
    }
    if given.spec.packing:
        return {**told, "trl_line": line}
    simple = plain(given)
    told["loss"]["plain"] = simple[-1]
    apart = {"trl": _apart(one.losses, other.losses), "plain": _apart(one.losses, simple)}
    return {**told, "greatest_difference_of_losses": apart}


def _speed(result: Result) -> float:
    return result.speed


def _apart(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def main() -> None:
    """Run and print one JSON object a comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=("tiny", "30m"), default="tiny")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--lines", type=int, nargs="+", default=[128, 256, 512], help="of TRL's packing, in tokens"
    )
    given = parser.parse_args()
    spec = training.Sft(
        learning_rate=1e-3, max_steps=given.steps, batch_size=given.batch_size, dtype="float32", log_every=1,
        eval_every=0, checkpoint_every=0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        pairs = rows(Path(place) / "converted")
    for packing in (False, True):
        one = setting(given.model, msgspec.structs.replace(spec, packing=packing), pairs)
        told = compared(one, repeats=given.repeats, lines=given.lines)
        print(json.dumps({"model": given.model, "steps": given.steps, **told}), flush=True)


if __name__ == "__main__":
    main()
