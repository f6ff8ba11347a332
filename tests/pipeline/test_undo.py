import json
import os
from pathlib import Path

import polars as pl
import pytest
from test_curation import CONTRACT, STEPS, sample
from test_dedupe_shards import rows

from workbench.errors import InputError, OutputError
from workbench.io.frames import read_parquet
from workbench.io.manifest import read_manifest
from workbench.io.rundir import carry, output
from workbench.pipeline.curate import curate, write_curated
from workbench.pipeline.dedupe import DedupeOptions, dedupe
from workbench.pipeline.explain import explain
from workbench.pipeline.undo import undo
from workbench.steps import ClusterSplit


def deduped(place):
    rows(200).write_parquet(place.parent / "in.parquet")
    with output(place, verb="dedupe", key="k") as work:
        dedupe(place.parent / "in.parquet", out=work, options=DedupeOptions(on=("text",)))
    return place


def curated(place):
    found = curate(sample(), steps=STEPS, split=ClusterSplit(test=0.25), contracts=[CONTRACT])
    with output(place, verb="curate", key="k") as work:
        write_curated(found, work)
    return place


def summary(place):
    return json.loads((place / "summary.json").read_text())


def test_a_row_comes_back_to_its_old_place_and_the_removal_stays_on_record(tmp_path):
    place = deduped(tmp_path / "out")
    before, ledger = summary(place), read_parquet(place / "ledger.parquet")
    gone = ledger["id"][5]
    [back] = undo(place, [gone])
    assert (back.id, back.part, back.reason) == (gone, "kept", ledger["reason"][5])
    after = summary(place)
    assert (after["kept"], after["dropped"], after["undone"]) == (
        before["kept"] + 1,
        before["dropped"] - 1,
        1,
    )
    assert after["in"] == after["kept"] + after["dropped"]
    order = {name: at for at, name in enumerate(rows(200)["id"])}
    places = [order[name] for name in read_parquet(place / "kept.parquet")["id"]]
    assert order[gone] in places
    assert places == sorted(places)
    assert gone not in read_parquet(place / "dropped.parquet")["id"]
    assert read_parquet(place / "undone.parquet").equals(ledger.filter(pl.col("id") == gone))
    assert explain(place, gone).state == "kept"
    manifest = read_manifest(place)
    assert manifest["verb"] == "undo"
    assert "signatures/signed.json" in manifest["files"]
    second = ledger["id"][9]
    undo(place, [second])
    assert read_parquet(place / "undone.parquet")["id"].to_list() == [gone, second]


def test_a_pair_joins_the_part_and_cluster_of_the_row_kept_instead(tmp_path):
    place = curated(tmp_path / "out")
    back = {b.id: b for b in undo(place, ["id14", "id00"], out=tmp_path / "copy")}
    parts = {n: read_parquet(tmp_path / "copy" / f"{n}.parquet") for n in ("train", "valid", "test")}
    twin = next(n for n, frame in parts.items() if "id02" in frame["id"])
    assert back["id14"].part == twin
    home = parts[twin].filter(pl.col("id").is_in(["id02", "id14"]))
    assert home["cluster"].n_unique() == 1
    assert home.height == 2
    assert "id00" in parts[back["id00"].part]["id"]
    assert summary(tmp_path / "copy")["parts"] == {n: frame.height for n, frame in parts.items()}
    assert summary(place)["dropped"] == summary(tmp_path / "copy")["dropped"] + 2
    assert (tmp_path / "copy" / "card.md").exists()


def test_a_row_that_is_back_already_stays_and_the_same_command_is_no_mistake(tmp_path):
    place = deduped(tmp_path / "out")
    one, other = read_parquet(place / "ledger.parquet")["id"][:2]
    undo(place, [one])
    manifest = (place / "manifest.json").read_bytes()
    assert undo(place, [one]) == []
    assert (place / "manifest.json").read_bytes() == manifest
    assert [back.id for back in undo(place, [one, other])] == [other]
    assert read_parquet(place / "undone.parquet")["id"].to_list() == [one, other]
    with pytest.raises(InputError):
        undo(place, [one], out=tmp_path / "aside")


def test_stopped_while_it_brought_files_along_it_goes_on(tmp_path, monkeypatch):
    place, brought = deduped(tmp_path / "out"), []

    def stop(source, name):
        if len(brought) == 2:
            raise KeyboardInterrupt
        brought.append(name)
        carry(source, name)

    monkeypatch.setattr("workbench.pipeline.undo.carry", stop)
    gone = read_parquet(place / "ledger.parquet")["id"][5]
    with pytest.raises(KeyboardInterrupt):
        undo(place, [gone])
    assert brought[0].exists()
    monkeypatch.undo()
    assert [back.id for back in undo(place, [gone])] == [gone]


def test_killed_between_the_two_renames_it_goes_on(tmp_path, monkeypatch):
    place = deduped(tmp_path / "out")
    gone = read_parquet(place / "ledger.parquet")["id"][5]
    rename = Path.rename

    def stop(self, target):
        if self.name == "out.partial":
            raise KeyboardInterrupt
        aside = f".out.{os.getpid()}.tmp"  # as it were that of a process that is no more
        return rename(self, target.with_name(".out.999999999.tmp") if target.name == aside else target)

    monkeypatch.setattr(Path, "rename", stop)
    with pytest.raises(KeyboardInterrupt):
        undo(place, [gone])
    monkeypatch.undo()
    assert not place.exists()
    assert [back.id for back in undo(place, [gone])] == [gone]
    assert [one.name for one in tmp_path.iterdir() if one.name != "in.parquet"] == ["out"]


def test_what_it_refuses(tmp_path):
    place = deduped(tmp_path / "run")
    with pytest.raises(InputError, match="nearest"):
        undo(place, ["nothing"])
    with pytest.raises(InputError, match="no finished output"):
        undo(tmp_path, ["r1"])
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(OutputError, match="stage of a run"):
        undo(place, [read_parquet(place / "ledger.parquet")["id"][0]])
    kept = read_parquet(place / "kept.parquet")["id"][0]
    with pytest.raises(InputError):
        undo(place, [kept], out=tmp_path / "x")
    assert not (tmp_path / "x").exists()
