"""The closed union of all checks: decodes and validates a contract's checks, and writes contracts to edit."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import yaml

from workbench.checks.conditional import Grounded, Neutral, PhraseWhen, RefuseHarmful
from workbench.checks.counts import Length
from workbench.checks.ifeval import Ifeval
from workbench.checks.judged import Judged
from workbench.checks.language import Language, SameLanguage
from workbench.checks.markup import Markup
from workbench.checks.notation import Notation
from workbench.checks.phrases import (
    Contains,
    EndsWith,
    NoCharacters,
    NoIdentifiers,
    NotContains,
    OneOf,
    StartsWith,
)
from workbench.checks.plugin import Plugin
from workbench.checks.schema import JsonOnly, JsonSchema
from workbench.checks.structured import Structured
from workbench.checks.unless import Unless
from workbench.checks.validate import contract_findings, validate
from workbench.checks.xmltext import XmlOnly, XmlStructure
from workbench.contracts import Contract, Rule
from workbench.errors import ConfigError, Finding
from workbench.io.config import convert, load

if TYPE_CHECKING:
    from pathlib import Path

AnyCheck = (
    JsonOnly
    | JsonSchema
    | XmlOnly
    | XmlStructure
    | Structured
    | StartsWith
    | EndsWith
    | Contains
    | NotContains
    | NoCharacters
    | NoIdentifiers
    | OneOf
    | Length
    | Language
    | SameLanguage
    | Markup
    | Notation
    | Unless
    | PhraseWhen
    | RefuseHarmful
    | Neutral
    | Grounded
    | Ifeval
    | Plugin
)
CompiledRules = tuple[tuple[Rule, AnyCheck | None], ...]
_BY_NAME: dict[str, type[AnyCheck]] = {kind.__struct_config__.tag: kind for kind in get_args(AnyCheck)}
_JUDGED = Judged.__struct_config__.tag


def check_names() -> tuple[str, ...]:
    """List the names that ``use`` may have."""
    return tuple(sorted([*_BY_NAME, str(_JUDGED)]))


def decode_check(raw: dict[str, Any], where: str) -> AnyCheck:
    """Turn a contract's mapping into its check; ``where`` is its path, such as ``$.rules[3].check``.

    Raises:
        ConfigError: an unknown name or key (with the nearest known one), a wrong type, no pattern or schema.
    """
    name = raw.get("use")
    if not isinstance(name, str) or name not in _BY_NAME:
        near = difflib.get_close_matches(str(name), _BY_NAME, n=1)
        raise ConfigError(
            Finding(
                where=f"{where}.use",
                found=repr(name),
                expected=f"one of {', '.join(check_names())}",
                fix=f"Did you mean {near[0]!r}?" if near else "Write the name of a check, or `check: null`.",
            )
        )
    try:
        check = convert(raw, _BY_NAME[name], where=where)
    except ConfigError as error:
        raise ConfigError(_nested(finding, where) for finding in error.findings) from error
    validate(check, where)
    if isinstance(check, Unless):
        decode_check(check.check, f"{where}.check")
    return check


def encode_check(check: AnyCheck) -> dict[str, Any]:
    """Write a check as a mapping: its name, then the fields that differ from their defaults."""
    raw: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(check))
    defaults = {field.name: field.default for field in msgspec.structs.fields(check)}
    out = {"use": raw.pop("use")}
    return out | {name: value for name, value in raw.items() if getattr(check, name) != defaults[name]}


def compile_contract(contract: Contract, where: str = "contract") -> CompiledRules:
    """Pair every rule with its check, ``None`` where no program decides it: it has none, or is a judge's.

    Raises:
        ConfigError: all findings at once; two rules of one id are one of them.
    """
    out, seen = list[tuple[Rule, AnyCheck | None]](), dict[str, int]()
    findings = contract_findings(contract, where)
    for i, rule in enumerate(contract.rules):
        if rule.id in seen:
            findings.append(_doubled(rule.id, f"{where} $.rules[{i}].id", seen[rule.id]))
        seen.setdefault(rule.id, i)
        try:
            check = _compiled(rule, f"{where} $.rules[{i}].check")
        except ConfigError as error:
            findings.extend(error.findings)
            continue
        out.append((rule, check))
    if findings:
        raise ConfigError(findings)
    return tuple(out)


def _compiled(rule: Rule, where: str) -> AnyCheck | None:
    if rule.check is None:
        return None
    if rule.check.get("use") != _JUDGED:
        return decode_check(rule.check, where)
    try:
        asked = convert(rule.check, Judged, where=where)
    except ConfigError as error:
        raise ConfigError(_nested(finding, where) for finding in error.findings) from error
    validate(asked, where)
    return None


def load_contract(path: Path) -> Contract:
    """Read a contract file and validate every check in it.

    Raises:
        InputError: the file can't be read.
        ConfigError: it isn't a contract, or a check in it isn't one.
    """
    contract = load(path, Contract, what="a contract (YAML)")
    compile_contract(contract, str(path))
    return contract


def dump_contract(contract: Contract) -> str:
    """Write a contract as YAML that people can edit, in the order of its rules."""
    plain = {
        "version": contract.version,
        "task": contract.task,
        "rules": [_plain(rule) for rule in contract.rules],
    }
    return yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def _plain(rule: Rule) -> dict[str, Any]:
    out: dict[str, Any] = {"id": rule.id, "text": rule.text, "kind": rule.kind}
    if rule.source is not None:
        out["source"] = {"template": rule.source.template, "span": _Flow(rule.source.span)}
    return out | {"check": rule.check, "severity": rule.severity}


class _Flow(list[int]):
    """A list written on one line."""


class _Dumper(yaml.SafeDumper):
    """Writes spans on one line and never uses aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out."""
        del data
        return True


_Dumper.add_representer(
    _Flow, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)
_Dumper.add_representer(tuple, lambda dumper, data: dumper.represent_list(list(data)))


def _nested(finding: Finding, where: str) -> Finding:
    path = finding.where.removeprefix(where).strip().removeprefix("$")
    return Finding(where=f"{where}{path}", found=finding.found, expected=finding.expected, fix=finding.fix)


def _doubled(rule_id: str, where: str, first: int) -> Finding:
    return Finding(
        where=where,
        found=f"id {rule_id!r} again",
        expected="an id of its own",
        fix=f"Rename it; $.rules[{first}] has it too.",
    )
