import json

import pytest

from workbench.cli import execute
from workbench.io.dataset import read_dataset
from workbench.io.frames import PAIR_SCHEMA

RULES = """
task: desk
rules:
- {id: polite, text: Say please., kind: style, severity: must, check: {use: contains, phrases: [please]}}
"""
WORDS = ["lamp", "tent", "boots", "stove", "rope", "map", "axe", "cup"]


def rows(words=WORDS, **fields):
    return [
        {
            "id": word,
            "prompt": f"How do I return the {word} that I bought?",
            "completion": f"Send the {word}, please.",
            **fields,
        }
        for word in words
    ]  # fmt: skip


@pytest.fixture
def checked(tmp_path, capsys):
    def run(data, policy, *options):
        path = tmp_path / "data.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" if isinstance(row, dict) else row for row in data))
        (tmp_path / "policy.yaml").write_text(policy)
        capsys.readouterr()
        code = execute(["check", str(path), "--policy", str(tmp_path / "policy.yaml"), "--json", *options])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else said.err

    return run


def crossed(found):
    return [(one["limit"].split(":")[0], one["verdict"]) for one in found["crossed"]]


@pytest.mark.parametrize(
    ("data", "policy", "code", "limits"),
    [
        (rows(), "min_rows: 8\nmax_task_share: 1", 0, []),
        (rows(), "min_rows: 9\nmax_rows: 7", 1, [("min_rows", "failed"), ("max_rows", "failed")]),
        ([*rows(), "not json\n"], "{}", 1, [("max_rejected_share", "failed")]),
        ([*rows(), "not json\n"], "max_rejected_share: 0.2", 0, []),
        ([*rows(), {**rows()[0], "id": "again"}], "{}", 1, [("max_exact_share", "failed")]),
        (rows(task="a"), "max_task_share: 0.5", 1, [("max_task_share", "failed")]),
        (rows(), "max_source_share: 0.9\nmin_task_rows: 9", 1,
         [("max_source_share", "failed"), ("min_task_rows", "failed")]),
        (rows(), "signals: {answer_tokens: {max: 3, min_mean: 1}}", 1,
         [("signals.answer_tokens.max", "failed")]),
        (rows(), "signals: {perplexity: {max: 3}}", 3, [("signals.perplexity", "undecided")]),
        (rows(), "signals: {words: {min: 1}}", 3, [("signals.words", "undecided")]),
        ([*rows(), {"prompt": "My mail?", "completion": "It is jane.doe@example.org."}],
         "max_personal_rows: 0", 1, [("max_personal_rows", "failed")]),
        (rows(), "max_breaks: {polite: 0}", 3, [("contract", "undecided")]),
        (rows(), "min_part_rows: {train: 1}", 1, [("min_part_rows.train", "failed")]),
        (rows(), "change: {max_added_share: 0}", 3, [("change", "undecided")]),
    ],
)  # fmt: skip
def test_each_limit_and_each_exit_code(checked, data, policy, code, limits):
    found_code, found = checked(data, policy)
    assert (found_code, crossed(found)) == (code, limits)
    assert len(found["checks"]) >= len(found["crossed"])


def test_a_broken_rule_is_named_with_a_row(checked, tmp_path):
    (tmp_path / "contract.yaml").write_text(RULES)
    assert checked(rows(), "contract: contract.yaml")[0] == 0
    rude = [*rows(), {"id": "rude", "prompt": "And the saw?", "completion": "Send it."}]
    code, found = checked(rude, "contract: contract.yaml\nmax_breaks: {polite: 0, gone: 0}")
    assert code == 1
    assert crossed(found) == [
        ("max_broken_share", "failed"), ("max_breaks.polite", "failed"), ("max_breaks.gone", "undecided"),
    ]  # fmt: skip
    assert "polite" in found["crossed"][0]["where"]
    assert "rude" in found["crossed"][0]["where"]


def test_a_rule_is_held_as_a_share_of_the_rows_it_applies_to(checked, tmp_path):
    (tmp_path / "contract.yaml").write_text(RULES)
    rude = [*rows(), {"id": "rude", "prompt": "And the saw?", "completion": "Send it."}]
    held = "contract: contract.yaml\nmax_broken_share: null\nmax_break_shares: "
    assert checked(rude, held + "{polite: 0.12}")[0] == 0
    code, found = checked(rude, held + "{polite: 0.1, gone: 1}")
    assert (code, crossed(found)) == (
        1, [("max_break_shares.polite", "failed"), ("max_break_shares.gone", "undecided")],
    )  # fmt: skip
    assert found["crossed"][0]["found"] == "1 of 9 rows"
    assert "rude" in found["crossed"][0]["where"]


