import json
import shutil

import polars as pl
import pytest
import yaml
from loop_world import STARVED, make_run

from workbench.cli import execute
from workbench.errors import ConfigError, InputError
from workbench.evaluation import load_suite


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("evals"))


def make(run, out, *more):
    contract = run / "convert" / "contract.yaml"
    return execute(["evals", "from-contract", str(contract), "--out", str(out), *map(str, more)])


def test_a_suite_of_the_test_part_alone(run, tmp_path, capsys):
    assert make(run, tmp_path / "probes.yaml", "--pairs", run, "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    cases = load_suite(tmp_path / "probes.yaml")
    assert len(cases) == summary["cases"]
    assert all(one["follow"] + one["counter"] + one["scope"] >= 20 for one in summary["probed"])
    test = set(pl.read_parquet(run / "curate" / "test.parquet")["id"])
    own = {case.expect["from"]["pair"] for case in cases if case.expect["from"]["input"] == "held out"}
    assert own
    assert own <= test
    assert STARVED in {one["rule"] for one in summary["probed"]}


def test_yaml_and_jsonl_hold_the_same_cases(run, tmp_path):
    assert make(run, tmp_path / "a.yaml", "--pairs", run, "--quiet") == 0
    assert make(run, tmp_path / "a.jsonl", "--pairs", run, "--quiet") == 0
    assert load_suite(tmp_path / "a.yaml") == load_suite(tmp_path / "a.jsonl")


def test_an_input_that_a_training_row_asks_is_left_out(run, tmp_path, capsys):
    curated = tmp_path / "curated"
    shutil.copytree(run / "curate", curated)
    test = pl.read_parquet(curated / "test.parquet")
    train = pl.read_parquet(curated / "train.parquet")
    stolen = test.head(2).with_columns(id=pl.lit("other-") + pl.col("id"))
    pl.concat([train, stolen]).write_parquet(curated / "train.parquet")
    assert make(run, tmp_path / "p.yaml", "--pairs", curated, "--json") == 0
    assert json.loads(capsys.readouterr().out)["inputs_of_training_rows_left_out"] == 2
    used = {case.expect["from"].get("pair") for case in load_suite(tmp_path / "p.yaml")}
    assert not used & set(test["id"].head(2))


def test_bad_input_is_told_apart(run, tmp_path, capsys):
    assert make(run, tmp_path / "p.txt") == 2
    assert ".yaml" in capsys.readouterr().err
    assert make(run, tmp_path / "p.yaml", "--lang", "de") == 2
    assert "--lang de" in capsys.readouterr().err
    assert make(run, tmp_path / "p.yaml", "--pairs", run / "convert") == 2
    assert "test.parquet" in capsys.readouterr().err
    assert make(run, tmp_path / "p.yaml", "--quiet") == 0
    assert make(run, tmp_path / "p.yaml", "--quiet") == 2


def test_a_suite_in_yaml_names_what_is_wrong_with_its_path(tmp_path):
    held = {"cases": [{"id": "a", "behaviour": "probes", "slots": {}, "expct": {}}]}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(held))
    with pytest.raises(ConfigError, match=r"cases\[0\]"):
        load_suite(tmp_path / "s.yaml")
    (tmp_path / "s.yaml").write_text(
        yaml.safe_dump({"cases": [{"id": "a", "behaviour": "x", "slots": {}}] * 2})
    )

    with pytest.raises(InputError, match=r"\$.cases\[1\]"):
        load_suite(tmp_path / "s.yaml")
