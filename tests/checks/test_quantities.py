import pytest

from workbench.checks.claims import held_claims
from workbench.checks.quantities import days, off_by_date, off_by_unit, quantities


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("It weighs 500 g and costs €5.", [("mass", 500.0), ("euro", 5.0)]),
        ("3公斤,1,200 元", [("mass", 3000.0), ("yuan", 1200.0)]),
        ("24 months, 3年", [("span", 24.0), ("span", 36.0)]),
        ("2 lamps, room 12, v5mb", []),
    ],
)
def test_quantities_have_a_dimension_and_an_amount(text, amounts):
    assert [(one.dimension, one.amount) for one in quantities(text)] == amounts


def test_days_are_read_in_each_wording():
    text = "14 March, March 14th, 2026, 3月14日, 2026-03-14"
    assert {(one.month, one.day) for one in days(text)} == {(3, 14)}
    assert [one.day for one in days("on Tuesday, 星期三, 周日")] == [2, 3, 7]


@pytest.mark.parametrize(
    ("claim", "source", "wrong"),
    [
        ("It weighs 500 kg.", "weight 500 g", ["500 kg"]),
        ("It weighs 0.5 kg.", "weight 500 g", []),
        ("It weighs 500 kg.", "weight 500", []),
        ("重500公斤。", "重500克。", ["500公斤"]),
        ("It takes 24 months.", "2 years", []),
        ("10 percent off.", "sent 10 September", ["10 percent"]),
        ("It takes 3 days.", "3 to 5 days, sent 3 March", []),
    ],
)
def test_a_number_with_another_unit_is_quoted(claim, source, wrong):
    assert [one.text for one in off_by_unit(claim, source)] == wrong


@pytest.mark.parametrize(
    ("claim", "source", "wrong"),
    [
        ("Sent on 15 March.", "sent 14 March 2026", ["15 March"]),
        ("Sent on March 14.", "sent 2026-03-14", []),
        ("Sent on 14 March 2025.", "sent 14 March 2026", ["14 March 2025"]),
        ("Sent on 15 March.", "no day named", []),
        ("周三送到。", "星期二送到。", ["周三"]),
    ],
)
def test_another_day_is_quoted_where_the_source_names_days(claim, source, wrong):
    assert [one.text for one in off_by_date(claim, source)] == wrong


def test_claims_part_at_but_and_keep_their_places():
    text = "The notes do not say, but it costs 99 euros. Please ask us."
    held = held_claims(text, "price 5 euros")
    assert [one.kind for one in held] == ["abstention", "claim", "courtesy"]
    for one in held:
        assert text[one.start :].startswith(one.text)
        assert all(text[piece.start : piece.end] == piece.text for piece in one.unsupported)
