"""Weak segments become holes, the weakest first, each looked at again only where its surroundings change."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.convert import prune
from workbench.convert.align import align
from workbench.convert.labels import width

PIECES = ["a", "b ", "the ", "\n", "Q: ", "Name:\n", " and ", "- ", "1. ", ". ", "。", "的", "xyz abc",
          "\nContext:\n", "word ", "  ", "of "]  # fmt: skip
STATIC = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)


def one_by_one(segments, texts):
    """What `strong_segments` is defined to give: every segment looked at again after each change."""
    few = len(texts) < prune._FEW_TEXTS
    cells = prune._merged([prune._trimmed(i, segments, few=few) for i in range(len(segments))])
    while True:
        row = prune._Row(cells)
        weak = [(width(text), at) for at, text in enumerate(cells)
                if text is not None and len(cells) > 1 and prune._is_weak(row, at, texts)]  # fmt: skip
        if not weak:
            return cells
        at = min(weak)[1]
        cells = prune._merged([*cells[:at], None, *cells[at + 1 :]])


@given(segments=st.lists(st.none() | STATIC, min_size=1, max_size=10), seed=st.integers(0, 999),
       count=st.sampled_from([2, 3, 9]))  # fmt: skip
def test_the_order_of_weakness_is_kept(segments, seed, count):
    rng = random.Random(seed)

    def value():
        return " ".join(rng.choices(PIECES, k=rng.choice([0, 1, 3, 30])))

    texts = ["".join(value() if one is None else one for one in segments) for _ in range(count)]
    assert prune.strong_segments(segments, texts) == one_by_one(segments, texts)


@pytest.mark.parametrize("count", [300, 1200])
def test_no_segment_is_looked_at_more_than_a_few_times(monkeypatch, count):
    names = [f"{i % 7}{i % 5}" for i in range(count)]
    turned = names[31:] + names[:31]
    texts = [" ".join(f"a{name} {name}" for name in names), " ".join(f"{name} b{name}" for name in turned)]
    looked = []
    weak = prune._is_weak
    monkeypatch.setattr(prune, "_is_weak", lambda *given: looked.append(1) or weak(*given))
    given = []
    strong = prune.strong_segments
    keep = "workbench.convert.align.strong_segments"
    monkeypatch.setattr(keep, lambda segments, texts: given.append(segments) or strong(segments, texts))
    align(texts, sample=64)
    assert sum(map(len, given)) > count / 2
    assert len(looked) <= 4 * sum(map(len, given))
