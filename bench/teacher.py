"""Measures what a teacher costs: ``distill`` against ``sft``, and what keeping its prompt saves.

    python -m bench.teacher --model 30m

Rows are those of the support sample; the teacher's prompt before each is ``--prompt`` tokens long. Five loops
of the same ``--epochs`` passes take turns: ``sft``, ``distill`` with a stored teacher, and with a live one:
as ``train`` has it (``live``: keys and values of what the prompts share are kept, and rows of like length are
asked together, each once), asking for the rows of a step at each step (``kept``), and encoding whole prompts
at each step. CPU seconds a step, the least of ``--repeats`` runs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.train import rows, setting, timed
from workbench import training
from workbench.ports import silent
from workbench.rendering import IGNORE, Example
from workbench.rendering.opening import BaseHashes
from workbench.training import loop
from workbench.training.objectives import Distilled, Supervised
from workbench.training.teacher import LiveTeacher, RememberedTeacher, stored, top_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.train import Setting
    from workbench.training import Sft
    from workbench.training.loss import TopTokens
    from workbench.training.objectives import Objective
    from workbench.training.teacher import StoredTeacher

KINDS = ("sft", "stored", "live", "kept", "encoded again")


def teachers(given: Setting, *, prompt: int) -> list[Example]:
    """Put the same ``prompt`` tokens before every row."""
    words = [token for example in given.examples for token in example.input_ids][:prompt]
    return [
        Example(input_ids=words + example.input_ids, labels=[IGNORE] * prompt + example.labels)
        for example in given.examples
    ]


def objective(kind: str, given: Setting, model: Any, asked: list[Example], store: Path) -> Objective:
    """Return the objective that a kind of loop minimises; what a stored teacher says is asked here."""
    if kind == "sft":
        return Supervised()
    spec = given.spec
    live = LiveTeacher(model, asked, shared_tokens=0 if kind == "encoded again" else 32)
    if kind in {"live", "kept"}:
        live.logits([0])  # encodes what the prompts share, which a training does once
    if kind == "live":
        remembered = RememberedTeacher(
            live, asked, size=spec.batch_size, top_k=spec.top_k, temperature=spec.temperature
        )
        return Distilled(_looking(remembered), temperature=spec.temperature)
    if kind != "stored":
        return Distilled(_asking(live, spec), temperature=spec.temperature)
    base = BaseHashes(weights="bench", tokenizer="bench", template="bench")
    held = stored(spec, live, asked, base=base, store=store)
    return Distilled(_looking(held), temperature=spec.temperature)


def _looking(held: StoredTeacher | RememberedTeacher) -> Callable[[list[int], Any], TopTokens]:
    return lambda places, device: held.top(places, device=device)


def _asking(live: LiveTeacher, spec: Sft) -> Callable[[list[int], Any], TopTokens]:
    def ask(places: list[int], device: Any) -> TopTokens:
        del device
        return top_tokens(live.logits(places), top_k=spec.top_k, temperature=spec.temperature)

    return ask


def main() -> None:
    """Run the loops in turn and print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=("tiny", "30m"), default="30m")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--prompt", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--group-by-length", action="store_true", help="rows of like length in a batch")
    asked = parser.parse_args()
    steps = asked.epochs * asked.rows // asked.batch_size
    spec = training.Sft(
        learning_rate=1e-3, max_steps=steps, batch_size=asked.batch_size, dtype="float32", log_every=1,
        eval_every=0, checkpoint_every=0, group_by_length=asked.group_by_length,
    )  # fmt: skip
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as place:
        given = setting(asked.model, spec, rows(Path(place) / "converted"))
        given = given._replace(examples=given.examples[: asked.rows])
        long = teachers(given, prompt=asked.prompt)
        for _ in range(asked.repeats):
            for kind in KINDS:
                model = given.model()
                built = loop.trainer(
                    spec, model=model, train=given.examples, valid=[],
                    objective=objective(kind, given, model, long, Path(place) / "store"),
                    pad=given.pad, out=Path(place) / "out", progress=silent,
                )  # fmt: skip
                seconds[kind].append(timed(built).cpu / steps)
    best = {kind: min(held) for kind, held in seconds.items()}
    told = {
        "model": asked.model,
        "prompt": asked.prompt,
        "epochs": asked.epochs,
        "group_by_length": asked.group_by_length,
        "cpu_seconds_a_step": {kind: round(value, 4) for kind, value in best.items()},
        "stored_over_sft": round(best["stored"] / best["sft"], 3),
        "again_over_live": round(best["encoded again"] / best["live"], 2),
        "again_over_kept": round(best["encoded again"] / best["kept"], 2),
        "teacher_alone_again_over_kept": round(
            (best["encoded again"] - best["sft"]) / (best["kept"] - best["sft"]), 1
        ),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
