"""Looks through a contract for what is no error and yet not what its author meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.checks.conflicts import conflicts
from workbench.checks.counts import Length
from workbench.checks.union import compile_contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.checks.union import CompiledRules
    from workbench.contracts import Contract, Rule

_NO_RULES = frozenset({"role", "fact", "example", "context", "input"})


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One remark: the rules it is about, what was found, what to do. ``sort`` names its kind for programs."""

    sort: str
    rules: tuple[str, ...]
    found: str
    fix: str


def lint(contract: Contract, *, where: str = "contract", prompt: str | None = None) -> tuple[Remark, ...]:
    """List the warnings of a contract: conflicts first, then rule by rule.

    With ``prompt``, the text that the spans point into, rules whose text no longer stands there are named.

    Raises:
        ConfigError: the contract has errors; all of them at once.
    """
    compiled = compile_contract(contract, where)
    out = [
        Remark(
            sort="conflict",
            rules=(one.first, one.second),
            found=f"no answer obeys both: {one.why}",
            fix="Change or remove one of them, or give each the field it speaks of (`path`).",
        )
        for one in conflicts(compiled)
    ]
    if not compiled:
        out.append(_empty())
    out += _same(compiled)
    for rule, check in compiled:
        out += [one for one in _of_rule(rule, check, prompt) if one is not None]
    return tuple(out)


def _empty() -> Remark:
    return Remark(
        sort="empty",
        rules=(),
        found="no rule: neither the data nor the evaluation is held against anything",
        fix="Write its rules by hand: they are read from English and Chinese prompts (see docs/contract.md).",
    )


def _same(compiled: CompiledRules) -> Iterator[Remark]:
    """Name rules whose check another one has already."""
    seen: dict[str, str] = {}
    for rule, check in compiled:
        if check is None:
            continue
        if check.key in seen:
            yield Remark(
                sort="repeated",
                rules=(seen[check.key], rule.id),
                found="both have the same check",
                fix="Remove one: a repeated rule counts twice in every share of rules obeyed.",
            )
        seen.setdefault(check.key, rule.id)


def _of_rule(rule: Rule, check: Any, prompt: str | None) -> Iterator[Remark]:
    if check is None and rule.check is not None:
        yield Remark(
            sort="judged",
            rules=(rule.id,),
            found="a judge decides: neither the data nor the evaluation is held against it",
            fix="Ask with `workbench judge RUN --contract FILE --judge MODEL`; read its question first.",
        )
    elif check is None:
        yield Remark(
            sort="unchecked",
            rules=(rule.id,),
            found="no check: neither the data nor the evaluation is held against it",
            fix="Give it a check (`workbench schema` lists them), or accept that a person has to look.",
        )
    if rule.kind in _NO_RULES:
        yield Remark(
            sort="kind",
            rules=(rule.id,),
            found=f"a rule of kind {rule.kind}, which asks nothing of the answer",
            fix="Give it the kind of what it demands, or remove it.",
        )
    if isinstance(check, Length) and not check.min and check.max is None:
        yield Remark(
            sort="always", rules=(rule.id,), found="a bound that every answer keeps", fix="Raise `min`."
        )
    if prompt is not None and rule.source is not None:
        start, end = rule.source.span
        if prompt[start:end] != rule.text:
            yield Remark(
                sort="span",
                rules=(rule.id,),
                found=f"its text doesn't stand at {start}-{end} of the prompt",
                fix="Infer the contract from this prompt again, or correct `source.span`.",
            )
