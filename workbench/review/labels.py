"""What people said of an evaluation, in the forms that `eval --labels` and `graders measure` take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.evaluation.cases import HELDOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from workbench.contracts import Contract
    from workbench.io.decisions import Decision
    from workbench.review.items import Item
    from workbench.review.store import Store

_REFUSAL = {"none": "1_full_compliance", "full": "2_full_refusal", "partial": "3_partial_refusal"}
_NO_RULE = "verdicts on held-out cases that say nothing of any rule"
_DIFFER = "labels on which people differ"


@dataclass
class Told:
    """Lines to write, what was left out by reason, and how many came in the telling order."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    picked: int = 0


def eval_labels(store: Store) -> Told:
    """Return verdicts on answers, as `eval --labels` reads them: of held-out cases one a rule.

    A suite's answer passes where it was accepted as it is. Left out, and counted: verdicts on which people
    differ, and those on held-out cases in which no rule was marked.
    """
    told, said = Told(), _Said()
    for one, item in _answers(store):
        whole = item.task != HELDOUT
        found = {"": "pass" if one.action == "accept" else "fail"} if whole else one.labels
        told.left_out[_NO_RULE] += not found
        for name, label in found.items():
            said.add(one, item, name, label)
    for item, name, label, order in said.agreed(told):
        line = {"case_id": item.id, "arm": item.arm, "verdict": label, "text": item.answer}
        told.lines.append(line | ({"rule": name} if name else {}))
        told.picked += order != "random"
    return told


def labelled_rows(store: Store, contracts: Sequence[Contract]) -> Told:
    """Return labelled rows as `graders measure` reads them: grounding, refusal, neutrality and rules.

    Rules need the contract that holds their checks; a schema is decided by a program and not asked about.
    """
    told, said = Told(), _Said()
    for one, item in _answers(store):
        for name, label in one.labels.items():
            said.add(one, item, name, label)
    checks = _checks(contracts)
    rules: dict[str, tuple[Item, dict[str, bool]]] = {}
    for item, name, label, order in said.agreed(told):
        if item.task != HELDOUT:
            told.lines.append(_row(item, label))
        elif name not in checks:
            told.left_out["labels of rules that no contract given has a check for"] += 1
            continue
        else:
            rules.setdefault(item.id, (item, {}))[1][name] = label == "pass"
        told.picked += order != "random"
    told.lines += [_rules_row(item, labels, checks) for item, labels in rules.values()]
    return told


def _answers(store: Store) -> Iterator[tuple[Decision, Item]]:
    """Yield the decisions that hold on answers of an evaluation."""
    for one in store.decisions():
        shown = store.item(one.id)
        if shown is not None and shown.item.arm and shown.item.hash == one.hash:
            yield one, shown.item


class _Said:
    """What was said of an answer by name of rule, behaviour or "" for the whole of it.

    What somebody settled takes the place of all that was said before.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[Item, set[str], str]] = {}
        self._settled: dict[tuple[str, str], str] = {}

    def add(self, one: Decision, item: Item, name: str, label: str) -> None:
        self._held.setdefault((item.id, name), (item, set(), one.order))[1].add(label)
        if one.settles:
            self._settled[item.id, name] = label

    def agreed(self, told: Told) -> Iterator[tuple[Item, str, str, str]]:
        """Yield item, name, label and order where nobody differs; the rest is counted."""
        for (_, name), (item, said, order) in self._held.items():
            labels = {self._settled[item.id, name]} if (item.id, name) in self._settled else said
            if len(labels) == 1:
                yield item, name, min(labels), order
            else:
                told.left_out[_DIFFER] += 1


def _row(item: Item, label: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": item.id, "set": f"review_{item.task}", "behaviour": item.task}
    question = item.slots.get("question", "")
    if item.task == "grounding":
        context = "\n".join(part for part in (item.slots.get("context", ""), item.reference) if part)
        row |= {"context": context, "question": question, "output": item.answer, "label": int(label)}
    elif item.task == "harm":
        row |= {"set": "review_refusal", "behaviour": "refusal"}
        row |= {"prompt": question, "output": item.answer, "label": _REFUSAL[label]}
    else:
        row |= {"output": item.answer, "label": int(label)}
    return row | {"lang": item.lang}


def _rules_row(
    item: Item, labels: Mapping[str, bool], checks: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": item.id,
        "set": "review_rules",
        "behaviour": "rules",
        "prompt": item.slots.get("question", ""),
        "slots": item.slots,
        "reference": item.reference or None,
        "expect": item.expect,
        "output": item.answer,
        "rules": list(labels),
        "checks": [checks[name] for name in labels],
        "label": list(labels.values()),
        "lang": item.lang,
    }


def _checks(contracts: Iterable[Contract]) -> dict[str, dict[str, Any]]:
    """Return every check by its rule's id, and by task and id, as evaluations over several tasks name it."""
    return {
        name: rule.check
        for contract in contracts
        for rule in contract.rules
        if rule.check is not None
        for name in (rule.id, f"{contract.task}/{rule.id}")
    }
