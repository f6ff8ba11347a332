"""What format 1 wrote opens for good; what a later format wrote is refused by name, and left as it is."""

import json
import shutil
from pathlib import Path

import pytest

from workbench.cli import execute
from workbench.evaluation import load_suite
from workbench.gate import read_policy
from workbench.io.manifest import FORMAT_VERSION, MANIFEST
from workbench.recipe import read_recipe

# Files of version 0.1.0, never written anew: a change that can't read them needs a migration.
V1 = Path(__file__).parent / "v1"
READING = [
    "inspect converted/pairs.parquet",
    "contract check converted --contract converted/contract.yaml --least 1",
    "curate converted --out again",
    "dedupe converted/pairs.parquet --out deduped",
    "diff converted curated",
    "card curated --out card",
    "check curated --policy data-policy.yaml",
    "export curated --part train --to messages --out messages.jsonl",
    "report run",
    "gate run --policy policy.yaml",
    "bless run --out baseline2.json",
    "compare run run2",
]
LATER = [line for line in READING if not line.startswith("contract")]


@pytest.fixture
def place(tmp_path, monkeypatch):
    shutil.copytree(V1, tmp_path / "v1")
    shutil.copytree(V1 / "run", tmp_path / "v1" / "run2")
    monkeypatch.chdir(tmp_path / "v1")
    return tmp_path / "v1"


@pytest.mark.parametrize("line", READING, ids=lambda line: line.split(" -")[0])
@pytest.mark.usefixtures("place")
def test_what_format_1_wrote_is_read(line):
    assert execute([*line.split(), "--json"]) == 0


def test_a_row_is_explained_and_put_back(place):
    import polars as pl

    row = pl.read_parquet(place / "curated" / "train.parquet")["id"][0]
    assert execute(["explain", "curated", row]) == 0
    dropped = pl.read_parquet(place / "curated" / "dropped.parquet")["id"]
    assert dropped.len()
    assert execute(["undo", "curated", dropped[0], "--out", "back"]) == 0


def test_files_that_people_write_are_read(place):
    assert read_recipe(place / "recipe.yaml").train.r == 8
    assert read_policy(place / "policy.yaml").min_cases == 0
    assert [case.id for case in load_suite(place / "suite.yaml")] == ["sent"]


def test_curating_again_gives_what_was_curated_then(place):
    import polars as pl

    assert execute(["curate", "converted", "--out", "again"]) == 0
    for part in ("train", "valid", "test"):
        then, now = (pl.read_parquet(place / name / f"{part}.parquet")["id"] for name in ("curated", "again"))
        assert then.to_list() == now.to_list(), part


@pytest.mark.parametrize("line", LATER, ids=lambda line: line.split(" -")[0])
def test_a_later_format_is_refused_by_name(place, line, capsys):
    for manifest in place.rglob(MANIFEST):
        written = json.loads(manifest.read_text())
        manifest.write_text(json.dumps(written | {"format": FORMAT_VERSION + 1, "workbench": "9.0.0"}))
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert execute(line.split()) == 2
    told = capsys.readouterr().err
    assert f"format {FORMAT_VERSION + 1}, of sft-workbench 9.0.0" in " ".join(told.split())
    after = {path: path.read_bytes() for path in before}
    assert after == before


def test_a_manifest_of_another_tool_says_nothing(place):
    for manifest in (place / "converted").rglob(MANIFEST):
        manifest.write_text('{"format": 7}')
    assert execute(["inspect", "converted/pairs.parquet"]) == 0
