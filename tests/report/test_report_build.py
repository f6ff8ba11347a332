import json
import shutil

import made_run
import polars as pl
import pytest

from workbench.errors import ConfigError, InputError
from workbench.evaluation.cases import HELDOUT as GIVEN_BY_EVALUATION
from workbench.evaluation.grading import GRADE_SCHEMA
from workbench.io.frames import ledger_frame
from workbench.report import build_report, render_html, render_markdown, to_json
from workbench.report.cases import HELDOUT, case_state
from workbench.report.model import Failure, Output
from workbench.report.passages import cut


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_run.run(tmp_path_factory.mktemp("made") / "run", cases=40)


@pytest.fixture
def own(run, tmp_path):
    return shutil.copytree(run, tmp_path / "run")


def output(*, passed=0, failed=0):
    broken = tuple(Failure(name=f"r{i}") for i in range(failed))
    return Output(text="", prompt_tokens=1, completion_tokens=1, finish="stop", passed=passed, failed=broken)


def test_a_run_becomes_a_report(run):
    report = build_report(run)
    assert report.task == "support"
    assert len(report.cases) == 40
    assert report.notes == ()
    assert report.gate.crossed[0].where == "no-internal-id"
    assert report.funnel.parts == {"train": 854, "valid": 114, "test": 171}
    assert report.training.train[0].step == 5
    assert [p.step for p in report.training.valid] == [30, 60, 90, 120, 150]
    assert report.provenance.seeds == {
        "recipe.train.seed": 0,
        "recipe.curate.split.seed": 3,
        "eval intervals": 0,
    }
    assert [s.name for s in report.provenance.stages] == ["convert", "curate", "adapter", "eval"]


def test_the_verdict_is_a_sentence(run):
    assert build_report(run).verdict == (
        "8 of 13 rules retained, 1 gained, 1 lost, 1 not identifiable, 1 undecided, 1 unscored; "
        "486 → 78 prompt tokens a call"
    )


def test_the_same_run_gives_the_same_pages(run):
    one, other = build_report(run), build_report(run)
    assert render_html(one) == render_html(other)
    assert render_markdown(one) == render_markdown(other)
    assert to_json(one) == to_json(other)


def test_the_dropped_are_counted_by_reason_and_rule(run):
    dropped = build_report(run).funnel.dropped
    assert [(d.reason, d.rows) for d in dropped] == [
        ("rule broken", 48),
        ("near duplicate", 42),
        ("exact duplicate", 31),
    ]
    assert dropped[0].rules == {"json-only": 24, "json-schema": 12, "opening": 12, "length": 12}
    assert dropped[1].rules == {}


def test_rows_too_near_an_evaluation_set_are_counted_by_its_file(own):
    rows = [
        {"id": f"r{n}", "row": n, "step": "decontaminate", "reason": "in an evaluation set",
         "rule": f"/some where/evals/{name}/support.en.jsonl:{n + 1} $.slots.question"}
        for n, name in enumerate(["harm", "schema", "harm"])
    ]  # fmt: skip
    ledger_frame(rows).write_parquet(own / "curate" / "ledger.parquet")
    report = build_report(own)
    assert report.funnel.dropped[0].rules == {"harm/support.en.jsonl": 2, "schema/support.en.jsonl": 1}
    assert "some where" not in render_html(report)


def test_the_funnel_names_no_more_rules_than_can_be_read(own):
    rows = [
        {"id": f"r{n}", "row": n, "step": "s", "reason": "breaks a rule", "rule": f"rule-{n:02d}"}
        for n in range(40)
    ]
    ledger_frame(rows).write_parquet(own / "curate" / "ledger.parquet")
    text = render_html(build_report(own))
    assert "rule-11 1, and 28 more" in text
    assert "rule-12 1" not in text


@pytest.mark.parametrize(
    ("gone", "said"),
    [("adapter", "loss curve"), ("convert", "prompt is left out"), ("eval/grades.parquet", "Single cases")],
)
def test_a_missing_part_is_left_out_and_said(own, gone, said):
    place = own / gone
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    report = build_report(own)
    assert len(report.notes) == 1
    assert said in report.notes[0]
    assert said in render_html(report)
    assert said in render_markdown(report)


def test_an_evaluation_alone_is_enough(run):
    report = build_report(run / "eval")
    assert len(report.cases) == 40
    assert report.gate is None
    assert len(report.notes) == 3
    assert "Not gated" in render_html(report)


def test_no_evaluation_is_the_users_error(tmp_path):
    with pytest.raises(InputError, match="finished evaluation"):
        build_report(tmp_path)


