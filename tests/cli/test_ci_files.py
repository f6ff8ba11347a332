"""Runs the commands that the files for CI hold, as CI would."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.slow
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
GITLAB = yaml.safe_load((ROOT / "docs" / "ci" / "gitlab.yml").read_text("utf-8"))
POLICY = "max_lost_must_rules: null\nmin_cases: 0\nmin_clusters: 0\n"


@pytest.fixture
def place(tmp_path, whole_run):
    """Make a project with data, a run, policies, and `workbench` on the path."""
    tools = tmp_path / "bin"
    tools.mkdir()
    shim = tools / "workbench"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m workbench "$@"\n')
    shim.chmod(0o755)
    rows = [
        {"id": w, "prompt": f"Where is the {w}?", "completion": f"By the {w} shelf."} for w in ("cup", "map")
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "old data.jsonl").write_text(json.dumps(rows[0]) + "\n")
    (tmp_path / "data-policy.yaml").write_text("min_rows: 2\n")
    (tmp_path / "policy.yaml").write_text(POLICY)
    whole_run(tmp_path / "run")
    return tmp_path


def bash(command, place, **variables):
    path = f"{place / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(place / "summary.md"), **variables}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=place, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def action(place, **inputs):
    """Run the steps of the composite action that its conditions let run; return the first that fails."""
    given = {name: held.get("default", "") for name, held in ACTION["inputs"].items()}
    given |= {"install": "", **{name.replace("_", "-"): value for name, value in inputs.items()}}
    for step in ACTION["runs"]["steps"]:
        conditions = re.findall(r"inputs\.([\w-]+) != ''", step["if"])
        assert conditions, step
        if not all(given[name] for name in conditions):
            continue
        variables = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], value)
            for name, value in step["env"].items()
        }
        done = bash(step["run"], place, **variables)
        if done.returncode:
            return done
    return done


def test_the_action_reads_no_input_inside_a_script():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        named = re.findall(r"inputs\.([\w-]+)", json.dumps(step))
        assert set(named) <= set(ACTION["inputs"])


def test_the_action_passes_fails_and_annotates(place):
    good = {"run": "run", "policy": "policy.yaml", "data": "data.jsonl", "data_policy": "data-policy.yaml"}
    done = action(place, **good, base="old data.jsonl")
    assert done.returncode == 0, done.stderr
    summary = (place / "summary.md").read_text()
    assert "1 added" in summary
    assert "workbench check: passed" in summary
    assert "workbench gate: passed" in summary
    (place / "data-policy.yaml").write_text("min_rows: 3\n")
    done = action(place, **good)
    assert done.returncode == 1
    assert "::error file=data-policy.yaml,title=min_rows" in done.stderr
    (place / "policy.yaml").write_text(POLICY + "min_after: 0.999\n")
    done = action(place, run="run", policy="policy.yaml")
    assert done.returncode == 1
    assert "::error file=policy.yaml,title=min_after" in done.stderr


def test_the_action_compares_with_a_baseline(place):
    assert bash("workbench bless run --out baseline.json", place).returncode == 0
    assert action(place, run="run", policy="policy.yaml", baseline="baseline.json").returncode == 0
    held = json.loads((place / "baseline.json").read_text())
    held["graders"]["rules"] = "another"
    (place / "baseline.json").write_text(json.dumps(held))
    done = action(place, run="run", policy="policy.yaml", baseline="baseline.json")
    assert done.returncode == 3
    assert "::warning" in done.stderr


@pytest.mark.parametrize(
    ("job", "green"), [("workbench-check", "data-policy.yaml"), ("workbench-gate", "policy.yaml")]
)
def test_the_gitlab_jobs(place, job, green):
    held = GITLAB[job]
    variables = {
        "DATA": "data.jsonl",
        "RUN": "run",
        "POLICY": "policy.yaml",
        "DATA_POLICY": "data-policy.yaml",
    }
    variables["BASELINE"] = "baseline.json"
    assert set(held["variables"]) <= set(variables)
    bash("workbench bless run --out baseline.json", place)
    script = "\n".join(held["script"])
    assert bash(script, place, **variables).returncode == 0
    report = held["artifacts"]["reports"]["junit"].replace("$RUN", "run")
    assert "<testsuites" in (place / report).read_text()
    limit = "min_rows: 9\n" if "check" in job else "min_after: 0.999\n"
    before = "" if "check" in job else (place / green).read_text()
    (place / green).write_text(before + limit)
    done = bash(script, place, **variables)
    assert done.returncode == 1
    assert limit.strip() in done.stdout


def test_the_hooks(place):
    hooks = {hook["id"]: hook for hook in HOOKS}
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= set(hook)
    contract = hooks["workbench-contract"]
    assert re.search(contract["files"], "desk/contract.yaml")
    assert re.search(contract["files"], "contracts/desk.yml")
    assert not re.search(contract["files"], "subcontract.yaml")
    shutil.copy(place / "run" / "convert" / "contract.yaml", place / "contract.yaml")
    (place / "bad.yaml").write_text(
        "task: a\nrules: [{id: r, text: t, kind: style, check: {use: contans}}]\n"
    )
    assert bash(f"{contract['entry']} contract.yaml", place).returncode == 0
    shutil.copy(place / "contract.yaml", place / "second.yaml")
    assert bash(f"{contract['entry']} contract.yaml second.yaml", place).returncode == 0
    done = bash(f"{contract['entry']} contract.yaml bad.yaml", place)
    assert done.returncode == 2
    assert "contans" in done.stderr
    assert "bad.yaml" in done.stderr
    data = hooks["workbench-data"]
    assert data["pass_filenames"] is False
    assert bash(f"{data['entry']} data.jsonl --policy data-policy.yaml", place).returncode == 0
    (place / "data-policy.yaml").write_text("min_rows: 9\n")
    assert bash(f"{data['entry']} data.jsonl --policy data-policy.yaml", place).returncode == 1
