"""Draws the loss curve as a plain SVG that reads in light and dark, without a plotting library."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 28, 44
_TICKS = 5
_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
    'aria-label="Loss over steps" font-family="system-ui, sans-serif" font-size="12" '
    'fill="none" stroke="currentColor" color="#888">'
)
Points = list[tuple[float, float]]


def loss_svg(log: Sequence[dict[str, Any]]) -> str:
    """Return an SVG of training loss (line) and validation loss (dashed, with dots) over steps.

    Colours are ``currentColor``; give the element a ``color`` to fit the page. Values that aren't finite are
    left out.
    """
    train, valid = _points(log, "loss"), _points(log, "eval_loss")
    steps = [x for x, _ in train + valid] or [1.0]
    losses = [y for _, y in train + valid] or [1.0]
    right, top = max(1.0, *steps), _ceiling(max(losses))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = _LEFT + point[0] / right * (_WIDTH - _LEFT - _RIGHT)
        return round(x, 1), round(_HEIGHT - _BOTTOM - point[1] / top * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = [
        _HEAD,
        f"<title>{_title(train, valid)}</title>",
        *_axes(right, top, place),
        _line(train, place, 'stroke-width="2"'),
        _line(valid, place, 'stroke-width="1.5" stroke-dasharray="5 4"'),
        *(
            f'<circle cx="{x}" cy="{y}" r="3" fill="currentColor" stroke="none"/>'
            for x, y in map(place, valid)
        ),
        *_legend(has_valid=bool(valid)),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _points(log: Sequence[dict[str, Any]], name: str) -> Points:
    found = [(float(entry["step"]), float(entry[name])) for entry in log if name in entry]
    return [point for point in found if all(map(math.isfinite, point))]


def _ceiling(value: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def _axes(right: float, top: float, place: Any) -> list[str]:
    (x0, y0), (x1, _), (_, y1) = place((0, 0)), place((right, 0)), place((0, top))
    parts = [f'<path d="M{x0} {y1}V{y0}H{x1}" opacity=".6"/>']
    for tick in range(_TICKS + 1):
        step, loss = right * tick / _TICKS, top * tick / _TICKS
        x, y = place((step, loss))
        parts.append(_text(x, y0 + 16, f"{step:.0f}", anchor="middle"))
        parts.append(_text(x0 - 6, y + 4, f"{loss:.3g}", anchor="end"))
        parts.append(f'<path d="M{x0} {y}H{x1}" opacity=".12"/>' if tick else "")
    middle = (x0 + x1) / 2
    return [
        *parts,
        _text(middle, _HEIGHT - 8, "step", anchor="middle"),
        _text(_LEFT - 44, 16, "loss (mean over answer tokens, nats)"),
    ]


def _line(points: Points, place: Any, style: str) -> str:
    if not points:
        return ""
    path = " ".join(f"{x},{y}" for x, y in map(place, points))
    return f'<polyline points="{path}" {style}/>'


def _legend(*, has_valid: bool) -> list[str]:
    x = _WIDTH - _RIGHT - 190
    parts = [f'<path d="M{x} 12h22" stroke-width="2"/>', _text(x + 28, 16, "training")]
    if has_valid:
        parts += [
            f'<path d="M{x + 92} 12h22" stroke-width="1.5" stroke-dasharray="5 4"/>',
            _text(x + 120, 16, "validation"),
        ]
    return parts


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor" stroke="none">{text}</text>'


def _title(train: Points, valid: Points) -> str:
    parts = [
        f"{name} loss from {points[0][1]:.3f} to {points[-1][1]:.3f}"
        for name, points in (("training", train), ("validation", valid))
        if points
    ]
    return "; ".join(parts) or "no losses were logged"
