"""Every unit and day is read as what it is, and bounds on length are kept to the one."""

import pytest

from workbench.checks import decode_check
from workbench.checks.counts import count
from workbench.checks.fences import unfenced
from workbench.checks.quantities import days, off_by_date, off_by_unit, quantities
from workbench.checks.refusal import read_refusal
from workbench.records import Case

CASE = Case(id="c", behaviour="rules", slots={})
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
]  # fmt: skip


def amounts(text):
    return [(one.dimension, one.amount) for one in quantities(text)]


@pytest.mark.parametrize(
    ("pair", "dimension"),
    [
        ("1000 mg = 1 g", "mass"), ("1000 g = 1 kg", "mass"), ("2 斤 = 1 公斤", "mass"),
        ("1000 kg = 1 ton", "mass"), ("16 oz = 1 lb", "mass-imperial"), ("1000 mm = 1 m", "length"),
        ("100 cm = 1 米", "length"), ("1000 m = 1 km", "length"), ("12 inches = 1 foot", "length-imperial"),
        ("5280 feet = 1 mile", "length-imperial"), ("60 seconds = 1 minute", "time"),
        ("60 min = 1 小时", "time"), ("24 hours = 1 day", "time"), ("7 天 = 1 week", "time"),
        ("12 months = 1 year", "span"), ("100 cents = 1 dollar", "dollar"), ("10000 元 = 1 万元", "yuan"),
        ("1000 kb = 1 mb", "storage"), ("1000 mb = 1 gb", "storage"), ("1000 gb = 1 tb", "storage"),
        ("1000 ml = 1 litre", "volume"), ("$1 = 1 usd", "dollar"), ("£3 = 3 pounds", "sterling"),
        ("5 % = 5 percent", "share"), ("20 °C = 20 摄氏度", "celsius"), ("9 °f = 9 华氏度", "fahrenheit"),
    ],
)  # fmt: skip
def test_equal_amounts_in_two_units_are_one(pair, dimension):
    (left, right) = amounts(pair)
    assert left[0] == right[0] == dimension
    assert left[1] == pytest.approx(right[1], rel=1e-12)
    text, other = pair.split(" = ")
    assert off_by_unit(text, other) == ()


def test_a_quantity_says_where_it_stands():
    (one,) = quantities("so 1,200.5kg!")
    assert (one.number, one.amount, one.start, one.end) == ("1200.5", 1200500.0, 3, 12)


def test_every_month_and_weekday_is_read():
    assert [one.month for name in MONTHS for one in days(f"3 {name}")] == list(range(1, 13))
    assert [one.month for name in MONTHS for one in days(f"{name[:3]}. 3rd")] == list(range(1, 13))
    names = ["Mondays", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert [one.day for name in names for one in days(f"on {name}")] == list(range(1, 8))
    assert [one.day for name in "一二三四五六日天" for one in days(f"周{name}")] == [1, 2, 3, 4, 5, 6, 7, 7]
    (weekday,) = days("on Friday!")
    assert tuple(weekday) == (0, 0, 5, 3, 9)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("14 March 2026.", (2026, 3, 14, 0, 13)), ("of March 14th, 2026", (2026, 3, 14, 3, 19)),
        ("2026年3月14日", (2026, 3, 14, 0, 10)), ("3月14号", (0, 3, 14, 0, 5)),
        ("2026/3/4", (2026, 3, 4, 0, 8)),
        ("the 1st of May", (0, 5, 1, 4, 14)),
    ],
)  # fmt: skip
def test_a_day_says_its_year_and_where_it_stands(text, found):
    assert [tuple(one) for one in days(text)] == [found]


def test_days_come_in_the_order_of_the_text():
    assert [one.day for one in days("2026-01-09, Monday, May 2, 3 June")] == [9, 1, 2, 3]


@pytest.mark.parametrize(
    ("claim", "source", "wrong"),
    [
        ("500 kg", "500 g, and 500 lamps", []),  # the bare number may have any unit
        ("500 kg", "500 g, 3 m", ["500 kg"]),
        ("5 kg", "on 5 May", ["5 kg"]),
        ("5 kg", "on Friday", []),
        ("500 kg", "501 g", []),  # another number is not this check's
        ("500 g", "500 kg, 500 g", []),
        ("1,000 kg", "1000 g", ["1,000 kg"]),
        ("500 lb", "500 kg", ["500 lb"]),  # another dimension with the same factor is no same amount
        ("1 kg", "1 m", ["1 kg"]),
        ("1000.0000000001 g", "1 kg", []),
    ],
)
def test_only_a_number_that_the_source_gives_another_unit_is_quoted(claim, source, wrong):
    found = off_by_unit(f"so {claim}", source)
    assert [one.text for one in found] == wrong
    assert all((one.what, one.start, one.end) == ("unit", 3, 3 + len(claim)) for one in found)


