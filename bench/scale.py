"""Measures what a row costs each verb, and holds the straight line through it to runs of other sizes.

    python -m bench.scale --fit 10000 40000 --check 20000 80000 160000 [--out constants.json]
    python -m bench.scale --train                       # the same for training: models of four sizes
    python -m bench.scale --tables constants.json       # docs/scale.md's tables

Every verb runs in a process of its own on a made log of 3 kB a record (`bench.convert`); what it takes is
a + b x rows, in CPU seconds (user and system, over all processes), peak memory (mapped pages included) and
bytes on disk. ``--check`` says what was predicted and what was measured. Training is 4 operations a weight
and token (forward, and backward through activations), whatever the model: ``--train`` fits the operations a
second on one model and predicts the others.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from bench.convert import measured, write_log

VERBS = ("convert", "dedupe", "curate")
KINDS = ("cpu_s", "peak_mb", "disk_mb")
SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
ROOMS = {"16 GiB": 16, "64 GiB": 64, "256 GiB": 256, "1 TiB": 1024}
# Published shapes of a family of open models: billions of weights, layers, hidden, heads, vocabulary.
BASES = {
    "0.5 B": (0.49, 24, 896, 14, 151_936),
    "1.5 B": (1.54, 28, 1536, 12, 151_936),
    "7 B": (7.6, 28, 3584, 28, 152_064),
    "14 B": (14.8, 48, 5120, 40, 152_064),
    "32 B": (32.8, 64, 5120, 40, 152_064),
    "70 B": (72.7, 80, 8192, 64, 152_064),
}
HIDDEN = {"2 M": (160, 3), "8 M": (320, 5), "17 M": (448, 6), "30 M": (512, 9)}


class Line(NamedTuple):
    """A straight line: what it takes to begin, and what each row adds."""

    fixed: float
    each: float

    def at(self, rows: int) -> float:
        """Return what ``rows`` take."""
        return self.fixed + self.each * rows


def taken(rows: int, place: Path) -> dict[str, dict[str, float]]:
    """Run every verb on ``rows`` records, one on what the one before it wrote, and measure each."""
    log = place / "log.jsonl"
    write_log(log, rows)
    inputs = {"convert": log, "dedupe": place / "convert" / "pairs.parquet", "curate": place / "convert"}
    found = {}
    for verb in VERBS:
        out = place / verb
        found[verb] = measured(
            [
                sys.executable,
                "-m",
                "workbench",
                verb,
                str(inputs[verb]),
                "--out",
                str(out),
                "--force",
                "--quiet",
            ]
        )
        files = [path for path in out.rglob("*") if path.is_file()]
        found[verb]["disk_mb"] = sum(path.stat().st_size for path in files) / 1e6
    return found


def fitted(runs: dict[int, dict[str, dict[str, float]]]) -> dict[str, dict[str, Line]]:
    """Lay a line through the smallest and the largest run."""
    low, high = min(runs), max(runs)

    def line(verb: str, kind: str) -> Line:
        each = (runs[high][verb][kind] - runs[low][verb][kind]) / (high - low)
        return Line(runs[low][verb][kind] - each * low, each)

    return {verb: {kind: line(verb, kind) for kind in KINDS} for verb in VERBS}


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Fit on some sizes, check on others; print both."""
    runs = {}
    for rows in sorted({*asked.fit, *asked.check}):
        with tempfile.TemporaryDirectory(dir=asked.work) as place:
            runs[rows] = taken(rows, Path(place))
        print(json.dumps({"rows": rows, **runs[rows]}), flush=True)
    lines = fitted({rows: runs[rows] for rows in asked.fit})
    print("\n| rows | verb | CPU s: predicted, measured | peak MB | disk MB |\n|---|---|---|---|---|")
    for rows in asked.check:
        for verb in VERBS:
            cells = (f"{lines[verb][k].at(rows):.0f}, {runs[rows][verb][k]:.0f}" for k in KINDS)
            print(f"| {rows:,} | `{verb}` | {' | '.join(cells)} |")
    return {verb: {kind: lines[verb][kind]._asdict() for kind in KINDS} for verb in VERBS}


