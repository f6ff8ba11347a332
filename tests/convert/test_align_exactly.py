"""Alignment: atoms are paired in order, ends come back whole, and as many texts decide as are allowed."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.convert import align as module
from workbench.convert.align import align, lex
from workbench.convert.pattern import Pattern
from workbench.records import Hole, Static

ATOMS = st.lists(st.sampled_from(["a", "b", "c", "."]), max_size=9)


def pattern(segments):
    return Pattern(
        tuple(
            Hole(name=str(i), type="other") if s is None else Static(text=s) for i, s in enumerate(segments)
        )
    )


def rising(pairs):
    return all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))


@given(st.lists(st.integers(0, 9), max_size=9, unique=True))
def test_the_longest_rising_part_is_found(seconds):
    places = list(enumerate(seconds))
    found = module._in_order(places)
    assert rising(found)
    assert set(found) <= set(places)
    every = (c for size in range(len(places) + 1) for c in itertools.combinations(places, size) if rising(c))
    assert len(found) == max(map(len, every))


@given(ATOMS, ATOMS)
def test_runs_that_stand_once_pair_equal_atoms_in_order(one, other):
    first, second = lex(" ".join(one)), lex(" ".join(other))
    mine, theirs = module._single_grams(first.atoms), module._single_grams(second.atoms)
    places = [(mine[gram], theirs[gram]) for gram in mine if gram in theirs]
    found = module._fixed_pairs(places, first, second)
    assert rising(found)
    assert all(first.atoms[i] == second.atoms[j] for i, j in found)
    inner = [place for place in module._in_order(sorted(places)) if min(place) >= 0]
    assert {i for i, _ in inner} <= {i for i, _ in found}


def test_a_run_s_place_and_the_ends_of_a_text_count_as_atoms():
    assert module._single_grams(("a", "b", "a", "b")) == {
        ("", "a", "b"): -1,
        ("a", "b", "a"): 0,
        ("b", "a", "b"): 1,
        ("a", "b", ""): 2,
    }
    assert module._single_grams(("a", "a", "a", "a")) == {("", "a", "a"): -1, ("a", "a", ""): 2}


@given(ATOMS, ATOMS)
def test_matches_are_equal_atoms_in_order_with_both_ends(left, right):
    found = module._matches(left, right)
    assert rising(found)
    assert all(left[i] == right[j] for i, j in found)
    least = min(len(left), len(right))
    head = next((i for i in range(least) if left[i] != right[i]), least)
    tail = next((k for k in range(least - head) if left[-1 - k] != right[-1 - k]), least - head)
    ends = [(i, i) for i in range(head)]
    ends += [(len(left) - k, len(right) - k) for k in range(tail, 0, -1)]
    assert set(ends) <= set(found)
    assert len(found) > len(ends) or not set(left[head : len(left) - tail]) & set(
        right[head : len(right) - tail]
    )


def test_a_sign_that_comes_again_and_again_is_paired_too():
    """What is common in long texts is no noise: commas, line ends, the markers of a list."""
    one = [part for i in range(120) for part in (f"x{i}", ",")]
    other = [part for i in range(120) for part in (f"y{i}", ",", f"z{i}")]
    assert len(module._between(one, other)) == 120


def test_texts_that_repeat_themselves_too_much_are_paired_by_what_stands_once():
    most = int(module._MOST_STEPS**0.5)
    one, other = ["-"] * (most + 1) + ["end"], ["end"] + ["-"] * (most + 1) + ["end2"]
    assert module._between(one, other) == [(most + 1, 0)]
    few = ["-"] * 40
    assert len(module._between([*few, "end"], ["end", *few])) == 40


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", ",", "\n", "订", "Q:"]), max_size=7), min_size=2, max_size=5)
)
def test_every_text_that_was_aligned_fits(lists):
    texts = sorted({"head: " + " ".join(parts) + " ;tail" for parts in lists} | {"head: zz ;tail"})
    if len(texts) < 2:
        return
    lexed = [lex(text) for text in texts]
    kept = {one.text for one in module._inliers(lexed)}
    segments = align(texts, sample=64)
    whole = pattern(segments)
    assert all(whole.match(text) is not None for text in kept)
    assert all(not (a is None and b is None) for a, b in itertools.pairwise(segments))


def test_a_line_with_a_shared_indentation_keeps_it():
    rng = random.Random(7)
    texts = [
        f"Notes:\n{rng.randrange(10**6)}{rng.choice(['', ' ', '  '])}\n\t  Question: {i} {rng.randrange(99)}?"
        for i in range(40)
    ]
    assert align(texts, sample=64) == ["Notes:\n", None, "\n\t  Question: ", None]
    assert module._common_suffix("ab\n\t ", "c \n\t ") == "\n\t "
    assert module._common_prefix("\n\t ab", "\n\t c") == "\n\t "


@pytest.mark.parametrize("allowed", [8, 16, 32])
def test_as_many_texts_decide_as_have_so_many_characters(allowed):
    """Of 64 texts every (64 / allowed)-th is aligned: only what these share is static."""
    texts = []
    for i in range(64):
        known = [f" [k{step}]" if i % step == 0 else " [no]" for step in (2, 4, 8)]
        texts.append(f"Long label of all of them:{''.join(known)} number {i:02}{'xyz'[i % 3] * 2} end here.")
    characters = sum(map(len, texts)) * allowed // 64 + 2
    found = "".join(s or "{}" for s in align(texts, sample=64, characters=characters))
    step = 64 // allowed
    assert [f"k{k}" in found for k in (2, 4, 8)] == [step % k == 0 for k in (2, 4, 8)]
    everything = "".join(s or "{}" for s in align(texts, sample=64, characters=sum(map(len, texts))))
    assert "k2" not in everything
    assert everything == "".join(s or "{}" for s in align(texts, sample=64))


def test_the_shortest_text_may_lack_a_run_that_nearly_all_have():
    texts = [f"Context of the call:\n- order {i} was sent\n\nQuestion: when {i}?" for i in range(60)]
    texts.append("Context of the call:\n- order was\n\nQuestion: ?")
    found = align(texts, sample=64)
    assert found[0] == "Context of the call:\n"
    assert found[2] == "\n\nQuestion: "
    assert found[1] is None
    assert all(pattern(found).match(text) is not None for text in texts)


def test_long_ends_are_set_aside_at_line_ends_and_come_back():
    line = "All calls carry this line of the manual, word for word.\n"
    head, tail = line * 120, "\n" + line * 120 + "Now answer."
    texts = [f"{head}Question: {i}{tail}" for i in range(12)]
    kept = module._long_head(texts)
    assert head.startswith(kept)
    assert kept.endswith("\n")
    assert module._LONG_END <= len(kept) <= len(head) - module._MARGIN + len(line)
    end = module._long_tail(texts)
    assert tail.endswith(end)
    assert end.startswith("All calls")
    assert len(end) >= module._LONG_END
    assert align(texts, sample=64) == [head + "Question: ", None, tail]


def test_ends_just_short_of_long_are_not_set_aside():
    body = "x" * 99 + "\n"
    at = module._LONG_END // 100
    for lines, kept in ((at + 3, 0), (at + 4, module._LONG_END)):
        assert len(module._long_head([body * lines + f"{i}" for i in range(3)])) == kept


def test_anchors_agree_on_the_space_around_them():
    first, other = lex("a  b c"), lex(" a  b\nc ")
    anchors = [module.Anchor(first, i) for i in range(3)]
    assert [(one.first, one.last, one.joined) for one in anchors] == [
        (True, False, True),
        (False, False, True),
        (False, True, False),
    ]
    for i, anchor in enumerate(anchors):
        anchor.meet(other, i, follower=i < 2)
    assert [(one.first, one.last, one.joined) for one in anchors] == [
        (False, False, True),
        (False, False, False),
        (False, False, False),
    ]
    assert [(one.before, one.after) for one in anchors] == [("", "  "), ("  ", ""), ("", "")]


def test_what_both_begin_with_is_counted_over_many_characters():
    long = module._LONG_END
    for size in (0, 1, long - 1, long, long + 1, 2 * long, 2 * long + 3):
        same = "a" * size
        assert module._shared_length(same + "x", same + "yy") == size
        assert module._shared_length(same, same + "yy") == size
        assert module._shared_length(same, same) == size


def test_texts_that_hold_less_than_most_of_what_nearly_all_hold_are_left_out():
    common = [f"w{i}" for i in range(10)]
    full = [" ".join([*common, f"v{i}"]) for i in range(28)]
    texts = [*full, " ".join(common[:7]), " ".join(common[:6])]
    kept = [one.text for one in module._inliers(lex(text) for text in texts)]
    assert " ".join(common[:7]) in kept
    assert " ".join(common[:6]) not in kept
    assert kept[0] == " ".join(common[:7])
    assert sorted(kept[1:]) == sorted(full)


@given(ATOMS, ATOMS)
def test_what_is_left_of_the_anchors_stands_in_both_texts_in_order(one, other):
    first, second = lex(" ".join(one)), lex(" ".join(other))
    shared = set(first.atoms) & set(second.atoms)
    anchors = [module.Anchor(first, i) for i, atom in enumerate(first.atoms) if atom in shared]
    mine, theirs = module._single_grams(first.atoms), module._single_grams(second.atoms)
    fixed = module._fixed_pairs(
        [(mine[gram], theirs[gram]) for gram in mine if gram in theirs], first, second
    )
    left = module._meet(anchors, second, shared, fixed)
    assert all(a.index < b.index for a, b in itertools.pairwise(left))
    assert {i for i, _ in fixed} <= {one.index for one in left}
    rest = iter(second.atoms)
    assert all(one.atom in rest for one in left)


def test_a_tail_just_as_long_as_long_is_set_aside():
    body = "\n" + "x" * 99
    at = module._LONG_END // 100
    for lines, kept in ((at + 3, 0), (at + 4, module._LONG_END)):
        texts = ["-" * module._LONG_END + f"{i}" + body * lines + "." for i in range(3)]
        assert len(module._long_tail(texts)) == kept
    # As much as a tail has is left of each text beside it.
    assert module._long_tail([f"{i}" + body * (at + 4) + "." for i in range(3)]) == ""


def test_at_least_eight_texts_decide():
    texts = []
    for i in range(63):
        known = " [k8]" if i % 8 == 0 else " [no]"
        texts.append(f"Long label of all of them:{known} number {i:02}{'xyz'[i % 3] * 2} end here.")
    assert "k8" in "".join(s or "{}" for s in align(texts, sample=64, characters=1))


def test_runs_that_nearly_all_have_hold_the_alignment_in_place():
    """Values that repeat words of the prompt don't draw its labels to them."""
    rng = random.Random(11)
    texts = [
        f"Notes of the call: {sentence(rng)}\n\nNow answer this: {sentence(rng)}\n\nTone of it: "
        + sentence(rng)
        for _ in range(60)
    ]
    wanted = ["Notes of the call: ", None, "\n\nNow answer this: ", None, "\n\nTone of it: ", None]
    assert align(texts, sample=64) == wanted


def sentence(rng):
    return " ".join(
        rng.choices(["of", "the", "it", "now", "this", "call", "answer", "notes"], k=rng.randrange(2, 9))
    )


def test_looking_for_runs_takes_two_hundred_thousand_steps_at_most():
    assert len(module._between(["-"] * 400, ["-"] * 500)) == 400
    assert module._between(["-"] * 409, ["-"] * 489) == []  # one step more
