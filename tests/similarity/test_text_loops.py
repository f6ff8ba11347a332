"""Each compiled loop that cuts texts does what its docstring says, held against plain Python."""

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.similarity import kernels, shingle_kernels
from workbench.similarity.shingles import _character_kinds, _small_letters, cut, shingle

ROOM = 40


def plain(loop):
    """Return a loop as it stands in the source, so that nothing is compiled for a few rows."""
    return getattr(loop, "py_func", loop)


@pytest.mark.parametrize(
    ("steps", "value"),
    [(1, 0xE220A8397B1DCDAF), (2, 0x6E789E6AA1B965F4), (3, 0x06C45D188009454F)],
)
def test_values_are_scattered_as_published(steps, value):
    with np.errstate(over="ignore"):
        assert int(plain(kernels.mix)(np.uint64(steps) * kernels.STEP)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)],
)
def test_bytes_are_hashed_as_published(text, value):
    data = np.frombuffer(f"-{text}-".encode(), np.uint8)
    with np.errstate(over="ignore"):
        found = plain(shingle_kernels.hash_bytes)(data, 1, 1 + len(text), np.uint64(0))
        assert int(found) == int(plain(kernels.mix)(np.uint64(value)))


def test_texts_without_words_differ_by_text_and_by_field():
    found = shingle([pl.Series(["!?", "!?", "?!"]), pl.Series(["!?", "", "!!"])])
    sets = [found.sets[a:b].tolist() for a, b in itertools.pairwise(found.starts)]
    assert [len(one) for one in sets] == [1, 1, 1, 0, 1, 1]
    assert sets[0] == sets[2]
    assert len({one[0] for one in sets if one}) == 4


@pytest.mark.parametrize(
    ("letter", "width"),
    [("\x00", 1), ("\x7f", 1), ("\x80", 2), ("é", 2), ("\u07ff", 2), ("\u0800", 3), ("你", 3), ("\uffff", 3),
     ("\U00010000", 4), ("\U0002a6a5", 4), ("\U000abcde", 4), ("\U0010ffff", 4)],
)  # fmt: skip
def test_every_width_of_utf8_is_read(letter, width):
    data = np.frombuffer(f"a{letter}z".encode(), np.uint8)
    assert plain(shingle_kernels.code_point)(data, 1) == (ord(letter), width)


def test_planes_two_and_three_are_of_chinese():
    kind = plain(shingle_kernels.kind_of)
    table = np.array([shingle_kernels.LETTER, shingle_kernels.SEPARATOR], np.uint8)
    found = [kind(code, table) for code in (0, 1, 2, 0x1FFFF, 0x20000, 0x3FFFF, 0x40000)]
    letter, parts, alone = shingle_kernels.LETTER, shingle_kernels.SEPARATOR, shingle_kernels.UNSPACED
    assert found == [letter, parts, parts, parts, alone, alone, parts]


WORDS = st.text(st.sampled_from("ab9éß٣"), min_size=1, max_size=18)
TEXT = st.lists(st.one_of(WORDS, st.sampled_from(["你", "好", "𠀀"])), min_size=1, max_size=5)


def tokens(parts, table, small):
    data = np.frombuffer(" ".join(parts).encode(), np.uint8)
    out = np.zeros(ROOM * 4, np.uint64)
    with np.errstate(over="ignore"):
        count, unspaced, numbers = plain(shingle_kernels.tokenize)(data, 0, data.size, table, small, out)
    return out[:count].tolist(), unspaced, int(numbers)


@given(TEXT, TEXT)
def test_words_are_alike_where_they_are_spelt_alike(left, right):
    table, small = _character_kinds(), _small_letters()
    found = [tokens(parts, table, small) for parts in (left, right)]
    spelt = {}
    for parts, (hashes, unspaced, _) in zip((left, right), found, strict=True):
        assert len(hashes) == len(parts)
        assert unspaced == sum(part in {"你", "好", "𠀀"} for part in parts)
        for part, value in zip(parts, hashes, strict=True):
            assert spelt.setdefault(part, value) == value
    assert len(set(spelt.values())) == len(spelt)
    digits = [[part for part in parts if set(part) & {"9", "٣"}] for parts in (left, right)]
    numbers = [one[2] for one in found]
    assert [bool(number) for number in numbers] == [bool(one) for one in digits]
    assert (numbers[0] == numbers[1]) == (digits[0] == digits[1])


def test_words_of_eight_bytes_and_their_multiples_are_told_apart():
    found = shingle([pl.Series([("x" * n) for n in range(1, 40)])], ngram=1)
    assert len(set(found.sets.tolist())) == 39
    ends = shingle([pl.Series(["abcdefgh", "abcdefghabcdefgh", "abcdefgh abcdefgh"])], ngram=1)
    sets = [ends.sets[a:b].tolist() for a, b in itertools.pairwise(ends.starts)]
    assert [len(one) for one in sets] == [1, 1, 1]
    assert sets[0] == sets[2] != sets[1]


def test_a_word_counts_from_its_first_letter_whatever_follows():
    words = [
        f"{before}{after}" for before in ("", "a", "b", "ab", "ba", "abcdefg") for after in ("é", "éa", "ß")
    ]
    found = shingle([pl.Series(words)], ngram=1)
    assert len(set(found.sets.tolist())) == len(words)


