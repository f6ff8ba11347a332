"""Who does a run's curation changes neither its result nor what names it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from workbench.convert import convert
from workbench.engines import LocalEngine
from workbench.io.frames import read_parquet
from workbench.io.tokenizer import WordTokenizer
from workbench.pipeline.run import plan
from workbench.ports import silent
from workbench.recipe import ConvertStage, CurateStage, Recipe
from workbench.signals import Boilerplate, Lengths
from workbench.steps import ExactDedup, NearDedup


@dataclass
class Noting:
    """Does tasks here, and notes which stages it was asked for."""

    stages: list = field(default_factory=list)

    def map(self, function, tasks, *, stage, progress=silent):
        self.stages.append(stage)
        return LocalEngine(threads=1).map(function, tasks, stage=stage, progress=progress)


@pytest.fixture
def recipe(tmp_path):
    said = [("system", "Start with Desk."), ("user", "Where is {}?"), ("assistant", "Desk: {} left.")]
    rows = [{"messages": [{"role": r, "content": t.format(n // 2 * 17)} for r, t in said]} for n in range(40)]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    asked = CurateStage(signals=(Lengths(), Boilerplate()), steps=(ExactDedup(), NearDedup()))
    return Recipe(base="owner/name", convert=ConvertStage(logs=(str(log),)), curate=asked)


def curated(recipe, out, monkeypatch, **hands):
    (out / "curate").mkdir(parents=True)
    convert([Path(recipe.convert.logs[0])], out / "convert", tokenizer=WordTokenizer())
    monkeypatch.chdir(out.parent)  # a run's place is often named from where the command stands
    stages = plan(recipe, out.relative_to(out.parent), key="run", progress=silent, **hands)
    stage = next(stage for stage in stages if stage.name == "curate")
    stage.work(out.relative_to(out.parent) / "curate")
    return stage.key


def test_a_run_is_curated_by_the_hands_it_is_given_to_the_same_result(recipe, tmp_path, monkeypatch):
    hands = (Noting(), Noting())
    keys = {
        curated(recipe, tmp_path / "given", monkeypatch, hands=hands),
        curated(recipe, tmp_path / "own", monkeypatch),
    }
    assert len(keys) == 1
    assert "signals" in hands[0].stages
    assert "write" in hands[1].stages
    one, other = (
        json.loads((tmp_path / name / "curate" / "summary.json").read_text()) for name in ("given", "own")
    )
    assert one["ledger_hash"] == other["ledger_hash"]
    assert one["dropped"] == 20
    for name in ("train", "valid", "test", "ledger", "signals"):
        frames = [read_parquet(tmp_path / place / "curate" / f"{name}.parquet") for place in ("given", "own")]
        assert_frame_equal(*frames)
