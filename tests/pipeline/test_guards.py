import polars as pl
import pytest
from test_curation import CONTRACT, STEPS, sample

from workbench.cli import execute
from workbench.errors import GuardError
from workbench.pipeline.curate import curate, write_curated
from workbench.pipeline.guards import enforce_on_pairs
from workbench.steps import ClusterSplit, Guards, Select


def curated(frame=None):
    rows = sample() if frame is None else frame
    return curate(rows, steps=STEPS, split=ClusterSplit(), contracts=[CONTRACT])


def crossed(out, frame=None, **limits):
    try:
        write_curated(curated(frame), out)
        enforce_on_pairs(Guards(**limits), out=out)
    except GuardError as error:
        return [(finding.where, finding.found) for finding in error.findings]
    return []


def test_each_limit_is_held_and_can_be_switched_off(tmp_path):
    few = {"min_rows": 1}
    source = "source log"
    assert crossed(tmp_path, **few) == []
    assert crossed(tmp_path, max_loss_share=0.1, **few) == [(source, "3 of 15 rows dropped")]
    assert crossed(tmp_path, max_loss_share=0.1, min_rows=16) == []
    assert crossed(tmp_path, max_loss_share=0.2, **few) == []
    assert crossed(tmp_path, max_loss_share=None, max_cluster_share=0.15, **few) == []
    [(where, held)] = crossed(tmp_path, max_loss_share=None, max_cluster_share=0.1, **few)
    assert where == source
    assert held.startswith("2 of 15 rows in the cluster of ")
    assert crossed(tmp_path, max_loss_share=None, max_cluster_share=None, **few) == []


def test_a_rule_that_drops_its_task_is_named(tmp_path):
    silent = sample().with_columns(completion=sample()["completion"].gather([0] * 15))
    found = crossed(tmp_path, silent, min_rows=1)
    task = sample()["task"][0]
    assert (f"rule opening of task {task}", "15 of 15 rows dropped by it") in found


def test_the_command_fails_with_1_and_leaves_the_ledger_to_read(tmp_path, capsys):
    text = "one and the same long enough text for every row of the table"
    frame = pl.DataFrame({"text": [f"{text}{'!' * n}" for n in range(60)], "from": ["a"] * 60})
    frame.write_parquet(tmp_path / "in.parquet")
    command = [
        "dedupe",
        str(tmp_path / "in.parquet"),
        "--on",
        "text",
        "--out",
        str(tmp_path / "out"),
        "--quiet",
    ]
    assert execute([*command, "--source", "from"]) == 1
    error = capsys.readouterr().err
    assert "source a" in error
    assert "60 of 60 rows in the cluster of" in error
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.partial" / "ledger.parquet").exists()
    assert execute([*command, "--max-cluster-share", "1", "--max-loss-share", "1"]) == 0


def test_a_table_s_sources_are_counted_apart(tmp_path, capsys):
    own = [f"shelf {n}: {'lamp ' * (n % 7)}tent {'boots ' * (n % 5)}of row {n * 31}" for n in range(60)]
    text = "one and the same long enough text for each of these rows"
    frame = pl.DataFrame({"text": [*own, *[text] * 60], "from": ["a"] * 60 + ["b"] * 60})
    frame.write_parquet(tmp_path / "in.parquet")
    command = ["dedupe", str(tmp_path / "in.parquet"), "--on", "text", "--source", "from", "--quiet"]
    command += ["--out", str(tmp_path / "out"), "--max-cluster-share", "1"]
    assert execute(command) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "source b" in told
    assert "59 of 60 rows dropped" in told
    assert "source a" not in told


def test_a_budget_loses_nothing_and_makes_no_cluster(tmp_path):
    few = curate(sample(), steps=[*STEPS, Select(rows=1)], split=ClusterSplit(), contracts=[CONTRACT])
    write_curated(few, tmp_path)
    assert few.ledger.filter(pl.col("step") == "select").height == 11
    enforce_on_pairs(Guards(min_rows=1), out=tmp_path)
    with pytest.raises(GuardError) as raised:
        enforce_on_pairs(Guards(min_rows=1, max_loss_share=0.1), out=tmp_path)
    assert [finding.found for finding in raised.value.findings] == ["3 of 15 rows dropped"]
