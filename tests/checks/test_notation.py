"""How answers write dates, times and sums; bounds on each part; the language of the answer to a language."""

import pytest

from workbench.checks import decode_check
from workbench.errors import ConfigError
from workbench.records import Case

CASE = Case(id="c", behaviour="rules", slots={})


def label(raw, output, case=CASE):
    return decode_check(raw, "$.check")(case, output).label


@pytest.mark.parametrize(
    ("of", "form", "output", "expected"),
    [
        ("date", "YYYY-MM-DD", "It left on 2026-03-14.", "pass"),
        ("date", "YYYY-MM-DD", "It left on 14 March 2026.", "fail"),
        ("date", "YYYY-MM-DD", "It left on 2026/3/14.", "fail"),
        ("date", "YYYY-MM-DD", "From 2026-03-14 to 15/03/2026.", "fail"),
        ("date", "YYYY-MM-DD", "Version 1.2.3 of 3 May, pages 10-12.", "not_applicable"),
        ("date", "DD/MM/YYYY", "Due 31/12/2026.", "pass"),
        ("date", "DD/MM/YYYY", "Due 12/31/2026.", "fail"),
        ("date", "YYYY年MM月DD日", "将于2026年03月05日到账。", "pass"),
        ("date", "YYYY年MM月DD日", "将于2026年3月5日到账。", "fail"),
        ("date", "YYYY年M月D日", "将于2026年3月5日到账。", "pass"),
        ("date", "YYYY年MM月DD日", "将于3月5日到账。", "not_applicable"),
        ("time", "24h", "We open at 14:30.", "pass"),
        ("time", "24h", "We open at 2:30 pm.", "fail"),
        ("time", "24h", "下午3点开门。", "fail"),
        ("time", "24h", "15:00开门。", "pass"),
        ("time", "12h", "We open at 14:30.", "fail"),
        ("time", "24h", "We open in May.", "not_applicable"),
        ("amount", "0.00", "It costs €12.50, not 1,000.00 USD.", "pass"),
        ("amount", "0.00", "It costs 12.5 EUR.", "fail"),
        ("amount", "0.00", "费用为12.50元。", "pass"),
        ("amount", "0.00", "费用为12元。", "fail"),
        ("amount", "0.00", "They raised $3 million and 3万元 in 12 rounds.", "not_applicable"),
        ("percent", "0.0", "上涨3.5%。", "pass"),
        ("percent", "0.0", "上涨3.52%。", "fail"),
        ("percent", "0", "up 4 %", "pass"),
    ],
)
def test_what_is_written_has_the_form(of, form, output, expected):
    assert label({"use": "notation", "of": of, "form": form}, output) == expected


@pytest.mark.parametrize(
    ("of", "form"), [("date", "MM-DD"), ("time", "24"), ("amount", "two"), ("percent", "")]
)
def test_a_form_that_is_none_is_refused(of, form):
    with pytest.raises(ConfigError, match="form"):
        decode_check({"use": "notation", "of": of, "form": form}, "$.check")


@pytest.mark.parametrize(
    ("each", "output", "expected"),
    [
        ("sentence", "One two three. Four five.", "pass"),
        ("sentence", "One two three four. Five.", "fail"),
        ("item", "- one two three\n- four", "pass"),
        ("item", "A long line that leads up to it:\n- one\n1. two three four five", "fail"),
        ("item", "No list at all in this answer.", "not_applicable"),
        ("paragraph", "one two\n\nthree four", "pass"),
        ("paragraph", "one two three four\n\nfive", "fail"),
        ("sentence", "好的。请稍等一下。", "fail"),
    ],
)
def test_each_part_keeps_the_bound(each, output, expected):
    assert label({"use": "length", "each": each, "max": 3}, output) == expected


def test_the_part_that_is_too_long_is_quoted_where_it_stands():
    output = "- one two\n- three four five six\n"
    (found,) = decode_check({"use": "length", "each": "item", "max": 3}, "$.check")(CASE, output).evidence
    assert output[found.start : found.end] == found.text == "three four five six"


def test_an_answer_in_a_language_where_it_was_asked_in_one():
    raw = {"use": "language", "lang": "fr", "asked": "fr"}
    french = Case(
        id="a", behaviour="rules", slots={"question": "Est-ce que le magasin est ouvert pour les clients ?"}
    )
    english = Case(id="b", behaviour="rules", slots={"question": "Is the shop open for the customers today?"})
    yes, no = (
        "Oui, le magasin est ouvert pour les clients dans la rue.",
        "Yes, the shop is open for all of you.",
    )
    assert label(raw, yes, french) == "pass"
    assert label(raw, no, french) == "fail"
    assert label(raw, no, english) == "not_applicable"
    with pytest.raises(ConfigError, match="asked"):
        decode_check({"use": "language", "lang": "fr", "asked": "French"}, "$.check")
