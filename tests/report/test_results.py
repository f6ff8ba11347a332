import csv
import io
import json
from xml.etree import ElementTree as ET

import msgspec
import polars as pl
import pytest

from workbench.cli import execute
from workbench.errors import ConfigError, InputError
from workbench.evaluation import GRADE_SCHEMA, load_suite
from workbench.records import Case
from workbench.report.results import neutral, results


def grade(case, label, *, arm="after", rule=None, behaviour="rules", detail=""):
    return {
        "case_id": case, "arm": arm, "grader": "length", "rule": rule,
        "score": {"pass": 1.0, "fail": 0.0}.get(label), "label": label, "evidence": "[]", "detail": detail,
        "behaviour": behaviour, "cell": "", "slice": "s", "lang": "en", "cluster": case,
    }  # fmt: skip


def answer(case, text, *, arm="after", finish="stop"):
    prompt = [{"role": "user", "content": "ask"}]
    return {"case_id": case, "arm": arm, "prompt": prompt, "text": text, "prompt_tokens": 3,
            "completion_tokens": 2, "finish": finish}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    rows = [
        grade("a", "pass", rule="short"), grade("b", "fail", rule="short", detail="31 words\x00"),
        grade("c", "not_applicable", rule="short"), grade("d", "unscored", behaviour="harm"),
        grade("a", "pass", rule="short", arm="teacher"),
    ]  # fmt: skip
    answers = [
        answer("a", "=HYPERLINK(1)"), answer("b", '@x,\n"y"'), answer("c", "ok", finish="length"),
        answer("d", "", finish="error"), answer("a", "fine", arm="teacher"),
    ]  # fmt: skip
    place = tmp_path / "run" / "eval"
    place.mkdir(parents=True)
    pl.DataFrame(rows, schema=GRADE_SCHEMA).write_parquet(place / "grades.parquet")
    (place / "completions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in answers))
    return tmp_path / "run"


def test_an_exported_log_gives_its_cases_back_as_they_were(run):
    cases = [
        Case(id=name, behaviour="grounding", slots={"question": f"{name}?"}, twin=twin, reference="3 May",
             lang="zh", slice="s", difficulty="hard", cluster="k", expect={"answerable": True})
        for name, twin in (("a", "b"), ("b", "a"), ("c", None), ("d", None))
    ]  # fmt: skip
    lines = "".join(msgspec.json.encode(case).decode() + "\n" for case in cases)
    (run / "eval" / "cases.jsonl").write_text(lines, encoding="utf-8")
    log = json.loads(results(run, "evallog"))
    assert [one["target"] for one in log["samples"]] == ["3 May"] * 4
    (run / "log.json").write_text(json.dumps(log), encoding="utf-8")
    assert execute(["evals", "import", str(run / "log.json"), "--out", str(run / "again.jsonl")]) == 0
    assert load_suite(run / "again.jsonl") == cases


def test_csv_holds_every_judgment_and_no_formula(run):
    rows = list(csv.DictReader(io.StringIO(results(run, "csv"))))
    assert [row["case_id"] for row in rows] == ["a", "b", "c", "d", "a"]
    assert rows[0]["answer"] == "'=HYPERLINK(1)"
    assert rows[1]["answer"] == '\'@x,\n"y"'
    assert rows[4]["answer"] == "fine"
    assert (rows[0]["score"], rows[3]["score"]) == ("1.0", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_what_begins_like_a_formula_is_neutral(start):
    assert neutral(f"{start}1") == f"'{start}1"
    assert neutral(f"1{start}") == f"1{start}"
    assert neutral(-1.5) == -1.5


def test_junit_counts_what_failed_was_skipped_and_could_not_be_judged(run):
    root = ET.fromstring(results(run, "junit"))  # noqa: S314 - our own
    assert {k: root.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    assert [suite.get("name") for suite in root] == ["harm", "short"]
    assert root.find(".//failure").get("message") == "31 words\ufffd"


def test_an_inspect_log_scores_only_what_was_judged(run):
    log = json.loads(results(run, "evallog"))
    assert (log["version"], log["status"], log["eval"]["model"]) == (2, "success", "workbench/after")
    short = next(one for one in log["results"]["scores"] if one["name"] == "short")
    assert (short["scored_samples"], short["unscored_samples"]) == (2, 1)
    assert short["metrics"]["accuracy"]["value"] == 0.5
    samples = {one["id"]: one for one in log["samples"]}
    assert {name: one["scores"].get("short", {}).get("value") for name, one in samples.items()} == {
        "a": "C", "b": "I", "c": None, "d": None,
    }  # fmt: skip
    assert samples["c"]["output"]["choices"][0]["stop_reason"] == "max_tokens"
    assert results(run, "evallog") == results(run / "eval", "evallog")


def test_an_arm_that_was_not_asked_and_a_folder_without_results_are_named(run, tmp_path):
    with pytest.raises(ConfigError, match="one of after, teacher"):
        results(run, "junit", arm="before")
    with pytest.raises(InputError, match="no grades"):
        results(tmp_path / "nothing", "csv")


def test_the_verb_writes_a_file_and_spares_what_is_there(run, tmp_path, capsys):
    out = tmp_path / "results.csv"
    assert execute(["report", str(run), "--to", "csv", "--out", str(out)]) == 0
    assert out.read_text() == results(run, "csv")
    assert execute(["report", str(run), "--to", "csv", "--out", str(out)]) == 2
    assert execute(["report", str(run), "--to", "csv"]) == 2
    assert "--to and --out together" in capsys.readouterr().err
