"""Works out what the shorter prompt saves, against prompt caching and not the full price alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.records import Value

if TYPE_CHECKING:
    from workbench.verdicts import TokenFigures

_MILLION = 1_000_000


class Prices(Value, frozen=True, kw_only=True):
    """Prices that a reader replaces by their own; the defaults are round examples of no provider.

    ``input``, ``cached`` and ``tuned`` are for a million prompt tokens: read in full, read from the
    provider's prompt cache, and read by the tuned model. ``hits`` is the share of calls that
    find the prompt cached, and ``once`` what tuning and evaluating cost, in the same currency.
    """

    input: float = 1.0
    cached: float = 0.1
    hits: float = 0.9
    tuned: float = 1.0
    once: float = 10.0


class Costs(Value, frozen=True, kw_only=True):
    """Prompt costs of a million calls, and the number of calls after which the one-off cost is earned back.

    A break-even of ``None``: never, a call costs no less.
    """

    plain: float
    caching: float
    tuned: float
    against_plain: float | None
    against_caching: float | None


def costs(tokens: TokenFigures, prices: Prices) -> Costs:
    """Cost a million calls; what is cached is the part of the prompt that the compact form leaves out.

    Answers cost the same either way and are left out.
    """
    shared = max(0.0, tokens.original_mean - tokens.compact_mean)
    rest = tokens.original_mean - shared
    kept = prices.hits * prices.cached + (1 - prices.hits) * prices.input
    plain = tokens.original_mean * prices.input
    caching = shared * kept + rest * prices.input
    tuned = tokens.compact_mean * prices.tuned
    return Costs(
        plain=plain,
        caching=caching,
        tuned=tuned,
        against_plain=_break_even(plain - tuned, prices.once),
        against_caching=_break_even(caching - tuned, prices.once),
    )


def _break_even(saved: float, once: float) -> float | None:
    """``saved`` is for a million calls."""
    return once / saved * _MILLION if saved > 0 else None
