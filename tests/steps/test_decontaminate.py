import json

import pytest
import yaml
from made_pairs import frame

from workbench.errors import ConfigError, InputError
from workbench.steps import Decontaminate

LEAKED = "On which day of the month did you send the green kayak to the island of Mull"
OTHERS = [
    (f"please tell me all about item {n} of {word} in blue", "yes") for n, word in enumerate("abcdefgh")
]


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "suite.jsonl"
    records = [
        {"id": "1", "slots": {"question": LEAKED}},
        {"id": "2", "slots": {"question": "what does the tall lighthouse keeper eat for his supper"}},
        {"id": "3", "question": "请问我的蓝色帐篷订单到底什么时候才能送到我家门口呢"},
        {"id": "4", "question": "too short"},
    ]
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records), encoding="utf-8")
    return path


def gone(suite, *rows, **fields):
    return Decontaminate(against=(str(suite),), **fields)(frame(*rows, *OTHERS)).dropped["row"].to_list()


def test_rows_that_hold_an_evaluation_text_go_in_any_script(suite):
    rows = [
        (f"Hello! {LEAKED}? Thanks.", "yes"),
        ("你好，请问我的蓝色帐篷订单到底什么时候才能送到我家门口呢？谢谢", "好"),
    ]
    assert gone(suite, *rows) == [0, 1]
    assert gone(suite, ("too short", "no"), ("where is it", LEAKED)) == []
    assert gone(suite, ("where is it", LEAKED), answers=True) == [0]
    assert gone(suite, ("too short", "no"), min_words=2) == [0]


def test_the_ledger_says_where_and_how_much_and_the_certificate_what_is_left(suite):
    half = " ".join(LEAKED.split()[:9])
    split = Decontaminate(against=(str(suite),))(frame((LEAKED, "yes"), (half, "yes"), *OTHERS))
    entry = split.dropped.row(0, named=True)
    assert (entry["reason"], entry["measured"], entry["threshold"]) == ("in an evaluation set", 1.0, 0.8)
    assert entry["rule"] == f"{suite}:1 $.slots.question"
    assert "green kayak" in entry["detail"]
    found = split.notes["against"][str(suite)]
    assert (found["records"], found["rows_dropped"]) == (4, 1)
    assert found["greatest_containment_left"] == pytest.approx(5 / 13, abs=1e-4)
    assert found["id"] == split.kept["id"][0]


def test_what_many_records_say_is_no_match(tmp_path):
    path = tmp_path / "suite.jsonl"
    head = "Answer the question below in one short sentence of plain words"
    path.write_text("\n".join(json.dumps({"q": f"{head}: {word * 3}"}) for word in "abcdefgh"))
    assert gone(path, (f"{head}: zzz", "x")) == []
    assert gone(path, (f"{head}: zzz", "x"), common=1.0) == [0]
    assert gone(path, (f"{head}: zzz", "x"), least=9) == [0]


def test_a_leaked_text_does_not_become_boilerplate_by_being_copied(suite):
    assert gone(suite, *[(f"{LEAKED} {n}", "yes") for n in range(6)]) == list(range(6))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, []), ({"threshold": 0.3}, [0]), ({"run": 9}, [0]), ({"ngram": 9, "threshold": 0.1}, [0])],
)
def test_threshold_run_and_ngram_decide(suite, fields, expected):
    assert gone(suite, (" ".join(LEAKED.split()[:9]) + " or so", "yes"), **fields) == expected


CHINESE = ("我的蓝色帐篷订单到底什么时候", "好")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, []), ({"char_run": 10}, [0]), ({"threshold": 0.4}, []), ({"threshold": 0.4, "char_ngram": 2}, [0])],
)
def test_runs_of_characters_decide_in_chinese(suite, fields, expected):
    assert gone(suite, CHINESE, **fields) == expected


def test_files_that_cannot_be_read_are_refused(tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"a": "b"}\n{"a": \n')
    with pytest.raises(InputError, match=r"bad.jsonl:2"):
        gone(bad)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="evaluation files"):
        gone(tmp_path / "folder")
    with pytest.raises(InputError):
        gone(tmp_path / "none.jsonl")


def test_no_rows(suite):
    split = Decontaminate(against=(str(suite),))(frame())
    assert split.kept.height == split.dropped.height == 0


def test_a_yaml_suite_and_a_folder_of_suites_are_read_as_eval_reads_them(tmp_path):
    cases = [{"id": "a", "behaviour": "grounding", "slots": {"question": LEAKED}}]
    about = {"made_of": "please tell me all about item 3 of d in blue"}
    suite = tmp_path / "suite.yaml"
    suite.write_text(yaml.safe_dump({"version": 1, "about": about, "cases": cases}), encoding="utf-8")
    (tmp_path / "settings.yaml").write_text("colour: blue\n", encoding="utf-8")
    for given in (suite, tmp_path):
        split = Decontaminate(against=(str(given),))(frame((LEAKED, "yes"), *OTHERS))
        assert split.dropped["row"].to_list() == [0]
        assert split.dropped["rule"].to_list() == [f"{suite} $.cases[0].slots.question"]
    with pytest.raises(ConfigError, match="cases"):
        gone(tmp_path / "settings.yaml", ("x", "y"))
