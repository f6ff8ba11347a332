"""The one command that builds the base, and the one that measures it."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from tokenizers import Tokenizer

from samples.base_build import texts, vocabulary
from samples.base_build.network import Shape
from samples.base_build.train import Schedule, fit

TEXTS = 6000


def main() -> None:
    """Read the command line and build or measure."""
    parser = argparse.ArgumentParser(prog="python -m samples.base_build", description=__doc__)
    todo = parser.add_mutually_exclusive_group(required=True)
    todo.add_argument("--out", type=Path, help="train from nothing and write the model folder here")
    todo.add_argument("--measure", type=Path, help="print the rates of the model in this folder")
    parser.add_argument(
        "--rows", type=int, default=256, help="held-out rows to measure in each style and mode"
    )
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    parser.add_argument("--resume", type=Path, help="go on from this *.state.pt file")
    parser.add_argument("--threads", type=int, default=2, help="threads for torch")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.measure:
        from samples.base_build.measure import measure

        measure(args.measure, rows=args.rows)
    else:
        build(args.out, every=args.every, resume=args.resume)


def build(out: Path, *, every: int, resume: Path | None) -> None:
    """Train tokenizer and network and write both into `out`; a resumed run keeps the tokenizer it has."""
    shape, schedule = Shape(), Schedule()
    if resume is None:
        out.mkdir(parents=True, exist_ok=True)
        bpe = vocabulary.learn(texts.corpus(random.Random(schedule.seed), TEXTS), size=shape.vocab)
        vocabulary.save(bpe, out, positions=shape.positions)
    bpe = Tokenizer.from_file(str(out / "tokenizer.json"))
    fit(bpe, schedule=schedule, shape=shape, out=out, every=every, resume=resume)


if __name__ == "__main__":
    main()
