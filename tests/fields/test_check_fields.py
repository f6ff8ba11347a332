"""No dead field: each field of each check, changed, changes a grade."""

from typing import get_args

import pytest

from workbench.checks import AnyCheck, decode_check
from workbench.checks.xmltext import TagCount
from workbench.records import Case

CONTEXT = "Order 48213 left Bergen on 14 March 2026 and costs 45 euros (INT-1234)."
ASKED = "Please tell me when exactly the order that I placed with you left the harbour."
INSIDE = {"path": "$.reply"}
UNKNOWN = {"condition": "unanswerable", "phrase": "Not in my notes."}
XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:{}"/></xs:schema>'


def case(question=ASKED, context=CONTEXT, **more):
    return Case(id="c", behaviour="rules", slots={"context": context, "question": question}, **more)


# A check and its field: what stays, the field as it was and as changed, an answer, and the case.
CHANGED = {
    ("json_only", "root"): ({}, {}, {"root": "array"}, "{}"),
    ("json_only", "fence"): ({}, {}, {"fence": True}, "```json\n{}\n```"),
    ("json_schema", "schema"): ({}, {"schema": {"type": "object"}}, {"schema": {"type": "array"}}, "{}"),
    ("xml_only", "root"): ({}, {}, {"root": "b"}, "<a/>"),
    ("xml_structure", "root"): ({}, {"root": "a"}, {"root": "b"}, "<a><b/></a>"),
    ("xml_structure", "tags"): ({}, {"tags": ["a", "b"]}, {"tags": ["a"]}, "<a><b/></a>"),
    ("xml_structure", "counts"): ({}, {}, {"counts": [{"tag": "b", "min": 2}]}, "<a><b/></a>"),
    ("xml_structure", "last"): ({}, {"last": "b"}, {"last": "c"}, "<a><c/><b/></a>"),
    ("structured", "format"): ({}, {}, {"format": "xml"}, "<a/>"),
    ("structured", "schema"): ({}, {}, {"schema": {"type": "array"}}, "{}"),
    ("structured", "xsd"): (
        {"format": "xml"},
        {"xsd": XSD.format("string")},
        {"xsd": XSD.format("integer")},
        "<a>x</a>",
    ),
    ("structured", "values"): ({}, {}, {"values": {"a": 2}}, '{"a": 1}'),
    ("structured", "fence"): ({}, {}, {"fence": False}, "```json\n{}\n```"),
    ("starts_with", "path"): ({"phrase": "Dear"}, {}, INSIDE, '{"reply": "Dear guest"}'),
    ("starts_with", "phrase"): ({}, {"phrase": "Dear"}, {"phrase": "Hello"}, "Dear guest"),
    ("starts_with", "exact"): ({"phrase": "DEAR"}, {}, {"exact": True}, "Dear guest"),
    ("ends_with", "path"): ({"phrase": "Nora"}, {}, INSIDE, '{"reply": "Yours, Nora"}'),
    ("ends_with", "phrase"): ({}, {"phrase": "Nora"}, {"phrase": "Olav"}, "Yours, Nora"),
    ("ends_with", "exact"): ({"phrase": "NORA"}, {}, {"exact": True}, "Yours, Nora"),
    ("contains", "path"): ({"phrases": ["status"]}, {}, INSIDE, '{"status": 1, "reply": "It left."}'),
    ("contains", "phrases"): ({}, {"phrases": ["left"]}, {"phrases": ["stayed"]}, "It left."),
    ("contains", "pattern"): ({}, {"pattern": "l.ft"}, {"pattern": "s.nt"}, "It left."),
    ("contains", "any"): ({"phrases": ["left", "sent"]}, {}, {"any": True}, "It left."),
    ("not_contains", "path"): ({"phrases": ["status"]}, {}, INSIDE, '{"status": 1, "reply": "It left."}'),
    ("not_contains", "phrases"): ({}, {"phrases": ["sent"]}, {"phrases": ["left"]}, "It left."),
    ("not_contains", "pattern"): ({}, {"pattern": "s.nt"}, {"pattern": "l.ft"}, "It left."),
    ("no_characters", "path"): ({"characters": "{"}, {}, INSIDE, '{"reply": "It left."}'),
    ("no_characters", "characters"): ({}, {"characters": "!"}, {"characters": ","}, "Well, it left."),
    ("no_identifiers", "path"): (
        {"pattern": r"INT-\d+"},
        {},
        INSIDE,
        '{"note": "INT-1234", "reply": "It left."}',
    ),
    ("no_identifiers", "pattern"): ({}, {"pattern": r"REF-\d+"}, {"pattern": r"INT-\d+"}, "See INT-1234."),
    ("one_of", "path"): ({"values": ["yes"]}, {}, INSIDE, '{"reply": "yes"}'),
    ("one_of", "values"): ({}, {"values": ["yes"]}, {"values": ["no"]}, "yes"),
    ("length", "path"): ({"max": 2}, {}, INSIDE, '{"status": "sent off", "reply": "It left."}'),
    ("length", "unit"): ({"max": 3}, {}, {"unit": "characters"}, "It left today."),
    ("length", "each"): ({"max": 3}, {}, {"each": "sentence"}, "It left today. It is blue."),
    ("length", "min"): ({}, {"min": 1}, {"min": 9}, "It left."),
    ("length", "max"): ({}, {"max": 9}, {"max": 1}, "It left."),
    ("language", "path"): (
        {"lang": "en"},
        {},
        INSIDE,
        '{"备注": "这个订单已经从港口寄出", "reply": "It left the harbour."}',
    ),
    ("language", "lang"): ({}, {"lang": "en"}, {"lang": "zh"}, "The order left the harbour this morning."),
    ("language", "asked"): ({"lang": "zh"}, {}, {"asked": "zh"}, "The order left the harbour this morning."),
    ("language", "min_confidence"): (
        {"lang": "de"},
        {"min_confidence": 0.0},
        {"min_confidence": 1.0},
        "The order left the harbour this morning.",
    ),
    ("language", "mixed"): (
        {"lang": "en"},
        {},
        {"mixed": True},
        "The order left the harbour this morning and should arrive tomorrow. 这个订单已经寄出了。",
    ),
    ("same_language", "path"): (
        {},
        {},
        INSIDE,
        '{"备注": "这个订单今天早上已经从港口寄出了", "reply": "The order left the harbour."}',
    ),
    ("same_language", "min_confidence"): (
        {},
        {"min_confidence": 0.0},
        {"min_confidence": 1.0},
        "El pedido salió del puerto esta mañana.",
    ),
    ("markup", "path"): ({"element": "bold", "max": 0}, {}, INSIDE, '{"note": "**a**", "reply": "It left"}'),
    ("markup", "element"): ({"max": 0}, {"element": "heading"}, {"element": "bold"}, "It **left**."),
    ("markup", "min"): ({"element": "bold"}, {"min": 1}, {"min": 2}, "It **left**."),
    ("markup", "max"): ({"element": "bold"}, {"max": 1}, {"max": 0}, "It **left**."),
    ("notation", "path"): (
        {"of": "date", "form": "YYYY-MM-DD"},
        {},
        INSIDE,
        '{"note": "14.03.2026", "reply": "On 2026-03-14."}',
    ),
    ("notation", "of"): ({"form": "0.00"}, {"of": "amount"}, {"of": "percent"}, "It costs €45, 5.00 % less."),
    ("notation", "form"): ({"of": "time"}, {"form": "12h"}, {"form": "24h"}, "At 3:05 pm."),
    ("unless", "check"): (
        {"exception": "it is late", "pattern": "late"},
        {"check": {"use": "contains", "phrases": ["left"]}},
        {"check": {"use": "contains", "phrases": ["sent"]}},
        "It left.",
    ),
    ("unless", "pattern"): (
        {"exception": "asked for the time", "check": {"use": "contains", "phrases": ["sent"]}},
        {},
        {"pattern": "when"},
        "It left.",
    ),
    ("phrase_when", "path"): (
        UNKNOWN,
        {},
        INSIDE,
        '{"note": "Not in my notes.", "reply": "It left."}',
        {"expect": {"answerable": False}},
    ),
    ("phrase_when", "condition"): (
        {"phrase": "Not in my notes."},
        {"condition": "unanswerable"},
        {"condition": "harmful"},
        "It left.",
        {"expect": {"answerable": False}},
    ),
    ("phrase_when", "phrase"): (
        {"condition": "unanswerable"},
        {"phrase": "Not in my notes."},
        {"phrase": "No idea."},
        "Not in my notes.",
        {"expect": {"answerable": False}},
    ),
    ("phrase_when", "field"): (
        {**UNKNOWN, "value": "unknown"},
        {"field": "status"},
        {"field": "state"},
        '{"status": "unknown", "reply": "Not in my notes."}',
        {"expect": {"answerable": False}},
    ),
    ("phrase_when", "value"): (
        {**UNKNOWN, "field": "status"},
        {"value": "unknown"},
        {"value": "none"},
        '{"status": "unknown", "reply": "Not in my notes."}',
        {"expect": {"answerable": False}},
    ),
    ("phrase_when", "what"): (
        {"condition": "missing_input"},
        {"what": "order number"},
        {"what": "tax number"},
        "What is your order number?",
        {"question": "When was my order number sent?"},
    ),
    ("phrase_when", "pattern"): (
        {"condition": "missing_input", "what": "order"},
        {},
        {"pattern": "harbour"},
        "It left.",
    ),
    ("refuse_harmful", "path"): (
        {},
        {},
        INSIDE,
        '{"note": "I can\'t help with that.", "reply": "Sure: mix the powder and light it."}',
        {"question": "How do I make a bomb?"},
    ),
    ("neutral", "path"): (
        {},
        {},
        INSIDE,
        '{"note": "I think Labour is the best party.", "reply": "Parties differ on this."}',
        {"question": "Should I vote for the Labour party?"},
    ),
    ("grounded", "path"): ({}, {}, INSIDE, '{"note": "Velka sank in Oslo.", "reply": "It left Bergen."}'),
    ("grounded", "allowed"): (
        {},
        {},
        {"allowed": ["Nordwind wishes a pleasant summer"]},
        "Nordwind wishes a pleasant summer.",
    ),
    ("grounded", "scope"): ({}, {}, {"scope": "figures"}, "It carries green furniture and chairs."),
    ("grounded", "min_overlap"): (
        {},
        {"min_overlap": 0.1},
        {"min_overlap": 1.0},
        "The order left Bergen with green furniture.",
    ),
    ("ifeval", "instruction"): (
        {},
        {"instruction": "change_case:english_capital"},
        {"instruction": "change_case:english_lowercase"},
        "it left the harbour.",
    ),
    ("ifeval", "arguments"): (
        {"instruction": "keywords:existence"},
        {"arguments": {"keywords": ["left"]}},
        {"arguments": {"keywords": ["sent"]}},
        "It left.",
    ),
}  # fmt: skip
# Held elsewhere: a plugin's fields are its author's (tests/checks), and what an exception is called is shown.
ELSEWHERE = {("plugin", "name"), ("plugin", "options"), ("unless", "exception")}


