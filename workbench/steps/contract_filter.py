"""Drops rows whose answer breaks the prompt's own rules: they would teach what the prompt forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.checks import compile_contract
from workbench.contracts import Contract, Severity  # noqa: TC001 - msgspec reads them
from workbench.errors import ConfigError, Finding
from workbench.io.frames import frame_to_pairs, ledger_frame
from workbench.records import Case, Split
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.checks import AnyCheck
    from workbench.contracts import Rule
    from workbench.records import Pair


class ContractFilter(Spec, frozen=True, kw_only=True):
    """Drop rows that break a rule of ``severity`` (``should``: of either).

    ``contracts`` are by task; the pipeline puts in those that came with the pairs. A rule that does not
    apply, or could not be judged, drops nothing.
    """

    severity: Severity = "must"
    contracts: tuple[Contract, ...] = ()

    def bound(self, contracts: Sequence[Contract]) -> ContractFilter:
        """Return this step with the contracts that came with the pairs, unless it has its own."""
        return self if self.contracts else msgspec.structs.replace(self, contracts=tuple(contracts))

    def __call__(self, frame: pl.DataFrame) -> Split:
        """Partition pairs (``PAIR_SCHEMA``).

        Raises:
            ConfigError: a contract with a faulty check, or a task without contract.
        """
        by_task = {contract.task: compile_contract(contract) for contract in self.contracts}
        rows: list[dict[str, Any]] = []
        for at, pair in enumerate(frame_to_pairs(frame)):
            if pair.task not in by_task:
                raise ConfigError(_no_contract(pair.task, sorted(by_task)))
            broken = self._broken(by_task[pair.task], pair)
            if broken:
                rows.append({"id": pair.id, "row": at, "spec_key": self.key, **broken})
        gone = pl.Series([row["row"] for row in rows], dtype=pl.UInt32)
        kept = frame.with_row_index("__at").filter(~pl.col("__at").is_in(gone.implode())).drop("__at")
        return Split(kept=kept, dropped=ledger_frame(rows)).conserved(frame.height)

    def _broken(self, rules: Sequence[tuple[Rule, AnyCheck | None]], pair: Pair) -> dict[str, Any] | None:
        case = Case(id=pair.id, behaviour="rules", slots=pair.slot_values)
        found = []
        for rule, check in rules:
            if check is None or (self.severity == "must" and rule.severity != "must"):
                continue
            grade = check(case, pair.output)
            if grade.label == "fail":
                found.append((rule, grade))
        if not found:
            return None
        return {
            "step": "contract_filter",
            "reason": "breaks a rule",
            "rule": ", ".join(rule.id for rule, _ in found),
            "measured": found[0][1].score,
            "threshold": 1.0,
            "detail": "; ".join(f"{rule.id}: {grade.detail}" for rule, grade in found),
        }


def _no_contract(task: str, known: list[str]) -> Finding:
    return Finding(
        where=f"task {task!r}",
        found="no contract for it",
        expected=f"a contract with that task; there are: {known}",
        fix="Give the contract that `workbench convert` wrote beside the pairs.",
    )
