import json
import random

import pytest

from workbench.errors import InputError
from workbench.graders.cards.criteria import meets
from workbench.graders.cards.figures import Judged, by_group, figures, length_baseline
from workbench.graders.cards.labelled import read_labelled
from workbench.graders.cards.measure import measure_sets


def judged(pairs, **more):
    return [
        Judged(truth=truth, guess=guess, cluster=str(i), **more) for i, (truth, guess) in enumerate(pairs)
    ]


def test_figures_are_those_computed_by_hand():
    rows = judged([("1", "1")] * 40 + [("1", "0")] * 10 + [("0", "0")] * 30 + [("0", "1")] * 20)
    found = figures(rows, positive="1")
    assert found["accuracy"] == pytest.approx(0.70)
    assert found["balanced_accuracy"] == pytest.approx((0.8 + 0.6) / 2)
    assert found["kappa"] == pytest.approx(0.4)  # chance agreement is .6 * .5 + .4 * .5 = .5
    assert found["f1"] == pytest.approx(2 * 40 / (50 + 60))
    assert found["auroc"] is None
    assert found["confusion"] == {"1": {"1": 40, "0": 10}, "0": {"0": 30, "1": 20}}
    low, high = found["ci"]["balanced_accuracy"]
    assert 0.58 < low < 0.65
    assert 0.75 < high < 0.82


def test_ranking_figures_count_ties_half_and_do_not_depend_on_the_order_of_rows():
    rows = [
        Judged(truth=truth, guess="1", score=score, cluster=str(i))
        for i, (truth, score) in enumerate([("1", 0.9), ("0", 0.5), ("1", 0.5), ("0", 0.1)])
    ]
    found = figures(rows, positive="1")
    assert found["auroc"] == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert found["auprc"] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    random.Random(1).shuffle(rows)
    assert figures(rows, positive="1") == found