@pytest.mark.parametrize("text", ["a", "é", "你", "!", "a b", "ab", "你好"])
def test_the_shortest_texts_have_their_shingles(text):
    alone, among = shingle([pl.Series([text])], ngram=1), shingle([pl.Series([text, "b"] * 9)], ngram=1)
    size = int(alone.starts[-1])
    assert size == len(text.split())
    assert among.sets[:size].tolist() == alone.sets.tolist()


def test_numbers_and_capitals_at_the_ends_of_their_ranges():
    found = shingle([pl.Series(["AZ az", "az AZ", "a0", "a9", "a/", "a:", "a[", "a@"])], ngram=1)
    sets = [set(found.sets[a:b].tolist()) for a, b in itertools.pairwise(found.starts)]
    assert sets[0] == sets[1]
    assert len(sets[0]) == 1
    assert [bool(n) for n in found.numbers] == [False, False, True, True, False, False, False, False]
    assert sets[4] == sets[5] == sets[6] == sets[7]
    assert sets[4] not in sets[:4]


@given(st.lists(st.integers(0, 2), max_size=7), st.lists(st.integers(0, 2), max_size=7), st.integers(1, 4))
def test_a_shingle_is_a_run_of_words_in_order(left, right, size):
    known = {}
    for words in (left, right):
        out = np.zeros(ROOM, np.uint64)
        held = np.array(words, np.uint64)
        if len(words) < size:
            continue
        with np.errstate(over="ignore"):
            count = plain(shingle_kernels.hash_runs)(held, len(words), size, np.uint64(7), out)
        runs = [tuple(words[k : k + size]) for k in range(len(words) - size + 1)]
        assert count == len(runs)
        assert not out[count:].any()
        for run, value in zip(runs, out.tolist()[:count], strict=True):
            assert known.setdefault(run, value) == value
    assert len(set(known.values())) == len(known)


def test_half_a_text_of_unspaced_characters_is_cut_by_words():
    """More than half of the words decide: two of four don't."""
    for size, counts in ((3, [3, 3]), (5, [3, 1])):
        found = shingle([pl.Series(["你 好 a b", "你 好 吗 a b"])], ngram=2, char_ngram=size)
        assert np.diff(found.starts).tolist() == counts


def test_a_text_as_it_comes_keeps_its_repeats():
    frame = pl.DataFrame({"f0": ["b a b a", "a", "", "c c"]})
    found = cut(frame, ngram=1, char_ngram=5, as_sets=False)
    assert np.diff(found.starts).tolist() == [4, 1, 0, 2]
    first = found.sets[:4].tolist()
    assert first[0] == first[2] != first[1] == first[3] == found.sets[4]
    sets = cut(frame, ngram=1, char_ngram=5)
    assert np.diff(sets.starts).tolist() == [2, 1, 0, 1]
    assert sets.sets[:2].tolist() == sorted(first[:2])


def test_rows_that_are_not_wanted_have_none():
    frame = pl.DataFrame({"f0": ["a", "b", "ﬀ"], "f1": ["c", "d 9", "e"]})
    found = cut(frame, ngram=1, char_ngram=5, wanted=np.array([True, False, True]))
    assert np.diff(found.starts).tolist() == [1, 1, 0, 0, 1, 1]
    assert not found.numbers.any()


@given(st.binary(max_size=9), st.binary(max_size=4))
def test_white_space_at_the_ends_is_left_out(inner, ends):
    space = bytes(b" \t\n\v\f\r"[b % 6] for b in ends)
    data = space + inner + space[::-1]
    start, end = plain(shingle_kernels.trimmed)(np.frombuffer(b"x" + data + b"x", np.uint8), 1, 1 + len(data))
    assert (b"x" + data)[start:end] == data.strip(b" \t\n\v\f\r")
    assert start <= end


@given(st.lists(st.integers(0, 5), min_size=1, max_size=9))
def test_repeats_are_closed_up(values):
    held = np.array([9, *sorted(values), 9], np.uint64)
    end = plain(shingle_kernels.unique_sorted)(held, 1, 1 + len(values))
    assert held[1:end].tolist() == sorted(set(values))


@pytest.mark.parametrize("count", [15, 16, 17, 40])
def test_few_and_many_hashes_are_sorted(count):
    rng = np.random.default_rng(count)
    values = rng.integers(0, 1 << 64, count, np.uint64)
    values[::5] = values[0]
    found = values.copy()
    with np.errstate(over="ignore"):
        plain(shingle_kernels.sort_hashes)(
            found, np.full(count + 2, 7, np.uint64), np.full(count + 2, 7, np.int64)
        )
    assert found.tolist() == sorted(values.tolist())


def test_texts_that_folding_may_change_are_named_and_counted():
    texts = ["plain", "é", "ﬁ", "", "a É", "ﬁ ﬁ", "\U0002f800", "ﬁ"]
    wanted = np.array([True] * 7 + [False])
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    offsets = np.cumsum([0, *(len(text.encode()) for text in texts)]).astype(np.int64)
    out = np.ones(8, np.bool_)
    count = plain(shingle_kernels.unfolded)(data, offsets, _character_kinds(), wanted, out)
    assert out.tolist() == [False, False, True, False, True, True, True, False]
    assert count == 4
