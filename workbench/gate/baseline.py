"""Keeps a small committed record of what held once, and compares with it only what still is the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

import workbench
from workbench.errors import Finding, InputError
from workbench.gate.limits import Check
from workbench.io.config import convert, read_json
from workbench.io.frames import read_parquet
from workbench.records import Value
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.gate.policy import BaselineLimits

_DIGITS = 8
_UNSCORED = "?"
_LISTED = 5


class Kept(Value, frozen=True, kw_only=True):
    """One case: the hash of what is asked and expected, its behaviour, and what the adapter broke.

    ``broken`` names rules (or the behaviour), is empty where the case holds, and is ``["?"]`` where it could
    not be judged.
    """

    content: str
    behaviour: str
    broken: tuple[str, ...] = ()


class Baseline(Value, frozen=True, kw_only=True):
    """What a blessed run showed: a verdict a case, with the versions and hashes that it rests on.

    ``graders``: hash of the code of each grader when the run was evaluated. ``rules``: hash of each rule's
    check. ``base``: hashes of the base model, for the record.
    """

    version: int = 1
    workbench: str
    graders: dict[str, str]
    rules: dict[str, str]
    base: dict[str, str]
    cases: dict[str, Kept]


def take(evaluated: Path, contracts: tuple[Contract, ...]) -> Baseline:
    """Draw a baseline from a finished evaluation.

    Raises:
        InputError: its cases or grades aren't there.
    """
    summary = _optional(evaluated / "summary.json")
    parity = _optional(evaluated / "parity.json")
    cases = _cases(evaluated / "cases.jsonl")
    broken = _broken(read_parquet(evaluated / "grades.parquet"))
    return Baseline(
        workbench=workbench.__version__,
        graders={str(k): str(v) for k, v in (summary.get("graders") or {}).items()},
        rules={rule.id: _hash(rule.check) for c in contracts for rule in c.rules if rule.check is not None},
        base={str(k): str(v) for k, v in (parity.get("base") or {}).items()},
        cases={
            name: Kept(content=content, behaviour=behaviour, broken=tuple(broken.get(name, [_UNSCORED])))
            for name, (content, behaviour) in sorted(cases.items())
        },
    )


def dump_baseline(baseline: Baseline) -> str:
    """Write a baseline with one case a line, so that its diff in a pull request can be read."""
    plain = msgspec.to_builtins(baseline)
    cases = plain.pop("cases")
    head = json.dumps(plain, ensure_ascii=False, indent=2).removesuffix("\n}")
    lines = ",\n".join(
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps(case, ensure_ascii=False)}"
        for name, case in cases.items()
    )
    return f'{head},\n  "cases": {{\n{lines}\n  }}\n}}\n'


def read_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        InputError: it can't be read.
        ConfigError: it isn't one.
    """
    what = "a baseline, as `workbench bless` writes it"
    return convert(read_json(path, what=what), Baseline, where=str(path))


def baseline_checks(old: Baseline, new: Baseline, limits: BaselineLimits) -> Iterator[Check]:
    """Compare case by case what is the same in both, and list what isn't."""
    reasons = {name: why for name in old.cases if (why := mismatch(name, old, new))}
    unmatched = len(reasons) / len(old.cases) if old.cases else 1.0
    for why in dict.fromkeys(reasons.values()):
        names = [name for name, reason in reasons.items() if reason == why]
        yield Check(
            limit=f"baseline.max_unmatched_share: {limits.max_unmatched_share:g}",
            found=f"{len(names)} of {len(old.cases)} cases can't be compared: {why}",
            where=_listed(names),
            verdict="passed" if unmatched <= limits.max_unmatched_share else "undecided",
        )
    compared = [name for name in old.cases if name not in reasons]
    worse = {name: fresh for name in compared if (fresh := newly_broken(old.cases[name], new.cases[name]))}
    lost = [name for name in compared if _judged(old.cases[name]) and not _judged(new.cases[name])]
    yield Check(
        limit=f"baseline.max_regressions: {limits.max_regressions}",
        found=f"{len(worse)} of {len(compared)} compared cases broke since",
        where=_listed([f"{name} ({', '.join(rules)})" for name, rules in worse.items()]) or "baseline",
        verdict="passed" if len(worse) <= limits.max_regressions else "failed",
    )
    if lost:
        yield Check(
            limit="baseline: judged then, judged now",
            found=f"{len(lost)} cases could not be judged any more",
            where=_listed(lost),
            verdict="undecided",
        )


def mismatch(name: str, old: Baseline, new: Baseline) -> str:
    """Say why a case of the baseline can't be compared; nothing where it can."""
    was, now = old.cases[name], new.cases.get(name)
    if now is None:
        return "not asked in this run"
    if was.content != now.content:
        return "asks or expects something else now"
    grader = "rules" if was.behaviour == "rules" else was.behaviour
    if old.graders.get(grader) is None or old.graders.get(grader) != new.graders.get(grader):
        return f"judged by another version of the grader {grader!r}"
    changed = [r for r in was.broken if r in old.rules and old.rules[r] != new.rules.get(r)]
    changed += [r for r in now.broken if r in new.rules and old.rules.get(r) != new.rules[r]]
    return f"the rule {changed[0]!r} is checked differently now" if changed else ""


def newly_broken(old: Kept, new: Kept) -> list[str]:
    """Name what a case breaks now and didn't then."""
    return [] if not _judged(new) else sorted(set(new.broken) - set(old.broken) - {_UNSCORED})


def _judged(case: Kept) -> bool:
    return _UNSCORED not in case.broken


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _broken(grades: pl.DataFrame) -> dict[str, list[str]]:
    """Say for each case that the adapter answered what it broke; a case with nothing judged isn't in it."""
    found: dict[str, list[str]] = {}
    mine = grades.filter(pl.col("arm") == "after").select("case_id", "rule", "grader", "label")
    for case, rule, grader, label in mine.iter_rows():
        if label in {"pass", "fail"}:
            found.setdefault(case, []).extend([rule or grader] if label == "fail" else [])
    return {case: sorted(broken) for case, broken in found.items()}


def _cases(path: Path) -> dict[str, tuple[str, str]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(
            Finding(
                where=str(path),
                found=error.strerror or str(error),
                expected="the cases of a finished evaluation",
                fix="Run `workbench eval` again; versions before this one didn't keep them.",
            )
        ) from error
    cases = [msgspec.json.decode(line) for line in lines]
    return {str(case["id"]): (_hash(case), str(case["behaviour"])) for case in cases}


def _optional(path: Path) -> Mapping[str, Any]:
    return read_json(path, what="a JSON object, as the workbench writes it") if path.is_file() else {}


def _hash(value: Any) -> str:
    return content_id(msgspec.json.encode(value, order="sorted").decode())[:_DIGITS]
