"""Probes: rules measured while it trains, the best adapter kept, and a stop that a resumed run repeats."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from conftest import make_frame

from workbench.cli import execute
from workbench.errors import EXIT_USER, ConfigError
from workbench.training import Sft, Watching, train

torch = pytest.importorskip("torch")
SPEC = Sft(
    r=4, learning_rate=0.02, schedule="constant", warmup=0.0, max_steps=8, batch_size=4, dtype="float32",
    log_every=1, eval_every=0, checkpoint_every=2, parity_rows=2, probe_every=2, patience=2,
)  # fmt: skip


def decided(values, patience):
    from workbench.training.watch import decided as decide

    log = [{"step": 10 * n, "probe_obeyed": value} for n, value in enumerate(values, start=1)]
    return decide([{"step": 5, "loss": 1.0}, *log], patience=patience)


@pytest.mark.parametrize(
    ("values", "patience", "expected"),
    [
        ([], 2, (None, False)),
        ([0.1, 0.5, 0.5], 0, (20, False)),
        ([0.1, 0.5, 0.5], 2, (20, False)),
        ([0.1, 0.5, 0.5, 0.4], 2, (20, True)),
        ([0.5, 0.4, 0.3, 0.9], 2, (10, True)),  # what comes after the stop is not looked at
    ],
)
def test_the_first_best_probe_counts_and_patience_runs_out(values, patience, expected):
    assert decided(values, patience) == expected


def hill(target):
    """Measure how near the adapter's size is to a target: it rises, then falls, by the weights alone."""

    def probing(base):
        def measure():
            size = sum(
                float(weight.detach().norm())
                for name, weight in base.model.named_parameters()
                if "lora_B" in name
            )
            return {"obeyed": 1 / (1 + abs(size - target))}

        return measure

    return probing


def run(base, out, target, *, progress=lambda *_: None, **fields):
    spec = msgspec.structs.replace(SPEC, **fields)
    frames = {"train": make_frame(20), "valid": make_frame(4, seed=9)}
    return train(
        spec, base=base, out=out, watching=Watching(probing=hill(target)), progress=progress, **frames
    )


def tensors(out):
    from safetensors.torch import load_file

    return load_file(Path(out) / "adapter" / "adapter_model.safetensors")


def distance(one, other):
    a, b = tensors(one), tensors(other)
    return max(float((a[name] - b[name]).abs().max()) for name in a)


@pytest.fixture(scope="module")
def peak(tiny_base, tmp_path_factory):
    """Return the adapter's size at step 2, where the hill then has its top."""
    out = tmp_path_factory.mktemp("peak") / "out"
    run(tiny_base, out, 0.0, max_steps=2, probe_every=0, patience=0)
    return sum(float(t.norm()) for name, t in tensors(out).items() if "lora_B" in name), out


def test_it_stops_when_the_rules_no_longer_improve_and_saves_the_best_adapter(tiny_base, tmp_path, peak):
    size, shorter = peak
    seen = []
    result = run(tiny_base, tmp_path / "out", size, progress=lambda *report: seen.append(report))
    probed = [entry["step"] for entry in result.log if "probe_obeyed" in entry]
    assert probed == [2, 4, 6]
    assert (result.summary["steps"], result.summary["best_step"]) == (6, 2)
    assert distance(tmp_path / "out", shorter) < 1e-6
    assert result.parity.ok
    assert any(report[0] == "probe" and "obeyed" in str(report[-1]) for report in seen)
    logged = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in logged if "probe_obeyed" in entry] == probed


def test_without_patience_probes_only_tell(tiny_base, tmp_path, peak):
    result = run(tiny_base, tmp_path / "out", peak[0], patience=0)
    assert (result.summary["steps"], result.summary["best_step"]) == (8, 8)
    assert sum("probe_obeyed" in entry for entry in result.log) == 4


