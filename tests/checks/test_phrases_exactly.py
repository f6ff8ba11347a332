"""Where phrases begin and end, what is quoted, and what decides between all and any."""

import pytest

from workbench.checks import decode_check
from workbench.checks.phrases import judge_edge, judge_one_of, spans_of
from workbench.records import Case

CASE = Case(id="c", behaviour="rules", slots={})


def grade(raw, output, case=CASE):
    return decode_check(raw, "$")(case, output)


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("as an AI, as an aid", "as an ai", [(0, 8)]),
        ("red reds bored red", "red", [(0, 3), (15, 18)]),
        ("red_ _red red1 1red", "red", []),
        ("well-red red-hot", "red", [(5, 8), (9, 12)]),
        ("a  b\na\tb", "a b", [(0, 4), (5, 8)]),
        ("Ｆｕｌｌ width", "full", [(0, 4)]),
        ("ok!! fine", "ok!", [(0, 3)]),
        ("(x)y", "(x)", [(0, 3)]),
        ("xé éx", "é", [(1, 2), (3, 4)]),
        ("您好亲", "亲", [(2, 3)]),
        ("a.b axb", "a.b", [(0, 3)]),
        ("anything", "  ", []),
        ("ﬁx", "x", [(1, 2)]),
    ],
)
def test_a_phrase_stands_as_whole_words(text, phrase, found):
    assert spans_of(text, phrase) == found


@pytest.mark.parametrize(
    ("phrases", "pattern", "enough", "text", "label", "missing"),
    [
        (("a", "b"), None, False, "a b", "pass", []),
        (("a", "b"), None, False, "a", "fail", ["b"]),
        (("a", "b"), None, True, "a", "pass", []),
        (("a", "b"), None, True, "c", "fail", ["a", "b"]),
        (("a",), r"\d", False, "a", "fail", [r"\d"]),
        (("a",), r"\d", False, "a 1", "pass", []),
        (("a",), r"\d", True, "1", "pass", []),
        (("a",), r"\d", True, "a", "pass", []),
        (("a",), r"\d", True, "b", "fail", ["a", r"\d"]),
        ((), r"\d", True, "b", "fail", [r"\d"]),
        ((), r"\d", True, "1", "pass", []),
    ],
)
def test_all_or_any_of_phrases_and_a_pattern(phrases, pattern, enough, text, label, missing):
    found = grade({"use": "contains", "phrases": phrases, "pattern": pattern, "any": enough}, text)
    assert (found.label, [one.text for one in found.evidence]) == (label, missing)


def test_what_is_forbidden_is_quoted_in_its_order():
    found = grade({"use": "not_contains", "phrases": ["b", "a"], "pattern": r"\d"}, "1 a b")
    assert found.label == "fail"
    assert [(one.what, one.text, one.start, one.end) for one in found.evidence] == [
        ("forbidden", "1", 0, 1), ("forbidden", "a", 2, 3), ("forbidden", "b", 4, 5),
    ]  # fmt: skip
    signs = grade({"use": "no_characters", "characters": "！;"}, "a! b；c！")
    assert [(one.text, one.start, one.end) for one in signs.evidence] == [
        ("!", 1, 2),
        ("；", 4, 5),
        ("！", 6, 7),
    ]
    assert grade({"use": "no_characters", "characters": "!"}, "a.").label == "pass"


@pytest.mark.parametrize("use", ["contains", "not_contains"])
def test_a_text_too_long_for_a_pattern_is_not_judged(use, monkeypatch):
    monkeypatch.setattr("workbench.checks.phrases.find_all", lambda *_: None)
    found = grade({"use": use, "pattern": "a"}, "a")
    assert (found.label, bool(found.detail)) == ("unscored", True)


def test_what_stands_at_an_edge_is_told_in_part():
    text = "0123456789" * 4
    assert judge_edge(text, "ab", edge="start").detail == f"it begins with {text[:22]!r}"
    assert judge_edge(text, "ab", edge="end").detail == f"it ends with {text[-22:]!r}"
    assert judge_edge(f"  {text} ", "0123", edge="start").detail == ""
    assert judge_edge(" Yes. ", " Yes.", edge="start", exact=True).label == "pass"
    assert judge_edge(" Yes. ", "Yes. ", edge="end", exact=True).label == "pass"
    assert judge_edge("yes.", "Yes.", edge="end", exact=True).label == "fail"


def test_identifiers_are_tempting_where_an_input_holds_one():
    raw = {"use": "no_identifiers", "pattern": r"INT-\d+"}
    for slots, output, label in [
        ({"a": "INT-1", "b": "x"}, "fine", "pass"),
        ({"a": "x", "b": "y"}, "fine", "not_applicable"),
        ({"a": "x", "b": "y"}, "INT-2", "fail"),
        ({"a": "INT-1"}, "INT-1", "fail"),
        ({}, "fine", "pass"),
    ]:
        found = grade(raw, output, Case(id="c", behaviour="rules", slots=slots))
        assert found.label == label
        assert [one.what for one in found.evidence] == (["identifier"] if label == "fail" else [])


def test_one_of_takes_signs_around_it_and_nothing_more():
    assert judge_one_of(' "Yes". ', ("no", "yes")).label == "pass"
    assert judge_one_of("yes", ("Yes.",)).label == "pass"
    found = judge_one_of("yes and no", ("yes", "no"))
    assert (found.label, found.detail) == ("fail", "'yes and no' is none of yes, no")
    assert judge_one_of("no", ("yes", "no")).detail == ""
