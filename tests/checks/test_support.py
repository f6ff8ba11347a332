import pytest

from workbench.checks.antonyms import opposes
from workbench.checks.claims import carried
from workbench.checks.grounding import stem
from workbench.checks.support import judged_whole, span_support, support_of

LAMP = "The Velka lamp costs 40 euros. It was first sold in March 2019 by Nora Lind in Oslo."
NOTE = (
    "Sales rose by 12 % to 480 million in the third quarter. "
    "The company opened four shops in Norway and closed "
    "none. Its chief, Anna Berg, expects growth to go on next year, and will hire 200 people in Bergen."
)
SUMMARY = (
    "In the third quarter sales rose by 12 % to 480 million, "
    "and the company opened four shops in Norway. Anna Berg, "
    "its chief, expects growth to go on next year and will hire 200 people in Bergen."
)


@pytest.mark.parametrize(
    ("output", "supported"),
    [
        ("The lamp costs 40 euros.", True),
        ("It was first sold in March 2019.", True),
        ("The lamp costs 90 euros.", False),
        ("Bananas grow in warm countries.", False),
        ("", False),
    ],
)
def test_a_short_answer_needs_its_words_and_figures_in_the_context(output, supported):
    assert (support_of(output, LAMP) >= 0.5) == supported


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("12 %", "21 %"),
        ("480 million", "840 million"),
        ("four shops", "nine shops"),
        ("rose by", "fell by"),
        ("expects growth", "does not expect growth"),
        ("Norway", "Denmark"),
        ("Bergen", "Tromsø"),
        ("200 people", "350 people"),
    ],
)
def test_a_corrupted_summary_is_less_supported(right, wrong):
    assert right in SUMMARY
    assert support_of(SUMMARY.replace(right, wrong), NOTE) < support_of(SUMMARY, NOTE)


DIALOGUE = (
    "Nora: Can you pick up the kids at five? . Tom: I have a meeting, sorry. . Nora: Ok, then I will ask mum."
)


def test_a_short_summary_in_its_own_words_is_judged_as_a_whole_and_an_answer_by_its_words():
    summary = "Nora asks Tom to pick up the kids at five, but he has a meeting, so she will ask her mum."
    assert judged_whole(summary)
    assert not judged_whole(summary, question="Who picks up the kids?")
    assert not judged_whole("She will ask her mum.")
    assert not judged_whole("诺拉会请她母亲去接孩子。" * 9)
    assert support_of(summary, DIALOGUE) >= 0.5
    assert support_of(summary.replace("five", "seven"), DIALOGUE) < 0.5
    assert carried(summary, DIALOGUE) >= 0.5
    assert carried(summary.replace("five", "seven"), DIALOGUE) < 0.5


@pytest.mark.parametrize(
    ("output", "question", "supported"),
    [
        ("父亲学识很深", "", True),
        ("父亲不是军官", "", False),
        ("父亲在城里买了三套房子", "", False),
        ("他是一名军官。", "父亲做什么工作？", True),
        ("他是一名医生。", "父亲做什么工作？", False),
    ],
)
def test_chinese_statements(output, question, supported):
    assert (support_of(output, "当军官的父亲，学识很深。", question=question) >= 0.5) == supported


def test_chinese_spans_with_wrong_figures_are_less_supported():
    context = "新华社电：2019年3月，该公司在上海开设了12家门店，员工达到350人。"
    right, wrong = span_support(["12家门店", "88家门店"], context=context)
    assert right > 0.5 > wrong
    assert span_support(["The lamp"], context=LAMP) == [1.0]


def test_opposites_are_known_by_their_stems():
    assert opposes(stem("increases"), {stem("decreased")})
    assert not opposes(stem("increases"), {stem("lamp")})
