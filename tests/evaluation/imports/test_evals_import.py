"""Case files of other tools: what maps, what is refused and why, and that nothing is lost on the way."""

import json

import msgspec
import pytest
import yaml

from workbench.backends import FakeBackend
from workbench.checks.assertions import KINDS, judge_assertion, problem_of
from workbench.cli import execute
from workbench.errors import ConfigError, InputError
from workbench.evaluation import load_suite
from workbench.evaluation.imports import Wanted, import_cases
from workbench.evaluation.opinions import judge_own_into
from workbench.graders import Assertions
from workbench.records import ARMS

SCHEMA = {"type": "object", "required": ["day"], "properties": {"day": {"type": "integer"}}}


def promptfoo(folder, *tests, name="promptfooconfig.yaml", **more):
    path = folder / name
    path.write_text(yaml.safe_dump({"tests": list(tests), **more}, allow_unicode=True), "utf-8")
    return path


def test_of(*asserted, **more):
    return {"vars": {"question": "When was order 8 sent?"}, "assert": list(asserted), **more}


def graded(case, output):
    return Assertions()(case, output)


@pytest.mark.parametrize(
    ("kind", "value", "right", "wrong"),
    [
        ("equals", "3 May", "3 May", "3 may"),
        ("equals", ["a", "b"], "b", "c"),
        ("iequals", "3 May", " 3 may\n", "3 May."),
        ("contains", "May", "on May 3", "on may 3"),
        ("icontains", "MAY", "on may 3", "on June 3"),
        ("contains-any", ["May", "June"], "in June", "in july"),
        ("icontains-any", ["五月", "June"], "是五月三日", "是六月"),
        ("contains-all", ["3", "May"], "May 3", "May 4"),
        ("icontains-all", ["3", "may"], "May 3", "May 4"),
        ("starts-with", "On ", "On May 3", "on May 3"),
        ("regex", r"\d+ May", "on 3 May", "on 3 may"),
        ("is-json", None, '{"a": 1}', "```json\n{}\n```"),
        ("is-json", SCHEMA, '{"day": 3}', '{"day": "3"}'),
        ("choice", {"options": ["red", "blue"], "right": [1]}, "The answer is B.", "A"),
        ("choice", {"options": ["red", "blue"], "right": [0, 1]}, "blue", "green"),
    ],
)
def test_an_assertion_turns_with_the_answer_and_with_not(kind, value, right, wrong):
    asserted = {"type": kind, "value": value}
    assert problem_of(asserted) is None
    assert [judge_assertion(asserted, text).label for text in (right, wrong)] == ["pass", "fail"]
    assert judge_assertion(asserted, wrong).evidence
    if kind != "choice":
        turned = asserted | {"type": f"not-{kind}"}
        assert [judge_assertion(turned, text).label for text in (right, wrong)] == ["fail", "pass"]


@pytest.mark.parametrize(
    ("asserted", "said"),
    [
        ({"type": "javascript", "value": "true"}, "javascript"),
        ({"type": "not-llm-rubric", "value": "x"}, "not-llm-rubric"),
        ({"value": "x"}, "without a type"),
        ({"type": "contains"}, "no text"),
        ({"type": "contains-any", "value": [1]}, "no text"),
        ({"type": "regex", "value": "(a+)+b"}, "repeat"),
        ({"type": "regex", "value": "("}, "regular expression"),
        ({"type": "is-json", "value": "file://x"}, "schema"),
        ({"type": "is-json", "value": {"type": 5}}, "schema that is none"),
        ({"type": "choice", "value": {"options": ["a"], "right": [1]}}, "right one"),
    ],
)
def test_what_cannot_be_judged_is_unscored_never_failed(asserted, said):
    assert said in problem_of(asserted)
    assert judge_assertion(asserted, "x").label == "unscored"


def test_a_judges_question_leaves_a_case_open_unless_a_program_fails_it(tmp_path):
    rubric, holds = {"type": "llm-rubric", "value": "Is it polite?"}, {"type": "contains", "value": "May"}
    (case,) = import_cases(promptfoo(tmp_path, test_of(rubric, holds))).cases
    assert graded(case, "in May").label == "unscored"
    assert graded(case, "in June").label == "fail"


