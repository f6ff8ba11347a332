"""Counts how many answers of a data set obey and break each rule of its contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.corpus.difference import RowView
from workbench.graders import Rules
from workbench.io.dataset import PART
from workbench.io.frames import frame_to_pairs
from workbench.records import Case, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from workbench.contracts import Contract, Rule


class RuleCount(Value, frozen=True, kw_only=True):
    """One rule: how many answers hold and break it, to how many it doesn't apply, how many can't be judged.

    ``checked`` is false where no program can decide the rule. ``broken`` shows a few that break it.
    """

    id: str
    task: str
    text: str
    severity: str
    checked: bool
    holds: int = 0
    breaks: int = 0
    not_applicable: int = 0
    unscored: int = 0
    broken: tuple[RowView, ...] = ()


class Coverage(Value, frozen=True, kw_only=True):
    """Every rule, and how many rows break at least one ``must`` rule, among ``rows`` with a contract."""

    rules: tuple[RuleCount, ...]
    rows: int
    rows_breaking_must: int


def coverage(frame: pl.DataFrame, contracts: Sequence[Contract], *, examples: int = 3) -> Coverage:
    """Judge every logged answer by the contract of its task; a lone contract judges all rows.

    Raises:
        ConfigError: a contract with a faulty check.
    """
    by_task = {contract.task: contract for contract in contracts}
    alone = contracts[0] if len(contracts) == 1 else None
    counts = {(c.task, rule.id): dict[str, int]() for c in contracts for rule in c.rules}
    broken: dict[tuple[str, str], list[RowView]] = {key: [] for key in counts}
    rows = breaking = 0
    graders = {contract.task: Rules(contract=contract) for contract in contracts}
    for pair, part in zip(frame_to_pairs(frame), frame[PART], strict=True):
        contract = alone or by_task.get(pair.task)
        if contract is None:
            continue
        rows += 1
        must = False
        case = Case(id=pair.id, behaviour="rules", slots=pair.slot_values)
        for rule, _, grade in graders[contract.task].each(case, pair.output):
            key = (contract.task, rule.id)
            counts[key][grade.label] = counts[key].get(grade.label, 0) + 1
            if grade.label == "fail":
                must |= rule.severity == "must"
                if len(broken[key]) < examples:
                    broken[key].append(
                        _shown(pair.id, pair.task, str(part), pair.prompt[-1].content, pair.output)
                    )
        breaking += must
    rules = tuple(
        _counted(c.task, rule, counts[c.task, rule.id], broken[c.task, rule.id])
        for c in contracts
        for rule in c.rules
    )
    return Coverage(rules=rules, rows=rows, rows_breaking_must=breaking)


def _shown(name: str, task: str, part: str, question: str, answer: str) -> RowView:
    return RowView(id=name, task=task, part=part, asked=question, answer=answer)


def _counted(task: str, rule: Rule, labels: dict[str, int], broken: list[RowView]) -> RuleCount:
    return RuleCount(
        id=rule.id,
        task=task,
        text=rule.text,
        severity=rule.severity,
        checked=rule.check is not None,
        holds=labels.get("pass", 0),
        breaks=labels.get("fail", 0),
        not_applicable=labels.get("not_applicable", 0),
        unscored=labels.get("unscored", 0),
        broken=tuple(broken),
    )
