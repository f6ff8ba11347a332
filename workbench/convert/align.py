"""Finds what the texts of one family share: static segments in order, and holes where they differ."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from workbench.convert.families import spread
from workbench.convert.prune import strong_segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ATOM = re.compile(rf"\r?\n|[{_HAN}]|[^\W{_HAN}]+|[^\w\s]")
_GRAM = 3
_FEWEST = 8
_OUTLIER = 0.7
_COMMON = 0.9
_MARK = 0.98
# Ends that texts share are set aside from this many characters on, but for a margin that shows what is near.
_LONG_END = 4_000
_MARGIN = 400
_MOST_STEPS = 200_000


class Lexed(NamedTuple):
    """A text with its atoms: runs of letters and digits, single Chinese characters, single signs."""

    text: str
    atoms: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def gap(self, index: int) -> str:
        """Return the white space before atom ``index`` (after the last one for ``len(atoms)``)."""
        left = self.ends[index - 1] if index else 0
        right = self.starts[index] if index < len(self.atoms) else len(self.text)
        return self.text[left:right]


class Anchor:
    """An atom that all texts seen so far share, and what they agree on around it."""

    __slots__ = ("after", "atom", "before", "first", "index", "joined", "last")

    def __init__(self, lexed: Lexed, index: int) -> None:
        self.atom = lexed.atoms[index]
        self.index = index
        self.before = lexed.gap(index)
        self.after = lexed.gap(index + 1)
        self.first = index == 0
        self.last = index == len(lexed.atoms) - 1
        self.joined = not self.last

    def meet(self, lexed: Lexed, at: int, *, follower: bool) -> None:
        """Agree with another text, whose atom ``at`` this is; ``follower``: the next atom fits too."""
        before, after = lexed.gap(at), lexed.gap(at + 1)
        self.first = self.first and at == 0 and before == self.before
        self.last = self.last and at == len(lexed.atoms) - 1 and after == self.after
        self.joined = self.joined and follower and after == self.after
        self.before = _common_suffix(self.before, before)
        self.after = _common_prefix(self.after, after)


def align(texts: Sequence[str], *, sample: int, characters: int | None = None) -> list[str | None]:
    """Align ``texts`` (distinct, at least two) and return segments, ``None`` for a hole.

    ``sample`` texts, evenly spread, decide; fewer where what they don't share at their ends has more than
    ``characters`` in all. Texts that share less than most with the others are left out. A family without
    common text gives ``[None]``.
    """
    chosen = spread(texts, limit=sample)
    head, tail = _long_head(chosen), _long_tail(chosen)
    inner = [text[len(head) : len(text) - len(tail)] for text in chosen]
    if characters is not None and sum(map(len, inner)) > characters:
        inner = spread(inner, limit=max(_FEWEST, characters * len(inner) // sum(map(len, inner))))
    return _with_ends(head, _aligned(inner), tail)


def _aligned(texts: Sequence[str]) -> list[str | None]:
    lexed = _inliers([lex(text) for text in texts])
    if not lexed:
        return [None]
    first, *others = lexed
    shared = set(first.atoms).intersection(*(other.atoms for other in others))
    grams = [_single_grams(one.atoms) for one in lexed]
    seen = Counter(gram for found in grams for gram in found)
    marks = [gram for gram in grams[0] if seen[gram] >= _MARK * len(lexed)]
    anchors = [Anchor(first, i) for i, atom in enumerate(first.atoms) if atom in shared]
    for other, found in zip(others, grams[1:], strict=True):
        fixed = _fixed_pairs([(grams[0][mark], found[mark]) for mark in marks if mark in found], first, other)
        anchors = _meet(anchors, other, shared, fixed)
    return strong_segments(_segments(first, anchors), [one.text for one in lexed])


def _long_head(texts: Sequence[str]) -> str:
    """Return what all texts begin with, up to a line end well before they part; empty where that is short."""
    least, most = min(texts), max(texts)
    size = _shared_length(least, most)
    cut = least.rfind("\n", 0, max(size - _MARGIN, 0)) + 1
    return least[:cut] if cut >= _LONG_END else ""


def _long_tail(texts: Sequence[str]) -> str:
    """Return what all texts end with, from a line's beginning well behind where they join."""
    turned = [text[::-1] for text in texts]
    least, most = min(turned), max(turned)
    size = min(_shared_length(least, most), *(len(text) - _LONG_END for text in texts))
    cut = least.rfind("\n", 0, max(size - _MARGIN, 0))
    return least[:cut][::-1] if cut >= _LONG_END else ""


def _with_ends(head: str, inner: list[str | None], tail: str) -> list[str | None]:
    """Put the shared ends back."""
    out: list[str | None] = [head, *inner] if head else list(inner)
    out += [tail] if tail else []
    joined: list[str | None] = []
    for segment in out:
        if segment is not None and joined and joined[-1] is not None:
            joined[-1] += segment
        else:
            joined.append(segment)
    return joined


def lex(text: str) -> Lexed:
    """Take a text apart into atoms."""
    found = [(m.group(), m.start(), m.end()) for m in _ATOM.finditer(text)]
    atoms, starts, ends = zip(*found, strict=True) if found else ((), (), ())
    return Lexed(text, atoms, starts, ends)


def _inliers(lexed: Iterable[Lexed]) -> list[Lexed]:
    """Keep the texts that hold most of what nearly all hold, the shortest first."""
    ordered = sorted(lexed, key=lambda one: (len(one.atoms), one.text))
    seen = Counter(atom for one in ordered for atom in set(one.atoms))
    common = {atom for atom, count in seen.items() if count >= _COMMON * len(ordered)}
    return [one for one in ordered if len(common.intersection(one.atoms)) >= _OUTLIER * len(common)]


