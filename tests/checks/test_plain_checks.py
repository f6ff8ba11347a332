import pytest

from workbench.checks import decode_check
from workbench.errors import ConfigError
from workbench.records import Case

CASE = Case(id="c", behaviour="rules", slots={})
GOOD = '{"status": "answered", "reply": "Nordwind here. Order 48213 left on 14 March."}'


def label(raw, output, case=CASE):
    return decode_check(raw, "$.check")(case, output).label


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"a": 1}', "pass"),
        ('  {"a": 1}\n', "pass"),
        ('```json\n{"a": 1}\n```', "fail"),
        ('Here: {"a": 1}', "fail"),
        ('{"a": 1, "a": 2}', "fail"),
        ('{"a": NaN}', "fail"),
        ('{"a": 1} {"b": 2}', "fail"),
        ("[1]", "fail"),
        ("", "fail"),
        ("[" * 5000, "fail"),
    ],
)
def test_json_only(output, expected):
    assert label({"use": "json_only"}, output) == expected


def test_json_only_fields_matter():
    assert label({"use": "json_only", "root": "array"}, "[1]") == "pass"
    assert label({"use": "json_only", "fence": True}, '```json\n{"a": 1}\n```') == "pass"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"status": "a", "when": "2026-03-14"}', "pass"),
        ('```json\n{"status": "a", "when": "2026-03-14"}\n```', "pass"),
        ('{"status": "a", "when": "14 March"}', "fail"),
        ('{"status": "a"}', "fail"),
        ('{"status": "a", "when": "2026-03-14", "x": 1}', "fail"),
        ('{"status": 1, "when": "2026-03-14"}', "fail"),
        ("no", "fail"),
    ],
)
def test_json_schema_asserts_formats(output, expected):
    schema = {
        "type": "object",
        "required": ["status", "when"],
        "properties": {"status": {"type": "string"}, "when": {"type": "string", "format": "date"}},
        "additionalProperties": False,
    }
    assert label({"use": "json_schema", "schema": schema}, output) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("<b><p>x</p><s>y</s></b>", "pass"),
        ("<b><p>x</p><p>x</p><p>x</p><s>y</s></b>", "fail"),
        ("<b><s>y</s><p>x</p></b>", "fail"),
        ("<b><p>x</p><i>no</i><s>y</s></b>", "fail"),
        ("<c><p>x</p><s>y</s></c>", "fail"),
        ("<b><p>x</p><s>y</s>", "fail"),
        ("<b><p>x & y</p><s>y</s></b>", "fail"),
        ('<!DOCTYPE b [<!ENTITY e "x">]><b><p>&e;</p><s>y</s></b>', "fail"),
        ("```xml\n<b><p>x</p><s>y</s></b>\n```", "pass"),
        ("Hi <b><p>x</p><s>y</s></b>", "fail"),
    ],
)
def test_xml_structure(output, expected):
    counts = [{"tag": "p", "min": 1, "max": 2}]
    raw = {"use": "xml_structure", "root": "b", "tags": ["b", "p", "s"], "counts": counts, "last": "s"}
    assert label(raw, output) == expected


def test_xml_only_takes_no_fence():
    assert label({"use": "xml_only", "root": "b"}, "<b>x</b>") == "pass"
    assert label({"use": "xml_only", "root": "b"}, "```xml\n<b>x</b>\n```") == "fail"
    assert label({"use": "xml_only", "root": "c"}, "<b>x</b>") == "fail"


