"""What of an alignment is the author's text and what stands there by chance, at the limits."""

import random

import pytest

from workbench.convert import prune
from workbench.convert.align import align

WORDS = [f"w{i}" for i in range(90)]


def texts_of(segments, *, count=12, size=3):
    """Texts in which each hole has ``size`` words."""
    rng = random.Random(len(segments) + size)
    return [
        "".join(" ".join(rng.sample(WORDS, size)) if one is None else one for one in segments)
        for _ in range(count)
    ]


def strong(segments, **more):
    return prune.strong_segments(segments, texts_of(segments, **more))


@pytest.mark.parametrize(
    ("segments", "kept"),
    [
        # Text that runs on from or into a value is the value's.
        ([None, "ing\nName: ", None], [None, "\nName: ", None]),
        ([None, "st\nName: ", None], [None, "\nName: ", None]),
        (["Name: INT-", None], ["Name: ", None]),
        (["Name: x", None, "\nEnd of it all: ", None], ["Name: ", None, "\nEnd of it all: ", None]),
        # Of the first segment the beginning stays, of the last one the end.
        (["ing\nName: ", None], ["ing\nName: ", None]),
        ([None, "\nName: the end of it"], [None, "\nName: the end of it"]),
        # A final sign is the value's after a label, and the author's amid a sentence.
        (["You talk to ", None, "!【Text】", None], ["You talk to ", None, "!【Text】", None]),
        (["Guest: ", None, "!【Text】", None], ["Guest: ", None, "【Text】", None]),
        ([None, "!【Text】", None], [None, "【Text】", None]),
        (["Guest: ", None, "。"], ["Guest: ", None]),
        (["You talk to ", None, "."], ["You talk to ", None, "."]),
        # A marker of a list is the value's.
        (["Notes:\n- ", None], ["Notes:\n", None]),
        (["Notes:\n1. Order ", None], ["Notes:\n", None]),
        (["Notes:\n- one two three ", None], ["Notes:\n", None]),
        (["Notes:\n- one two three four: ", None], ["Notes:\n- one two three four: ", None]),
        # Closers stay.
        (["<a>", None, "</a>\nTone: ", None], ["<a>", None, "</a>\nTone: ", None]),
    ],
)
def test_what_runs_on_is_the_value_s(segments, kept):
    assert strong(segments) == kept


@pytest.mark.parametrize(
    ("segments", "few", "many"),
    [
        # Three chance words go behind a label where only few texts say so.
        (["Note: one two three ", None], ["Note: ", None], ["Note: one two three ", None]),
        (["Note: one two three four ", None], ["Note: one two three four ", None], None),
        (
            ["Note: ", None, " one two three\nTone: ", None],
            ["Note: ", None, "\nTone: ", None],
            ["Note: ", None, " one two three\nTone: ", None],
        ),
        (["Note: ", None, " one two three four\nTone: ", None], None, None),
        (["Note: ", None, "] a\nTone: ", None], None, None),
    ],
)
def test_few_texts_prove_less(segments, few, many):
    assert strong(segments, count=7) == (few or segments)
    assert strong(segments, count=8) == (many or segments)


def test_a_word_between_two_values_is_weak_where_few_texts_show_it():
    segments = ["Say it all from ", None, " via ", None]
    assert strong(segments, count=7) == ["Say it all from ", None]
    assert strong(segments, count=8) == segments


@pytest.mark.parametrize(("middle", "size"), [(" via ", 12), (" / ", 6)], ids=["word", "sign"])
def test_a_piece_between_long_values_stands_there_by_chance(middle, size):
    segments = ["Say it all from ", None, middle, None]
    assert strong(segments, size=size) == segments
    assert strong(segments, size=size + 1) == ["Say it all from ", None]


def test_a_piece_beside_one_short_value_is_the_author_s():
    for short in (0, 1):
        texts = []
        for text in texts_of([None, "\0", None], size=20):
            sides = text.split("\0")
            sides[short] = sides[short].split()[0]
            texts.append(f"Say it all from {sides[0]} via {sides[1]}")
        assert prune.strong_segments(["Say it all from ", None, " via ", None], texts) == [
            "Say it all from ", None, " via ", None,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "kept"), [("of the", False), ("in an", False), ("near", True), ("的", False)]
)
def test_linking_words_after_a_label_belong_to_the_value(words, kept):
    middle = words if words == "的" else f" {words} "
    segments = ["Audience: ", None, middle, None]
    assert strong(segments, size=1) == (segments if kept else ["Audience: ", None])
    assert strong(["Talk to some ", None, middle, None], size=1) == ["Talk to some ", None, middle, None]


