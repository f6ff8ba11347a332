import pytest

from workbench.checks import decode_check
from workbench.checks.language import SameLanguage
from workbench.errors import ConfigError
from workbench.records import Case


def case(question):
    return Case(id="c", behaviour="rules", slots={"question": question})


RULE = {"use": "unless", "check": {"use": "length", "max": 3}, "exception": "unless asked for more"}


def test_a_broken_rule_with_an_exception_is_not_judged():
    check = decode_check(RULE, "$")
    assert check(case("Why?"), "So it is.").label == "pass"
    grade = check(case("Why?"), "So it has always been.")
    assert grade.label == "unscored"
    assert "unless asked for more" in grade.detail


def test_a_pattern_says_where_the_exception_applies():
    check = decode_check({**RULE, "pattern": "(?i)in detail"}, "$")
    assert check(case("Why? In detail!"), "So it has always been.").label == "not_applicable"
    assert check(case("Why?"), "So it has always been.").label == "fail"


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ({**RULE, "check": {"use": "lenght"}}, r"\$\.check\.use"),
        ({**RULE, "pattern": "(a+)+"}, r"\$\.pattern"),
    ],
)
def test_what_it_holds_is_validated_too(raw, at):
    with pytest.raises(ConfigError, match=at):
        decode_check(raw, "$")


@pytest.mark.parametrize(
    ("question", "answer", "label"),
    [
        ("Where is the office of the city?", "It is in the old town.", "pass"),
        ("办公室在哪里?", "办公室在老城区。", "pass"),
        ("办公室在哪里?", "It is in the old town of the city.", "fail"),
        ("Wo ist das Büro der Stadt und wann ist es offen?", "It is in the old town of the city.", "fail"),
        ("42?", "It is in the old town.", "unscored"),
    ],
)
def test_the_language_of_the_question(question, answer, label):
    assert SameLanguage()(case(question), answer).label == label
