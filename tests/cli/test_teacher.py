import json

import polars as pl
import pytest
from model_service import answer, serving

from workbench.cli import execute

SYSTEM = "You are a help desk. Start every answer with 'Desk:'. Answer in at most 30 words."


def rows(count, **more):
    return [
        {
            "id": f"r{n}",
            "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": f"Where is order {1000 + n * 7}?"},
                {"role": "assistant", "content": f"Desk: order {1000 + n * 7} has left."},
            ],
            **more,
        }
        for n in range(count)
    ]


def write(path, lines):
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def anew(body, _number):
    """Answer orders that end in 4 against the rule."""
    order = body["messages"][-1]["content"].split()[-1].rstrip("?")
    return answer(f"Order {order}." if order.endswith("4") else f"Desk: order {order} is on its way.")


def run(*arguments):
    return execute([*map(str, arguments), "--quiet"])


@pytest.fixture
def converted(tmp_path):
    log = write(tmp_path / "log.jsonl", rows(20))
    assert run("convert", log, "--out", tmp_path / "converted") == 0
    return tmp_path / "converted"


def test_pairs_are_answered_anew_by_the_long_prompt(tmp_path, converted):
    out = tmp_path / "taught"
    with serving(anew) as service:
        assert run("teacher", converted, "--teacher", f"openai:{service.url}", "--out", out) == 0
        assert all(body["messages"][0]["content"] == SYSTEM for body in service.asked)
    pairs = pl.read_parquet(out / "pairs.parquet")
    texts = pairs["completion"].list.last().struct.field("content").to_list()
    summary = json.loads((out / "summary.json").read_text())
    assert all(text.startswith("Desk:") and text.endswith("on its way.") for text in texts)
    assert (summary["in"], summary["kept"], summary["rejected"]) == (20, 18, 2)
    assert summary["refused_samples"]["reasons"] == {"breaks a rule": 2}
    assert summary["service"]["calls"] == 20
    refused = [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]
    assert [bool(line["rules"]) for line in refused] == [True, True]
    assert not (out / "answers.jsonl").exists()
    before = pl.read_parquet(converted / "pairs.parquet")
    assert set(pairs["id"]).isdisjoint(before["id"])
    assert run("curate", out, "--out", tmp_path / "curated") == 0


def test_only_broken_rows_are_asked_and_all_others_stay_as_they_were(tmp_path):
    lines = rows(10)
    lines[3]["messages"][-1]["content"] = "It left."
    log = write(tmp_path / "log.jsonl", lines)
    assert run("convert", log, "--out", tmp_path / "c") == 0
    out = tmp_path / "taught"
    with serving(anew) as service:
        code = run(
            "teacher", tmp_path / "c", "--teacher", f"openai:{service.url}", "--which", "broken", "--out", out
        )
        assert code == 0
        assert len(service.asked) == 1
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["kept"], summary["answered"], summary["untouched"]) == (10, 1, 9)


def test_missing_answers_of_a_log_are_filled_in_and_convert_takes_it(tmp_path):
    lines = rows(12, team="a")
    for line in lines[:6]:
        line["messages"].pop()
    lines[6]["messages"][-1]["content"] = ""
    lines.append({"prompt": "Where is order 1111?"})
    lines.append({"nothing": 1})
    log = write(tmp_path / "log.jsonl", lines)
    out = tmp_path / "taught"
    with serving(anew) as service:
        code = run("teacher", log, "--teacher", f"openai:{service.url}", "--which", "missing", "--out", out)
        assert code == 0
        assert len(service.asked) == 8
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["in"], summary["kept"], summary["rejected"], summary["unread"]) == (14, 12, 2, 1)
    answered = [json.loads(line) for line in (out / "answered.jsonl").read_text().splitlines()]
    assert answered[0]["team"] == "a"
    assert answered[0]["teacher"]["by"].startswith("openai:http://127.0.0.1")
    assert run("convert", out / "answered.jsonl", "--out", tmp_path / "converted") == 0


def test_killed_and_run_again_it_asks_only_what_is_left(tmp_path, converted):
    out, arguments = tmp_path / "taught", ["teacher", converted, "--concurrency", 1]
    with serving(lambda body, n: anew(body, n) if n != 8 else (401, b"no")) as service:
        whom = f"openai:{service.url}#tiny"
        assert run(*arguments, "--teacher", whom, "--out", out) == 2
        assert not out.exists()
        assert run(*arguments, "--teacher", whom, "--out", out) == 0
        assert len(service.asked) == 8 + 13
        assert run(*arguments, "--teacher", whom, "--out", out) == 0
        assert len(service.asked) == 21


def test_a_cache_serves_other_runs_too(tmp_path, converted):
    with serving(anew) as service:
        for name in ("one", "two"):
            code = run(
                "teacher", converted, "--teacher", f"openai:{service.url}", "--cache", tmp_path / "kept",
                "--out", tmp_path / name, "--prices", 1, 2,
            )  # fmt: skip
            assert code == 0
        assert len(service.asked) == 20
    one, two = (pl.read_parquet(tmp_path / name / "pairs.parquet") for name in ("one", "two"))
    assert one.equals(two)
    costs = [json.loads((tmp_path / n / "summary.json").read_text())["cost"] for n in ("one", "two")]
    assert costs == [pytest.approx((20 * 10 * 1 + 20 * 3 * 2) / 1e6)] * 2


def test_the_budget_leaves_rows_out_and_says_so(tmp_path, converted, capsys):
    with serving(anew) as service:
        code = execute(
            ["teacher", str(converted), "--teacher", f"openai:{service.url}", "--budget", "200",
             "--max-new-tokens", "20", "--out", str(tmp_path / "taught")]
        )  # fmt: skip
        assert code == 0
    summary = json.loads((tmp_path / "taught" / "summary.json").read_text())
    assert sum(summary["tokens"].values()) <= 200
    assert 0 < summary["not_asked"] < 20
    assert summary["in"] == summary["kept"] + summary["rejected"]
    assert "rows were not asked" in capsys.readouterr().out


@pytest.mark.parametrize("teacher", ["gpt", "local:/nowhere", "openai:http://127.0.0.1:9/v1#m"])
def test_a_teacher_that_is_none_exits_2_and_leaves_nothing(tmp_path, converted, capsys, teacher):
    assert run("teacher", converted, "--teacher", teacher, "--out", tmp_path / "t") == 2
    assert "expected" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["converted", "log.jsonl"]