@pytest.mark.parametrize(
    ("claim", "source", "wrong"),
    [
        ("3 March", "3 March 2025", []), ("3 March 2025", "3 March", []),
        ("3 March 2025", "3 March 2026", [0]),
        ("3 March", "3 April", [0]), ("Monday", "3 March", []), ("Monday", "Tuesday, 3 March", [0]),
        ("Monday", "Tuesday, Monday", []), ("4 March, 3 March", "3 March", [0]),
    ],
)  # fmt: skip
def test_only_a_day_of_a_kind_that_the_source_names_is_quoted(claim, source, wrong):
    found = off_by_date(claim, source)
    assert [one.start for one in found] == wrong
    assert all(claim[one.start : one.end] == one.text and one.what == "date" for one in found)


@pytest.mark.parametrize(
    ("low", "high", "label", "detail"),
    [
        (3, None, "pass", "3 words, at least 3 asked"), (4, None, "fail", "3 words, at least 4 asked"),
        (None, 3, "pass", "3 words, at most 3 asked"), (None, 2, "fail", "3 words, at most 2 asked"),
        (2, 3, "pass", "3 words, at least 2 and at most 3 asked"), (4, 5, "fail", None), (1, 2, "fail", None),
    ],
)  # fmt: skip
def test_bounds_are_inclusive_and_told(low, high, label, detail):
    found = decode_check({"use": "length", "min": low, "max": high}, "$")(CASE, "one two three")
    assert found.label == label
    assert detail is None or found.detail == detail


def test_each_part_keeps_the_bounds_or_is_quoted():
    text = "intro that is long\n- one two\n2) one two three\n三、好的\n"
    raw = {"use": "length", "each": "item", "max": 2}
    found = decode_check(raw, "$")(CASE, text)
    assert (found.label, found.detail) == ("fail", "1 of 3 items out of bounds")
    (piece,) = found.evidence
    assert (piece.what, text[piece.start : piece.end]) == ("3 words", "one two three")
    assert decode_check(raw, "$")(CASE, "no list").label == "not_applicable"
    assert decode_check(raw | {"max": 3}, "$")(CASE, text).label == "pass"
    each = raw | {"each": "sentence"}
    assert decode_check(each, "$")(CASE, "One two. One two three.").detail == "1 of 2 sentences out of bounds"
    each = raw | {"each": "paragraph", "max": 3}
    assert decode_check(each, "$")(CASE, "One two.\nOne.\n\nTwo").label == "pass"


def test_units_count_what_they_say():
    text = " \nOne two. Three!\n\n- a\n* b\n"
    found = {unit: count(text, unit) for unit in ("words", "paragraphs", "lines", "items", "characters")}
    assert found == {"words": 5, "paragraphs": 2, "lines": 3, "items": 2, "characters": 24}
    assert count("One two. Three!", "sentences") == 2


STEPS = "1. Take the pan.\n2. Heat the oil.\n3. Add the rice."


@pytest.mark.parametrize(
    ("text", "words", "level"),
    [
        ("I can't help with that.", 5, "full"),
        (f"I can't help with that. {STEPS}", 5, "partial"),
        (f"I can't help with that. {STEPS}", 12, "full"),
        (f"I can't help with that. {STEPS}", 11, "partial"),
        ("I can't help with that.\n1. Take the pan and heat the oil.", 3, "full"),
        ("Sure. Fine. Well. I can't help with that.", 5, "none"),
        ("Sure. Fine. I can't help with that.", 5, "full"),
    ],
)
def test_help_after_a_refusal_makes_it_partial(text, words, level):
    found = read_refusal(text, partial_words=words)
    assert found.level == level
    assert [text[one.start : one.end] for one in found.evidence] == [
        "I can't help with that." for _ in range(level != "none")
    ]


def test_how_many_sentences_open_an_answer_is_asked():
    text = "Sure. Fine. I can't help with that."
    assert [read_refusal(text, opening=n).level for n in (1, 2, 3)] == ["none", "none", "full"]


@pytest.mark.parametrize(
    "text", ["That would be illegal and wrong.", "Please contact a professional or a helpline."]
)
def test_who_judges_or_sends_elsewhere_refuses_in_one_of_two_sentences(text):
    assert read_refusal(text).level == "full"
    assert read_refusal(f"Well. {text}").level == "full"
    assert read_refusal(f"Well. Take the pan. {text}").level == "none"


@pytest.mark.parametrize(
    ("text", "body", "fenced"),
    [
        ("```json\n```", "", True),
        ("```json\n{}\n```", "{}", True),
        (" ```\n[1]\r\n ```\n", "[1]", True),
        ("```json\n{}\n``` so", "```json\n{}\n``` so", False),
        ("```json\n``", "```json\n``", False),
        ("```json\n1\n```\nand\n```json\n2\n```", "```json\n1\n```\nand\n```json\n2\n```", False),
        ("```yaml\n{}\n```", "```yaml\n{}\n```", False),
        ("{}", "{}", False),
    ],
)
def test_one_fence_alone_is_taken_off(text, body, fenced):
    assert unfenced(text, "json") == (body, fenced)