@pytest.mark.parametrize("step", [3, 5])
def test_interrupted_and_resumed_it_stops_at_the_same_step_with_the_same_adapter(
    tiny_base, tmp_path, peak, step
):
    def stop(stage, done, *_):
        if stage == "train" and done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny_base, tmp_path / "out", peak[0], progress=stop)
    again = run(tiny_base, tmp_path / "out", peak[0])
    assert again.summary["resumed"]
    assert (again.summary["steps"], again.summary["best_step"]) == (6, 2)
    assert distance(tmp_path / "out", peak[1]) < 1e-6


def test_interrupted_after_it_stopped_it_trains_no_further(tiny_base, tmp_path, peak):
    def stop(stage, *_):
        if stage == "prove adapter":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny_base, tmp_path / "out", peak[0], progress=stop)
    again = run(tiny_base, tmp_path / "out", peak[0])
    assert [entry["step"] for entry in again.log if "probe_obeyed" in entry] == [2, 4, 6]
    assert (again.summary["steps"], again.summary["best_step"]) == (6, 2)
    assert distance(tmp_path / "out", peak[1]) < 1e-6


def test_interrupted_while_its_checkpoints_go_it_ends_with_the_best_adapter(
    tiny_base, tmp_path, peak, monkeypatch
):
    whole = shutil.rmtree

    def half(place, **manner):
        if (Path(place) / "best.safetensors").exists():
            (Path(place) / "best.safetensors").unlink()
            raise KeyboardInterrupt
        whole(place, **manner)

    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr("shutil.rmtree", half)
        run(tiny_base, tmp_path / "out", peak[0])
    again = run(tiny_base, tmp_path / "out", peak[0])
    assert (again.summary["steps"], again.summary["best_step"]) == (6, 2)
    assert distance(tmp_path / "out", peak[1]) < 1e-6


def test_patience_needs_probes_and_probes_need_rules(tiny_base, tmp_path):
    with pytest.raises(ConfigError, match="probe_every above 0"):
        run(tiny_base, tmp_path / "a", 0.0, probe_every=0)
    with pytest.raises(ConfigError, match="--templates"):
        train(SPEC, base=tiny_base, train=make_frame(4), valid=None, out=tmp_path / "b")


def record(number):
    return {
        "messages": [
            {"role": "system", "content": 'Answer briefly. Begin with "Hi."'},
            {"role": "user", "content": f"Question: {number}?"},
            {"role": "assistant", "content": "Hi. Yes."},
        ]
    }


def test_the_rules_of_a_conversion_are_probed_by_the_command(tiny_base, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    log = "".join(json.dumps(record(number)) + "\n" for number in range(100, 148))
    (tmp_path / "log.jsonl").write_text(log)
    assert execute(["convert", "log.jsonl", "--out", "converted", "--quiet"]) == 0
    import polars as pl

    pairs = pl.read_parquet("converted/pairs.parquet")
    (tmp_path / "data").mkdir()
    pairs.head(40).write_parquet("data/train.parquet")
    pairs.tail(8).write_parquet("data/valid.parquet")
    (tmp_path / "recipe.yaml").write_text(
        f"version: 1\nbase: {tiny_base}\nconvert: {{logs: [log.jsonl]}}\ntrain: {{use: sft, r: 8, "
        "learning_rate: 0.03, batch_size: 8, dtype: float32, log_every: 1, probe_cases: 4}\n"
    )
    command = ["train", "data", "--base", str(tiny_base), "--recipe", "recipe.yaml", "--quiet"]
    watched = [*command, "--max-steps", "60", "--probe-every", "2", "--patience", "3"]
    assert execute([*watched, "--out", "none"]) == EXIT_USER
    assert "--templates" in capsys.readouterr().err
    assert execute([*watched, "--templates", "converted", "--out", "trained"]) == 0
    lines = [json.loads(line) for line in (tmp_path / "trained" / "log.jsonl").read_text().splitlines()]
    probes = [entry["probe_obeyed"] for entry in lines if "probe_obeyed" in entry]
    assert probes[0] < probes[-1]
    summary = json.loads((tmp_path / "trained" / "summary.json").read_text())
    assert summary["steps"] < 60
    assert summary["best_step"] == summary["steps"] - 2 * 3
