import json
from pathlib import Path

import msgspec
import polars as pl
from model_service import answer, serving

from workbench.convert import convert
from workbench.io.tokenizer import WordTokenizer
from workbench.pipeline import stages
from workbench.pipeline.run import plan, run_key
from workbench.ports import silent
from workbench.recipe import ConvertStage, Recipe, TeacherStage, read_recipe


def made(tmp_path, **more):
    log = tmp_path / "log.jsonl"
    said = [("system", "Start with Desk."), ("user", "Where is {}?"), ("assistant", "Desk: {} left.")]
    rows = [
        {"messages": [{"role": role, "content": text.format(n * 17)} for role, text in said]}
        for n in range(9)
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Recipe(base="samples/base", convert=ConvertStage(logs=(str(log),)), **more)


def test_a_teacher_is_a_stage_of_its_own_and_decides_the_keys_after_it(tmp_path):
    plain = made(tmp_path)
    taught = msgspec.structs.replace(plain, teacher=TeacherStage(name="openai:http://x/v1#m"))
    more = msgspec.structs.replace(taught, teacher=TeacherStage(name="openai:http://x/v1#m", samples=2))
    plans = [plan(r, tmp_path / "run", key=run_key(r), progress=silent) for r in (plain, taught, more)]
    names = [[stage.name for stage in one] for one in plans]
    assert names == [
        ["convert", "curate", "adapter", "eval"],
        *[["convert", "teacher", "curate", "adapter", "eval"]] * 2,
    ]
    convert_keys, curate_keys = (
        [{s.name: s.key for s in one}[n] for one in plans] for n in ("convert", "curate")
    )
    assert len(set(convert_keys)) == 1
    assert len(set(curate_keys)) == 3


def test_curation_takes_the_teachers_pairs(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "load_tokenizer", lambda _: WordTokenizer())
    run = tmp_path / "run"
    recipe = made(tmp_path)
    convert([Path(recipe.convert.logs[0])], run / "convert", tokenizer=WordTokenizer())
    with serving(lambda *_: answer("Desk: anew.")) as service:
        recipe = msgspec.structs.replace(recipe, teacher=TeacherStage(name=f"openai:{service.url}"))
        stages.teach(recipe, run, run / "teacher", silent)
    (run / "curate").mkdir()
    stages.curate(recipe, run, run / "curate", silent)
    parts = pl.concat([pl.read_parquet(run / "curate" / f"{n}.parquet") for n in ("train", "valid", "test")])
    assert {row[-1]["content"] for row in parts["completion"].to_list()} == {"Desk: anew."}


def test_a_local_teacher_is_found_beside_the_recipe(tmp_path):
    made(tmp_path)
    (tmp_path / "base").mkdir()
    text = "base: base\nconvert: {logs: [log.jsonl]}\nteacher: {name: 'local:base'}\n"
    (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
    assert read_recipe(tmp_path / "r.yaml").teacher.name == f"local:{(tmp_path / 'base').resolve()}"
