"""Holds what a run did with its data against the policy: what was rejected, dropped, left, and leaked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.gate.limits import Check, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.gate.limits import Held
    from workbench.gate.policy import DataGuards


def data_guards(
    converted: Mapping[str, Any] | None, curated: Mapping[str, Any] | None, guards: DataGuards | None
) -> Iterator[Check]:
    """Hold the summaries of `convert` and `curate` against the guards, and that their rows add up."""
    if guards is None:
        return
    into, out = converted or {}, curated or {}
    yield from _adds_up("convert", converted, ("pairs", "rejected"))
    yield from _adds_up("curate", curated, ("kept", "dropped", "rejected"))
    yield from at_most(
        "data.max_rejected_share",
        guards.max_rejected_share,
        _share(into.get("rejected"), into.get("in")),
        where="records of the log",
    )
    yield from at_most(
        "data.max_dropped_share",
        guards.max_dropped_share,
        _share(out.get("dropped"), out.get("in")),
        where="pairs",
    )
    leak = out.get("leak") or {}
    found = leak.get("jaccard", out.get("greatest_similarity_across_parts"))
    rows = f", rows {leak['id']} and {leak['other_id']}" if leak.get("id") else ""
    yield from at_most(
        "data.max_likeness", guards.max_likeness, found, where=f"most alike rows of two parts{rows}"
    )
    yield from at_least(
        "data.min_train_rows", guards.min_train_rows, (out.get("parts") or {}).get("train"), where="train"
    )


def _adds_up(stage: str, summary: Mapping[str, Any] | None, ends: tuple[str, ...]) -> Iterator[Check]:
    """Check that what went in came out somewhere."""
    limit = f"data: in = {' + '.join(ends)}"
    if summary is None:
        yield Check(limit=limit, found="no summary", where=stage, verdict="undecided")
        return
    found = [summary.get(name, 0) for name in ends]
    told = f"{summary.get('in')} = {' + '.join(map(str, found))}"
    verdict: Held = "passed" if summary.get("in") == sum(found) else "failed"
    yield Check(limit=limit, found=told, where=stage, verdict=verdict)


def _share(part: Any, whole: Any) -> float | None:
    return part / whole if isinstance(part, int) and isinstance(whole, int) and whole else None
