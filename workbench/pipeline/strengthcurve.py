"""Draws rules obeyed over an adapter's strength as a plain SVG that reads in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from workbench.pipeline.strength import Strength

_WIDTH, _HEIGHT = 640, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 36, 48
_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
    'aria-label="Rules obeyed over strength" font-family="system-ui, sans-serif" font-size="12" '
    'fill="none" stroke="currentColor" color="#888">'
)


def strength_svg(found: Strength, *, name: str) -> str:
    """Return an SVG: the share of rules obeyed at each strength with its interval, and the base's two shares.

    Colours are ``currentColor``; give the element a ``color`` to fit the page.
    """
    widest = max(1.0, *(point.scale for point in found.points))

    def x(scale: float) -> float:
        return round(_LEFT + scale / widest * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(share: float) -> float:
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)

    known = [point for point in found.points if point.obeyed.rate is not None]
    line = " ".join(f"{x(point.scale)},{y(point.obeyed.rate or 0.0)}" for point in known)
    parts = [
        _HEAD,
        f"<title>{escape(_title(found, name))}</title>",
        _text(_LEFT - 44, 16, f"rules obeyed, with 95 % intervals: {name}"),
        f'<path d="M{_LEFT} {_TOP}V{y(0)}H{_WIDTH - _RIGHT}" opacity=".6"/>',
        *(
            _text(_LEFT - 6, y(share) + 4, f"{share:g}", anchor="end")
            + f'<path d="M{_LEFT} {y(share)}H{_WIDTH - _RIGHT}" opacity=".12"/>'
            for share in (0, 0.25, 0.5, 0.75, 1)
        ),
        *(_text(x(point.scale), y(0) + 16, f"{point.scale:g}", anchor="middle") for point in found.points),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, "strength (1: as trained)", anchor="middle"),
        *(
            f'<path d="M{_LEFT} {y(rate)}H{_WIDTH - _RIGHT}" stroke-dasharray="{dashes}"/>'
            + _text(_WIDTH - _RIGHT, y(rate) + below, label, anchor="end")
            for rate, label, dashes, below in (
                (found.teacher.rate, "base, long prompt", "6 4", -5),
                (found.before.rate, "base, compact prompt", "2 4", 15),
            )
            if rate is not None
        ),
        *(
            f'<path d="M{x(point.scale)} {y(point.obeyed.ci[0])}V{y(point.obeyed.ci[1])}" opacity=".5"/>'
            for point in known
            if point.obeyed.ci
        ),
        f'<polyline points="{line}" stroke-width="2"/>',
        *(
            f'<circle cx="{x(point.scale)}" cy="{y(point.obeyed.rate or 0.0)}" r="3.5" fill="currentColor" '
            'stroke="none"/>'
            for point in known
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    said = escape(text)
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor" stroke="none">{said}</text>'


def _title(found: Strength, name: str) -> str:
    first, last = found.points[0], found.points[-1]
    return (
        f"{name}: rules obeyed {first.obeyed.rate or 0.0:.3f} at strength {first.scale:g}, "
        f"{last.obeyed.rate or 0.0:.3f} at {last.scale:g}; most at {found.best:g}"
    )
