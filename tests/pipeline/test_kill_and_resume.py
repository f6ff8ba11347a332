"""Killed at ten random moments and run again, a run gives the report of an undisturbed one."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

from workbench.io.bundled import bundled

KILLS = 10


def recipe(folder):
    text = bundled("samples/support/recipe.yaml").read_text(encoding="utf-8")
    logs = bundled("samples/support/logs.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:160]
    (folder / "logs.jsonl").write_text("".join(logs), encoding="utf-8")
    text = text.replace("../base", str(bundled("samples/base"))).replace("../../evals", str(bundled("evals")))
    text = text.replace("max_steps: 150", "max_steps: 10\n  checkpoint_every: 3")
    text = text.replace("sampling:", "max_cases: 10\n  max_suite_cases: 2\n  sampling:")
    text = text.replace("gate: policy.yaml", f"gate: {bundled('samples/support/policy.yaml')}")
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    return folder / "recipe.yaml"


def start(recipe_file, out):
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", "run", str(recipe_file), "--out", str(out), "--quiet"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(recipe_file, out):
    process = start(recipe_file, out)
    _, error = process.communicate()
    assert process.returncode in {0, 1, 3}, error.decode()


def told(out):
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    del report["provenance"]  # holds file hashes of summaries, which hold times
    return report


ADAPTER = "adapter/adapter/adapter_model.safetensors"


def assert_equal(run, whole):
    assert (run / ADAPTER).read_bytes() == (whole / ADAPTER).read_bytes()
    assert (run / "adapter" / "log.jsonl").read_text() == (whole / "adapter" / "log.jsonl").read_text()
    assert_same(told(run), told(whole))


def assert_same(one, whole):
    """Hold two reports equal: the proof's figures, differences of float32 logits, within its own tolerance.

    Their last bits follow the alignment of memory in matrix products, not what was trained.
    """
    mine, theirs = (list(leaves(report.pop("parity"))) for report in (one, whole))
    assert [value for value in mine if not is_figure(value)] == [v for v in theirs if not is_figure(v)]
    assert [value for value in mine if is_figure(value)] == pytest.approx(
        [value for value in theirs if is_figure(value)], rel=1e-5, abs=1e-5
    )
    assert one == whole


def leaves(value):
    """Yield the values of nested lists and mappings, in order."""
    if isinstance(value, dict | list):
        for _, part in sorted(value.items()) if isinstance(value, dict) else enumerate(value):
            yield from leaves(part)
    else:
        yield value


def is_figure(value):
    return isinstance(value, float)


@pytest.mark.slow
def test_ten_kills_change_nothing(tmp_path):
    file = recipe(tmp_path)
    begun = time.monotonic()
    finish(file, tmp_path / "whole")
    whole = time.monotonic() - begun
    moments, killed, out = random.Random(20261124), 0, 0
    while killed < KILLS:
        process = start(file, tmp_path / f"run{out}")
        try:
            process.wait(timeout=moments.uniform(0.1, 0.7) * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        else:
            assert_equal(tmp_path / f"run{out}", tmp_path / "whole")
            out += 1  # it got through: the kills left go to a new run
        process.stderr.close()
    finish(file, tmp_path / f"run{out}")
    assert_equal(tmp_path / f"run{out}", tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["convert", "curate", "adapter", "eval"])
def test_ctrl_c_in_each_stage_exits_130_and_the_same_command_goes_on(tmp_path, stage):
    file = recipe(tmp_path)
    process = start(file, tmp_path / "run")
    while not (tmp_path / "run" / f"{stage}.partial").exists():
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 130, error.decode()
    assert b"run the same command again" in error
    assert b"Traceback" not in error
    assert not (tmp_path / "run" / "report.json").exists()
    finish(file, tmp_path / "run")
    assert told(tmp_path / "run")["verdict"]
