import json

import polars as pl
import pytest

from workbench.cli import execute

MILD = "max_lost_must_rules: null\nmin_cases: 0\nmin_clusters: 0\n"


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(MILD)
    return path


def broken(run):
    path = run / "eval" / "grades.parquet"
    mine = (pl.col("case_id") == "rules-0001") & (pl.col("arm") == "after")
    pl.read_parquet(path).with_columns(
        label=pl.when(mine).then(pl.lit("fail")).otherwise("label")
    ).write_parquet(path)


def test_each_exit_code_through_the_command(tmp_path, whole_run, policy, capsys):
    run = str(whole_run(tmp_path / "run"))
    assert execute(["gate", run, "--policy", str(policy)]) == 0
    policy.write_text(MILD + "min_after: 0.999\n")
    assert execute(["gate", run, "--policy", str(policy)]) == 1
    assert "min_after: 0.999" in capsys.readouterr().out
    policy.write_text(MILD.replace("min_cases: 0", "min_cases: 5000"))
    assert execute(["gate", run, "--policy", str(policy)]) == 3
    policy.write_text("min_casas: 1\n")
    assert execute(["gate", run, "--policy", str(policy)]) == 2
    assert "Did you mean 'min_cases'" in capsys.readouterr().err
    assert execute(["gate", str(tmp_path)]) == 2


def test_every_output_is_written(tmp_path, whole_run, policy, monkeypatch, capsys):
    run = whole_run(tmp_path / "run")
    policy.write_text(MILD + "min_after: 0.999\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert execute(["gate", str(run), "--policy", str(policy), "--json"]) == 1
    said = capsys.readouterr()
    held = json.loads(said.out)
    assert held == json.loads((run / "gate.json").read_text())
    assert held["crossed"] == [one for one in held["checks"] if one["verdict"] != "passed"]
    assert said.err.startswith(f"::error file={policy},title=min_after")
    assert "workbench gate: failed" in (tmp_path / "summary.md").read_text()
    assert "<failure" in (run / "junit.xml").read_text()
    assert "rules retained" in (run / "gate.md").read_text()
    assert execute(["gate", str(run), "--policy", str(policy), "--no-github", "--quiet"]) == 1
    assert capsys.readouterr().err == ""


def test_bless_then_a_worse_run_fails_and_names_the_case(tmp_path, whole_run, policy, capsys):
    good, bad = whole_run(tmp_path / "good"), whole_run(tmp_path / "bad", change=broken)
    baseline = tmp_path / "baseline.json"
    assert execute(["bless", str(good), "--out", str(baseline)]) == 0
    against = ["--policy", str(policy), "--baseline", str(baseline)]
    assert execute(["gate", str(good), *against]) == 0
    assert execute(["gate", str(bad), *against]) == 1
    assert "rules-0001" in capsys.readouterr().out
    assert execute(["bless", str(bad), "--out", str(baseline), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["replaced"]["worse"]) == ["rules-0001"]
    assert execute(["gate", str(bad), *against]) == 0


def test_a_baseline_of_other_graders_is_not_compared_and_says_what_helps(tmp_path, whole_run, policy, capsys):
    run, baseline = whole_run(tmp_path / "run"), tmp_path / "baseline.json"
    assert execute(["bless", str(run), "--out", str(baseline)]) == 0
    held = json.loads(baseline.read_text())
    held["graders"] = dict.fromkeys(held["graders"], "0" * 16)
    baseline.write_text(json.dumps(held))
    capsys.readouterr()
    assert execute(["gate", str(run), "--policy", str(policy), "--baseline", str(baseline)]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "can't be compared: judged by another version of the grader 'harm'" in said
    assert "judge both alike" in said
    assert "more held-out cases" not in said


def test_only_a_whole_and_versioned_run_is_blessed(tmp_path, whole_run, capsys):
    run = whole_run(tmp_path / "run", change=lambda r: (r / "eval" / "summary.json").write_text("{}"))
    out = tmp_path / "baseline.json"
    assert execute(["bless", str(run), "--out", str(out)]) == 2
    assert "versions of its graders" in capsys.readouterr().err
    (run / "eval" / "grades.parquet").unlink()
    assert execute(["bless", str(run), "--out", str(out)]) == 3
    assert "grades.parquet is missing" in capsys.readouterr().err
    assert not out.exists()


def test_a_file_that_is_no_baseline_stays(tmp_path, whole_run, capsys):
    run, out = whole_run(tmp_path / "run"), tmp_path / "notes.json"
    out.write_text('{"mine": 1}')
    assert execute(["bless", str(run), "--out", str(out)]) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_text() == '{"mine": 1}'
    assert execute(["bless", str(run), "--out", str(out), "--force"]) == 0


def test_figures_of_graders_are_asked_for(tmp_path, whole_run, policy, capsys):
    run, cards = whole_run(tmp_path / "run"), tmp_path / "cards.json"
    policy.write_text(MILD + "graders: {min_balanced_accuracy: 0.8}\n")
    assert execute(["gate", str(run), "--policy", str(policy)]) == 3
    cards.write_text(json.dumps({"sets": {"s": {"grader": "harm", "balanced_accuracy": 0.9}}}))
    command = ["gate", str(run), "--policy", str(policy), "--graders", str(cards)]
    assert execute(command) == 0
    cards.write_text(json.dumps({"sets": {"s": {"grader": "harm", "balanced_accuracy": 0.7}}}))
    assert execute(command) == 1
    assert "harm on s" in capsys.readouterr().out
    cards.unlink()
    assert execute(command) == 2
