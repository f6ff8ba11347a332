"""Says what an evaluation found beside its verdicts: tokens, k samples, the noise floor, corrected shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape

from workbench.report.words import METHODS, bounds, count, money, percent, points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PER_RULE = "rule"


def beside(summary: Mapping[str, Any]) -> list[str]:
    """Return the lines for a terminal, from an evaluation's summary; single rules are left to the files."""
    return [
        *_usage(summary.get("usage")),
        *_samples(summary.get("samples")),
        *_noise(summary.get("noise")),
        *_corrected(summary.get("corrected")),
    ]


def _usage(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Say each arm's tokens, and its cost where there are prices."""
    if not found:
        return
    for arm, one in found["arms"].items():
        prompt, cached, written = (
            count(one[f"{name}_tokens"]) for name in ("prompt", "cached", "completion")
        )
        said = f"{prompt} prompt tokens ({cached} of them from a shared beginning), {written} answer tokens"
        if one["cost"] is not None:
            said += f", cost {money(one['cost'], found['currency'])}"
        yield f"  {arm}: {escape(said)}"


def _samples(found: Mapping[str, Any] | None) -> Iterator[str]:
    if not found:
        return
    k = found["k"]
    yield f"{k} samples a case at temperature {found['temperature']:g}:"
    for one in found["questions"]:
        if one["of"] != _PER_RULE:
            single = f"pass@1 {percent(one['pass_at'])}{_ci(one['pass_at_ci'])}"
            every = f"pass^{k} {percent(one['pass_hat'][-1])}{_ci(one['pass_hat_ci'])}"
            yield (
                f"  {escape(one['name'])}, {one['arm']}: {single}, {every}, "
                f"{percent(one['flips'])} of {one['n']} disagree with themselves"
            )


def _noise(found: Mapping[str, Any] | None) -> Iterator[str]:
    if not found:
        return
    tests = found["comparisons"]
    yield (
        f"noise (each arm against itself): {percent(found['differing'])} of answers differ; "
        f"{found['rejected']} of {len(tests)} comparisons look like a change at 5 %, "
        f"{found['rejected_holm']} after Holm"
    )
    for one in tests:
        if one["of"] != _PER_RULE:
            yield f"  {escape(one['name'])}, {one['arm']}: ±{points(one['floor'])} are noise"


def _corrected(found: list[Mapping[str, Any]] | None) -> Iterator[str]:
    for one in found or []:
        if one["of"] != _PER_RULE:
            right = f"{percent(one['rate'])}{_ci(one['ci'])}" if one["rate"] is not None else one["note"]
            yield (
                f"  {escape(one['name'])}, {one['arm']}: measured {percent(one['raw'])}, corrected "
                f"{METHODS[one['method']]} {right}"
            )


def _ci(limits: list[float] | None) -> str:
    shown = bounds((limits[0], limits[1])) if limits else ""
    return f" ({shown})" if shown else ""