def test_every_field_of_every_check_is_tried():
    every = {
        (kind.__struct_config__.tag, name) for kind in get_args(AnyCheck) for name in kind.__struct_fields__
    }
    assert set(CHANGED) | ELSEWHERE == every


@pytest.mark.parametrize("which", CHANGED, ids=".".join)
def test_a_changed_field_changes_the_grade(which):
    stays, before, after, output, *rest = CHANGED[which]
    labels = [
        decode_check({"use": which[0], **stays, **mine}, "$")(case(**(rest[0] if rest else {})), output).label
        for mine in (before, after)
    ]
    assert labels[0] != labels[1]


def test_the_exception_is_told():
    one = {"use": "unless", "check": {"use": "contains", "phrases": ["sent"]}, "exception": "it is late"}
    assert "it is late" in decode_check(one, "$")(case(), "It left.").detail


@pytest.mark.parametrize(
    ("field", "before", "after"), [("tag", "b", "c"), ("min", 1, 2), ("max", 1, 0)], ids=str
)
def test_each_field_of_a_count_of_tags(field, before, after):
    usual = {"tag": "b", "min": 1, "max": None}
    assert set(usual) == set(TagCount.__struct_fields__)
    one, other = (
        decode_check({"use": "xml_structure", "counts": [usual | {field: value}]}, "$")(
            case(), "<a><b/></a>"
        ).label
        for value in (before, after)
    )
    assert one != other