@pytest.mark.parametrize(
    ("raw", "good", "bad"),
    [
        ({"use": "starts_with", "phrase": "Nordwind here."}, "nordwind  here. Yes", "Yes. Nordwind here."),
        ({"use": "starts_with", "phrase": "您好，山径客服。"}, "您好,山径客服。在", "在您好，山径客服。"),
        ({"use": "starts_with", "phrase": "Yes", "exact": True}, "Yes.", "yes."),
        ({"use": "ends_with", "phrase": "Bye."}, "So long. Bye.\n", "Bye. So long."),
        ({"use": "contains", "phrases": ["red", "blue"]}, "Red and BLUE", "reddish blue"),
        ({"use": "contains", "phrases": ["red", "blue"], "any": True}, "blue", "green"),
        ({"use": "contains", "pattern": r"\[\d+\]"}, "so [1]", "so 1"),
        ({"use": "not_contains", "phrases": ["as an AI"]}, "as an aid", "As  an AI, I"),
        ({"use": "not_contains", "phrases": ["亲"]}, "您好", "亲，您好"),
        ({"use": "no_characters", "characters": "!"}, "Fine.", "Fine！"),
        ({"use": "no_identifiers", "pattern": r"INT-\d+"}, "Order 48213", "ref INT-17"),
        ({"use": "one_of", "values": ["yes", "no"]}, "Yes.", "yes and no"),
        ({"use": "length", "max": 3}, "one two three", "one two three four"),
        ({"use": "length", "max": 4}, "你好世界。", "你好世界啊"),
        ({"use": "length", "min": 2, "unit": "sentences"}, "A b. C d.", "A b."),
        ({"use": "length", "max": 1, "unit": "paragraphs"}, "a\nb", "a\n\nb"),
        ({"use": "length", "max": 3, "unit": "characters"}, "abc", "abcd"),
        ({"use": "length", "min": 2, "unit": "items"}, "- a\n- b", "- a and - b"),
        ({"use": "length", "max": 1, "unit": "lines"}, "a", "a\nb"),
        ({"use": "language", "lang": "en"}, "That is not in my notes.", "Das ist nicht in der Liste."),
        ({"use": "language", "lang": "zh"}, "资料里没有写。", "This is not in the notes."),
        ({"use": "language", "lang": "zh"}, "已由 Postway 寄出。", "您好。Thank you for your order.已寄出。"),
    ],
)
def test_a_check_turns(raw, good, bad):
    assert label(raw, good) == "pass"
    assert label(raw, bad) == "fail"


def test_mixed_languages_pass_where_allowed():
    text = "您好，您的订单今天上午已经由我们寄出。Thank you for your order.请留意查收。"
    assert label({"use": "language", "lang": "zh"}, text) == "fail"
    assert label({"use": "language", "lang": "zh", "mixed": True}, text) == "pass"


def test_a_field_is_judged_alone():
    raw = {"use": "starts_with", "phrase": "Nordwind here.", "path": "$.reply"}
    assert label(raw, GOOD) == "pass"
    assert label(raw, GOOD.replace("Nordwind here. ", "")) == "fail"


def test_a_missing_field_is_said():
    raw = {"use": "starts_with", "phrase": "Sure", "path": "$.reply"}
    grade = decode_check(raw, "$")(CASE, "Sure thing!")
    assert grade.label == "pass"
    assert "$.reply isn't there" in grade.detail


def test_evidence_points_into_the_output():
    raw = {"use": "no_identifiers", "pattern": r"INT-\d+", "path": "$.reply"}
    output = '{"reply": "It is INT-4821."}'
    (piece,) = decode_check(raw, "$")(CASE, output).evidence
    assert output[piece.start : piece.end] == piece.text == "INT-4821"


def test_nothing_to_hide_is_not_applicable():
    case = Case(id="c", behaviour="rules", slots={"context": "Order 1"})
    assert label({"use": "no_identifiers", "pattern": r"INT-\d+"}, "Order 1", case) == "not_applicable"
    assert label({"use": "no_identifiers", "pattern": r"INT-\d+"}, "INT-1", case) == "fail"


def test_language_of_too_little_is_unscored():
    assert label({"use": "language", "lang": "de"}, "OK Postway") == "unscored"
    assert label({"use": "language", "lang": "de"}, "48213") == "unscored"


def test_a_schema_that_refers_elsewhere_is_refused_and_nothing_is_fetched():
    raw = {"use": "json_schema", "schema": {"$ref": "http://localhost:1/other.json"}}
    with pytest.raises(ConfigError, match=r"other\.json"):
        label(raw, "{}")


def test_the_confidence_asked_decides_between_fail_and_unscored():
    text = "The tent."
    assert label({"use": "language", "lang": "de"}, text) == "fail"
    assert label({"use": "language", "lang": "de", "min_confidence": 0.99}, text) == "unscored"


def test_an_end_is_compared_letter_by_letter_where_asked():
    assert label({"use": "ends_with", "phrase": "Bye."}, "bye.") == "pass"
    assert label({"use": "ends_with", "phrase": "Bye.", "exact": True}, "bye.") == "fail"