@pytest.mark.parametrize(("again", "kept"), [(0, True), (5, True), (6, False)])
def test_a_label_that_values_hold_too_is_ambiguous(again, kept):
    """In more than one text of twenty: where the label ends its value can't be told."""
    texts = texts_of(["Notes of it:\n", None, "\nTo: ", None], count=100)
    texts[:again] = [text + "\nTo: w1" for text in texts[:again]]
    found = prune.strong_segments(["Notes of it:\n", None, "\nTo: ", None], texts)
    assert found == (["Notes of it:\n", None, "\nTo: ", None] if kept else ["Notes of it:\n", None])


def test_a_sign_at_the_end_is_the_value_s_after_a_label():
    assert strong(["Guest: ", None, " )"]) == ["Guest: ", None]
    assert strong(["You talk to ", None, " )"]) == ["You talk to ", None, " )"]
    assert strong(["You talk to ", None, " ", None]) == ["You talk to ", None]
    assert strong(["Guest: ", None, "\n", None, "\nTone of it: ", None]) == [
        "Guest: ", None, "\nTone of it: ", None,
    ]  # fmt: skip


def test_more_than_three_words_are_never_weak():
    assert strong(["Audience: ", None, " one of the by ", None], size=30) == [
        "Audience: ", None, " one of the by ", None,
    ]  # fmt: skip
    assert strong([" the of "], size=3) == [" the of "]


def test_what_is_a_label():
    for text in ("\nNotes\n", " \n Notes \n ", "Notes:", "Notes: \n", "<a>"):
        assert prune._is_label(text)
    for text in ("Notes", "\nNotes", ": Notes", "---\n", ":", "】"):
        assert not prune._is_label(text)


def test_regions_lie_between_the_static_neighbours():
    texts = ["Q: a A: b", "Q: A: ", "x A: Q: y", "none"]
    assert prune._regions("Q: ", "A: ", texts) == ["a ", "", "y", "none"]
    assert prune._regions(None, "A: ", texts[:2]) == ["Q: a ", "Q: "]
    assert prune._regions("Q: ", None, texts[:2]) == ["a A: b", "A: "]


def test_holes_side_by_side_are_one():
    row = prune._Row(["a", None, "b", None, "c", None])
    assert (row.text(0), row.text(1)) == ("a", "")
    assert (row.before(4), row.before(4, 2), row.before(4, 4), row.before(4, 5), row.before(0)) == (
        3, 2, 0, -1, -1,
    )  # fmt: skip
    assert [row.last(i) for i in range(6)] == [False] * 5 + [True]
    assert (row.static(2, back=True), row.static(2, back=False)) == ("a", "c")
    assert (row.static(0, back=True), row.static(4, back=False)) == (None, None)
    assert row.open(2) == [0, 4]
    assert row.segments() == ["a", None, "c", None]
    assert (row.before(4), row.before(4, 2)) == (2, 0)
    assert row.open(0) == [4]
    assert row.segments() == [None, "c", None]
    assert row.open(4) == []
    assert row.segments() == [None]
    assert prune._merged([None, None, "a", None, None]) == [None, "a", None]
    assert prune._merged([]) == [None]


def test_opening_a_segment_names_the_next_but_one_behind_it():
    row = prune._Row(["a", None, "b", None, "c", None, "d", "e"])
    assert row.open(2) == [0, 4, 6]
    assert row.open(6) == [4, 7]


def test_one_sign_that_every_value_has_makes_no_template():
    rng = random.Random(3)
    texts = [f"{' '.join(rng.sample(WORDS, 9))}, {' '.join(rng.sample(WORDS, 9))}" for _ in range(40)]
    assert align(texts, sample=64) == [None]


def test_the_weakest_segment_goes_first_wherever_it_stands():
    """A link word after a line end is the value's; it is looked at before the longer piece ahead of it."""
    texts = []
    for one, other, last in zip(*(texts_of([None], size=size) for size in (20, 20, 1)), strict=True):
        texts.append(f"Talk to some people {one} from it\n{other} of {last}")
    segments = ["Talk to some people ", None, " from it\n", None, " of ", None]
    assert prune.strong_segments(segments, texts) == ["Talk to some people ", None]
