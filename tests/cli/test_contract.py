"""The verbs of `workbench contract` through the real command."""

import json

import polars as pl
import pytest
from conftest import make_pair

from workbench.cli import execute
from workbench.io.bundled import bundled
from workbench.io.frames import pairs_to_frame

PROMPT = """You are a bot.

- Begin every answer with "Hi."
- Write at most 30 words.
- Be warm and friendly.
"""


@pytest.fixture
def prompt(tmp_path):
    path = tmp_path / "prompt.md"
    path.write_text(PROMPT, encoding="utf-8")
    return path


def run(capsys, *words, code=0):
    assert execute(["contract", *map(str, words)]) == code
    return capsys.readouterr()


def read(capsys, *words):
    return json.loads(run(capsys, *words, "--json").out)


def test_show_bills_every_token_once(capsys, prompt):
    found = read(capsys, "show", prompt)
    assert found["tokens"] == sum(row["tokens"] for row in found["kinds"].values())
    assert found["tokens"] == sum(span["tokens"] for span in found["spans"])
    assert sum(span["share"] for span in found["spans"]) == pytest.approx(1)
    assert found["estimated"] is True
    assert {span["kind"] for span in found["spans"]} == {"role", "format", "length", "style"}


def test_show_prints_the_whole_prompt_and_no_control_sequence(capsys, prompt):
    prompt.write_text(PROMPT + "- Never write \x1b[31mred [bold]words[/].\n", encoding="utf-8")
    page = run(capsys, "show", prompt).out
    assert "── length" in page
    assert "\x1b[31m" not in page
    assert "[bold]words[/]" in page


def test_show_counts_with_the_tokenizer_of_a_base(capsys, prompt):
    found = read(capsys, "show", prompt, "--base", bundled("samples/base"))
    assert found["estimated"] is False
    assert found["tokens"] > 0


def test_lint_of_an_inferred_contract_remarks_what_has_no_check(capsys, prompt, tmp_path):
    path = tmp_path / "c.yaml"
    run(capsys, "infer", prompt, "--out", path)
    found = read(capsys, "lint", path, "--prompt", prompt)
    assert [one["sort"] for one in found["warnings"]] == ["unchecked"]
    assert "nothing" in run(capsys, "lint", path, "--strict", code=2).err
    assert "no check" in run(capsys, "lint", path).out


def test_lint_names_conflicts_and_errors_with_their_place(capsys, tmp_path):
    path = tmp_path / "c.yaml"
    rules = "- {id: a, text: x, kind: length, check: {use: length, min: 9}}\n"
    second = "- {id: b, text: y, kind: length, check: {use: length, max: 3}}\n"
    path.write_text(f"version: 1\ntask: t\nrules:\n{rules}{second}")
    assert read(capsys, "lint", path)["warnings"][0]["sort"] == "conflict"
    path.write_text(f"version: 2\ntask: t\nrules:\n{rules}")
    error = run(capsys, "lint", path, code=2).err
    assert "c.yaml $.version" in error
    assert "Traceback" not in error


def test_lint_refuses_a_pattern_that_explodes(capsys, tmp_path):
    path = tmp_path / "c.yaml"
    rule = "{id: a, text: x, kind: style, check: {use: not_contains, pattern: '(a+)+$'}}"
    path.write_text(f"version: 1\ntask: t\nrules:\n- {rule}\n")
    error = run(capsys, "lint", path, code=2).err
    assert "$.rules[0].check.pattern" in error
    assert "bounded running time" in error


def test_diff_of_two_prompts(capsys, prompt, tmp_path):
    new = tmp_path / "new.md"
    new.write_text(PROMPT.replace("at most 30", "at most 20").replace('"Hi."', '"Hello."'), encoding="utf-8")
    found = read(capsys, "diff", prompt, new)
    assert [(one["sort"], one["new"]["id"]) for one in found["changes"]] == [
        ("changed", "opening"),
        ("changed", "max-words"),
    ]
    assert found["same"] == 1
    assert found["invalidated"] is None


