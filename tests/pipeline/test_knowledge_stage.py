"""A recipe of documents: from a handbook to an evaluated adapter, stage by stage, and no stage twice."""

import json
import shutil
import time

import msgspec
import polars as pl
import pytest
from model_service import answer, serving

from workbench.cli import execute
from workbench.errors import ConfigError, UserError
from workbench.io.bundled import bundled
from workbench.io.tokenizer import WordTokenizer
from workbench.pipeline import stages
from workbench.pipeline.run import plan, run_key
from workbench.ports import silent
from workbench.recipe import KnowledgeStage, Recipe, read_recipe

TEXT = "".join(f"# Room {n * 13}\nRoom {n * 13} has {n} chairs.\n\n" for n in range(1, 7))
HEAD = "base: {base}\nknowledge: {{docs: [docs]}}\n"
SPLIT = "curate: {split: {use: cluster_split, test: 0, valid: 0}}\n"


def sample(folder, steps):
    """Lay the sample recipe out with few steps."""
    shutil.copytree(bundled("samples/handbook"), folder)
    text = (folder / "recipe.yaml").read_text(encoding="utf-8")
    cut = ("max_new_tokens: 60", "max_new_tokens: 8") if steps < 9 else ("policy", "policy")
    for old, new in (
        ("../base", str(bundled("samples/base"))),
        cut,
        ("max_steps: 200", f"max_steps: {steps}"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    return folder / "recipe.yaml"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_sample_recipe_runs_from_documents_to_a_report_and_goes_on(tmp_path):
    recipe, out = sample(tmp_path / "handbook", 2), tmp_path / "run"
    assert execute(["run", str(recipe), "--out", str(out), "--quiet"]) in {1, 3}
    asked = {case["id"] for case in lines(out / "eval" / "cases.jsonl")}
    suites = out / "convert" / "suites"
    made = {
        case["id"] for name in ("closed_book", "unanswerable") for case in lines(suites / f"{name}.jsonl")
    }
    assert asked == made
    assert len(made) > 12
    pairs = pl.read_parquet(out / "convert" / "pairs.parquet")
    trained = pl.read_parquet(out / "curate" / "train.parquet")
    assert set(trained["id"]) == set(pairs["id"])  # no fact is held out: what isn't trained can't be known
    grounding = json.loads((out / "report.json").read_text(encoding="utf-8"))["behaviours"]["grounding"]
    assert {"teacher", "before", "after"} <= set(grounding)
    shutil.rmtree(out / "eval")
    stood = {
        name: (out / name / "manifest.json").stat().st_mtime_ns for name in ("convert", "curate", "adapter")
    }
    assert execute(["run", str(recipe), "--out", str(out), "--quiet"]) in {1, 3}
    assert stood == {name: (out / name / "manifest.json").stat().st_mtime_ns for name in stood}
    (tmp_path / "handbook" / "docs" / "handbook.md").write_text("Q: Who?\nA: Ada.\n", encoding="utf-8")
    assert execute(["run", str(recipe), "--out", str(out), "--quiet"]) == 2


@pytest.mark.slow
def test_the_sample_handbook_is_learned(tmp_path):
    recipe, out = sample(tmp_path / "handbook", 200), tmp_path / "run"
    assert execute(["run", str(recipe), "--out", str(out), "--quiet"]) == 0


def test_documents_decide_the_keys_of_every_stage(tmp_path):
    doc = tmp_path / "rooms.md"
    doc.write_text("Q: Who?\nA: Ada.\n", encoding="utf-8")
    one = Recipe(base="owner/name", knowledge=KnowledgeStage(docs=(str(doc),)))
    moved = tmp_path / "elsewhere.md"
    shutil.copyfile(doc, moved)
    same = msgspec.structs.replace(one, knowledge=KnowledgeStage(docs=(str(moved),)))
    other = msgspec.structs.replace(one, knowledge=KnowledgeStage(docs=(str(doc),), max_words=30))
    keys = [[s.key for s in plan(r, tmp_path, key=run_key(r), progress=silent)] for r in (one, same, other)]
    assert keys[0] == keys[1]
    assert not set(keys[0]) & set(keys[2])
    doc.write_text("Q: Who?\nA: Eve.\n", encoding="utf-8")
    changed = [stage.key for stage in plan(one, tmp_path, key=run_key(one), progress=silent)]
    assert not set(keys[0]) & set(changed)


def _written(work):
    file = work / "answers.jsonl"
    return file.exists() and b"\n" in file.read_bytes()


def test_a_killed_teacher_is_asked_only_for_what_it_had_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "load_tokenizer", lambda _: WordTokenizer())
    doc, work = tmp_path / "rooms.md", tmp_path / "work"
    doc.write_text(TEXT, encoding="utf-8")
    work.mkdir()

    down, again = True, set()

    def script(body, number):
        room = int(body["messages"][-1]["content"].split("\n")[0].split()[1])
        if not down:  # a request of the first run that comes late is for a room without an answer, too
            again.add(room)
        if down and number > 3:  # and not before an earlier answer has been written
            until = time.monotonic() + 20
            while not _written(work) and time.monotonic() < until:
                time.sleep(0.01)
            return 401, {"error": "no key"}
        said = f"Room {room} has {room // 13} chairs."
        one = {"question": f"How many chairs has room {room}?", "answer": said, "paraphrases": []}
        return answer(json.dumps({"pairs": [one], "unanswerable": []}))

    with serving(script) as service:
        stage = KnowledgeStage(docs=(str(doc),), teacher=f"openai:{service.url}#tiny")
        recipe = Recipe(base="owner/name", knowledge=stage)
        with pytest.raises(UserError):
            stages.begin(recipe, work, silent)
        kept = len(lines(work / "answers.jsonl"))
        assert 1 <= kept <= 3
        down = False
        stages.begin(recipe, work, silent)
        assert len(again) == 6 - kept
    assert pl.read_parquet(work / "pairs.parquet").height >= 6
    assert not (work / "answers.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("base: x\n", ["neither convert nor knowledge", "knowledge: {docs: [handbook/]}"]),
        (
            HEAD + "convert: {{logs: [docs/a.md]}}\n" + SPLIT.replace("{", "{{").replace("}", "}}"),
            ["both convert and knowledge"],
        ),
        (HEAD, ["$.curate.split.test", "0.15 of the chunks"]),
        (
            HEAD.replace("[docs]", "[dox]") + SPLIT.replace("{", "{{").replace("}", "}}"),
            ["$.knowledge.docs[0]", "'dox'"],
        ),
    ],
)
def test_a_recipe_that_can_not_teach_is_refused_whole(tmp_path, text, told):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("Q: Who?\nA: Ada.\n", encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(text.format(base="owner/name"), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_recipe(tmp_path / "recipe.yaml")
    assert all(part in str(error.value) for part in told)
