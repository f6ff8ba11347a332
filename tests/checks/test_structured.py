# ruff: noqa: E501 (texts in one piece)
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.checks import decode_check, encode_check
from workbench.checks.structured import FORMS, judge_structured, read_structured
from workbench.checks.xsd import check_xsd, xsd_problems
from workbench.checks.yamltext import read_yaml
from workbench.errors import ConfigError
from workbench.graders import Schema
from workbench.records import Case

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
 <xs:element name="order"><xs:complexType><xs:sequence>
  <xs:element name="id" type="xs:positiveInteger"/>
  <xs:element name="sent" type="xs:date" minOccurs="0"/>
  <xs:element name="note" type="xs:string" maxOccurs="2"/>
 </xs:sequence></xs:complexType></xs:element></xs:schema>"""
ORDER = "<order><id>7</id><sent>2026-03-14</sent><note>易碎</note></order>"
RECORD = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "n": {"type": "integer"},
        "on": {"type": "string", "format": "date"},
    },
    "required": ["name", "n", "on"],
    "additionalProperties": False,
}
ROWS = {"items": {"required": ["name", "n"], "properties": {"n": {"pattern": "^[0-9]+$"}}}, "minItems": 1}
TABLED = {"properties": {"tables": {"minItems": 1}}}
GOOD = {
    "json": ('{"name": "小张", "n": 3, "on": "2026-03-14"}', RECORD),
    "yaml": ("name: 小张\nn: 3\non: 2026-03-14\n", RECORD),
    "csv": ("name,n\n小张,3\n", ROWS),
    "markdown": ("# 订单\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", TABLED),
    "xml": (ORDER, None),
}
BAD = {
    "json": '{"name": "小张", "n": "3", "on": "2026-13-14"}',
    "yaml": "name: 小张\nn: three\non: 2026-13-14\n",
    "csv": "name,n\n小张,three\n",
    "markdown": "# 订单\n\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n```\n",
    "xml": ORDER.replace("<id>7</id>", "<id>-7</id>"),
}


def judged(form, output, *, fence=True, **more):
    schema = GOOD[form][1]
    return judge_structured(
        output, form, schema=schema, xsd=XSD if form == "xml" else None, fence=fence, **more
    )


@pytest.mark.parametrize("form", FORMS)
def test_each_format_has_its_levels_and_only_exact_and_fenced_pass(form):
    good = GOOD[form][0]
    exact, fenced = judged(form, good), judged(form, f"```{form}\n{good}```\n")
    assert [(one.label, one.outcome) for one in (exact, fenced)] == [("pass", "exact"), ("pass", "fenced")]
    assert judged(form, f"```{form}\n{good}```\n", fence=False).label == "fail"
    wrong = judged(form, BAD[form])
    assert (wrong.label, wrong.outcome) == ("fail", "not valid")
    assert wrong.evidence
    if form != "markdown":  # any text is Markdown
        mended = judged(form, f"Here you are:\n\n```{form}\n{good}```\nAnything else?")
        assert (mended.label, mended.outcome) == ("fail", "repaired"), mended
        assert [one.text for one in mended.evidence if one.what == "repair"] == [
            "taken out of the text around it"
        ]
        both = judged(form, f"Here you are:\n\n```{form}\n{BAD[form]}```\nAnything else?")
        assert (both.label, both.outcome) == ("fail", "repaired, not valid")


@pytest.mark.parametrize(
    ("form", "output"), [("json", "no"), ("yaml", "a: [1"), ("csv", "a,b\n1"), ("csv", ""), ("xml", "a < b")]
)
def test_what_cannot_be_read_says_so(form, output):
    grade = judged(form, output)
    assert (grade.label, grade.outcome) == ("fail", "unreadable")
    assert grade.detail


def test_repairs_are_named_in_the_order_done():
    grade = judged("json", "Sure! {name: '小张', 'n': 3, 'on': '2026-03-14',} // done")
    assert grade.outcome == "repaired"
    repairs = [one.text for one in grade.evidence if one.what == "repair"]
    assert repairs == ["taken out of the text around it", "single quotes", "bare keys", "trailing commas"]
    xml = judged("xml", f"Here: {ORDER.replace('易碎', 'A & B')}")
    assert [one.text for one in xml.evidence if one.what == "repair"] == [
        "taken out of the text around it",
        "bare ampersands",
    ]


def test_values_must_stand_there():
    assert judged("yaml", GOOD["yaml"][0], values={"n": 3}).label == "pass"
    grade = judged("yaml", GOOD["yaml"][0], values={"n": 4})
    assert (grade.label, grade.outcome, grade.detail) == ("fail", "wrong values", "$.n: is 3, not 4")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("d: 2026-01-02", {"d": "2026-01-02"}),
        ("t: 12:30", {"t": "12:30"}),
        ("a: no\nb: yes\nc: on\nd: true", {"a": "no", "b": "yes", "c": "on", "d": True}),
        ("1: a\ntrue: b\n~: c", {"1": "a", "true": "b", "null": "c"}),
        ("a: 010\nb: 0o10\nc: 0x10\nd: 1e3\ne: .5\nf: ~\ng:", {"a": 10, "b": 8, "c": 16, "d": 1000.0, "e": 0.5, "f": None, "g": None}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("手机: 一", {"手机": "一"}),
    ],
)  # fmt: skip
def test_yaml_is_read_as_what_json_would_hold(text, value):
    assert read_yaml(text) == (value, "")


@pytest.mark.parametrize(
    "text",
    [
        "a: .nan", "a: -.inf", "a: 1\na: 2", "1: a\n'1': b", "a: &x\n  b: *x", "a: !!python/name:os.system", "a: 1\n---\nb: 2",
        "a: !!binary aGk=", "a: !!set {x}", "? [1]\n: 2", "a: [1", "\tx: 1",
    ],
)  # fmt: skip
def test_yaml_that_is_no_plain_value_is_a_problem(text):
    assert read_yaml(text)[1]


def test_yaml_aliases_are_no_bomb():
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for one, before in zip("bcdefghij", "abcdefghi", strict=True):
        lines.append(f"{one}: &{one} [{','.join(['*' + before] * 9)}]")
    start = time.process_time()
    assert "stand for more than" in read_yaml("\n".join(lines))[1]
    assert time.process_time() - start < 2


FLAT = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
JSONS = st.recursive(
    FLAT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)


@given(JSONS)
def test_json_is_yaml_and_is_read_alike(value):
    assert read_yaml(json.dumps(value)) == (value, "")


def test_half_a_character_is_a_problem():
    assert read_yaml('a: "\\ud800"')[1]
    assert read_yaml('a: "\\ud83d\\ude00"') == ({"a": "\U0001f600"}, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<id>7</id>", "", "line 1"),
        ("<id>7</id>", "<id>0</id>", "positiveInteger"),
        ("2026-03-14", "2026-02-30", "xs:date"),
        ("<note>易碎</note>", "<note>a</note><note>b</note><note>c</note>", "note"),
        ("</order>", "<more/></order>", "more"),
        ("order>", "orders>", "orders"),
    ],
)
def test_xml_that_its_schema_forbids_says_where(old, new, said):
    assert xsd_problems(ORDER, XSD) == []
    problems = xsd_problems(ORDER.replace(old, new), XSD)
    assert problems
    assert said in str(problems)


def test_xml_refuses_entities_and_follows_no_hint(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("7")
    bomb = (
        f'<!DOCTYPE order [<!ENTITY x SYSTEM "{secret.as_uri()}">]><order><id>&x;</id><note>a</note></order>'
    )
    assert judged("xml", bomb).outcome == "unreadable"
    other = tmp_path / "other.xsd"
    other.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="x"/></xs:schema>'
    )
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    hinted = ORDER.replace("<order>", f'<order {xsi} xsi:noNamespaceSchemaLocation="{other.as_uri()}">')
    assert judged("xml", hinted).label == "pass"


@pytest.mark.parametrize(
    ("xsd", "said"),
    [
        ("<a/>", "xs:schema|schema"),
        ("<xs:schema", "line 1"),
        (XSD.replace("xs:date", "xs:dat"), "line 4"),
        (XSD.replace('<xs:element name="order">', '<xs:include schemaLocation="http://127.0.0.1:9/a.xsd"/><xs:element name="order">'), "xs:include"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + XSD, "entities"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_schema_of_its_own_is_refused(xsd, said):
    with pytest.raises(ConfigError, match=said):
        check_xsd(xsd)


def test_the_check_travels_and_is_refused_where_it_could_not_work():
    raw = {"use": "structured", "format": "xml", "xsd": XSD}
    check = decode_check(raw, "$.rules[0].check")
    assert encode_check(check) == raw
    case = Case(id="c", behaviour="rules", slots={})
    assert check(case, ORDER).label == "pass"
    assert check(case, BAD["xml"]).label == "fail"
    for bad, said in (
        ({"format": "xml", "schema": {}}, "xsd"),
        ({"format": "yaml", "xsd": XSD}, "schema"),
        ({"format": "xml", "xsd": "<a/>"}, "xsd"),
        ({"format": "csv", "schema": {"type": "nothing"}}, "schema"),
        ({"format": "toml"}, "format"),
    ):
        with pytest.raises(ConfigError, match=said):
            decode_check({"use": "structured", **bad}, "$.rules[0].check")


def test_a_case_brings_its_xml_schema():
    case = Case(id="c", behaviour="schema", slots={}, expect={"format": "xml", "xsd": XSD})
    assert Schema()(case, ORDER).label == "pass"
    assert Schema()(case, f"```xml\n{ORDER}\n```").outcome == "fenced"
    assert Schema(fence=False)(case, f"```xml\n{ORDER}\n```").label == "fail"
    assert Schema()(case, BAD["xml"]).outcome == "not valid"
    mixed = Case(id="c", behaviour="schema", slots={}, expect={"format": "xml", "schema": {}})
    assert Schema()(mixed, ORDER).label == "unscored"


@pytest.mark.parametrize("form", FORMS)
def test_two_blocks_are_not_one(form):
    if form == "markdown":
        pytest.skip("Markdown may hold fences")
    text = f"```{form}\n{GOOD[form][0]}```\nor\n```{form}\n{GOOD[form][0]}```"
    assert read_structured(text, form).level == "repaired"
