"""Reads suites of cases, so that a wrong line is named before a model is asked anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import yaml

from workbench.errors import Finding, InputError
from workbench.io.config import load, read_text
from workbench.records import Case, Value
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_YAML = frozenset({".yaml", ".yml"})
_FORM = '{"id": …, "behaviour": …, "slots": {…}, "cluster": …, "expect": {…}}'
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")


class SuiteFile(Value, frozen=True, kw_only=True):
    """A suite as one YAML file: its cases, and ``about`` them whatever its maker wants to say."""

    cases: tuple[Case, ...]
    about: dict[str, Any] = msgspec.field(default_factory=dict)
    version: Literal[1] = 1


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A case with the place where it stood."""

    case: Case
    where: str


def load_suite(path: Path) -> list[Case]:
    """Read a suite: JSON Lines of cases, a folder of such files (all ``*.jsonl``, by name), or a YAML file.

    A case without a cluster is a cluster of its own, together with its twin.

    Raises:
        InputError: nothing there, a line that is no case, an id that stands twice, or a twin that is missing
        or
            doesn't name the case back; all of them at once, each with ``file:line``.
    """
    return load_suites([path])


def load_suites(paths: Sequence[Path]) -> list[Case]:
    """Read several suites as one list; ids are unique over all of them.

    Raises:
        InputError: as ``load_suite``.
    """
    placed: list[_Placed] = []
    findings: list[Finding] = []
    for file in (file for path in paths for file in _files(path)):
        _read(file, placed, findings)
    findings += _doubled(placed)
    findings += _twins(placed)
    if findings:
        raise InputError(findings)
    return [_clustered(one.case) for one in placed]


def dump_suite(cases: Sequence[Case], *, about: dict[str, Any], name: str) -> str:
    """Write a suite as the file ``name`` holds it: YAML with ``about``, or JSON Lines of the cases alone.

    Raises:
        InputError: a name with another ending.
    """
    plain = [msgspec.to_builtins(case) for case in cases]
    if name.endswith(tuple(_YAML)):
        whole = {"version": 1, "about": about, "cases": plain}
        return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False, width=110)
    if name.endswith(".jsonl"):
        return "".join(msgspec.json.encode(case).decode() + "\n" for case in plain)
    raise InputError(
        Finding(
            where=f"--out {name}",
            found="another ending",
            expected=".yaml (with what it was made of) or .jsonl (the cases alone)",
            fix="Name the suite so.",
        )
    )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.jsonl")) or sorted(path.glob("*/*.jsonl"))
    if not files:
        raise InputError(
            Finding(
                where=str(path),
                found="a folder without any .jsonl file",
                expected="a suite: JSON Lines files of cases",
                fix="Give the folder of one suite, such as evals/grounding, or a file.",
            )
        )
    return files


def _read(file: Path, placed: list[_Placed], findings: list[Finding]) -> None:
    before = len(placed)
    if file.suffix in _YAML:
        held = load(file, SuiteFile, what="a suite (YAML with `cases`)").cases
        placed += [_Placed(case=case, where=f"{file} $.cases[{n}]") for n, case in enumerate(held)]
        return
    for number, line in enumerate(read_text(file, what="a suite (JSON Lines of cases)").split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        try:
            case = msgspec.json.decode(line, type=Case)
        except (msgspec.DecodeError, RecursionError) as error:
            findings.append(_not_a_case(where, error))
            continue
        placed.append(_Placed(case=case, where=where))
        if not case.id or not case.behaviour:
            findings.append(
                Finding(where=where, found="an empty id or behaviour", expected=_FORM, fix="Name both.")
            )
    if len(placed) == before and not findings:
        findings.append(
            Finding(where=str(file), found="no case at all", expected=_FORM, fix="Write one case a line.")
        )


def _not_a_case(where: str, error: Exception) -> Finding:
    unknown = _UNKNOWN.search(str(error))
    return Finding(
        where=where,
        found=f"unknown key {unknown[1]!r}" if unknown else excerpt(str(error), limit=200),
        expected=f"one case as JSON: {_FORM}",
        fix="The keys are those of schemas/case.schema.json." if unknown else "Mend this line.",
    )


def _doubled(placed: Iterable[_Placed]) -> list[Finding]:
    first: dict[str, str] = {}
    findings = []
    for one in placed:
        if one.case.id in first:
            findings.append(
                Finding(
                    where=one.where,
                    found=f"the id {one.case.id!r}, which stands at {first[one.case.id]} already",
                    expected="an id once over all suites of an evaluation",
                    fix="Rename one of them, or give the suite once.",
                )
            )
        first.setdefault(one.case.id, one.where)
    return findings


def _twins(placed: Sequence[_Placed]) -> list[Finding]:
    named = {one.case.id: one.case for one in placed}
    findings = []
    for one in placed:
        twin = one.case.twin
        if twin is None or (twin in named and named[twin].twin == one.case.id and twin != one.case.id):
            continue
        found = f"twin {twin!r}, " + (
            f"whose own twin is {named[twin].twin!r}" if twin in named else "which isn't in any suite given"
        )
        findings.append(
            Finding(
                where=one.where,
                found=found,
                expected="two different cases that name each other",
                fix="Correct the twin of both cases.",
            )
        )
    return findings


def _clustered(case: Case) -> Case:
    if case.cluster:
        return case
    return msgspec.structs.replace(case, cluster=min(case.id, case.twin or case.id))
