"""Measures what a base in few bits weighs, and what a training step over it costs on this machine.

    python -m bench.quantize

The base is the randomly initialised one of 30 M parameters of ``bench.train``; needs the extra ``quantize``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from bench.train import SAMPLES, rows, setting, timed
from workbench import training
from workbench.ports import silent
from workbench.rendering.opening import open_base
from workbench.training import loop
from workbench.training.lora import add_adapter
from workbench.training.objectives import Supervised

KINDS = ("none", "8bit", "4bit")


def main() -> None:
    """Train a few steps over each kind and print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=4)
    asked = parser.parse_args()
    spec = training.Sft(
        learning_rate=1e-3, max_steps=asked.steps, batch_size=asked.batch_size, dtype="float32", log_every=1,
        eval_every=0, checkpoint_every=0,
    )  # fmt: skip
    told = {}
    with tempfile.TemporaryDirectory() as place:
        base = Path(place) / "base"
        shutil.copytree(
            SAMPLES / "base", base, ignore=shutil.ignore_patterns("model.safetensors", "config.json")
        )
        given = setting("30m", spec, rows(Path(place) / "converted"))
        given.model().unload().save_pretrained(base)
        for kind in KINDS:
            opened = open_base(base, dtype="float32", quantize=kind)  # type: ignore[arg-type]
            held = opened.model.get_memory_footprint()
            built = loop.trainer(
                spec, model=add_adapter(spec, opened.model, name="30m"), train=given.examples, valid=[],
                objective=Supervised(), pad=given.pad, out=Path(place) / kind, progress=silent,
            )  # fmt: skip
            run = timed(built)
            told[kind] = {
                "weights_mb": round(held / 1e6, 1),
                "cpu_seconds_a_step": round(run.cpu / asked.steps, 2),
                "losses": [round(loss, 4) for loss in run.losses],
            }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
