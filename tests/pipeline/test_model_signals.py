"""A run's recipe may measure with models: its base scores answers, its judge judges them."""

import json
from pathlib import Path

import msgspec
import polars as pl
import pytest

pytest.importorskip("torch")

from workbench.convert import convert
from workbench.io.bundled import bundled
from workbench.io.tokenizer import WordTokenizer
from workbench.pipeline import stages
from workbench.pipeline.run import plan, run_key
from workbench.ports import silent
from workbench.recipe import ConvertStage, CurateStage, Recipe, read_recipe
from workbench.signals import Judge, Lengths, Likelihood


@pytest.fixture
def recipe(tmp_path):
    said = [("system", "Start with Desk."), ("user", "Where is {}?"), ("assistant", "Desk: {} left.")]
    rows = [{"messages": [{"role": r, "content": t.format(n * 17)} for r, t in said]} for n in range(9)]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    base = str(bundled("samples/base"))
    asked = CurateStage(signals=(Lengths(), Likelihood(), Judge(max_new_tokens=4)), judge=base, steps=())
    return Recipe(base=base, convert=ConvertStage(logs=(str(log),)), curate=asked)


def test_a_run_measures_perplexity_ifd_and_the_judges_score(recipe, tmp_path):
    run = tmp_path / "run"
    convert([Path(recipe.convert.logs[0])], run / "convert", tokenizer=WordTokenizer())
    (run / "curate").mkdir()
    stages.curate(recipe, run, run / "curate", silent)
    found = pl.read_parquet(run / "curate" / "signals.parquet")
    assert found.height == 9
    assert (found["perplexity"] > 1).all()
    assert found["ifd"].to_list() == pytest.approx(
        (found["perplexity"] / found["perplexity_alone"]).to_list(), rel=1e-4
    )
    quarantined = (run / "curate" / "quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    assert found["judge"].null_count() == len(quarantined)
    assert not list((run / "curate").glob("work*"))


def test_the_judge_is_found_beside_the_recipe_and_its_content_decides_the_stage(recipe, tmp_path):
    keys = set()
    for said in ("one", "two"):
        folder = tmp_path / said
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({"said": said}), encoding="utf-8")
        judged = msgspec.structs.replace(
            recipe, curate=msgspec.structs.replace(recipe.curate, judge=str(folder))
        )
        stages_of = plan(judged, tmp_path / "run", key=run_key(judged), progress=silent)
        keys.add(next(stage.key for stage in stages_of if stage.name == "curate"))
    assert len(keys) == 2
    text = "base: samples/base\nconvert: {logs: [log.jsonl]}\ncurate: {judge: one}\n"
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    assert read_recipe(tmp_path / "recipe.yaml").curate.judge == str((tmp_path / "one").resolve())