def test_tests_of_promptfoo_become_cases_with_their_defaults_and_variables(tmp_path):
    path = promptfoo(
        tmp_path,
        test_of({"type": "icontains", "value": "{{day}}"}, description="sent")
        | {"vars": {"question": ["When?", "几时寄出？"], "day": "3 May", "n": 4}},
        defaultTest={
            "vars": {"context": "Order 8: 3 May."},
            "assert": [{"type": "not-contains", "value": "AI"}],
        },
        prompts=["{{question}}"],
    )
    found = import_cases(path)
    assert (found.format, found.rows, [case.lang for case in found.cases]) == ("promptfoo", 2, ["en", "zh"])
    first, second = found.cases
    assert first.slots == {"context": "Order 8: 3 May.", "question": "When?", "day": "3 May", "n": "4"}
    assert first.expect["assert"][1] == {"type": "icontains", "value": "3 May"}
    assert first.slice == "sent"
    assert first.cluster == second.cluster != ""
    assert graded(first, "on 3 may").label == "pass"
    assert graded(first, "As an AI: on 3 may").label == "fail"
    renamed = import_cases(path, Wanted(slots={"question": "input_text"})).cases[0]
    assert "input_text" in renamed.slots


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        (test_of({"type": "latency", "threshold": 9}), "machine"),
        (test_of({"type": "cost", "threshold": 9}), "prices"),
        (test_of({"type": "python", "value": "x"}), "python"),
        (test_of({"type": "similar", "value": "x"}), "similar"),
        (test_of({"type": "equals", "value": "x", "weight": 2}), "weight"),
        (test_of({"type": "equals", "value": "x", "transform": "y"}), "transform"),
        (test_of({"type": "equals", "value": "file://x.txt"}), "another file"),
        (test_of({"type": "equals", "value": "{{question | upper}}"}), "expression"),
        (test_of({"type": "equals", "value": "{% if x %}"}), "statements"),
        (test_of({"type": "equals", "value": "{{absent}}"}), "absent"),
        (test_of({"type": "equals", "value": "x"}, threshold=0.5), "threshold"),
        (test_of({"type": "equals", "value": "x"}, options={"transform": "y"}), "options"),
        (test_of({"type": "llm-rubric"}), "llm-rubric"),
        (test_of({"type": "is-json", "value": {"type": 5}}), "schema that is none"),
        (test_of({"type": "is-json", "value": "{"}), "no JSON"),
        (test_of({"type": "is-json", "value": {"properties": {1: 2}}}), "no text"),
        (test_of({"type": "contains-any", "value": 'a,"b, c"'}), "quotes"),
        (test_of(), "no assertion"),
        ({"vars": {"q": "file://q.txt"}, "assert": [{"type": "equals", "value": "x"}]}, "another file"),
        ({"vars": "file://v.yaml", "assert": [{"type": "equals", "value": "x"}]}, "another file"),
        ({"assert": [{"type": "equals", "value": "x"}]}, "no variables"),
        (
            {"vars": {n: list(range(99)) for n in "abc"}, "assert": [{"type": "equals", "value": "x"}]},
            "970,299",
        ),
        (test_of({"type": "equals", "value": "x", 7: 8, "y": 9}), "7, y"),
        ({1: 2, "zz": 3, "vars": {"q": "x"}}, "1, zz"),
        (7, "no object"),
        ({"vars": {"q": "x"}, "assert": "x"}, "no list"),
        ("no object", "beside it"),
    ],
)
def test_a_test_without_a_plain_mapping_is_refused_with_its_reason(tmp_path, test, reason):
    good = test_of({"type": "equals", "value": "x"})
    if isinstance(test, str):
        with pytest.raises(InputError, match=reason):
            import_cases(promptfoo(tmp_path, good, test))
        return
    found = import_cases(promptfoo(tmp_path, good, test))
    assert (len(found.cases), len(found.refused), found.rows) == (1, 1, 2)
    assert reason in found.refused[0].reason
    assert "$.tests[1]" in found.refused[0].where
    with pytest.raises(InputError, match=reason):
        import_cases(promptfoo(tmp_path, test))


def test_lists_and_schemas_may_be_text_as_promptfoo_has_them(tmp_path):
    path = promptfoo(
        tmp_path,
        test_of({"type": "icontains-any", "value": "May, June"}),
        test_of({"type": "is-json", "value": json.dumps(SCHEMA)}),
    )
    months, day = import_cases(path).cases
    assert [graded(months, text).label for text in ("in june", "in july")] == ["pass", "fail"]
    assert [graded(day, text).label for text in ('{"day": 3}', '{"day": "3"}')] == ["pass", "fail"]