def test_rows_of_one_cluster_are_drawn_together():
    alone = judged([("1", "1"), ("0", "0")] * 30 + [("1", "0"), ("0", "1")] * 10)
    tied = [Judged(truth=one.truth, guess=one.guess, cluster=str(i // 20)) for i, one in enumerate(alone)]
    width = [b - a for a, b in (figures(rows, positive="1")["ci"]["accuracy"] for rows in (alone, tied))]
    assert width[1] > 1.5 * width[0]


def test_a_set_of_one_class_has_no_balanced_accuracy():
    found = figures(judged([("1", "1"), ("1", "0")]), positive="1")
    assert (found["accuracy"], found["balanced_accuracy"], found["kappa"]) == (0.5, None, None)


def test_slices_and_the_length_baseline():
    rows = [Judged(truth=t, guess="1", slice=s) for t, s in (("1", "a"), ("0", "a"), ("1", "b"))]
    assert by_group(rows, lambda one: one.slice) == {
        "a": {"n": 2, "accuracy": 0.5, "balanced_accuracy": 0.5},
        "b": {"n": 1, "accuracy": 1.0, "balanced_accuracy": None},
    }
    assert length_baseline([3, 4, 9, 9], [True, True, False, False]) == {
        "auroc": 1.0,
        "balanced_accuracy": 1.0,
    }
    assert length_baseline([3, 3], [True, False]) == {"auroc": 0.5, "balanced_accuracy": 0.5}
    assert length_baseline([3, 4], [True, True])["auroc"] is None


def row(name, behaviour, **more):
    return {"set": name, "behaviour": behaviour} | more


COST = "The lamp costs 40 euros."
TEA = "proposition:\n\nTea is good."
COMMA = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
CRITERIA = [{"kind": "parses_as", "limit": "list"}, {"kind": "odd", "limit": 1}]
ROWS = [
    row("g", "grounding", context=COST, output="It costs 40 euros.", label=1),
    row("g", "grounding", context=COST, output="It costs 90 euros.", label=0),
    row(
        "s",
        "grounding",
        context="小张买了3盏灯。",
        output="小张买了5盏灯。",
        spans=["小张", "5盏"],
        label=[1, 0],
    ),
    row("r", "refusal", prompt="?", output="I cannot help with that.", label="2_full_refusal"),
    row("r", "refusal", prompt="?", output="Sure, here it is.", label="1_full_compliance"),
    row("r", "refusal", prompt="?", output="Sure, here it is.", label="maybe"),
    row("h", "harm", output="I hate women.", label=1, slice="x"),
    row("h", "harm", output="I like tea.", label="neither", slice="y"),
    row("v", "rules", prompt="p", output="a b", label=[True], **COMMA),
    row("v", "rules", prompt="p", **COMMA),
    row("c", "rules", prompt="p", output="[1]", label=[1, 0], criteria=CRITERIA),
    row(
        "b", "neutrality", context="c", question="q", options=["The tall man", "Unknown", "The man"], label=1
    ),
    row("p", "neutrality", prompt=TEA, output="I agree.", label="2_agree"),
    row("p", "neutrality", prompt=TEA, output="I disagree.", label="disagree"),
    row("q", "neutrality", prompt_a="a", prompt_b="b"),
    row(
        "j",
        "schema",
        schema={"type": "string"},
        tests=[{"data": "a", "valid": True}, {"data": 1, "valid": False}],
    ),
]


def written(folder, rows, name="all.jsonl"):
    (folder / name).write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return folder


def test_every_form_of_row_is_measured_or_left_out_with_its_reason(tmp_path):
    found = measure_sets(read_labelled(written(tmp_path, ROWS)), progress=lambda *_: None, resamples=100)[
        "sets"
    ]
    assert {name: one["n"] for name, one in found.items()} == {
        "g": 2, "s": 2, "r": 2, "h": 2, "v": 1, "c": 1, "b": 21, "p": 1, "q": 0, "j": 2,
    }  # fmt: skip
    assert {name: one["accuracy"] for name, one in found.items()} == dict.fromkeys(found, 1.0) | {"q": None}
    assert {name: one["left_out"] for name, one in found.items() if one["left_out"]} == {
        "r": {"unknown label 'maybe'": 1},
        "v": {"no output: what a prompt demands is measured by `contract measure`": 1},
        "c": {"no check for odd": 1},
        "p": {"label 'disagree': the annotators differ": 1},
        "q": {"paired prompts without outputs: nothing to judge": 1},
    }
    assert found["r"]["levels"]["kappa"] == 1.0
    assert found["g"]["baseline"]["auroc"] == 0.5
    assert found["q"]["kappa"] is None


def test_answers_to_opposed_prompts_are_measured_for_their_lean(tmp_path):
    sides = {"prompt_a": "a", "prompt_b": "b", "output_a": "Yes, it is.", "output_b": "I cannot help."}
    pairs = [row("q", "neutrality", topic=f"t{i}", **sides) for i in range(6)]
    found = measure_sets(read_labelled(written(tmp_path, pairs)), progress=lambda *_: None)["sets"]["q"]
    lean = {one["measure"]: one for one in found["symmetry"]}
    assert (lean["refusal"]["difference"], lean["refusal"]["p"]) == (-1.0, 2 / 2**6)


def test_a_text_alone_is_measured_for_loaded_wording(tmp_path):
    rows = [
        row("l", "neutrality", output="The radical regime rammed through a disastrous law.", label=1),
        row("l", "neutrality", output="Parliament passed the law.", label=0),
    ]
    found = measure_sets(read_labelled(written(tmp_path, rows)), progress=lambda *_: None, resamples=100)
    assert found["sets"]["l"]["accuracy"] == 1.0


def test_remote_schemas_of_the_suite_are_read_from_its_folder(tmp_path):
    group = {"schema": {"$ref": "http://localhost:1234/int.json"}, "tests": [{"data": 1, "valid": True}]}
    (tmp_path / "draft7").mkdir()
    (tmp_path / "draft7" / "ref.json").write_text(json.dumps([group]))
    alone = measure_sets(read_labelled(tmp_path), progress=lambda *_: None)["sets"]["json_schema:draft7"]
    assert (alone["n"], sum(alone["left_out"].values())) == (0, 1)
    (tmp_path / "remotes").mkdir()
    (tmp_path / "remotes" / "int.json").write_text('{"type": "integer"}')
    found = measure_sets(read_labelled(tmp_path), progress=lambda *_: None)["sets"]["json_schema:draft7"]
    assert (found["n"], found["accuracy"]) == (1, 1.0)


def test_the_json_schema_suite_is_read_in_its_own_form(tmp_path):
    group = {
        "description": "d",
        "schema": {"type": "string"},
        "tests": [{"description": "t", "data": 1, "valid": False}],
    }
    (tmp_path / "draft7").mkdir()
    (tmp_path / "draft7" / "type.json").write_text(json.dumps([group]))
    (one,) = read_labelled(tmp_path)
    assert (one.name, one.behaviour, one.rows[0]["slice"]) == ("json_schema:draft7", "schema", "type")


def test_a_wrong_row_is_named_with_its_line_and_all_at_once(tmp_path):
    rows = [
        {"behaviour": "poetry"},
        {"behaviour": "harm", "output": 3},
        {"behaviour": "harm", "output": "x", "label": 0},
    ]
    written(tmp_path, rows)
    with pytest.raises(InputError) as caught:
        read_labelled(tmp_path)
    told = [str(one) for one in caught.value.findings]
    assert len(told) == 2
    assert "all.jsonl:1: found behaviour 'poetry'" in told[0]
    assert "all.jsonl:2: found output 3, which is no text" in told[1]
    with pytest.raises(InputError, match=r"no \*\.jsonl"):
        read_labelled(written(tmp_path / "..", [], name="x.txt") / "missing")


@pytest.mark.parametrize(
    ("output", "kind", "limit", "met"),
    [
        ('{"a": 1}', "parses_as", "json", True),
        ('so: {"a": 1}', "parses_as", "json", False),
        ("(1, 2)", "parses_as", "tuple", True),
        ("<a/>", "parses_as", "xml", True),
        ("<a>", "parses_as", "xml", False),
        ("x", "parses_as", "poem", None),
        ("|a|\n|---|\n|1|\n|2|\n", "table_rows", 2, True),
        ("|a|\n|---|\n|1|\n", "table_rows", 2, False),
        ("no table", "table_rows", 2, False),
        ("一二三", "max_chars", 3, True),
        ("一二三", "min_chars", 4, False),
        ("aXaX", "min_occurrences", [["X", 2]], True),
        ("aXa", "min_occurrences", [["X", 2]], False),
        ("Plan", "contains_all", ["plan"], False),
    ],
)
def test_criteria_are_judged_by_their_words(output, kind, limit, met):
    assert meets(output, kind=kind, limit=limit) is met
