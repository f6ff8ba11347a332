"""Tests over all pairs of opposed prompts whether one side is treated better, whoever is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.graders.symmetry import Answered as Pair
from workbench.graders.symmetry import leaning
from workbench.records import ARMS
from workbench.verdicts import Leaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.evaluation.grading import Answered

_SIDES = ("a", "b")


def leanings(answered: Sequence[Answered]) -> dict[str, dict[str, tuple[Leaning, ...]]]:
    """Return by behaviour and arm the lean in each measure, over the pairs that were answered on both sides.

    A pair is two twins whose ``expect.side`` is ``a`` and ``b``; its topic, within which pairs stand or fall
    together, is their cluster; several samples are pairs of one topic. Answers that never came leave their
    pair out.
    """
    pairs: dict[tuple[str, str], list[Pair]] = {}
    came = [one for one in answered if one.completion.finish != "error"]
    by_id = {(one.arm, one.sample, one.case.id): one for one in came}
    for one in came:
        twin = by_id.get((one.arm, one.sample, one.case.twin or ""))
        sides = (one.case.expect.get("side"), twin.case.expect.get("side") if twin else None)
        if twin is None or sides != _SIDES:
            continue
        pairs.setdefault((one.case.behaviour, one.arm), []).append(
            Pair(
                topic=one.case.cluster,
                a=one.completion.text,
                b=twin.completion.text,
                prompt_a=one.case.slots.get("question", ""),
                prompt_b=twin.case.slots.get("question", ""),
            )
        )
    behaviours = sorted({behaviour for behaviour, _ in pairs})
    return {
        name: {arm: _told(pairs[name, arm]) for arm in ARMS if (name, arm) in pairs} for name in behaviours
    }


def _told(pairs: Sequence[Pair]) -> tuple[Leaning, ...]:
    return tuple(
        Leaning(
            measure=one.measure,
            difference=one.difference,
            p=one.p,
            p_holm=one.p_holm,
            topics=one.topics,
        )
        for one in leaning(pairs)
    )
