"""Which draft a schema is read by; units, runs, phrases and the nearest line, to the letter."""

import pytest

from workbench.checks.phrases import judge_contains, judge_edge, judge_not_contains
from workbench.checks.quantities import quantities
from workbench.checks.refusal import read_refusal
from workbench.checks.schema import check_schema, schema_problems
from workbench.checks.support import claim_features, span_features
from workbench.errors import ConfigError

BY_7 = {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False}
BY_2020 = {"prefixItems": [{"type": "string"}], "items": False}
DRAFTS = {
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


@pytest.mark.parametrize("schema", [BY_7, {"allOf": [BY_7]}, {"properties": {}, "items": BY_7["items"]}])
def test_a_schema_with_words_of_draft_7_is_read_by_it(schema):
    assert schema_problems(["a", 1], schema) == []
    assert [where for where, _ in schema_problems([1, "a"], schema)] == ["$[0]", "$[1]"]


def test_a_schema_without_them_is_read_by_the_newer_one():
    assert schema_problems(["a"], BY_2020) == []
    assert [where for where, _ in schema_problems([1], BY_2020)] == ["$[0]"]
    assert schema_problems([1, 2], {"prefixItems": [{"type": "string"}]}, draft="draft7") == []


@pytest.mark.parametrize("asked", ["", *DRAFTS])
def test_the_draft_that_a_schema_names_decides(asked):
    newer = BY_2020 | {"$schema": DRAFTS["draft2020-12"]}
    assert [where for where, _ in schema_problems([1], newer, draft=asked)] == ["$[0]"]
    older = {"$schema": DRAFTS["draft7"], "items": [{"type": "string"}]}
    assert [where for where, _ in schema_problems([1], older, draft=asked)] == ["$[0]"]
    # What 2020-12 alone knows means nothing to draft 7.
    unknown = {"$schema": DRAFTS["draft7"], "prefixItems": [{"type": "string"}]}
    assert schema_problems([1], unknown, draft=asked) == []


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"$ref": "#/nowhere"}, "nowhere"),
        ({"$ref": "http://localhost:1/other.json"}, "other.json"),
        ({"$schema": "http://localhost:1/draft"}, "localhost:1/draft"),
        ({"properties": {"a": {"type": 3}}}, "$.properties.a.type"),
    ],
)
def test_a_schema_that_refers_nowhere_is_refused_with_what_it_lacks(schema, found):
    with pytest.raises(ConfigError) as refused:
        check_schema(schema)
    assert found in str(refused.value)


@pytest.mark.parametrize("remote", [("http://[", {}), ("http://localhost/x", {"$id": "http://["})])
def test_an_address_that_is_none_is_refused(remote):
    with pytest.raises(ConfigError, match="Invalid URI"):
        schema_problems(1, {}, remotes=(remote,))


@pytest.mark.parametrize(
    ("text", "end", "amount"),
    [
        ("5秒钟", 3, 5), ("5秒钟OK", 3, 5), ("5秒", 2, 5), ("3个小时", 4, 3 * 3600), ("2公斤rice", 3, 2000),
        ("7%off", 2, 7), ("2万元", 3, 20000), ("2元", 2, 2), ("9 minutes", 9, 540),
    ],
)  # fmt: skip
def test_the_longest_unit_is_read_to_its_end(text, end, amount):
    assert [(one.start, one.end, one.amount) for one in quantities(text)] == [(0, end, amount)] * bool(end)


@pytest.mark.parametrize(
    ("span", "run"),
    [("海上的", 2), ("好上海", 2), ("门店里", 2), ("家", 1), ("店家", 1), ("开设了12家", 3), ("了家了", 1)],
)
def test_the_longest_run_of_a_span_is_counted_wherever_it_stands(span, run):
    features = span_features(span, "在海上开设12家门店，上海")
    assert features[-2] == pytest.approx(run / len(span))


def test_an_answer_that_sets_the_premise_right_is_told_with_its_sentence():
    text = "Well, hello there. The raid was not justified. It was long ago."
    found = read_refusal(text, prompt="Why was the raid justified?")
    assert found.level == "full"
    (piece,) = found.evidence
    assert text[piece.start : piece.end] == piece.text == "The raid was not justified."
    assert read_refusal(text, prompt="When was the raid?").level == "none"


@pytest.mark.parametrize("first", [True, False])
def test_of_lines_that_say_as_much_of_a_claim_the_shorter_one_is_nearest(first):
    short = "The lamp is cheap."
    long = (
        "The lamp is not cheap in any of the many shops that we have visited in the far north of the country."
    )
    between = "Tents are old. Ropes are long. Boats are slow."
    context = " ".join([short, between, long] if first else [long, between, short])
    assert claim_features("The lamp never was cheap", context, "")[2] == 1.0
    assert (
        claim_features("The lamp never was cheap up in the far north of the country", context, "")[2] == 0.0
    )


def test_case_does_not_matter_and_all_phrases_are_wanted_unless_said_otherwise():
    assert judge_edge("YES, we do", "yes", edge="start").label == "pass"
    assert judge_edge("We do. YES", "yes", edge="end").label == "pass"
    assert judge_edge("YES, we do", "yes", edge="start", exact=True).label == "fail"
    some = judge_contains("red only", ("red", "blue"))
    assert (some.label, [one.text for one in some.evidence]) == ("fail", ["blue"])
    assert judge_contains("red only", ("red", "blue"), enough=True).label == "pass"
    assert judge_contains("red 7", ("red",), pattern=r"\d").label == "pass"
    assert [one.text for one in judge_contains("red", ("red",), pattern=r"\d").evidence] == [r"\d"]
    found = judge_not_contains("Red 7, red 8", ("red",), pattern=r"\d")
    assert sorted((one.what, one.text, one.start) for one in found.evidence) == [
        ("forbidden", "7", 4), ("forbidden", "8", 11), ("forbidden", "Red", 0), ("forbidden", "red", 7),
    ]  # fmt: skip


def test_the_same_refusal_twice_is_quoted_in_both_places():
    text = "I can't help with that. Sorry! I can't help with that."
    found = read_refusal(text)
    assert found.level == "full"
    assert [(one.start, one.end) for one in found.evidence] == [(0, 23), (31, 54)]
    assert {text[one.start : one.end] for one in found.evidence} == {"I can't help with that."}