def test_diff_names_the_pairs_that_have_to_be_made_again(capsys, tmp_path):
    log = tmp_path / "log.jsonl"
    rows = [
        {
            "messages": [
                {"role": "system", "content": PROMPT},
                {"role": "user", "content": f"Question: what is {n}?"},
                {"role": "assistant", "content": "Hi. " + "word " * n},
            ]
        }
        for n in range(1, 9)
    ]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert execute(["convert", str(log), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    capsys.readouterr()
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(PROMPT, encoding="utf-8")
    new.write_text(PROMPT.replace("at most 30", "at most 5"), encoding="utf-8")
    redo = tmp_path / "redo.jsonl"
    found = read(capsys, "diff", old, new, "--data", tmp_path / "out", "--out", redo)
    assert found["pairs_invalidated"] == 4
    assert {row["why"] for row in found["invalidated"]} == {"breaks"}
    assert len(redo.read_text(encoding="utf-8").splitlines()) == 4
    run(capsys, "diff", old, new, "--data", tmp_path / "out", "--out", redo, code=2)
    covered = read(capsys, "check", tmp_path / "out", "--contract", tmp_path / "out" / "contract.yaml")
    assert covered["rows"] == 8
    assert {row["id"]: row["enough"] for row in covered["coverage"]}["opening"] is False
    page = run(
        capsys, "check", tmp_path / "out", "--contract", tmp_path / "out" / "contract.yaml", "--least", 9
    ).out
    assert "fewer" in page


def test_rules_are_held_against_the_rows_of_their_own_task(capsys, tmp_path):
    french = (
        'You translate the menus of a bistro.\n- Begin with "Voila:".\n- Never explain the dish to the guest.'
    )
    rows = [
        {
            "messages": [
                {"role": "system", "content": prompt},
                {"role": "user", "content": f"{asked} {n}?"},
                {"role": "assistant", "content": f"{said} {n}."},
            ]
        }
        for prompt, asked, said in (
            (PROMPT, "Question: what is", "Hi. It is"),
            (french, "Dish: soup", "Voila: soupe"),
        )
        for n in range(1, 9)
    ]
    log, out = tmp_path / "log.jsonl", tmp_path / "out"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert execute(["convert", str(log), "--out", str(out), "--quiet"]) == 0
    capsys.readouterr()
    tasks = read(capsys, "check", out)["tasks"]
    assert len(tasks) == 2
    for task, found in tasks.items():
        assert (found["rows"], found["other_tasks"]) == (8, 8)
        assert all(not row["broken"] for row in found["coverage"])
        alone = read(capsys, "check", out, "--contract", out / "contracts" / f"{task}.yaml")
        assert alone == found
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(french, encoding="utf-8")
    new.write_text(french.replace("Voila", "Bien"), encoding="utf-8")
    assert "--task" in run(capsys, "diff", old, new, "--data", out, code=2).err
    (mine,) = [
        path.stem for path in (out / "contracts").iterdir() if "Voila" in path.read_text(encoding="utf-8")
    ]
    assert read(capsys, "diff", old, new, "--data", out, "--task", mine)["pairs_invalidated"] == 8
    assert mine in run(capsys, "diff", old, new, "--data", out, "--task", "nowhere", code=2).err


def test_check_without_a_contract_beside_the_pairs(capsys, tmp_path):
    assert "--contract" in run(capsys, "check", tmp_path, code=2).err


def test_diff_wants_pairs_before_it_writes_a_file(capsys, prompt, tmp_path):
    assert "--data" in run(capsys, "diff", prompt, prompt, "--out", tmp_path / "x", code=2).err


@pytest.mark.parametrize(
    "kind", ["chats.jsonl", "chats.json", "chats.csv", "pairs.jsonl", "curated", "saved"]
)
def test_check_and_diff_read_whatever_holds_pairs(capsys, tmp_path, kind):
    rows = [{"prompt": f"Where is {n}?", "completion": f"It is at {n}!"} for n in range(6)]
    data = tmp_path / kind
    pairs = pairs_to_frame(make_pair(n, one["prompt"], one["completion"]) for n, one in enumerate(rows))
    if kind == "chats.jsonl":
        data.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"other": 1}\n', encoding="utf-8")
    elif kind == "chats.json":
        data.write_text(json.dumps(rows), encoding="utf-8")
    elif kind == "chats.csv":
        pl.DataFrame(rows).write_csv(data)
    elif kind == "pairs.jsonl":
        pairs.write_ndjson(data)
    elif kind == "curated":
        data.mkdir()
        pairs.write_parquet(data / "train.parquet")
    else:
        pytest.importorskip("datasets").Dataset.from_list(rows).save_to_disk(str(data))
    rules = tmp_path / "rules.yaml"
    rule = {"id": "calm", "text": "No exclamation marks.", "kind": "style"}
    check = {"use": "not_contains", "pattern": "!"}
    rules.write_text(json.dumps({"task": "t", "version": 1, "rules": [rule | {"check": check}]}))
    assert execute(["contract", "check", str(data), "--contract", str(rules), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["rows"], summary["rejected"]) == (6, int(kind == "chats.jsonl"))
    assert summary["coverage"][0]["broken"] == 6
    before = tmp_path / "before.yaml"
    before.write_text(json.dumps({"task": "t", "version": 1, "rules": []}))
    code = execute(["contract", "diff", str(before), str(rules), "--data", str(data), "--json"])
    if kind == "chats.jsonl":
        assert code == 2  # a row that is no pair is named, not passed over
        assert "chats.jsonl:7" in capsys.readouterr().err
        return
    assert code == 0
    assert json.loads(capsys.readouterr().out)["pairs_invalidated"] == 6


def test_show_takes_a_conversion_and_refuses_a_contract(tmp_path, capsys):
    system = "You are a clerk.\nAnswer in at most 30 words.\nToday: "
    rows = [
        {"messages": [{"role": "system", "content": f"{system}2026-01-{day:02}"},
                      {"role": "user", "content": f"How is day {day}?"},
                      {"role": "assistant", "content": "Fine."}]}
        for day in range(1, 25)
    ]  # fmt: skip
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = tmp_path / "converted"
    assert execute(["convert", str(log), "--out", str(out), "--quiet"]) == 0
    for place in (out, out / "templates.json"):
        assert execute(["contract", "show", str(place)]) == 0
        shown = capsys.readouterr().out
        assert "Answer in at most 30 words." in shown
        assert "2026-01" not in shown
    for verb in ("show", "infer"):
        assert execute(["contract", verb, str(out / "contract.yaml")]) == 2
        assert "a contract, which holds no prompt" in capsys.readouterr().err


def test_a_prompt_without_a_rule_is_named(tmp_path, capsys):
    log = tmp_path / "log.jsonl"
    row = {
        "instruction": "Eres un asistente amable y hablas con clientes.",
        "input": "hola",
        "output": "buenas",
    }
    log.write_text(json.dumps(row) + "\n", encoding="utf-8")
    out = tmp_path / "converted"
    assert execute(["convert", str(log), "--out", str(out)]) == 0
    assert "no rule found" in capsys.readouterr().out
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["without_rules"]
    assert execute(["contract", "lint", str(out / "contract.yaml"), "--json"]) == 0
    assert [one["sort"] for one in json.loads(capsys.readouterr().out)["warnings"]] == ["empty"]
