"""Sorts texts into families made from one template, by the runs of words and the labels they share."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from workbench.text import has_han, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_RUN = 8
_START = 5
_DOMINANT = 0.9
_RARE = 0.01
_PART = 0.05
_HALF = 0.5
_LABEL_WEIGHT = 12
_SPLIT_UNDER_LONG = 12
_SPLIT = 3
_LABEL = re.compile(
    r"^[ \t\u200e\u200f\u202a-\u202e\u2066-\u2069]*(?:#+ |\*\*|[<【\[])?"
    r"[^\W\d][^\W\d]*(?: [^\W\d]+){0,3} ?[:：>】\]]",
    re.MULTILINE,
)


def families(
    texts: Sequence[str], *, support: int, prompted: bool = False, system: bool = False
) -> list[list[str]]:
    """Sort distinct ``texts`` into families, the order of each kept.

    A family is split as long as part of it shares text that the rest lacks: any text where the family has
    nothing in common, and only a beginning where it has (a passage that many calls quote makes no template),
    unless what all have in common is little and what the part has, most of it. In user turns (``system`` not
    set) labels that all share say that what stands below them is values, however often it comes.
    ``support`` is the least size of such a part; ``prompted`` says that a long system prompt stands above, so
    that the wording of short questions makes no templates.
    """
    every = [_features(text) for text in texts]
    totals = [sum(found.values()) for found in every]
    features = _frequent(every, support=support)
    least = _SPLIT_UNDER_LONG if prompted else _SPLIT
    pending, done = [list(range(len(texts)))], []
    while pending:
        group = pending.pop()
        part = _part(group, features, totals, support=support, least=least, system=system)
        if part is None:
            done.append(group)
            continue
        chosen = set(part)
        pending += [[i for i in group if i not in chosen], part]
    return [[texts[i] for i in group] for group in done if group]


def _features(text: str) -> dict[str, int]:
    """Return the traces that a template leaves in a text, each with its weight."""
    found = [word.casefold() for word in words(text)]
    # A Chinese character carries about half of what a word does.
    longer = 2 if has_han(text) else 1
    run, start = longer * _RUN, longer * _START
    runs = {" ".join(found[i : i + run]): 1 for i in range(len(found) - run + 1)}
    labels = {f"label {m.group().strip().casefold()}": _LABEL_WEIGHT for m in _LABEL.finditer(text)}
    first = _LABEL.match(text)
    starts = {f"start {first.group().casefold()}": 0} if first else {}
    if len(found) >= start:
        starts[f"start {' '.join(found[:start])}"] = _START
    return runs | labels | starts


def _frequent(features: list[dict[str, int]], *, support: int) -> list[dict[str, int]]:
    seen = Counter(name for found in features for name in found)
    least = max(support, _RARE * len(features))
    return [{name: w for name, w in found.items() if seen[name] >= least} for found in features]


def _part(
    group: list[int],
    features: list[dict[str, int]],
    totals: list[int],
    *,
    support: int,
    least: int,
    system: bool,
) -> list[int] | None:
    """Return the members that form a family of their own, or ``None`` where the group is one."""
    seen = Counter(name for i in group for name in features[i])
    dominant = _shared(seen, len(group))
    tried: set[str] = set()
    labelled = not system and any(name.startswith("label ") for name in dominant)
    # Under a long system prompt what follows the label that all turns begin with is a value, quoted or not.
    valued = labelled and least == _SPLIT_UNDER_LONG and any(n.startswith("start ") for n in dominant)
    smallest = max(support, _PART * len(group)) if dominant and (labelled or not system) else support
    for name, count in seen.most_common():
        if count < smallest:
            break
        if name in dominant or name in tried:
            continue
        part = [i for i in group if name in features[i]]
        own = _shared(Counter(n for i in part for n in features[i]), len(part)) - dominant
        begins = not valued and any(n.startswith("start ") for n in own)
        gain = sum(features[part[0]].get(n, 0) for n in own)
        apart = begins or not dominant or (not labelled and _mostly(part, own, dominant, features, totals))
        if gain >= least and apart and len(part) < len(group):
            return part
        tried |= own
    return None


def _mostly(
    part: list[int], own: set[str], dominant: set[str], features: list[dict[str, int]], totals: list[int]
) -> bool:
    """Tell whether most of a member's text is the part's, and less than half of it the whole group's."""
    mean = sum(totals[i] for i in part) / len(part)
    common, more = (sum(features[part[0]].get(n, 0) for n in names) for names in (dominant, own))
    return common < _HALF * mean <= common + more


def _shared(seen: Counter[str], size: int) -> set[str]:
    return {name for name, count in seen.items() if count >= _DOMINANT * size}


def spread(items: Iterable[str], *, limit: int) -> list[str]:
    """Take at most ``limit`` items, evenly spread over all."""
    every = list(items)
    step = -(-len(every) // limit) or 1
    return every[::step]
