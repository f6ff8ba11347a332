"""Rules that no program can decide, with the question that a judging model is asked about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.spec import Spec
from workbench.text import has_han

if TYPE_CHECKING:
    from workbench.contracts import Contract, Rule

_ASKS_EN = (
    "Does the answer keep to this rule? Where the rule does not bear on what was asked, "
    "choose not_applicable.\nRule: {}"
)
_ASKS_ZH = "回答是否遵守下面这条规则？规则与所问无关时选 not_applicable。\n规则：{}"


class Judged(Spec, frozen=True, kw_only=True, tag="judge"):
    """A judge is asked ``question``, a yes-or-no one about an answer.

    No program looks at such a rule: curation treats it as one without a check, `workbench eval` grades it
    where a judge is named (`--grader rules=judge:BACKEND`) and leaves it unscored otherwise, and
    `workbench judge --contract` asks about it afterwards.
    """

    question: str


def draft(text: str) -> dict[str, Any]:
    """Draft the check of a rule that no program decides, in the rule's own language, to be edited by hand."""
    asked = (_ASKS_ZH if has_han(text) else _ASKS_EN).format(" ".join(text.split()))
    return {"use": "judge", "question": asked}


def drafted(contract: Contract) -> Contract:
    """Return the contract with a question for every rule that has no check."""
    rules = (
        rule if rule.check is not None else msgspec.structs.replace(rule, check=draft(rule.text))
        for rule in contract.rules
    )
    return msgspec.structs.replace(contract, rules=tuple(rules))


def questions(contract: Contract) -> list[tuple[Rule, str]]:
    """List the rules that a judge decides, each with its question."""
    return [
        (rule, str(rule.check["question"]))
        for rule in contract.rules
        if rule.check is not None and rule.check.get("use") == "judge"
    ]
