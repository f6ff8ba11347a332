import json
import random

import polars as pl

from workbench.cli import execute
from workbench.convert import ConvertOptions, convert, read_templates
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


def test_of_many_tasks_those_with_most_calls_get_folders_and_the_page_says_so(tmp_path, capsys):
    words = [f"{a}{b}" for a in "bdfgklmn" for b in ("an", "el", "iro", "ut", "osk")]
    rng = random.Random(3)
    lines = []
    for k in range(30):
        text = " ".join(rng.choices(words, k=40))
        for i in range(4 if k == 7 else 2):
            turns = (("system", text), ("user", f"what of {i}"), ("assistant", "ok"))
            lines.append({"messages": [{"role": r, "content": c} for r, c in turns]})
    log = tmp_path / "desk.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = tmp_path / "out"
    options = ConvertOptions(folders=3)
    summary = convert([log], out, options=options, tokenizer=WordTokenizer())
    assert summary["pairs"] == 62
    assert len(summary["tasks"]) > 3 == summary["folders"]
    routes = json.loads((out / "routes.json").read_text())
    assert set(routes) == set(summary["tasks"])
    held = [task for task, route in routes.items() if route["folder"]]
    assert sorted(held) == sorted(path.name for path in (out / "tasks").iterdir())
    assert min(summary["tasks"][task] for task in held) >= max(
        calls for task, calls in summary["tasks"].items() if task not in held
    )
    for task in held:
        assert read_pairs(out / "tasks" / task / "pairs.parquet")["task"].unique().to_list() == [task]
    assert execute(["convert", str(log), "--out", str(tmp_path / "again")]) == 0
    assert "tasks have fewer than 20 calls" in " ".join(capsys.readouterr().out.split())


def test_prompts_that_nobody_shares_are_counted_and_told(tmp_path, capsys):
    words = [f"{a}{b}" for a in "bdfgklmn" for b in ("an", "el", "iro", "ut", "osk")]
    rng = random.Random(4)
    lines = []
    for i in range(40):
        text = " ".join(rng.choices(words, k=40))
        turns = (("system", text), ("user", f"what of {i}"), ("assistant", "ok"))
        lines.append({"messages": [{"role": r, "content": c} for r, c in turns]})
    log = tmp_path / "desk.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert execute(["templates", str(log), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["system_prompts"], summary["unshared"]) == (40, 40)
    assert execute(["templates", str(log)]) == 0
    assert "40 of 40 calls have a system prompt that shares nothing" in " ".join(
        capsys.readouterr().out.split()
    )
