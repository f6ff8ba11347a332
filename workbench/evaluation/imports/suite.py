"""Writes an import as a suite, with what was refused beside it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks.assertions import JUDGED
from workbench.evaluation.suites import dump_suite
from workbench.io.rundir import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.evaluation.imports.values import Imported


def write_suite(found: Imported, out: Path, *, source: str) -> dict[str, Any]:
    """Write the cases to ``out`` and refusals to ``<out>.rejects.jsonl``; return the summary.

    Raises:
        InputError: ``out`` is neither ``.yaml`` nor ``.jsonl``.
    """
    counts = {
        "from": found.format,
        "source": source,
        "in": found.rows,
        "cases": len(found.cases),
        "rejected": len(found.refused),
        "reasons": dict(Counter(one.reason for one in found.refused).most_common()),
        "left_out": found.left_out,
        "judged": sum(
            any(a["type"] == JUDGED for a in case.expect.get("assert", ())) for case in found.cases
        ),
    }
    write_text(out, dump_suite(found.cases, about=counts, name=out.name))
    rejects = out.with_name(out.name + ".rejects.jsonl")
    rejects.unlink(missing_ok=True)
    if found.refused:
        lines = [{"where": one.where, "reason": one.reason} for one in found.refused]
        write_text(rejects, "".join(msgspec.json.encode(line).decode() + "\n" for line in lines))
    return {**counts, "out": str(out), "rejects": str(rejects) if found.refused else None}
