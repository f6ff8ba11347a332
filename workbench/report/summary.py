"""Turns a report into report.json, whose keys other programs rely on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.records import ARMS
from workbench.report.economics import costs, prices_of

if TYPE_CHECKING:
    from workbench.report.model import Report
    from workbench.verdicts import ArmFigures, BehaviourVerdict, RuleVerdict, Verdicts


def to_json(report: Report) -> dict[str, Any]:
    """Return what report.json holds: plain dicts and lists, shares between 0 and 1, no times.

    ``arms.*.obeyed`` is the share of graded rules obeyed, ``None`` where none was graded.
    """
    found = report.verdicts
    return {
        "verdict": report.verdict,
        "task": report.task,
        "arms": {arm: _arm(found.overall, arm) for arm in ARMS},
        "retained": found.retained,
        "retained_ci": _listed(found.retained_ci),
        "behaviours": _behaviours(found.behaviours),
        "rules": [_rule(rule) for rule in found.rules],
        "tokens": msgspec.to_builtins(found.tokens),
        "usage": msgspec.to_builtins(found.usage),
        "costs": _costs(found),
        "cases": found.cases,
        "clusters": found.clusters,
        "unscored": found.unscored,
        "adapter_applied": found.adapter_applied,
        "samples": msgspec.to_builtins(found.samples),
        "noise": msgspec.to_builtins(found.noise),
        "corrected": msgspec.to_builtins(found.corrected),
        "graders": msgspec.to_builtins(report.graders),
        "gate": msgspec.to_builtins(report.gate),
        "data": msgspec.to_builtins(report.funnel),
        "parity": report.training.parity if report.training else None,
        "provenance": msgspec.to_builtins(report.provenance),
        "notes": list(report.notes),
    }


def _costs(found: Verdicts) -> dict[str, Any]:
    """Give the prices, what a call costs with them, and after how many calls the tuning is earned back."""
    prices = prices_of(found.usage)
    told = costs(found.tokens, prices)
    return {"prices": msgspec.to_builtins(prices), **msgspec.to_builtins(told)}


def _arm(figures: ArmFigures, arm: str) -> dict[str, Any]:
    found = getattr(figures, arm)
    return {"obeyed": found.rate, "n": found.n, "ci": _listed(found.ci), "unscored": found.unscored}


def _rule(rule: RuleVerdict) -> dict[str, Any]:
    return {
        "id": rule.id,
        "text": rule.text,
        "kind": rule.kind,
        "severity": rule.severity,
        **{arm: getattr(rule.arms, arm).rate for arm in ARMS},
        "recovery": rule.recovery,
        "ci": _listed(rule.ci),
        "state": rule.state,
        "arms": {arm: _arm(rule.arms, arm) for arm in ARMS},
    }


def _behaviours(found: tuple[BehaviourVerdict, ...]) -> dict[str, Any]:
    """Group suites by behaviour; the share over several suites is that of all their cases."""
    grouped: dict[str, list[BehaviourVerdict]] = {}
    for verdict in found:
        grouped.setdefault(verdict.behaviour, []).append(verdict)
    return {
        name: {
            **{arm: _pooled([getattr(suite.arms, arm) for suite in suites]) for arm in ARMS},
            "suites": [_suite(suite) for suite in suites],
        }
        for name, suites in grouped.items()
    }


def _suite(verdict: BehaviourVerdict) -> dict[str, Any]:
    return {
        "suite": verdict.suite,
        "arms": {arm: _arm(verdict.arms, arm) for arm in ARMS},
        "cells": {name: {arm: _arm(figures, arm) for arm in ARMS} for name, figures in verdict.cells.items()},
        "difficulties": {
            name: {arm: _arm(figures, arm) for arm in ARMS} for name, figures in verdict.difficulties.items()
        },
        "outcomes": verdict.outcomes,
    }


def _pooled(figures: list[Any]) -> float | None:
    cases = sum(found.n for found in figures)
    return sum(found.obeyed for found in figures) / cases if cases else None


def _listed(ci: tuple[float, float] | None) -> list[float | None] | None:
    """Give the limits; JSON has no infinity, so a limit without bound is null."""
    return None if ci is None else [limit if math.isfinite(limit) else None for limit in ci]
