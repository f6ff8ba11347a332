import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.similarity import measure, shingle


def sets(*texts, **options):
    found = shingle([pl.Series(list(texts), dtype=pl.String)], **options)
    return [frozenset(found.sets[a:b].tolist()) for a, b in zip(found.starts, found.starts[1:], strict=False)]


def jaccard(left, right, **options):
    found = shingle([pl.Series([left, right])], **options)
    return measure(found, np.array([0]), np.array([1]))[0, 0].tolist()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("one two three four five", 3),
        ("one two three", 1),
        ("one two", 1),
        ("one", 1),
        ("", 0),
        ("   \n", 0),
        ("!!!", 1),
        ("😀😀", 1),
        ("a b a b a b a b", 2),
        ("我们支持七天无理由退货", 7),
        ("退货", 1),
        ("سياسة الإرجاع خلال سبعة أيام", 3),
        ("สวัสดีครับ", 6),
    ],
)
def test_how_many_shingles_a_text_has(text, size):
    assert len(sets(text)[0]) == size


def test_case_forms_punctuation_and_space_do_not_count():
    plain, *others = sets(
        "call us on the ﬁrst of may", "Call us,  on the FIRST of May!", "call us on the first\nof may."
    )
    assert others == [plain, plain]


def test_figures_are_those_of_the_sets():
    # Shingles of words: abc bcd cde | abc bcd cdf cdf's next dfg: 2 shared of 3 and 4.
    assert jaccard("a b c d e", "a b c d f g") == pytest.approx([2 / 5, 2 / 3, 2 / 4])
    assert jaccard("", "") == [1.0, 1.0, 1.0]
    assert jaccard("", "a b c") == [0.0, 0.0, 0.0]


def test_the_size_of_a_shingle_counts():
    assert len(sets("a b c d e", ngram=2)[0]) == 4
    assert len(sets("我们支持退货", char_ngram=2)[0]) == 5
    assert len(sets("我们支持退货", ngram=2)[0]) == 2


def test_numbers_are_told_apart_in_their_order():
    texts = [
        "order 12 of 3 May",
        "order 12 of 3 June",
        "order 3 of 12 May",
        "order of May",
        "الطلب ٣",
        "الطلب ٤",
    ]
    numbers = shingle([pl.Series(texts)]).numbers.tolist()
    assert numbers[0] == numbers[1] != numbers[2]
    assert numbers[3] == 0
    assert numbers[4] != numbers[5]


def test_a_null_is_empty_and_fields_do_not_mix():
    found = shingle([pl.Series(["same words here", None]), pl.Series(["same words here", "x"])])
    assert np.diff(found.starts).tolist() == [1, 1, 0, 1]
    assert found.sets[0] != found.sets[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_a_text_has_one_set_wherever_it_stands(texts):
    assert sets(*texts) == [sets(text)[0] for text in texts] == list(reversed(sets(*reversed(texts))))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_only_text_that_is_blank_has_no_shingle(text):
    assert sets(text)[0] or not text.strip()
