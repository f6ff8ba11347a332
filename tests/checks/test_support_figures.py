"""Support to the number: what each difference between a text and its context costs."""

import math

import pytest

from workbench.checks.linear import load_linear
from workbench.checks.support import claim_features, novel_buckets, span_buckets, span_features, support_of

LAMP = "The Velka lamp costs 40 euros. It was first sold in March 2019 by Nora Lind in Oslo."


def margin(score):
    """Undo the curve that a score went through."""
    return math.log(score / (1 - score))


@pytest.mark.parametrize(
    ("output", "share", "hard"),
    [
        ("The lamp costs 40 euros.", 1.0, 1.0),
        ("The lamp costs 90 euros.", 0.8, 0.5),  # one figure of five words is another
        ("The nice lamp costs 40 euros.", 5 / 6, 1.0),
        ("The lamp isn’t sold.", 3 / 4, 1.0),
        ("Bananas grow in warm countries.", 1 / 5, 0.5),
    ],
)
def test_a_short_answer_is_held_to_the_share_of_its_words(output, share, hard):
    assert margin(support_of(output, LAMP)) == pytest.approx(8 * (share - 0.7) + 2 * math.log(hard))


STATED = "新店昨天开门了"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (STATED, 1 - 0.48),
        ("新店 昨天，开门了。", 1 - 0.48),
        ("新店今天开门了", (6 / 7 + 6 / 7) / 2 - 0.48),
        ("开门了新店", (5 / 5 + 3 / 5) / 2 - 0.48),  # all its characters, three of them in their order
        ("新店昨天没有开门了", 7 / 9 - 0.1 - 0.48),
        ("新店昨天都开门了", 7 / 8 - 0.05 - 0.48),
        ("新店昨天都只更开门了", 7 / 10 - 2 * 0.05 - 0.48),
        ("新店昨天8点开门了", 7 / 9 - 0.1 - 0.48),
    ],
)
def test_a_chinese_statement_is_held_to_what_it_says_beside_another(output, expected):
    assert margin(support_of(output, STATED)) == pytest.approx(8 * expected)


@pytest.mark.parametrize("output", ["。", "！？"])
def test_signs_alone_say_nothing(output):
    assert support_of(output, "。。") == pytest.approx(1 / (1 + math.exp(-8 * (1.0 - 0.7))))


@pytest.mark.parametrize(
    ("output", "context", "question", "expected"),
    [
        ("军官", "他是军官。", "他是谁？", 1 - 0.12),
        ("军官医生", "他是军官。", "他是谁？", 1 / 3 - 0.12),
        ("医生", "他是军官。", "他是谁？", -0.12),
        ("不是医生", "他不是军官。", "谁来？", 1 / 3 + 0.15 - 0.12),
        ("不是医生", "他是军官。", "谁来？", -0.12),
        ("军官3人", "他是军官。", "他是谁？", 1 / 3 - 0.5 - 0.12),
        ("军官3人", "他是军官。", "他是谁？3", 1 / 2 - 0.12),
        ("军官3人", "他是军官3人。", "他是谁？", 1 - 0.12),
        ("是谁", "他是谁", "他是谁？", 1 - 0.12),
    ],
)
def test_a_chinese_answer_is_held_to_what_it_says_beyond_the_question(output, context, question, expected):
    assert margin(support_of(output, context, question=question)) == pytest.approx(8 * expected)


def test_a_long_chinese_context_is_a_passage():
    passage = "新店昨天开门了。" + "天气很好。" * 40
    assert len(passage) >= 200
    assert support_of("新店昨天开门了。", passage) == 1.0
    assert support_of("新店昨天开门了。", passage[:199]) < 1.0
    assert support_of("新店昨天开门了。", passage[:200]) == 1.0


CONTEXT = "公司在 上海开设12家门店"


@pytest.mark.parametrize(
    ("span", "there", "characters", "pairs", "digit", "figure", "run"),
    [
        ("上海开设", 1, 1.0, 1.0, 0, 0, 4),
        ("12家", 1, 1.0, 1.0, 1, 1, 3),
        ("88家门店", 0, 3 / 5, 2 / 4, 1, 1, 3),
        ("三家", 0, 1 / 2, 0.0, 0, 1, 1),
        ("在上", 1, 1.0, 1.0, 0, 0, 2),  # white space of the context doesn't count
        ("店", 1, 1.0, 1.0, 0, 0, 1),
        ("好", 0, 0.0, 0.0, 0, 0, 0),
    ],
)
def test_a_spans_features(span, there, characters, pairs, digit, figure, run):
    size, known, absent = math.log(len(span) + 1), math.log(13) / 8, 1 - there
    share = run / len(span)
    assert span_features(span, CONTEXT) == pytest.approx(
        [
            there, characters, pairs, digit, figure, size, float(len(span) <= 2), there * figure,
            digit * absent, figure * absent, known, size * absent, share, share * absent,
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("price", "hard"), [("40", 1.0), ("90", 0.5)])
def test_a_long_answer_is_held_to_the_rules_too(price, hard):
    output = (
        f"The Velka lamp costs {price} euros. It was first sold in March 2019 by Nora Lind in Oslo, and so "
        "the lamp was sold first in Oslo by Nora Lind, in March 2019, the lamp that costs euros."
    )
    asked = "What does the lamp cost?"
    whole = load_linear("grounding_en").logit(
        novel_buckets(output, LAMP), claim_features(output, LAMP, asked)
    )
    assert margin(support_of(output, LAMP, question=asked)) == pytest.approx(whole + 2 * math.log(hard))


def test_a_spans_buckets_tell_whether_it_stands():
    inside, outside = span_buckets("上海", CONTEXT), span_buckets("上海", "北京")
    # ^上海$: four characters, three pairs and two triples, each also with a mark.
    assert (len(inside), len(outside), len({*inside, *outside})) == (18, 18, 27)
    assert inside == sorted(inside)


def test_the_features_of_a_claim():
    output = (
        "In Oslo, the Velka lamp never costs 55 euros, says Karl Berg. "
        "It was sold in 2019 and it rose in price."
    )
    context = f"{LAMP} Its price fell."
    numbers, names, denials, opposed, share, novel, size = claim_features(output, context, "Who is Karl?")
    assert (numbers, names, denials, opposed) == (1.0, 1.0, 1.0, 1.0)
    words = 22
    assert size == pytest.approx(math.log(words + 1))
    # "never", "55", "says", "Karl", "Berg", "and", "rose" stand in no sentence of the context.
    assert share == pytest.approx(1 - 7 / words)
    assert novel == pytest.approx(6 / words)  # "and" says nothing
    assert len(novel_buckets(output, context)) == 6


def test_a_claim_is_held_to_the_lines_around_the_nearest_one():
    context = "Tents are old. The lamp is not cheap. It is red. Ropes are long. Boats are slow."
    assert claim_features("The lamp never was cheap", context, "")[2] == 0.0
    assert claim_features("Boats never are slow", context, "")[2] == 1.0
    # The line before and the line after count as said with it.
    assert claim_features("Tents never are old", context, "")[2] == 0.0
    assert claim_features("It never is red", context, "")[2] == 0.0
    assert claim_features("Ropes never are long", context, "")[2] == 1.0
    assert claim_features("Ropes never are long", "", "")[2] == 1.0
