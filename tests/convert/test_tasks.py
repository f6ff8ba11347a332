import json

import polars as pl

from workbench.cli import execute
from workbench.convert import convert, read_templates
from workbench.io.frames import read_pairs
from workbench.io.tokenizer import WordTokenizer

PROMPTS = {
    "desk": "You are the desk of a shop for tents and lamps. Keep the reply to at most thirty words.",
    "notes": "You turn rough notes of reporters into three points.\n- Use only facts from the notes.",
}


def test_one_folder_a_task_is_a_conversion_of_its_own(tmp_path):
    for name, prompt in PROMPTS.items():
        rows = [
            [
                ("system", prompt),
                ("user", f"{('what', 'why', 'when is')[i % 3]} {i}"),
                ("assistant", "ok"),
            ]
            for i in range(30)
        ]
        lines = [{"messages": [{"role": r, "content": c} for r, c in turns]} for turns in rows]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = tmp_path / "out"
    logs = [tmp_path / f"{name}.jsonl" for name in PROMPTS]
    summary = convert(logs, out, tokenizer=WordTokenizer())
    routes = json.loads((out / "routes.json").read_text())
    assert (
        {task: route["calls"] for task, route in routes.items()}
        == summary["tasks"]
        == dict.fromkeys(PROMPTS, 30)
    )
    for task, route in routes.items():
        pairs = read_pairs(out / route["folder"] / "pairs.parquet")
        assert pairs["task"].unique().to_list() == [task]
        first = pairs["prompt"][0][0]
        assert first == {"role": "system", "content": route["tag"]}
        _, templates = read_templates(out / route["folder"])
        assert set(templates) == set(route["templates"])
        assert set(pairs["template_id"]) <= set(templates)
    alone = tmp_path / "curated"
    assert execute(["curate", str(out / "tasks" / "desk"), "--out", str(alone), "--quiet"]) == 0
    kept = sum(pl.read_parquet(alone / f"{part}.parquet").height for part in ("train", "valid", "test"))
    assert kept > 0


def test_a_single_task_needs_no_folder_of_its_own(tmp_path):
    line = {
        "messages": [
            {"role": r, "content": c}
            for r, c in (("system", PROMPTS["desk"]), ("user", "hi"), ("assistant", "ok"))
        ]
    }
    (tmp_path / "desk.jsonl").write_text(json.dumps(line) + "\n")
    convert([tmp_path / "desk.jsonl"], tmp_path / "out", tokenizer=WordTokenizer())
    assert json.loads((tmp_path / "out" / "routes.json").read_text())["desk"]["folder"] == "."
    assert not (tmp_path / "out" / "tasks").exists()
