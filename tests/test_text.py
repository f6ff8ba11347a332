import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from workbench import text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Hello world", ["Hello", "world"]),
        ("don't stop", ["don't", "stop"]),
        ("3.5 kg", ["3.5", "kg"]),
        ("你好,world", ["你", "好", "world"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("", []),
        ("— … !", []),
        ("café naïve", ["café", "naïve"]),
    ],
)
def test_words(given, expected):
    assert text.words(given) == expected


@drawn(st.text() | st.text(alphabet="aZ9_'’-. \n\tß中かไ🙂Ж²"))
def test_words_are_counted_as_they_are_split(given):
    assert text.count_words(given) == len(text.words(given))


def test_every_character_counts_as_it_is_split():
    for code in range(0x3000):
        for given in (chr(code), f"a{chr(code)}a", f"é{chr(code)}{chr(code)}é.-a", f"中{chr(code)}文"):
            assert text.count_words(given) == len(text.words(given)), hex(code)


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ("One. Two! Three?", 3),
        ("It costs 3.50 today. Fine.", 2),
        ("你好。再见！好吗？", 3),
        ("no end", 1),
        ("line one\nline two", 2),
        ("", 0),
        ("Wait... really?", 2),
    ],
)
def test_sentences(given, count):
    assert len(text.sentences(given)) == count


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("The order is on the way to you.", "en"),
        ("Die Bestellung ist nicht mit der Post gekommen.", "de"),
        ("您的订单已经发货了", "zh"),
        ("订单 48213 已经由 Postway 发货", "zh"),
        ("これは注文です", "ja"),
        ("Ваш заказ отправлен", "ru"),
        ("طلبك في الطريق", "ar"),
        ("12345", "und"),
    ],
)
def test_language(given, code):
    assert text.language(given)[0] == code


def test_fold_makes_width_case_and_space_equal():
    assert text.fold("ＡＢＣ  de\n") == text.fold("abc DE")


def test_content_id_tells_parts_apart():
    assert text.content_id("ab", "c") != text.content_id("a", "bc")
    assert text.content_id("\ud800") == text.content_id("\ud800")
    assert len(text.content_id("x")) == 16


def test_excerpt_keeps_control_characters_out():
    assert "\x1b" not in text.excerpt("a\x1b[31mred\x00")
    assert text.excerpt("x" * 200, limit=10) == "x" * 9 + "…"