def test_two_variables_never_share_a_slot(tmp_path):
    both = {"vars": {"q": "x", "question": "y"}, "assert": [{"type": "equals", "value": "x"}]}
    path = promptfoo(tmp_path, test_of({"type": "equals", "value": "x"}), both)
    found = import_cases(path, Wanted(slots={"q": "question"}))
    assert (len(found.cases), [one.reason for one in found.refused]) == (
        1, ["two variables fill the slot 'question'"],
    )  # fmt: skip


def test_documents_are_for_tasks_of_the_harness_alone(tmp_path):
    path = promptfoo(tmp_path, test_of({"type": "equals", "value": "x"}))
    with pytest.raises(ConfigError, match="--docs"):
        import_cases(path, Wanted(docs=tmp_path / "docs.jsonl"))


def test_assertions_are_left_out_only_when_asked_and_counted(tmp_path):
    path = promptfoo(
        tmp_path, test_of({"type": "latency", "threshold": 1}, {"type": "contains", "value": "x"})
    )
    with pytest.raises(InputError, match="latency"):
        import_cases(path)
    found = import_cases(path, Wanted(without=frozenset({"latency"})))
    assert (len(found.cases[0].expect["assert"]), found.left_out) == (1, {"latency": 1})


ROWS = [
    {
        "id": 7,
        "input": "Capital of France?",
        "target": "Paris",
        "metadata": {"topic": "geo"},
        "level": "easy",
    },
    {"input": [{"role": "user", "content": "二加二？"}], "target": ["4", "四"]},
    {"input": "Which colour?", "choices": ["red", "blue"], "target": "B"},
    {"input": "x", "target": "y", "sandbox": "docker"},
    {"input": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}], "target": "y"},
    {"input": "x"},
    {"input": "Which?", "choices": ["a", "b"], "target": "c"},
    {"id": 7, "input": "again", "target": "x"},
    {"input": "True?", "target": True},
    {"input": "Which?", "target": ["a", {"b": 1}]},
]


@pytest.mark.parametrize("name", ["data.jsonl", "data.json"])
def test_samples_of_inspect_become_cases(tmp_path, name):
    path = tmp_path / name
    text = json.dumps(ROWS) if name.endswith(".json") else "\n".join(map(json.dumps, ROWS)) + "\n"
    path.write_text(text, "utf-8")
    found = import_cases(path, Wanted(slice="level", cluster="topic"))
    assert (found.format, len(found.cases), found.rows) == ("inspect", 3, len(ROWS))
    paris, four, colour = found.cases
    assert (paris.id, paris.slice, paris.cluster, paris.lang) == ("7", "easy", "geo", "en")
    assert paris.slots == {"question": "Capital of France?"}
    assert [graded(paris, text).label for text in ("It is paris.", "Lyon")] == ["pass", "fail"]
    assert graded(four, "等于四").label == "pass"
    assert colour.slots["question"].endswith("A) red\nB) blue")
    assert [graded(colour, text).label for text in ("B", "red")] == ["pass", "fail"]
    strict = import_cases(path, Wanted(match="exact", bare=True)).cases[0]
    assert [graded(strict, text).label for text in ("paris", "It is Paris.")] == ["pass", "fail"]
    assert strict.expect["template"] == "bare"
    reasons = " | ".join(one.reason for one in found.refused)
    for said in ("sandbox", "system", "no target", "none of the choices", "stands twice", "neither text"):
        assert said in reasons


def test_a_csv_of_inspect_has_its_choices_and_metadata_in_cells(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(
        'input,target,choices,id,metadata\nSky?,A,"blue,green",s1,"{""topic"": ""sky""}"\nName?,Ann,,s2,\n',
        "utf-8",
    )
    sky, name = import_cases(path, Wanted(slice="topic")).cases
    assert (sky.id, sky.slice, sky.expect["assert"][0]["value"]["right"]) == ("s1", "sky", [0])
    assert graded(name, "I am Ann").label == "pass"


TASK = {
    "task": "toy",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "docs.jsonl"}},
    "test_split": "test",
    "output_type": "generate_until",
    "doc_to_text": "Q: {{q.text}}\nA:",
    "doc_to_target": "answer",
    "generation_kwargs": {"until": ["\n"]},
    "metric_list": [{"metric": "exact_match"}],
}
DOCS = [{"q": {"text": "1+1?"}, "answer": "2"}, {"q": {"text": "?"}}, {"answer": "3"}]


