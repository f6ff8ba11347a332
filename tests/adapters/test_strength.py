"""The curve of rules over an adapter's strength, drawn by the real command on the sample base."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from made_adapters import call, refused, save_adapter, told

pytest.importorskip("torch")
ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "samples" / "base"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    from workbench.cli import execute

    place = tmp_path_factory.mktemp("strength")
    log = ROOT / "samples" / "support" / "logs.jsonl"
    with log.open(encoding="utf-8") as lines:
        few = [next(lines) for _ in range(60)]
    (place / "log.jsonl").write_text("".join(few), encoding="utf-8")
    assert execute(["convert", str(place / "log.jsonl"), "--out", str(place / "converted"), "--quiet"]) == 0
    save_adapter(BASE, place / "one", seed=1)
    save_adapter(BASE, place / "dora", seed=2, use_dora=True)
    return place


def given(world, name="one"):
    return (
        *("strength", world / name, "--base", BASE, "--templates", world / "converted"),
        *("--data", world / "converted" / "pairs.parquet", "--max-cases", 4),
    )


def test_the_curve_begins_at_the_base_and_is_drawn(world, tmp_path, capsys):
    out = tmp_path / "out"
    found = told(capsys, *given(world), "--scales", "1, 0,0.5", "--out", out)
    assert found == json.loads((out / "strength.json").read_text())
    assert [point["scale"] for point in found["points"]] == [0, 0.5, 1]
    start, _, trained = found["points"]
    assert start["obeyed"] == found["before"]
    assert start["recovery"] == 0
    assert trained["obeyed"] != start["obeyed"]
    assert found["best"] in {0, 0.5, 1}
    assert set(start["rules"]) == set(trained["rules"])
    drawing = ET.parse(out / "strength.svg").getroot()  # noqa: S314  our own
    assert len(drawing.findall("{http://www.w3.org/2000/svg}circle")) == 3
    assert not (out / "answers").exists()
    capsys.readouterr()
    assert call(*given(world), "--scales", "1, 0,0.5", "--out", out) == 0
    table = capsys.readouterr().out
    assert "already holds this result" in table
    assert "base, long prompt" in table


def test_what_is_no_strength_or_has_none(world, tmp_path, capsys):
    for scales in ("", "0,-1", "0,x", "nan"):
        assert "--scales" in refused(capsys, *given(world), "--scales", scales, "--out", tmp_path / "out")
    assert "DoRA" in refused(capsys, *given(world, "dora"), "--scales", "0.5", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
