"""Draws figures as plain SVG: marks told apart by shape as well as colour, every value also said in text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench.records import ARMS
from workbench.report.asides import Aside
from workbench.report.markup import Html, element, joined
from workbench.report.words import ARM_NAMES, aside, bounds, figure, percent, points
from workbench.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from workbench.records import Arm
    from workbench.report.model import Point, Training
    from workbench.verdicts import ArmFigures, Corrected, Figure

WIDE, NARROW = 240.0, 150.0
_PAD, _LANE, _TOP = 7.0, 13.0, 9.0
_CURVE_W, _CURVE_H = 720.0, 260.0
_CURVE_LEFT, _CURVE_RIGHT, _CURVE_TOP, _CURVE_BOTTOM = 52.0, 12.0, 12.0, 34.0
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_CURVE_TICKS = 4
_TOPS = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10)  # a fourth of each is short to write


def interval_plot(
    arms: ArmFigures, *, name: str, width: float = WIDE, beside: Mapping[str, Aside] | None = None
) -> Html:
    """Draw each arm's share as a mark and its interval as a line, one lane an arm, 0 to 100 %.

    ``width`` is in pixels at the size at which text on it is as large as on the page. ``beside`` gives by arm
    what is drawn with it: a band as wide as the noise, and the corrected share as a dashed line with a tick.
    """
    beside = beside or {}
    height = _TOP * 2 + _LANE * 2
    said = say("; ").join(f"{ARM_NAMES[arm]} {figure(getattr(arms, arm))}" for arm in ARMS)
    return element(
        "svg",
        *(_grid(share, width, height) for share in _TICKS),
        *(
            _lane(arm, getattr(arms, arm), width, _TOP + _LANE * place, beside.get(arm))
            for place, arm in enumerate(ARMS)
        ),
        class_="plot",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        role="img",
        aria_label=say("{name}: {said}", name=name, said=said),
    )


def lane_plot(arm: Arm, found: Figure, *, width: float, beside: Aside | None = None) -> Html:
    """Draw one arm alone; the figure itself stands beside it in text."""
    height = 2 * _TOP
    return element(
        "svg",
        *(_grid(share, width, height) for share in _TICKS),
        _lane(arm, found, width, _TOP, beside),
        class_="plot",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        aria_hidden="true",
    )


def corrected_plot(one: Corrected, *, width: float = NARROW) -> Html:
    """Draw a raw share as a ring and the corrected one as a tick on its dashed interval."""
    height = 2 * _TOP
    said = say("no corrected share") if one.rate is None else say("corrected {rate}", rate=percent(one.rate))
    aside = Aside(corrected=one)
    return element(
        "svg",
        *(_grid(share, width, height) for share in _TICKS),
        element(
            "g",
            *_beside(one.raw, aside, width, _TOP),
            _mark("teacher", _x(one.raw, width), _TOP - 1),
            class_="after",
        ),
        class_="plot",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        role="img",
        aria_label=say("raw {raw}, {said}", raw=percent(one.raw), said=said),
    )


def axis(width: float = WIDE) -> Html:
    """Draw the scale that plots of one width share, for the head or foot of their column."""
    ends = {0.0: "start", 1.0: "end"}
    marks = (
        element(
            "text",
            f"{100 * share:.0f}" + ("%" if share == 1 else ""),
            x=_number(_x(share, width) + {0.0: -3, 1.0: 5}.get(share, 0)),
            y="11",
            text_anchor=ends.get(share, "middle"),
        )
        for share in (0.0, 0.5, 1.0)
    )
    return element(
        "svg", *marks, class_="axis", viewBox=f"0 0 {width:.0f} 14", width=f"{width:.0f}", aria_hidden="true"
    )


def mark(arm: Arm) -> Html:
    """Draw the mark of an arm alone, for legends and headings."""
    return element("svg", _mark(arm, 8, 8), class_=f"mark {arm}", viewBox="0 0 16 16", aria_hidden="true")


def bar(share: float, *, kind: str = "") -> Html:
    """Draw a share of a whole as a horizontal bar; the figure itself stands beside it in text."""
    width = max(0.0, min(1.0, share)) * 100
    return element(
        "svg",
        element("rect", class_="track", width="100", height="8", rx="1"),
        element(
            "rect", class_="fill", width=_number(max(width, 0.6) if share > 0 else 0), height="8", rx="1"
        ),
        class_=f"bar {kind}".strip(),
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def loss_curve(training: Training) -> Html:
    """Draw training and validation loss over steps; values that aren't finite are left out."""
    train, valid = _finite(training.train), _finite(training.valid)
    points = [*train, *valid]
    last = max((p.step for p in points), default=1.0) or 1.0
    top = _ceiling(max((p.loss for p in points), default=1.0))

    def place(point: Point) -> tuple[float, float]:
        inner = _CURVE_W - _CURVE_LEFT - _CURVE_RIGHT
        tall = _CURVE_H - _CURVE_TOP - _CURVE_BOTTOM
        return _CURVE_LEFT + point.step / last * inner, _CURVE_TOP + (1 - point.loss / top) * tall

    return element(
        "svg",
        *_scales(last, top),
        _path(train, place, "train"),
        _path(valid, place, "valid"),
        *(
            element("circle", class_="valid", cx=_number(x), cy=_number(y), r="3.5")
            for x, y in map(place, valid)
        ),
        class_="curve",
        viewBox=f"0 0 {_CURVE_W:.0f} {_CURVE_H:.0f}",
        role="img",
        aria_label=curve_words(training),
    )


