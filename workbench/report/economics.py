"""Works out what a call costs with each prompt, and what the shorter one saves against prompt caching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from workbench.records import Value

if TYPE_CHECKING:
    from workbench.records import Arm
    from workbench.verdicts import TokenFigures, Usage

_MILLION = 1_000_000
_SMALLEST = 12  # decimals at most
Way = Literal["plain", "caching", "before", "tuned"]
ARMS_OF: dict[Way, Arm] = {"plain": "teacher", "caching": "teacher", "before": "before", "tuned": "after"}


class Prices(Value, frozen=True, kw_only=True):
    """Prices that a reader replaces by their own; the defaults are round examples of no provider.

    All but the last and ``hits`` are for a million tokens: prompts read in full, prompts read from the
    provider's prompt cache, answers, and prompts and answers of the tuned model. ``hits`` is the share of
    calls that find the prompt cached, and ``once`` what tuning and evaluating cost, in the same currency.
    """

    input: float = 1.0
    cached: float = 0.1
    hits: float = 0.9
    output: float = 4.0
    tuned: float = 1.0
    tuned_output: float = 4.0
    once: float = 10.0


class Call(Value, frozen=True, kw_only=True):
    """One way to ask: mean tokens of a prompt and of its answer (``None``: nobody counted), and its cost."""

    prompt: float
    answer: float | None
    cost: float


class Costs(Value, frozen=True, kw_only=True):
    """Each way to ask, and the number of calls after which the one-off cost is earned back.

    A break-even of ``None``: never, a call costs no less.
    """

    calls: dict[Way, Call]
    against_plain: float | None
    against_caching: float | None


def prices_of(usage: Usage | None) -> Prices:
    """Return the prices that an evaluation was given, or the examples.

    A price table says nothing of cache hits and of what tuning cost: those stay examples.
    """
    given = usage.prices if usage else None
    base, tuned = (given.of("teacher"), given.of("after")) if given else (None, None)
    if base is None or tuned is None:
        return Prices()
    cached = base.input if base.cached is None else base.cached
    return Prices(
        input=base.input, cached=cached, output=base.output, tuned=tuned.input, tuned_output=tuned.output
    )


def costs(tokens: TokenFigures, prices: Prices) -> Costs:
    """Cost a call; what is cached is the part of the prompt that the compact form leaves out.

    Where answers were not counted they cost nothing in every way alike.
    """
    shared = max(0.0, tokens.original_mean - tokens.compact_mean)
    kept = prices.hits * prices.cached + (1 - prices.hits) * prices.input
    read: dict[Way, tuple[float, float]] = {
        "plain": (tokens.original_mean, tokens.original_mean * prices.input),
        "caching": (tokens.original_mean, shared * kept + (tokens.original_mean - shared) * prices.input),
        "before": (tokens.compact_mean, tokens.compact_mean * prices.input),
        "tuned": (tokens.compact_mean, tokens.compact_mean * prices.tuned),
    }
    calls: dict[Way, Call] = {}
    for way, (prompt, paid) in read.items():
        answer = tokens.answer_means.get(ARMS_OF[way])
        price = prices.tuned_output if way == "tuned" else prices.output
        calls[way] = Call(prompt=prompt, answer=answer, cost=(paid + (answer or 0.0) * price) / _MILLION)
    return Costs(
        calls=calls,
        against_plain=_break_even(calls["plain"].cost - calls["tuned"].cost, prices.once),
        against_caching=_break_even(calls["caching"].cost - calls["tuned"].cost, prices.once),
    )


def amount(value: float) -> str:
    """Write money in three digits that count, without an exponent; the page's script writes it alike."""
    if value <= 0:
        return "0"
    if value >= 100:  # noqa: PLR2004 - three digits stand before the point
        return f"{value:,.0f}"
    decimals = min(_SMALLEST, 2 - int(f"{value:e}".rpartition("e")[2]))
    return f"{value:.{decimals}f}"


def _break_even(saved: float, once: float) -> float | None:
    """``saved`` is for a call."""
    return once / saved if saved > 0 else None
