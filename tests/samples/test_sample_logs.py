"""The sample logs: as the scripts make them, with the planned shares of faults and repeats."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from worldtext import NUMBER, ROOT, invented_names, planted, records

from samples.world import __main__, desks, logs, names, suites

if TYPE_CHECKING:
    from pathlib import Path


def test_committed_files_are_what_the_scripts_make() -> None:
    assert __main__.main(["check"]) == 0


def test_check_notices_a_changed_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    assert __main__.main(["evals"]) == 0
    changed = tmp_path / "evals" / "harm" / "support.en.jsonl"
    monkeypatch.setattr(__main__, "made", lambda _: {changed: changed.read_text() + "\n"})
    assert __main__.main(["check"]) == 1
    assert "harm/support.en.jsonl differs" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["support", "briefing"])
def test_logs_hold_only_heldout_names_and_numbers(name: str) -> None:
    text = "\n".join(record["messages"][1]["content"] for record in records(name).values())
    tokens = set(NUMBER.findall(text)) | invented_names(text)
    assert len(tokens) > 1000
    assert {token for token in tokens if names.half_of(token) != "heldout"} == set()


@pytest.mark.parametrize(
    ("name", "total", "bad"), [("support", 1260, 5), ("briefing", 400, 1), ("chinese", 200, 1)]
)
def test_logs_have_the_planned_shares(name: str, total: int, bad: int) -> None:
    lines = (ROOT / "samples" / name / "logs.jsonl").read_text(encoding="utf-8").splitlines()
    found, truth = records(name), planted(name)
    prompt = (ROOT / "samples" / name / "prompt.md").read_text(encoding="utf-8").removesuffix("\n")
    assert (len(lines), len(found)) == (total + bad, total)
    assert {record["messages"][0]["content"] for record in found.values()} == {prompt}
    assert sum("rule" in entry for entry in truth) == round(0.04 * total)
    assert sum("repeats" in entry for entry in truth) == round(0.06 * total)
    assert sum("malformed" in entry for entry in truth) == bad
    assert all(a["created"] < b["created"] for a, b in pairwise(found.values()))


@pytest.mark.parametrize("name", ["support", "briefing", "chinese"])
def test_repeats_repeat(name: str) -> None:
    found = records(name)
    kinds = Counter()
    for entry in planted(name):
        if "repeats" not in entry:
            continue
        one, again = (found[entry[key]]["messages"] for key in ("repeats", "id"))
        assert one[2] == again[2]
        assert (one[1] == again[1]) == (entry["how"] == "exact")
        assert again[1]["content"].split("\n")[:2] == one[1]["content"].split("\n")[:2]
        kinds[entry["how"]] += 1
    assert abs(kinds["exact"] - kinds["near"]) <= 1


def test_malformed_lines_stand_where_the_truth_says() -> None:
    lines = (ROOT / "samples" / "support" / "logs.jsonl").read_text(encoding="utf-8").splitlines()
    found = {
        entry["malformed"]: lines[entry["line"] - 1] for entry in planted("support") if "malformed" in entry
    }
    for name in ("cut", "not JSON"):
        with pytest.raises(json.JSONDecodeError):
            json.loads(found[name])
    assert [turn["role"] for turn in json.loads(found["no answer"])["messages"]] == ["system", "user"]
    assert isinstance(json.loads(found["no list"])["messages"], str)
    assert json.loads(found["no messages"])["messages"] == []


def test_planted_faults_break_their_rule_and_nothing_else_is_broken() -> None:
    broken = {entry["id"]: entry["rule"] for entry in planted("support") if "rule" in entry}
    assert set(broken.values()) == set(desks.support().faults)
    schema = jsonschema.Draft202012Validator(suites.answer_schema())
    for name, record in records("support").items():
        text = record["messages"][2]["content"]
        shape = text.startswith("{") and schema.is_valid(json.loads(text))
        assert shape != (broken.get(name) in {"output", "fence", "keys", "statuses"})
        if not shape:
            continue
        reply = json.loads(text)["reply"]
        found = {
            "opening": not reply.startswith("Nordwind here."),
            "words": len(reply.split()) > 30,
            "no_exclaim": "!" in reply,
            "hide_ids": "INT-" in reply,
            "refused": "gladly help" in reply,
            "neutral": "simply the best" in reply,
        }
        assert {rule for rule, is_broken in found.items() if is_broken} == {broken.get(name)} & set(found)


def test_another_seed_makes_another_log_of_the_same_shape() -> None:
    plan = replace(logs.plans()[1], records=50)
    first, other = (logs.files(replace(plan, seed=seed))["briefing/logs.jsonl"] for seed in (1, 2))
    assert first != other
    assert len(first.splitlines()) == len(other.splitlines()) == 51