def selection_curve(selection: Mapping[str, Any], *, said: str) -> Html:
    """Draw what share of the table so many rows stand for: a line as far as was selected, dashes beyond."""
    curve, chosen = selection["curve"], selection["selected"]
    last = curve[-1]["rows"]

    def place(point: Mapping[str, Any]) -> tuple[float, float]:
        inner = _CURVE_W - _CURVE_LEFT - _CURVE_RIGHT
        tall = _CURVE_H - _CURVE_TOP - _CURVE_BOTTOM
        return _CURVE_LEFT + point["rows"] / last * inner, _CURVE_TOP + (1 - point["covered"]) * tall

    taken = [{"rows": 0, "covered": 0.0}, *(one for one in curve if one["rows"] <= chosen)]
    beyond = [taken[-1], *(one for one in curve if one["rows"] > chosen)]
    x, y = map(_number, place(taken[-1]))
    return element(
        "svg",
        *_scales(last, 1.0, unit="rows", percents=True),
        _line(map(place, taken), "train"),
        _line(map(place, beyond), "valid") if len(beyond) > 1 else None,
        element("circle", element("title", said), class_="valid", cx=x, cy=y, r="4.5"),
        class_="curve",
        viewBox=f"0 0 {_CURVE_W:.0f} {_CURVE_H:.0f}",
        role="img",
        aria_label=said,
    )


def curve_words(training: Training) -> str:
    """Say what the curve shows: where each loss began and ended."""
    named = ((say("Training"), _finite(training.train)), (say("validation"), _finite(training.valid)))
    said = [
        say("{name} loss {first:.3f} → {last:.3f}", name=n, first=p[0].loss, last=p[-1].loss)
        for n, p in named
        if p
    ]
    return say(", ").join(said) or say("No loss was logged")


def _grid(share: float, width: float, height: float) -> Html:
    x = _number(_x(share, width))
    return element("path", class_="grid", d=f"M{x} 1V{_number(height - 1)}")


def _lane(arm: Arm, found: Figure, width: float, y: float, beside: Aside | None) -> Html | None:
    if found.rate is None:
        return None
    parts = [element("title", f"{ARM_NAMES[arm]} {figure(found)}"), *_beside(found.rate, beside, width, y)]
    if found.ci is not None:
        low, high = (_number(_x(limit, width)) for limit in found.ci)
        parts.append(element("path", class_="span", d=f"M{low} {_number(y)}H{high}"))
    return element("g", *parts, _mark(arm, _x(found.rate, width), y), class_=arm)


