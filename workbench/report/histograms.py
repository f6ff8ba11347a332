"""Draws how numbers are distributed, two versions over one another, with every figure also in text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.report.markup import Html, element
from workbench.report.versions import number
from workbench.wording import say

if TYPE_CHECKING:
    from workbench.corpus import Distribution

_WIDTH, _HEIGHT, _FOOT = 240.0, 72.0, 16.0
_HALF = 0.5


def histogram(found: Distribution, *, before: Distribution | None = None) -> Html:
    """Draw a distribution as bars; ``before``, on the same bins, as a stepped line around them."""
    top = max((share for one in (found, before) if one is not None for share in _shares(one)), default=0.0)
    return element(
        "svg",
        element("title", said(found)),
        *_bars(found, top or 1.0),
        _outline(before, top or 1.0) if before is not None and before.bins else None,
        element("path", class_="grid", d=f"M0 {_HEIGHT}H{_WIDTH}"),
        *_scale(found, before),
        class_="hist",
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT + _FOOT:.0f}",
        role="img",
        aria_label=say("{name}: {said}", name=found.name, said=said(found)),
    )


def said(found: Distribution) -> str:
    """Say a distribution in figures."""
    if not found.n:
        return say("no row has it")
    missing = say("; {missing} without it", missing=found.missing) if found.missing else ""
    return say(
        "mean {mean}, median {median}, 5 to 95 %: {p05} to {p95}, all: {minimum} to {maximum}{missing}",
        mean=number(found.mean),
        median=number(found.median),
        p05=number(found.p05),
        p95=number(found.p95),
        minimum=number(found.minimum),
        maximum=number(found.maximum),
        missing=missing,
    )


def _bars(found: Distribution, top: float) -> list[Html]:
    shares, width = _shares(found), _WIDTH / max(1, len(found.bins))
    return [
        element(
            "rect",
            element("title", say("{low} to {high}: {rows}", low=number(low), high=number(high), rows=rows)),
            x=f"{place * width + 0.5:.2f}",
            y=f"{_HEIGHT * (1 - share / top):.2f}",
            width=f"{max(width - 1, 0.5):.2f}",
            height=f"{_HEIGHT * share / top:.2f}",
        )
        for place, ((low, high, rows), share) in enumerate(zip(found.bins, shares, strict=True))
        if rows
    ]


def _outline(before: Distribution, top: float) -> Html:
    shares, width = _shares(before), _WIDTH / max(1, len(before.bins))
    steps = "".join(
        f"V{_HEIGHT * (1 - share / top):.2f}H{(place + 1) * width:.2f}" for place, share in enumerate(shares)
    )
    return element("path", class_="was", d=f"M0 {_HEIGHT}{steps}V{_HEIGHT}")


def _shares(found: Distribution) -> list[float]:
    whole = sum(rows for *_, rows in found.bins) or 1
    return [rows / whole for *_, rows in found.bins]


def _scale(found: Distribution, before: Distribution | None) -> list[Html]:
    bins = found.bins or (before.bins if before else ())
    if not bins:
        return []
    y, low, high = f"{_HEIGHT + 13:.0f}", bins[0][0], bins[-1][1]
    if all(edge % 1 == _HALF for edge in (low, high)):
        low, high = low + _HALF, high - _HALF  # bins of whole numbers begin half a step before them
    return [
        element("text", number(low), x="0", y=y, text_anchor="start"),
        element("text", number(high), x=f"{_WIDTH:.0f}", y=y, text_anchor="end"),
    ]
