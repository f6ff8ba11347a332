"""Grades an answer by every check of a contract."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from workbench.checks import compile_contract
from workbench.contracts import Contract, Severity
from workbench.records import Case, Evidence, Grade
from workbench.spec import Spec

if TYPE_CHECKING:
    from workbench.checks import AnyCheck
    from workbench.contracts import Rule

Compiled = tuple[tuple["Rule", "AnyCheck | None"], ...]


class Rules(Spec, frozen=True, kw_only=True):
    """The answer obeys every rule of ``contract`` that applies, of ``severity`` alone where it is given."""

    contract: Contract
    severity: Severity | None = None

    def __call__(self, case: Case, output: str) -> Grade:
        """Fail where one rule is broken; unscored where none is and one could not be judged."""
        grades = [
            (rule, grade)
            for rule, _, grade in self.each(case, output)
            if self.severity in (None, rule.severity) and grade.label != "not_applicable"
        ]
        broken = [(rule, grade) for rule, grade in grades if grade.label == "fail"]
        if broken:
            evidence = [Evidence(what=rule.id, text=grade.detail) for rule, grade in broken]
            return Grade.of(False, *evidence, detail="breaks " + ", ".join(rule.id for rule, _ in broken))
        if not grades:
            return Grade.not_applicable("no rule with a check applies")
        unscored = [rule.id for rule, grade in grades if grade.label == "unscored"]
        if unscored:
            return Grade.unscored("could not judge " + ", ".join(unscored))
        return Grade.of(True, detail=f"obeys {len(grades)} rules")

    def cell(self, case: Case) -> str:
        """Name the slice."""
        return case.slice

    def each(self, case: Case, output: str) -> list[tuple[Rule, str, Grade]]:
        """Grade every rule that has a check: the rule, the name of its check, and the grade."""
        return [
            (rule, _name(check), check(case, output))
            for rule, check in _compiled(msgspec.json.encode(self.contract))
            if check is not None
        ]


def _name(check: AnyCheck) -> str:
    return str(check.__struct_config__.tag)


@lru_cache(maxsize=32)
def _compiled(contract: bytes) -> Compiled:
    return compile_contract(msgspec.json.decode(contract, type=Contract), where="contract")
