from typing import get_args

import pytest

from workbench.checks import decode_check
from workbench.checks.markup import PATTERNS, Element, Markup
from workbench.errors import ConfigError
from workbench.records import Case

CASE = Case(id="c", behaviour="rules", slots={})
HOLDS = {
    "emoji": ["Nice 🙂", "完成✅了", "🇩🇪", "5️⃣ steps"],
    "link": ["See https://example.org.", "[here](x.md)", "www.example.org"],
    "heading": ["# One", "text\n### Two\n"],
    "bold": ["a **b** c", "__b__"],
    "italic": ["an *old* man", "_so_"],
    "bullet": ["- one", "  • 二"],
    "numbered": ["1. one", "(2) two", "三、第三"],
    "table": ["| a | b |\n|---|:-:|\n| 1 | 2 |"],
    "code_block": ["```py\nx\n```"],
    "citation": ["Tea [1].", "茶【2】", "[1, 2]", "[citation:3]"],
    "question": ["Is it?", "是吗？好", "“Why?” she said"],
    "exclamation": ["No!", "好！"],
    "markdown": ["**b**", "# h", "`x`", "[a](b)"],
}
LACKS = {
    "emoji": ["Nice :)", "→ © ™ 5 #1", "完成。"],
    "link": ["see [1]", "a.b"],
    "heading": ["#tag", "No. # 1"],
    "bold": ["2 ** 3", "snake__case"],
    "italic": ["2 * 3 * 4", "**bold**", "snake_case_name"],
    "bullet": ["a - b", "-5 degrees"],
    "numbered": ["2025 was hot", "1.5 litres a day"],
    "table": ["a | b", "---"],
    "code_block": ["use `x`"],
    "citation": ["[name]", "in 2025"],
    "question": ["https://a.org/x?q=1", "A statement."],
    "exclamation": ["![a](b.png)", "Yes."],
    "markdown": ["plain\n- list", "1. one"],
}


@pytest.mark.parametrize("element", get_args(Element))
def test_an_element_is_seen_where_it_stands_and_nowhere_else(element):
    assert set(PATTERNS) == set(HOLDS) == set(LACKS) == set(get_args(Element))
    for text in HOLDS[element]:
        assert Markup(element=element, min=1)(CASE, text).label == "pass", text
        assert Markup(element=element, max=0)(CASE, text).label == "fail", text
    for text in LACKS[element]:
        assert Markup(element=element, max=0)(CASE, text).label == "pass", text


def test_the_evidence_quotes_what_is_too_much():
    grade = Markup(element="emoji", max=0)(CASE, "Nice 🙂 day")
    (hit,) = grade.evidence
    assert (hit.text, hit.start) == ("🙂", 5)


def test_a_field_alone_is_looked_at():
    check = Markup(element="bold", max=0, path="$.reply")
    assert check(CASE, '{"reply": "a", "note": "**b**"}').label == "pass"


def test_bounds_are_kept_and_validated():
    assert Markup(element="bullet", min=2, max=3)(CASE, "- a\n- b").label == "pass"
    assert Markup(element="bullet", min=2, max=3)(CASE, "- a").label == "fail"
    with pytest.raises(ConfigError, match="bound"):
        decode_check({"use": "markup", "element": "bold"}, "$")
    with pytest.raises(ConfigError, match="element"):
        decode_check({"use": "markup", "element": "blink", "max": 0}, "$")
