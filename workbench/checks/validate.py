"""Refuses values of a contract that would silently switch a rule off, or break on every row."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from workbench.checks.bounded import check_pattern
from workbench.checks.counts import Length
from workbench.checks.ifeval import ARGUMENTS, JUDGES, Ifeval
from workbench.checks.judged import Judged
from workbench.checks.language import NAMES, Language
from workbench.checks.markup import Markup
from workbench.checks.notation import Notation, form_fits
from workbench.checks.phrases import Contains, EndsWith, NoCharacters, NotContains, OneOf, StartsWith
from workbench.checks.schema import JsonSchema, check_schema
from workbench.checks.structured import Structured
from workbench.checks.xsd import check_xsd
from workbench.contracts import CONTRACT_VERSION, Contract
from workbench.errors import ConfigError, Finding

if TYPE_CHECKING:
    from workbench.spec import Spec


def validate(check: Spec, where: str) -> None:
    """Refuse a check that could not do its work.

    Raises:
        ConfigError: no phrase, impossible bounds, an unknown language or instruction, no pattern or schema.
    """
    wrong = _unfit(check, where) or _empty(check, where)
    if wrong is not None:
        raise ConfigError(wrong)
    pattern = getattr(check, "pattern", None)
    if pattern is not None:
        check_pattern(pattern, where=f"{where}.pattern")
    if isinstance(check, Ifeval):
        _known_instruction(check, where)
    if isinstance(check, JsonSchema | Structured):
        _known_shape(check, where)


def _known_shape(check: JsonSchema | Structured, where: str) -> None:
    """Refuse a schema that isn't one, or is of another kind than the format needs.

    Raises:
        ConfigError: with its place.
    """
    xsd = check.xsd if isinstance(check, Structured) else None
    xml = isinstance(check, Structured) and check.format == "xml"
    if (xml and check.schema is not None) or (not xml and xsd is not None):
        raise ConfigError(
            Finding(
                where=where,
                found="`schema` beside XML" if xml else "`xsd` beside another format than XML",
                expected="`xsd` for XML, `schema` for every other format",
                fix="Move it to the other field, or correct `format`.",
            )
        )
    name = "schema" if check.schema is not None else "xsd"
    try:
        if check.schema is not None:
            check_schema(check.schema)
        if xsd is not None:
            check_xsd(xsd)
    except ConfigError as error:
        raise ConfigError(
            Finding(where=f"{where}.{name}", found=one.found, expected=one.expected, fix=one.fix)
            for one in error.findings
        ) from error


def contract_findings(contract: Contract, where: str) -> list[Finding]:
    """List what is wrong with a contract apart from its checks: its version, spans, ids and texts."""
    out = []
    if contract.version != CONTRACT_VERSION:
        out.append(
            Finding(
                where=f"{where} $.version",
                found=str(contract.version),
                expected=str(CONTRACT_VERSION),
                fix="Make it again with `workbench contract infer`, or install the version it is of.",
            )
        )
    for i, rule in enumerate(contract.rules):
        at = f"{where} $.rules[{i}]"
        if rule.source is not None and not 0 <= rule.source.span[0] < rule.source.span[1]:
            out.append(
                Finding(
                    where=f"{at}.source.span",
                    found=str(list(rule.source.span)),
                    expected="[start, end] with 0 <= start < end",
                    fix="Correct the span, or remove `source`.",
                )
            )
        out += [
            Finding(where=f"{at}.{name}", found="nothing", expected=f"the rule's {name}", fix="Write it.")
            for name in ("id", "text")
            if not getattr(rule, name).strip()
        ]
    return out


def _unfit(check: Spec, where: str) -> Finding | None:
    """Find a value that would silently switch the rule off, or break every row."""
    if isinstance(check, Language) and check.lang not in NAMES:
        return Finding(
            where=f"{where}.lang",
            found=repr(check.lang),
            expected=f"one of {', '.join(NAMES)}",
            fix="Write the two-letter code.",
        )
    if isinstance(check, StartsWith | EndsWith) and not check.phrase.strip():
        return Finding(
            where=f"{where}.phrase", found="nothing", expected="a phrase", fix="Write it, or `check: null`."
        )
    if isinstance(check, Language) and check.asked is not None and check.asked not in NAMES:
        return Finding(
            where=f"{where}.asked",
            found=repr(check.asked),
            expected=f"one of {', '.join(NAMES)}",
            fix="Write the two-letter code, or leave it out.",
        )
    if isinstance(check, Notation) and not form_fits(check.of, check.form):
        return Finding(
            where=f"{where}.form",
            found=repr(check.form),
            expected="YYYY, MM and DD for a date, 24h or 12h for a time, 0 or 0.00 for amount and percent",
            fix="Write the form as the prompt gives it.",
        )
    zero = isinstance(check, Markup)
    if isinstance(check, Length | Markup) and not _bounds_fit(check.min, check.max, zero=zero):
        return Finding(
            where=where,
            found=f"min {check.min}, max {check.max}",
            expected="a bound, max of at least 1, and min not above max",
            fix="Correct the bounds.",
        )
    return None


def _empty(check: Spec, where: str) -> Finding | None:
    """Find a check that has nothing to look for."""
    if isinstance(check, Judged) and not check.question.strip():
        return Finding(
            where=f"{where}.question",
            found="nothing",
            expected="a question",
            fix="Write it, or `check: null`.",
        )
    lists: tuple[tuple[type[Spec], str], ...] = (
        (Contains, "phrases"),
        (NotContains, "phrases"),
        (OneOf, "values"),
        (NoCharacters, "characters"),
    )
    for kind, name in lists:
        if not isinstance(check, kind) or getattr(check, "pattern", None) is not None:
            continue
        given = getattr(check, name)
        if not given or any(not one.strip() for one in given if isinstance(given, tuple)):
            return Finding(
                where=f"{where}.{name}",
                found=repr(given),
                expected="at least one, none of them empty",
                fix="Write it, or `check: null`.",
            )
    return None


def _bounds_fit(low: int | None, high: int | None, *, zero: bool) -> bool:
    given = [bound for bound in (low, high) if bound is not None]
    return bool(given) and min(given) >= 0 and given == sorted(given) and (zero or high != 0)


def _known_instruction(check: Ifeval, where: str) -> None:
    if check.instruction not in JUDGES:
        near = difflib.get_close_matches(check.instruction, JUDGES, n=1)
        fix = f"Did you mean {near[0]!r}?" if near else "Write one of the published names."
        raise ConfigError(
            Finding(
                where=f"{where}.instruction",
                found=repr(check.instruction),
                expected="an instruction of IFEval",
                fix=fix,
            )
        )
    missing = [name for name in ARGUMENTS[check.instruction] if name not in check.arguments]
    if missing:
        raise ConfigError(
            Finding(
                where=f"{where}.arguments",
                found=f"no {', '.join(missing)}",
                expected=f"the arguments of {check.instruction}",
                fix="Add them.",
            )
        )