def harness(folder, task):
    (folder / "docs.jsonl").write_text("\n".join(map(json.dumps, DOCS)) + "\nnot json\n", "utf-8")
    (folder / "task.yaml").write_text(yaml.safe_dump(task), "utf-8")
    return folder / "task.yaml"


def test_a_task_of_the_harness_becomes_cases_with_its_stops(tmp_path):
    found = import_cases(harness(tmp_path, TASK))
    assert (found.format, len(found.cases), len(found.refused)) == ("lm-eval", 1, 3)
    (case,) = found.cases
    assert (case.id, case.slots) == ("toy-001", {"question": "Q: 1+1?\nA:"})
    assert [graded(case, text).label for text in ("2\nQ: 2+2?", "3", "2.")] == ["pass", "fail", "fail"]
    assert "docs.jsonl:3" in found.refused[1].where
    by_docs = import_cases(
        harness(tmp_path, TASK | {"dataset_path": "owner/name", "dataset_kwargs": {}}),
        Wanted(docs=tmp_path / "docs.jsonl"),
    )
    assert by_docs.cases == found.cases


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"output_type": "loglikelihood"}, "generate_until or multiple_choice"),
        ({"output_type": "multiple_choice"}, "doc_to_choice"),
        ({"output_type": "multiple_choice", "doc_to_choice": "c"}, "acc and acc_norm"),
        ({"doc_to_choice": "c"}, "doc_to_choice"),
        ({"metric_list": [{"metric": "bleu"}]}, "exact_match"),
        ({"metric_list": [{"metric": "exact_match", "ignore_punctuation": True}]}, "ignore_punctuation"),
        ({"filter_list": [{"name": "x"}]}, "filter_list"),
        ({"num_fewshot": 5}, "num_fewshot"),
        ({"doc_to_target": 3}, "doc_to_target"),
        ({"include": "other.yaml"}, "include"),
        ({"metric_list": 5}, "metric_list"),
        ({"dataset_kwargs": "x"}, "dataset_kwargs"),
        ({"generation_kwargs": ["x"]}, "generation_kwargs"),
        ({1: 2, "zz": 3}, "zz"),
        ({"generation_kwargs": {"until": 5}}, "until"),
    ],
)
def test_a_task_without_a_plain_mapping_is_refused_as_a_whole(tmp_path, change, said):
    with pytest.raises(ConfigError, match=said):
        import_cases(harness(tmp_path, TASK | change))


CHOICE = TASK | {
    "output_type": "multiple_choice",
    "doc_to_text": "Q: {{q}}",
    "doc_to_choice": "{{c.text}}",
    "doc_to_target": "gold",
    "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
}
SKY = {"q": "Sky?", "c": {"text": ["red", "blue"]}}


def chosen(folder, change, *docs):
    path = harness(folder, CHOICE | change)
    (folder / "docs.jsonl").write_text("".join(json.dumps(doc) + "\n" for doc in docs), "utf-8")
    return import_cases(path)


@pytest.mark.parametrize("gold", [1, "1", "blue"])
def test_multiple_choice_of_the_harness_is_shown_by_letters(tmp_path, gold):
    (case,) = chosen(tmp_path, {}, SKY | {"gold": gold}).cases
    assert case.slots == {"question": "Q: Sky?\n\nA) red\nB) blue"}
    assert case.reference == "B) blue"
    said = ("B", "The answer is B.", "blue", "A", "red, I think", "")
    assert [graded(case, text).label for text in said] == ["pass"] * 3 + ["fail"] * 3


def test_choices_may_be_a_list_and_letters_are_not_shown_twice(tmp_path):
    (case,) = chosen(
        tmp_path, {"doc_to_choice": ["{{q}} yes", "no"], "doc_to_target": 1}, {"q": "Rain?"}
    ).cases
    assert case.slots["question"].endswith("A) Rain? yes\nB) no")
    (case,) = chosen(tmp_path, {"doc_to_choice": ["A", "B"]}, {"q": "A. red\nB. blue", "gold": 1}).cases
    assert case.slots["question"] == "Q: A. red\nB. blue"
    assert [graded(case, text).label for text in ("B", "A")] == ["pass", "fail"]


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        (SKY | {"gold": 2}, "none of the 2 choices"),
        (SKY | {"gold": "green"}, "none of the choices"),
        (SKY, "gold"),
        ({"q": "Sky?", "c": {"text": "red"}, "gold": 0}, "as a list"),
        ({"q": "Sky?", "c": {"text": []}, "gold": 0}, "no list of at most"),
    ],
)
def test_a_choice_that_can_not_be_read_is_refused_with_its_reason(tmp_path, doc, said):
    found = chosen(tmp_path, {}, SKY | {"gold": 1}, doc)
    assert (len(found.cases), len(found.refused)) == (1, 1)
    assert said in found.refused[0].reason


