"""Makes cases of held-out pairs, so that rules are judged on calls that were really made."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from workbench.io.frames import frame_to_pairs
from workbench.records import Case
from workbench.text import content_id, language

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from workbench.records import Pair

HELDOUT = "rules"
TEMPLATE = "template"


def cases_from_pairs(frame: pl.DataFrame) -> list[Case]:
    """Turn held-out pairs (``PAIR_SCHEMA``, with a ``cluster`` column where curation wrote one) into cases.

    The behaviour is ``rules``, the reference the logged answer, the slice the task; ``expect["template"]``
    names the template, so that the teacher gets the very prompt that was logged. Without a cluster column
    each pair is a cluster of its own.
    """
    pairs = frame_to_pairs(frame)
    clusters = frame["cluster"].to_list() if "cluster" in frame.columns else [None] * len(pairs)
    return [_case(pair, cluster or pair.id) for pair, cluster in zip(pairs, clusters, strict=True)]


def bounded(cases: Sequence[Case], limit: int | None) -> list[Case]:
    """Return at most ``limit`` cases in their order, twins together or not at all; ``None`` keeps all.

    The sample is stratified: strata (language and slice) take turns, so that none has more than one group of
    twins more than another as long as both have some left. Within a stratum content hashes decide, whatever
    stands beside a case in the file.
    """
    if limit is None or len(cases) <= limit:
        return list(cases)
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(min(case.id, case.twin or case.id), []).append(case)
    seen: Counter[tuple[str, str]] = Counter()
    turns: list[tuple[int, str, str]] = []
    for name in sorted(groups, key=lambda name: content_id("bounded", name)):
        stratum = (groups[name][0].lang, groups[name][0].slice)
        turns.append((seen[stratum], content_id("bounded", *stratum), name))
        seen[stratum] += 1
    chosen: set[str] = set()
    for _, _, name in sorted(turns):
        if len(chosen) + len(groups[name]) <= limit:
            chosen.update(case.id for case in groups[name])
    return [case for case in cases if case.id in chosen]


def _case(pair: Pair, cluster: str) -> Case:
    return Case(
        id=pair.id,
        behaviour=HELDOUT,
        slots=pair.slot_values,
        lang=language(pair.output)[0],
        slice=pair.task,
        cluster=cluster,
        reference=pair.output,
        expect={TEMPLATE: pair.template_id},
    )
