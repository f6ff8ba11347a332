"""Tests which slices stand among lost cases more often than chance gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.evaluation.attribution.values import Slice
from workbench.evaluation.paired import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.evaluation.attribution.trace import Judged

ALL = ""


def over_represented(judged: Sequence[Judged], features: Sequence[Mapping[str, str]]) -> tuple[Slice, ...]:
    """Test every value of every feature, for each question that lost a case and for all of them together.

    Clusters are counted, not cases: a cluster is lost where one of its cases is, and has a value where one of
    its (lost, if there are any) cases has it. Of clusters drawn without regard to the value, the number that
    have it is hypergeometric (Fisher 1935, one-sided); p values are adjusted by Holm over all tests. A value
    that every cluster has, or none, tests nothing and is left out. The surest come first.
    """
    asked = sorted({one.question for one in judged if one.lost})
    families = [(question, [question]) for question in asked]
    if len(asked) > 1:
        families.insert(0, (ALL, asked))
    rows = [
        row
        for name, questions in families
        for row in _family(
            name,
            [(one, told) for one, told in zip(judged, features, strict=True) if one.question in questions],
        )
    ]
    found = [
        Slice(**row, p=p, p_holm=adjusted)
        for (row, p), adjusted in zip(rows, holm([p for _, p in rows]), strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (one.p_holm, one.p, one.question, one.feature, one.value)))


def _family(
    name: str, members: Sequence[tuple[Judged, Mapping[str, str]]]
) -> list[tuple[dict[str, Any], float]]:
    from scipy import stats as distributions

    lost = {one.case.cluster for one, _ in members if one.lost}
    every = {one.case.cluster for one, _ in members}
    having: dict[tuple[str, str], set[str]] = {}
    for one, told in members:
        if one.lost or one.case.cluster not in lost:
            for named in told.items():
                having.setdefault(named, set()).add(one.case.cluster)
    out = []
    for (feature, value), clusters in sorted(having.items()):
        if len(clusters) == len(every):
            continue
        seen = len(clusters & lost)
        p = float(distributions.hypergeom.sf(seen - 1, len(every), len(clusters), len(lost)))
        row = {
            "question": name,
            "feature": feature,
            "value": value,
            "lost": seen,
            "of_lost": len(lost),
            "held": len(clusters),
            "of_held": len(every),
        }
        out.append((row, min(1.0, p)))
    return out