def train_check() -> None:
    """Fit operations a second on the largest of four models, and predict the seconds a step of the others."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from bench.train import rows, setting, timed
    from workbench.ports import silent
    from workbench.training import Sft, loop
    from workbench.training.lora import add_adapter
    from workbench.training.objectives import Supervised

    spec = Sft(max_steps=6, batch_size=8, dtype="float32", learning_rate=1e-3)
    found: dict[str, tuple[int, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        given = setting("tiny", spec, rows(Path(folder) / "pairs"))
        for name, (hidden, layers) in HIDDEN.items():
            shape = Qwen2Config(
                vocab_size=4096, hidden_size=hidden, intermediate_size=hidden * 11 // 4,
                num_hidden_layers=layers, num_attention_heads=8, num_key_value_heads=8,
                tie_word_embeddings=True, max_position_embeddings=2048,
            )  # fmt: skip
            base = Qwen2ForCausalLM(shape)
            weights = sum(p.numel() for p in base.parameters())
            built = loop.trainer(
                spec, model=add_adapter(spec, base, name=name), train=given.examples, valid=[],
                objective=Supervised(), pad=given.pad, out=Path(folder) / name, progress=silent,
            )  # fmt: skip
            result = timed(built)
            found[name] = (weights, result.cpu / result.tokens)
    weights, seconds = found[max(found, key=lambda name: found[name][0])]
    speed = 4 * weights / seconds
    print("| weights | seconds for 1,000 tokens: predicted | measured | ratio |\n|---|---|---|---|")
    for weights, seconds in found.values():
        told = 4 * weights / speed
        print(f"| {weights / 1e6:.1f} M | {1000 * told:.2f} | {1000 * seconds:.2f} | {seconds / told:.2f} |")


def tables(lines: dict[str, dict[str, Line]], asked: argparse.Namespace) -> None:
    """Print what data of any size takes, what breaks first, and what training takes."""
    print(
        "| pairs | CPU hours: convert, dedupe, curate | on two cores | disk, GB | cost |\n"
        "|---|---|---|---|---|"
    )
    for rows in SIZES:
        hours = [lines[verb]["cpu_s"].at(rows) / 3600 for verb in VERBS]
        disk = sum(lines[verb]["disk_mb"].at(rows) for verb in VERBS) / 1000
        cost = sum(hours) * asked.core_hour
        parts = ", ".join(f"{one:,.2f}" for one in hours)
        print(f"| {rows:,} | {parts} | {sum(hours) / 2:,.1f} h | {disk:,.1f} | {cost:,.2f} |")
    print("\n| memory | " + " | ".join(f"`{verb}`, rows" for verb in VERBS) + " |\n|---|---|---|---|")
    for name, room in ROOMS.items():
        most = [_most(lines[verb]["peak_mb"], room) for verb in VERBS]
        print(f"| {name} | {' | '.join(most)} |")
    print(
        "\n| base | weights bf16, 4-bit | the rest of the memory, 8 rows of 1,024 tokens "
        "| GPU hours for 10 M tokens, 3 passes | cost |"
    )
    print("|---|---|---|---|---|")
    for name, shape in BASES.items():
        print(_base(name, shape, asked))


def _most(line: Line, room: int) -> str:
    if line.each <= 0:
        return "any"
    most = (room * 1073.7 - line.fixed) / line.each
    return f"{most / 1e6:,.0f} M" if most > 0 else "none"


def _base(name: str, shape: tuple[float, int, int, int, int], asked: argparse.Namespace) -> str:
    """Tell memory (activations after Korthikanti et al. 2022, checkpointed) and time of one base."""
    billions, layers, hidden, heads, vocabulary = shape
    tokens, length = 8 * 1024, 1024
    layer = tokens * hidden * (34 + 5 * heads * length / hidden)
    activations = layer + layers * tokens * hidden * 2 + tokens * vocabulary * 8
    # Rank 16 on all linear layers, 16 bytes a trained weight: weight, gradient and two moments.
    adapter = layers * 7 * 2 * 16 * hidden * 1.6 * 16
    operations = 6 * billions * 1e9 * 3e7
    hours = operations / (asked.gpu_tflops * 1e12 * asked.utilisation) / 3600
    return (
        f"| {name} | {billions * 2:.1f}, {billions * 0.56:.1f} GB | {(activations + adapter) / 1e9:.1f} GB "
        f"| {hours:,.2f} | {hours * asked.gpu_hour:,.2f} |"
    )


def main() -> None:
    """Measure, check, or print tables."""
    parser = argparse.ArgumentParser(description="What a row costs, and what other sizes will.")
    parser.add_argument("--fit", type=int, nargs="+", default=[10_000, 40_000])
    parser.add_argument("--check", type=int, nargs="+", default=[20_000, 80_000, 160_000])
    parser.add_argument("--work", type=Path, help="Folder for files in between.")
    parser.add_argument("--out", type=Path, help="Where the constants go.")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--tables", type=Path, help="Constants of an earlier run.")
    parser.add_argument("--core-hour", type=float, default=0.05, help="Price of a core for an hour.")
    parser.add_argument("--gpu-hour", type=float, default=2.5, help="Price of a GPU for an hour.")
    parser.add_argument("--gpu-tflops", type=float, default=400.0, help="Dense bf16, by the maker.")
    parser.add_argument("--utilisation", type=float, default=0.35, help="Share of it that training gets.")
    asked = parser.parse_args()
    if asked.train:
        train_check()
    elif asked.tables:
        read = json.loads(asked.tables.read_text(encoding="utf-8"))
        tables({verb: {kind: Line(**one) for kind, one in read[verb].items()} for verb in VERBS}, asked)
    else:
        constants = measure(asked)
        if asked.out:
            asked.out.write_text(json.dumps(constants, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
