"""Measures three arms on the tiny base beside lm-evaluation-harness running the same generations.

    python -m venv harness && harness/bin/pip install lm_eval
    workbench demo --out demo
    harness/bin/python -m bench.harness --run demo [--cases 200] [--rounds 3]

``harness`` is an environment that also holds this package with its ``train`` extra. Ours is what
`workbench eval` does, loading, grading and verdicts included. The harness answers the same rendered prompts
greedily, once for each arm (``peft=`` for the adapter), with the same batch size and limit, and grades by
exact match without bootstrap. Rounds are interleaved; the ratio is of medians. Outputs are compared text by
text.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.pipeline.stages import Subject, evaluate_into
from workbench.ports import Sampling
from workbench.recipe import EvalStage
from workbench.records import ARMS, Message

if TYPE_CHECKING:
    from workbench.records import Arm

Answers = dict[tuple[str, str], str]


def ours(options: argparse.Namespace, out: Path) -> tuple[float, list[dict[str, Any]]]:
    """Evaluate the run's adapter; return wall seconds and the lines of completions.jsonl."""
    run = Path(options.run)
    subject = Subject(
        base=options.base,
        adapter=run / "adapter" / "adapter",
        converted=run / "convert",
        pairs=run / "curate" / "test.parquet",
    )
    stage = EvalStage(
        max_cases=options.cases, sampling=Sampling(max_new_tokens=options.new), batch_size=options.batch
    )
    begun = time.perf_counter()
    evaluate_into(out, subject, stage)
    seconds = time.perf_counter() - begun
    lines = (out / "completions.jsonl").read_text(encoding="utf-8").splitlines()
    return seconds, [json.loads(line) for line in lines]


def rendered(base: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each line its prompt as text (``asked``) and that text's token ids (``ids``)."""
    from workbench.rendering.opening import open_base

    renderer = open_base(base).renderer
    found = []
    for line in lines:
        ids = renderer.prompt_ids(tuple(Message(**message) for message in line["prompt"]))
        found.append({**line, "ids": ids, "asked": renderer.tokenizer.decode(ids, skip_special_tokens=False)})
    return found


def theirs(options: argparse.Namespace, lines: list[dict[str, Any]]) -> tuple[float, Answers]:
    """Run the harness once for each arm; return wall seconds and the texts by arm and case."""
    from lm_eval import simple_evaluate

    texts: Answers = {}
    seconds = 0.0
    for arm in ARMS:
        docs = [
            {"case_id": line["case_id"], "asked": line["asked"], "reference": line["text"]}
            for line in lines
            if line["arm"] == arm
        ]
        begun = time.perf_counter()
        found = simple_evaluate(
            model="hf",
            model_args=_model_args(options, arm),
            tasks=[_task(docs, options.new)],
            batch_size=options.batch,
            bootstrap_iters=0,
        )
        seconds += time.perf_counter() - begun
        for sample in found["samples"]["same_generations"]:
            texts[arm, sample["doc"]["case_id"]] = sample["resps"][0][0]
    return seconds, texts


def _model_args(options: argparse.Namespace, arm: Arm) -> dict[str, Any]:
    adapter = {"peft": str(Path(options.run) / "adapter" / "adapter")} if arm == "after" else {}
    return {"pretrained": options.base, "device": "cpu", "dtype": "float32", **adapter}


def _task(docs: list[dict[str, Any]], new: int) -> dict[str, Any]:
    import datasets

    return {
        "task": "same_generations",
        "custom_dataset": lambda **_: {"test": datasets.Dataset.from_list(docs)},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{asked}}",
        "doc_to_target": "{{reference}}",
        "generation_kwargs": {"until": ["<|end|>"], "do_sample": False, "max_gen_toks": new},
        "metric_list": [{"metric": "exact_match"}],
    }


def main() -> None:
    """Print one JSON object: median seconds of both, their ratio, and how many outputs are the same."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", required=True, help="a run of `workbench demo` or `workbench run`")
    parser.add_argument("--base", default="samples/base")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--new", type=int, default=128, help="most new tokens")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    logging.disable(logging.WARNING)
    mine: list[float] = []
    other: list[float] = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as place:
            seconds, lines = ours(options, Path(place))
        mine.append(seconds)
        lines = rendered(options.base, lines)
        seconds, texts = theirs(options, lines)
        other.append(seconds)
    same = {
        arm: sum(texts[arm, one["case_id"]] == one["text"] for one in lines if one["arm"] == arm)
        for arm in ARMS
    }
    lengths = {arm: statistics.mean(len(one["ids"]) for one in lines if one["arm"] == arm) for arm in ARMS}
    print(
        json.dumps(
            {
                "cases": len(lines) // len(ARMS),
                "prompt_tokens": {arm: round(length) for arm, length in lengths.items()},
                "same_outputs": same,
                "seconds": round(statistics.median(mine), 2),
                "peer_seconds": round(statistics.median(other), 2),
                "ratio": round(statistics.median(other) / statistics.median(mine), 2),
            }
        )
    )


if __name__ == "__main__":
    main()