def test_a_verdicts_file_of_another_shape_is_named(own):
    (own / "eval" / "verdicts.json").write_text('{"rules": 3}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"verdicts\.json"):
        build_report(own)


def test_a_broken_line_is_named_by_its_number(own):
    path = own / "eval" / "completions.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], lines[2][:-9], *lines[3:]]), encoding="utf-8")
    with pytest.raises(InputError, match=r"completions\.jsonl:3"):
        build_report(own)


def test_a_grades_file_without_a_column_is_named(own):
    path = own / "eval" / "grades.parquet"
    pl.read_parquet(path).drop("label").write_parquet(path)
    with pytest.raises(InputError, match="no column label"):
        build_report(own)


def test_the_made_run_has_the_columns_that_evaluation_writes(run):
    assert set(pl.read_parquet(run / "eval" / "grades.parquet").columns) == set(GRADE_SCHEMA.names())
    assert HELDOUT == GIVEN_BY_EVALUATION


def test_lost_cases_come_first_with_what_they_broke(run):
    case = build_report(run).cases[0]
    assert case.state == "lost"
    assert [f.name for f in case.outputs["after"].failed] == ["no-internal-id"]
    assert case.outputs["after"].failed[0].evidence[0].endswith('"}')
    assert case.outputs["teacher"].failed == ()


@pytest.mark.parametrize(
    ("teacher", "after", "state"),
    [
        (output(passed=3), output(passed=3), "kept"),
        (output(passed=3), output(passed=2, failed=1), "lost"),
        (output(passed=2, failed=1), output(passed=3), "gained"),
        (output(failed=1), output(failed=1), "failed"),
        (output(), output(passed=1), "unscored"),
        (output(passed=1), None, "unscored"),
    ],
)
def test_what_became_of_a_case(teacher, after, state):
    assert case_state(teacher, after) == state


def test_nothing_judged_is_never_a_pass(own):
    path = own / "eval" / "grades.parquet"
    grades = pl.read_parquet(path)
    grades.with_columns(label=pl.lit("unscored"), score=None).write_parquet(path)
    assert {case.state for case in build_report(own).cases} == {"unscored"}


def test_the_prompt_is_cut_at_its_rules_and_whole(run):
    (prompt,) = build_report(run).prompts
    passages = prompt.passages
    raw = json.loads((run / "convert" / "templates.json").read_text(encoding="utf-8"))
    assert "".join(p.text for p in passages) == raw["templates"][0]["messages"][0]["parts"][0]["text"]
    by_rule = {p.rules[0]: p.text for p in passages if p.rules}
    assert by_rule["opening"] == 'Begin the reply with "Nordwind here."'


def test_rules_of_several_tasks_carry_the_task_as_evaluation_does(own):
    text = (own / "convert" / "contract.yaml").read_text(encoding="utf-8")
    (own / "convert" / "contracts").mkdir()
    for task in ("billing", "support"):
        place = own / "convert" / "contracts" / f"{task}.yaml"
        place.write_text(text.replace("task: support", f"task: {task}"), encoding="utf-8")
    report = build_report(own)
    assert report.task == "billing, support"
    assert [p.task for p in report.prompts] == ["billing", "support"]
    assert report.prompts[0].passages[1].rules == ("billing/json-only",)


@pytest.mark.parametrize(
    ("leak", "said"),
    [
        ({"jaccard": 0.4123, "floor": 0.3}, "in different parts: 0.41 (Jaccard)"),
        ({"jaccard": 0.0, "floor": 0.3}, "as alike as 0.30"),
    ],
)
def test_the_greatest_likeness_across_parts_is_said(own, leak, said):
    path = own / "curate" / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    assert build_report(own).funnel.likeness is None
    made_run.write_json(path, {**summary, "leak": leak})
    assert said in render_html(build_report(own))


def test_overlapping_and_foreign_spans_cut_without_loss():
    passages = cut("abcdef", [(1, 4, "x"), (2, 99, "y"), (-3, 1, "z")])
    assert [(p.text, p.rules) for p in passages] == [
        ("a", ("z",)),
        ("b", ("x",)),
        ("cd", ("x", "y")),
        ("ef", ("y",)),
    ]
    assert cut("", []) == ()


def test_provenance_names_version_stages_and_keys(run):
    page = render_html(build_report(run))
    text = page[page.index('<section id="provenance"') :]
    assert "python -m pip install sft-workbench==0.1.0" in text
    assert "workbench run recipe.yaml --out run" in text
    for stage in ("convert", "curate", "adapter", "eval"):
        assert f"run/{stage}/manifest.json: key a1b2c3d4e5f60718" in text