def _single_grams(atoms: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    """Map every run of three atoms (text start and end count) that stands once in the text to its place."""
    padded = ("", *atoms, "")
    grams = list(zip(*(padded[k:] for k in range(_GRAM)), strict=False))
    counts = Counter(grams)
    return {gram: i - 1 for i, gram in enumerate(grams) if counts[gram] == 1}


def _fixed_pairs(places: list[tuple[int, int]], first: Lexed, other: Lexed) -> list[tuple[int, int]]:
    """Pair the atoms of runs that stand once in either text and come in the same order in both."""
    out: list[tuple[int, int]] = [(-1, -1)]
    for mine, theirs in _in_order(sorted(places)):
        for k in range(_GRAM):
            i, j = mine + k, theirs + k
            if i > out[-1][0] and j > out[-1][1] and i < len(first.atoms) and j < len(other.atoms):
                out.append((i, j))
    return out[1:]


def _in_order(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of ``places`` (sorted by the first) in which the second rises too."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for i, (_, value) in enumerate(places):
        at = bisect.bisect_left(tops, value)
        before.append(ends[at - 1] if at else -1)
        tops[at : at + 1] = [value]
        ends[at : at + 1] = [i]
    out = []
    i = ends[-1] if ends else -1
    while i >= 0:
        out.append(places[i])
        i = before[i]
    return out[::-1]


def _meet(
    anchors: list[Anchor], other: Lexed, shared: set[str], fixed: list[tuple[int, int]]
) -> list[Anchor]:
    """Keep the anchors that ``other`` has too, in order; ``fixed`` pairs of atoms bound the search."""
    pairs: list[tuple[Anchor, int]] = []
    a, j_from = 0, 0
    for i_to, j_to in [*fixed, (None, len(other.atoms))]:
        a_to = a
        while a_to < len(anchors) and (i_to is None or anchors[a_to].index < i_to):
            a_to += 1
        if a < a_to and j_from < j_to:
            places = [j for j in range(j_from, j_to) if other.atoms[j] in shared]
            found = _matches([anchor.atom for anchor in anchors[a:a_to]], [other.atoms[j] for j in places])
            pairs += [(anchors[a + left], places[right]) for left, right in found]
        if i_to is not None and a_to < len(anchors) and anchors[a_to].index == i_to:
            pairs.append((anchors[a_to], j_to))
            a_to += 1
        a, j_from = a_to, j_to + 1
    for (anchor, at), follower in zip_longest(pairs, pairs[1:]):
        next_fits = follower is not None and follower[0].index == anchor.index + 1 and follower[1] == at + 1
        anchor.meet(other, at, follower=next_fits)
    return [anchor for anchor, _ in pairs]


def _matches(left: list[str], right: list[str]) -> list[tuple[int, int]]:
    """Pair equal atoms in order: common ends first, longest runs between them."""
    head = _shared_length(left, right)
    tail = 0
    while tail < min(len(left), len(right)) - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    between = _between(left[head : len(left) - tail], right[head : len(right) - tail])
    pairs = [(i, i) for i in range(head)]
    pairs += [(head + i, head + j) for i, j in between]
    return pairs + [(len(left) - k, len(right) - k) for k in range(tail, 0, -1)]


def _between(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    """Pair equal atoms, longest runs first; in texts that repeat themselves too much, those that stand once.

    Looking for one run takes a step for every two equal atoms: quadratic in how often one is repeated.
    """
    here, there = Counter(a), Counter(b)
    if sum(count * there[atom] for atom, count in here.items()) > _MOST_STEPS:
        places = {atom: j for j, atom in enumerate(b) if there[atom] == 1}
        return _in_order(
            [(i, places[atom]) for i, atom in enumerate(a) if here[atom] == 1 and atom in places]
        )
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return [(block.a + k, block.b + k) for block in blocks for k in range(block.size)]


def _segments(first: Lexed, anchors: list[Anchor]) -> list[str | None]:
    """Put the anchors together into runs of text with holes between them."""
    out: list[str | None] = []
    run: list[Anchor] = []
    for anchor in anchors:
        if run and not (run[-1].joined and anchor.index == run[-1].index + 1):
            out += [_text(first, run), None]
            run = []
        run.append(anchor)
    if not run:
        return [None]
    out.append(_text(first, run))
    head = [] if anchors[0].first else [None]
    tail = [] if anchors[-1].last else [None]
    return [*head, *out, *tail]


def _text(first: Lexed, run: list[Anchor]) -> str:
    return run[0].before + first.text[first.starts[run[0].index] : first.ends[run[-1].index]] + run[-1].after


def _shared_length(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the first items that both have in common; quick where they have many."""
    if one == other:
        return len(one)
    shared = 0
    while one[shared : shared + _LONG_END] == other[shared : shared + _LONG_END]:
        shared += _LONG_END
    ends = one[shared : shared + _LONG_END], other[shared : shared + _LONG_END]
    pairs = enumerate(zip(*ends, strict=False))
    most = min(len(one), len(other))
    return next((shared + i for i, (a, b) in pairs if a != b), most)


def _common_prefix(one: str, other: str) -> str:
    return one if one == other else one[: _shared_length(one, other)]


def _common_suffix(one: str, other: str) -> str:
    return one if one == other else _common_prefix(one[::-1], other[::-1])[::-1]
