"""The gate that passes the demo's adapter fails one trained on shuffled answers, and one of zeros."""

import json
import shutil

import polars as pl
import pytest

from workbench.cli import execute
from workbench.io.bundled import bundled

BASE = str(bundled("samples/base")) if (bundled("samples") / "base").exists() else ""
POLICY = str(bundled("samples") / "support" / "policy.yaml")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "run"
    assert execute(["demo", "--out", str(out), "--quiet"]) == 0
    return out


def evaluated(demo, folder, adapter):
    """Evaluate ``adapter`` as the demo did and gate it; returns the gate's exit code."""
    what = ["--base", BASE, "--adapter", str(adapter), "--templates", str(demo / "convert")]
    assert execute(["eval", *what, "--data", str(demo / "curate"), "--out", str(folder), "--quiet"]) == 0
    return execute(["gate", str(folder), "--policy", POLICY, "--quiet"])


@pytest.mark.slow
def test_the_demo_meets_its_promise(demo):
    report = json.loads((demo / "report.json").read_text(encoding="utf-8"))
    arms = {name: figures["obeyed"] for name, figures in report["arms"].items()}
    assert arms["teacher"] >= 0.85
    assert arms["before"] <= 0.35
    assert arms["after"] >= 0.95 * arms["teacher"]
    assert report["tokens"]["saved_share"] >= 0.8
    assert execute(["gate", str(demo), "--policy", POLICY, "--quiet"]) == 0


@pytest.mark.slow
def test_shuffled_answers_fail(demo, tmp_path):
    shutil.copytree(demo / "curate", tmp_path / "curate")
    rows = tmp_path / "curate" / "train.parquet"
    pl.read_parquet(rows).with_columns(pl.col("completion").shuffle(seed=1)).write_parquet(rows)
    recipe = str(bundled("samples/support/recipe.yaml"))
    options = ["--base", BASE, "--recipe", recipe, "--out", str(tmp_path / "trained"), "--quiet"]
    assert execute(["train", str(tmp_path / "curate"), *options]) == 0
    assert evaluated(demo, tmp_path / "eval", tmp_path / "trained" / "adapter") == 1


@pytest.mark.slow
def test_an_adapter_of_zeros_fails(demo, tmp_path):
    from workbench.training import zeroed

    zeroed(demo / "adapter" / "adapter", tmp_path / "zeros")
    assert evaluated(demo, tmp_path / "eval", tmp_path / "zeros") == 1


@pytest.mark.slow
def test_five_cases_are_undecided(demo, tmp_path):
    options = ["--adapter", str(demo / "adapter" / "adapter"), "--templates", str(demo / "convert")]
    few = ["--data", str(demo / "curate"), "--max-cases", "5", "--out", str(tmp_path / "eval"), "--quiet"]
    assert execute(["eval", "--base", BASE, *options, *few]) == 0
    assert execute(["gate", str(tmp_path / "eval"), "--policy", POLICY, "--quiet"]) == 3
