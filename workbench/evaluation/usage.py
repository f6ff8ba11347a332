"""Counts the tokens of every arm, and what they cost by a price table that its reader edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ConfigError, Finding
from workbench.io.config import load
from workbench.records import ARMS
from workbench.verdicts import ArmUsage, Price, Prices, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.evaluation.grading import Answered

_MILLION = 1_000_000


def count_usage(answered: Sequence[Answered], prices: Prices | None = None) -> Usage:
    """Count tokens by arm, all samples together; arms that were not asked are left out."""
    found: dict[str, ArmUsage] = {}
    for arm in ARMS:
        answers = [one.completion for one in answered if one.arm == arm]
        if not answers:
            continue
        tokens = ArmUsage(
            answers=len(answers),
            prompt_tokens=sum(one.prompt_tokens for one in answers),
            cached_tokens=sum(one.cached_tokens for one in answers),
            completion_tokens=sum(one.completion_tokens for one in answers),
        )
        price = prices.of(arm) if prices else None
        found[arm] = tokens if price is None else _priced(tokens, price)
    return Usage(arms=found, currency=prices.currency if prices else "", prices=prices)


def read_prices(path: Path) -> Prices:
    """Read a price table (YAML or JSON), per million tokens.

    Raises:
        InputError: the file can't be read, an unknown key, or a price below 0.
        ConfigError: no price at all.
    """
    prices = load(path, Prices, what="a price table (YAML)")
    if not any(prices.of(arm) for arm in ARMS):
        raise ConfigError(
            Finding(
                where=str(path),
                found="no price",
                expected="`all: {input: 3.0, cached: 0.3, output: 15.0}`, or the same under an arm's name",
                fix="Write what a million tokens cost.",
            )
        )
    return prices


def _priced(tokens: ArmUsage, price: Price) -> ArmUsage:
    cached = price.input if price.cached is None else price.cached
    cost = (
        (tokens.prompt_tokens - tokens.cached_tokens) * price.input
        + tokens.cached_tokens * cached
        + tokens.completion_tokens * price.output
    ) / _MILLION
    return ArmUsage(
        answers=tokens.answers,
        prompt_tokens=tokens.prompt_tokens,
        cached_tokens=tokens.cached_tokens,
        completion_tokens=tokens.completion_tokens,
        cost=round(cost, 6),
    )
