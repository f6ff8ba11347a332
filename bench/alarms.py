"""Measures false alarms and power of the verdicts by simulation.

    python -m bench.alarms [--runs 1000] [--seed 1]

Two arms of equal rates, whose clusters are hard or easy for both, are compared ``--runs`` times: how often
does the exact test of `paired` reject at 5 %, how often does any of forty rules after Holm, how often does a
test that takes clustered rows for independent ones, and how often does the sequential test that looks after
every cluster? Then planned power beside found.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.evaluation.paired import Differing, exchange_test, holm
from workbench.evaluation.power import power
from workbench.evaluation.sequential import Sequential, Watch
from workbench.evaluation.stats import Units

if TYPE_CHECKING:
    from numpy.random import Generator

LEVEL = 0.05
SHAPES = ((120, 1), (60, 3), (30, 6), (12, 10))
PLANS = ((40, 0.3, 0.2), (120, 0.2, 0.1), (400, 0.1, 0.05), (60, 0.5, 0.0), (200, 0.3, 0.1))
RULES, RULE_CLUSTERS = 40, 60


def units(rng: Generator, clusters: int, size: int) -> Units:
    """Draw two equal arms; a cluster shifts the rate of both, and its cases change together between arms."""
    shift = rng.normal(0, 0.15, size=clusters)
    chance = np.clip(0.7 + shift, 0, 1)[:, None]
    whole = rng.random((clusters, 2)) < chance
    own = rng.random((clusters, size, 2)) < chance[:, :, None]
    together = rng.random((clusters, size, 1)) < 0.7  # noqa: PLR2004 - seven of ten cases go with their cluster
    scores = np.where(together, whole[:, None, :], own).reshape(-1, 2).astype(float)
    return Units(scores=scores, clusters=[str(n // size) for n in range(clusters * size)])


def rejected(drawn: Units, *, naive: bool = False) -> bool:
    """Tell whether the exact test rejects; ``naive`` takes every row for a cluster."""
    if naive:
        drawn = Units(scores=drawn.scores, clusters=[str(n) for n in range(len(drawn.clusters))])
    return exchange_test(Differing.of(drawn, arms=(0, 1))) <= LEVEL


def equal_arms(rng: Generator, runs: int) -> list[dict[str, Any]]:
    """Compare equal arms, clustered and not."""
    found = []
    for clusters, size in SHAPES:
        drawn = [units(rng, clusters, size) for _ in range(runs)]
        found.append(
            {
                "clusters": clusters,
                "cases_each": size,
                "rejected": sum(map(rejected, drawn)) / runs,
                "rejected_if_rows_were_independent": sum(rejected(one, naive=True) for one in drawn) / runs,
            }
        )
    return found


def forty_rules(rng: Generator, runs: int) -> float:
    """Return how often any of forty rules without a change is rejected after Holm."""
    alarms = 0
    for _ in range(runs):
        tests = [Differing.of(units(rng, RULE_CLUSTERS, 1), arms=(0, 1)) for _ in range(RULES)]
        alarms += min(holm([exchange_test(one) for one in tests])) <= LEVEL
    return alarms / runs


def peeking(rng: Generator, runs: int) -> dict[str, float]:
    """Look after every cluster of 120; return how often each bet wins though the arms are equal, or worse."""
    regressed = let_through = 0
    for _ in range(runs):
        drawn = units(rng, 120, 3).scores.reshape(120, 3, 2)
        watch = Watch(Sequential(every=1))
        for value in (drawn[:, :, 1] - drawn[:, :, 0]).mean(axis=1):
            watch.see([float(value)])
        regressed += watch.outcome(asked=120, of=120).p_worse <= LEVEL
        watch = Watch(Sequential(every=1))
        for value in rng.choice([1.0, 0.0, -1.0], p=[0.1, 0.7, 0.2], size=300):
            watch.see([float(value)])
        let_through += watch.outcome(asked=300, of=300).p_not_worse <= LEVEL
    return {"equal_called_worse": regressed / runs, "worse_by_the_margin_let_through": let_through / runs}


def planned(rng: Generator, runs: int) -> list[dict[str, float]]:
    """Hold the power that the plan tells beside what simulated runs find."""
    found = []
    for n, differing, difference in PLANS:
        chances = [(differing + difference) / 2, (differing - difference) / 2, 1 - differing]
        hits = sum(
            exchange_test(Differing(sums=rng.choice([1.0, -1.0, 0.0], p=chances, size=n), n=n)) <= LEVEL
            for _ in range(runs)
        )
        told = power(n, differing=differing, difference=difference)
        found.append(
            {
                "cases": n,
                "differing": differing,
                "difference": difference,
                "planned": round(told, 4),
                "found": hits / runs,
            }
        )
    return found


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print(
        json.dumps(
            {
                "equal_arms": equal_arms(rng, options.runs),
                "any_of_40_rules_after_holm": forty_rules(rng, options.runs),
                "sequential": peeking(rng, options.runs),
                "power": planned(rng, options.runs),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