def test_python_in_a_task_and_missing_documents_are_told(tmp_path):
    (tmp_path / "f.yaml").write_text("task: t\noutput_type: generate_until\ndoc_to_text: !function utils.x\n")
    with pytest.raises(InputError, match="function of Python"):
        import_cases(tmp_path / "f.yaml")
    with pytest.raises(InputError, match="--docs"):
        import_cases(harness(tmp_path, TASK | {"dataset_kwargs": {}}))


@pytest.mark.parametrize("ending", ["yaml", "jsonl"])
def test_the_command_writes_a_suite_that_reads_back_and_says_what_was_refused(tmp_path, capsys, ending):
    path = promptfoo(
        tmp_path,
        test_of({"type": "llm-rubric", "value": "Is it polite?"}, {"type": "is-json", "value": SCHEMA}),
        test_of({"type": "cost", "threshold": 1}),
    )
    out = tmp_path / f"mine.{ending}"
    assert execute(["evals", "import", str(path), "--out", str(out), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["in"], summary["cases"], summary["rejected"], summary["judged"]) == (2, 1, 1, 1)
    (case,) = load_suite(out)
    (made,) = import_cases(path).cases
    assert case.expect == made.expect
    assert case.slots == made.slots
    (refused,) = (tmp_path / f"mine.{ending}.rejects.jsonl").read_text("utf-8").splitlines()
    assert json.loads(refused)["where"].endswith("$.tests[1]")
    again = promptfoo(tmp_path, {"vars": case.slots, "assert": case.expect["assert"]}, name="again.yaml")
    assert import_cases(again).cases[0].expect == case.expect


@pytest.mark.parametrize(
    "arguments",
    [["--from", "deepeval"], ["--match", "vaguely"], ["--slot", "input"], ["--out", "x.txt"], ["--bare"]],
)
def test_wrong_options_are_the_users_error(tmp_path, arguments):
    path = promptfoo(tmp_path, {"vars": {"q": "x"}, "assert": [{"type": "equals", "value": "x"}]})
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "out.yaml")]
    assert execute(["evals", "import", str(path), *out, *arguments]) == 2
    assert not (tmp_path / "out.yaml").exists()


def test_a_judge_is_asked_the_questions_that_cases_bring(tmp_path):
    polite, short = ({"type": "llm-rubric", "value": text} for text in ("Is it polite?", "Is it short?"))
    path = promptfoo(
        tmp_path, test_of(polite), test_of(polite, short), test_of({"type": "equals", "value": "x"})
    )
    cases = import_cases(path).cases
    evaluated = tmp_path / "evaluated"
    evaluated.mkdir()
    lines = [
        {"case_id": c.id, "arm": arm, "text": "Gladly.", "finish": "stop"} for c in cases for arm in ARMS
    ]
    for name, rows in (("cases", map(msgspec.to_builtins, cases)), ("completions", lines)):
        (evaluated / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = []

    def verdict(prompt):
        asked.append(prompt)
        return json.dumps({"verdict": "pass" if "polite" in str(prompt) else "fail"})

    (tmp_path / "judged").mkdir()
    summary = judge_own_into(tmp_path / "judged", evaluated, backend=FakeBackend(verdict), by="fake")
    assert (len(asked), summary["questions"]) == (9, 2)
    assert summary["arms"]["after"] == {"pass": 2, "fail": 1, "unscored": 0}
    opinions = [
        json.loads(line) for line in (tmp_path / "judged" / "opinions.jsonl").read_text().splitlines()
    ]
    assert {one["question"] for one in opinions} == {"Is it polite?", "Is it short?"}
    (evaluated / "cases.jsonl").write_text(json.dumps(msgspec.to_builtins(cases[2])) + "\n")
    with pytest.raises(ConfigError, match="llm-rubric"):
        judge_own_into(tmp_path / "judged", evaluated, backend=FakeBackend(verdict), by="fake")
    assert execute(["judge", str(evaluated), "--judge", "replay:x", "--out", str(tmp_path / "o")]) == 2


def test_every_kind_is_named():
    assert {"equals", "contains", "icontains", "regex", "is-json", "starts-with", "llm-rubric"} <= set(KINDS)
