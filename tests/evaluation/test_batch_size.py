"""The whole of `workbench eval` on the bundled base: the batch size decides speed and memory alone."""

import json

import pytest

from workbench.cli import execute
from workbench.io.bundled import bundled

LOGS = 40


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Convert a piece of the sample log, and make an adapter that answers otherwise than the base."""
    import torch
    from peft import LoraConfig, get_peft_model

    from workbench.rendering.adapters import write_passport
    from workbench.rendering.opening import open_base

    place = tmp_path_factory.mktemp("world")
    lines = bundled("samples/support/logs.jsonl").read_text("utf-8").splitlines(keepends=True)
    (place / "log.jsonl").write_text("".join(lines[:LOGS]), "utf-8")
    assert execute(["convert", str(place / "log.jsonl"), "--out", str(place / "converted"), "--quiet"]) == 0
    base = open_base(bundled("samples/base"))
    torch.manual_seed(7)
    wanted = {"r": 4, "target_modules": "all-linear", "init_lora_weights": False, "lora_alpha": 12}
    get_peft_model(base.model, LoraConfig(task_type="CAUSAL_LM", **wanted)).save_pretrained(place / "adapter")
    (place / "adapter" / "README.md").unlink()
    write_passport(place / "adapter", base=base, spec=wanted)
    return place


def evaluated(world, out, size, *more):
    made = execute(
        [
            "eval", "--base", str(bundled("samples/base")), "--adapter", str(world / "adapter"),
            "--templates", str(world / "converted"), "--data", str(world / "converted" / "pairs.parquet"),
            "--suite", "evals/grounding/support.en.jsonl",
            "--max-cases", "8", "--suite-cases", "4", "--batch-size", str(size), "--out", str(out), "--quiet",
            *more,
        ]
    )  # fmt: skip
    assert made == 0
    return out


WRITTEN = ("completions.jsonl", "cases.jsonl", "grades.parquet", "verdicts.json", "summary.json")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param((), id="greedy"),
        pytest.param(("--samples", "2", "--temperature", "0.9"), id="sampled", marks=pytest.mark.slow),
    ],
)
def test_batches_of_1_8_and_32_give_the_same_evaluation(world, tmp_path, more):
    outs = [evaluated(world, tmp_path / str(size), size, *more) for size in (1, 8, 32)]
    first = {name: (outs[0] / name).read_bytes() for name in WRITTEN}
    for out in outs[1:]:
        assert {name: (out / name).read_bytes() for name in WRITTEN} == first
    lines = [json.loads(line) for line in first["completions.jsonl"].splitlines()]
    texts = {
        arm: tuple(one["text"] for one in lines if one["arm"] == arm)
        for arm in ("teacher", "before", "after")
    }
    assert len(set(texts.values())) == len(texts)  # three arms that answer otherwise
    assert len(set(texts["teacher"])) > len(texts["teacher"]) / 2
    # A smaller batch takes up the evaluation that stands, for it is the same one.
    written = (outs[1] / "manifest.json").stat().st_mtime_ns
    evaluated(world, outs[1], 2, *more)
    assert (outs[1] / "manifest.json").stat().st_mtime_ns == written