def _beside(rate: float, beside: Aside | None, width: float, y: float) -> Iterator[Html]:
    """Draw what stands beside a share: the band of noise around it, the corrected share below its line."""
    if beside is None:
        return
    if beside.floor is not None:
        left, right = _x(rate - beside.floor, width), _x(rate + beside.floor, width)
        yield element(
            "rect", element("title", say("noise ±{floor}", floor=points(beside.floor))), class_="noise",
            x=_number(left), y=_number(y - 6), width=_number(max(right - left, 1.0)), height="12",
        )  # fmt: skip
    one = beside.corrected
    if one is None or one.rate is None:
        return
    x, low_y = _number(_x(one.rate, width)), y + 4.5
    said = element("title", aside(say("corrected {rate}", rate=percent(one.rate)), bounds(one.ci)))
    if one.ci is not None:
        low, high = (_number(_x(limit, width)) for limit in one.ci)
        yield element("path", said, class_="corrected", d=f"M{low} {_number(low_y)}H{high}")
    yield element("path", said, class_="tick", d=f"M{x} {_number(low_y - 2.5)}v5")


def _mark(arm: Arm, x: float, y: float) -> Html:
    """Teacher a ring, before a square, after a diamond."""
    if arm == "teacher":
        return element("circle", cx=_number(x), cy=_number(y), r="4")
    if arm == "before":
        return element("rect", x=_number(x - 3.5), y=_number(y - 3.5), width="7", height="7")
    return element("path", class_="dot", d=f"M{_number(x)} {_number(y - 5.5)}l5.5 5.5-5.5 5.5-5.5-5.5z")


def _x(share: float, width: float) -> float:
    return _PAD + max(0.0, min(1.0, share)) * (width - 2 * _PAD)


def _finite(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if math.isfinite(point.loss)]


def _scales(last: float, top: float, *, unit: str = "steps", percents: bool = False) -> list[Html]:
    parts: list[Html] = []
    right, low = _CURVE_W - _CURVE_RIGHT, _CURVE_H - _CURVE_BOTTOM
    for tick in range(_CURVE_TICKS + 1):
        share = tick / _CURVE_TICKS
        y = low - share * (low - _CURVE_TOP)
        x = _CURVE_LEFT + share * (right - _CURVE_LEFT)
        anchor = "end" if tick == _CURVE_TICKS else "middle" if tick else "start"
        step = f"{share * last:,.0f}" + (f" {say(unit)}" if tick == _CURVE_TICKS else "")
        height = f"{100 * share * top:.0f}" if percents else f"{share * top:.3g}"
        parts += [
            element("path", class_="grid", d=f"M{_number(_CURVE_LEFT)} {_number(y)}H{_number(right)}"),
            element("text", height, x=_number(_CURVE_LEFT - 8), y=_number(y + 4), text_anchor="end"),
            element("text", step, x=_number(x), y=_number(low + 20), text_anchor=anchor),
        ]
    return parts


def _path(points: Sequence[Point], place: Callable[[Point], tuple[float, float]], kind: str) -> Html | None:
    return _line(map(place, points), kind) if points else None


def _line(places: Iterable[tuple[float, float]], kind: str) -> Html:
    return element("polyline", class_=kind, points=" ".join(f"{_number(x)},{_number(y)}" for x, y in places))


def _ceiling(value: float) -> float:
    """Round up to a number whose fourths are short to write."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _TOPS if value <= step * power * (1 + 1e-9))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def legend(beside: Iterable[Mapping[str, Aside]] = ()) -> Html:
    """Name the marks, those of what stands ``beside`` some of the shares too."""
    held = [aside for by_arm in beside for aside in by_arm.values()]
    keys = [element("span", mark(arm), ARM_NAMES[arm], class_="key") for arm in ARMS]
    if any(aside.floor is not None for aside in held):
        keys.append(element("span", element("span", class_="band"), say("noise"), class_="key"))
    if any(aside.corrected is not None for aside in held):
        keys.append(element("span", element("span", class_="swatch dotted"), say("corrected"), class_="key"))
    return joined(keys)
