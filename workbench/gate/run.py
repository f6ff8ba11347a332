"""Gathers what a policy asks about from a run directory, and decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks import load_contract
from workbench.errors import Finding, InputError
from workbench.gate.baseline import Baseline, baseline_checks, read_baseline, take
from workbench.gate.complete import completeness
from workbench.gate.decide import decide
from workbench.gate.guards import data_guards
from workbench.gate.power import grader_checks
from workbench.io.config import convert, read_json
from workbench.io.manifest import read_manifest
from workbench.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.contracts import Contract
    from workbench.gate.limits import Check, GateResult
    from workbench.gate.policy import Policy


def gate_run(run: Path, policy: Policy) -> GateResult:
    """Hold a run directory, or the output directory of `eval` alone, against a policy.

    Raises:
        InputError: there is no finished evaluation, or a file of the policy isn't there.
        ConfigError: a file holds something else than it should.
    """
    evaluated = evaluated_in(run)
    path = evaluated / "verdicts.json"
    verdicts: Verdicts = convert(_needed(path), Verdicts, where=str(path))
    return decide(
        verdicts,
        parity=_optional(evaluated / "parity.json"),
        policy=policy,
        grades=evaluated / "grades.parquet",
        further=_further(run, verdicts, policy),
    )


def evaluated_in(run: Path) -> Path:
    """Return the directory of a run that holds its evaluation.

    Raises:
        InputError: a later version wrote it.
    """
    place = run / "eval" if (run / "eval").is_dir() else run
    read_manifest(place)
    return place


def baseline_of(run: Path) -> Baseline:
    """Draw a baseline from a run.

    Raises:
        InputError: it has no finished evaluation with its cases.
    """
    return take(evaluated_in(run), contracts_of(run))


def contracts_of(run: Path) -> tuple[Contract, ...]:
    """Read the contracts of a run; of several, each rule's id stands after its task, as evaluation does."""
    several = sorted((run / "convert" / "contracts").glob("*.yaml"))
    if len(several) > 1:
        return tuple(_prefixed(load_contract(path)) for path in several)
    alone = run / "convert" / "contract.yaml"
    return (load_contract(alone),) if alone.is_file() else ()


def _further(run: Path, verdicts: Verdicts, policy: Policy) -> Iterator[Check]:
    if policy.require_complete:
        yield from completeness(run)
    yield from data_guards(
        _optional(run / "convert" / "summary.json"), _optional(run / "curate" / "summary.json"), policy.data
    )
    file = policy.graders.file if policy.graders else None
    cards = read_json(Path(file), what="figures of graders (JSON)") if file else None
    yield from grader_checks(verdicts, cards, policy.graders, certain=policy.certainty == "interval")
    if policy.baseline is not None:
        old = read_baseline(Path(policy.baseline.file))
        yield from baseline_checks(old, baseline_of(run), policy.baseline)


def _prefixed(contract: Contract) -> Contract:
    replace = msgspec.structs.replace
    rules = tuple(replace(rule, id=f"{contract.task}/{rule.id}") for rule in contract.rules)
    return replace(contract, rules=rules)


def _needed(path: Path) -> dict[str, Any]:
    found = _optional(path)
    if found is None:
        raise InputError(
            Finding(
                where=str(path),
                found="no such file",
                expected="the verdicts of a finished evaluation",
                fix="Run `workbench eval` first, or give the run directory that holds `eval/`.",
            )
        )
    return found


def _optional(path: Path) -> dict[str, Any] | None:
    return read_json(path, what="a JSON object, as the workbench writes it") if path.is_file() else None