def test_rows_too_near_the_evaluation_data(checked, tmp_path):
    (tmp_path / "eval.jsonl").write_text(json.dumps(rows(["tent"])[0]) + "\n")
    code, found = checked(rows(), "against: [eval.jsonl]")
    assert (code, crossed(found)) == (1, [("max_likeness_against", "failed")])
    assert "tent (data)" in found["crossed"][0]["where"]
    (tmp_path / "eval.jsonl").write_text(
        '{"prompt": "What is the weather on the moon?", "completion": "None."}\n'
    )
    assert checked(rows(), "against: [eval.jsonl]")[0] == 0


def test_leakage_across_parts(tmp_path, capsys):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows()))
    frame = read_dataset(tmp_path / "a.jsonl").frame.select(PAIR_SCHEMA.names())
    (tmp_path / "set").mkdir()
    frame[:4].write_parquet(tmp_path / "set" / "train.parquet")
    frame[4:].write_parquet(tmp_path / "set" / "test.parquet")
    (tmp_path / "policy.yaml").write_text("max_likeness: 0.3\nmax_exact_share: null")
    command = ["check", str(tmp_path / "set"), "--policy", str(tmp_path / "policy.yaml")]
    assert execute(command) == 1
    assert "max_likeness" in capsys.readouterr().out


def test_change_since_the_version_before(checked, tmp_path):
    before = tmp_path / "before.jsonl"
    before.write_text("".join(json.dumps(row) + "\n" for row in rows(WORDS[:6])))
    policy = "change: {max_added_share: 0.2, max_removed_share: 0, max_effect: 100}"
    code, found = checked(rows(), policy, "--base", str(before))
    assert (code, crossed(found)) == (1, [("change.max_added_share", "failed")])
    assert checked(rows(WORDS[:6]), policy, "--base", str(before))[0] == 0


def test_personal_data_is_held_by_its_signals(tmp_path, capsys):
    import polars as pl

    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows()))
    frame = read_dataset(tmp_path / "a.jsonl").frame.select(PAIR_SCHEMA.names())
    frame.with_columns(pl.Series("pii", [0] * 7 + [2])).write_parquet(tmp_path / "pairs.parquet")
    (tmp_path / "policy.yaml").write_text("max_personal_rows: 0")
    command = ["check", str(tmp_path / "pairs.parquet"), "--policy", str(tmp_path / "policy.yaml")]
    assert execute(command) == 1
    assert "max_personal_rows: 0: found 1 (cup)" in capsys.readouterr().out
    (tmp_path / "policy.yaml").write_text("max_personal_rows: 1")
    assert execute(command) == 0


def test_outputs_and_mistakes(checked, tmp_path):
    out = tmp_path / "verdict"
    assert checked(rows(), "min_rows: 99", "--out", str(out))[0] == 1
    assert "<failure" in (out / "junit.xml").read_text()
    assert "min\\_rows" in (out / "gate.md").read_text()
    assert json.loads((out / "gate.json").read_text())["passed"] is False
    code, said = checked(rows(), "min_row: 1")
    assert code == 2
    assert "Did you mean 'min_rows'" in said
    assert checked(rows(), "contract: gone.yaml")[0] == 2
    assert checked(rows(), "against: [gone.jsonl]")[0] == 2


@pytest.mark.parametrize(("copies", "more"), [(5, ""), (6, " and 1 more"), (8, " and 3 more")])
def test_the_first_five_doubles_are_named_and_the_others_counted(checked, copies, more):
    doubles = [{**row, "id": f"again-{row['id']}"} for row in rows()[:copies]]
    code, found = checked([*rows(), *doubles], "max_exact_share: 0")
    assert code == 1
    (one,) = [one for one in found["crossed"] if one["limit"].startswith("max_exact_share")]
    assert one["where"].count(" and again-") + one["where"].count("again-") >= 5
    assert one["where"].endswith(more)
    assert ("more" in one["where"]) == bool(more)
