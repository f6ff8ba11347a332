"""Reads quantities and dates with their units, so that 500 kg is not carried by 500 g."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from workbench.records import Evidence

_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER, _BARE = rf"(?P<number>{_FIGURE})", re.compile(_FIGURE)
# One line a dimension: its units as `names = factor to the first unit`; equal amounts in other units are one.
_UNITS_TEXT = """
mass: g gram grams gramme grammes 克 = 1; mg milligram milligrams 毫克 = 0.001; kg kilo kilos kilogram \
kilograms 千克 公斤 = 1000; 斤 = 500; ton tons tonne tonnes 吨 = 1000000
mass-imperial: lb lbs pound-weight 磅 = 16; oz ounce ounces 盎司 = 1
length: mm millimetre millimetres millimeter millimeters 毫米 = 0.001; cm centimetre centimetres centimeter \
centimeters 厘米 = 0.01; m metre metres meter meters 米 = 1; km kilometre kilometres kilometer kilometers \
公里 千米 = 1000
length-imperial: inch inches 英寸 = 1; ft foot feet 英尺 = 12; mile miles 英里 = 63360
time: second seconds sec secs 秒 秒钟 = 1; minute minutes min mins 分钟 = 60; hour hours hr hrs 小时 个小时 \
= 3600; day days 天 = 86400; week weeks 周 个星期 星期 = 604800
span: month months 个月 = 1; year years 年 = 12
euro: euro euros eur € 欧元 = 1
dollar: dollar dollars usd $ 美元 = 1; cent cents = 0.01
sterling: pound pounds gbp £ 英镑 = 1
yuan: yuan rmb cny ¥ 元 块 人民币 = 1; 万元 = 10000
share: % percent 百分比 = 1
storage: kb = 0.001; mb = 1; gb = 1000; tb = 1000000
volume: ml millilitre millilitres milliliter milliliters 毫升 = 0.001; l litre litres liter liters 升 = 1
celsius: °c ℃ celsius 摄氏度 度 = 1
fahrenheit: °f fahrenheit 华氏度 = 1
"""
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = r"(?P<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = (
    re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}\b(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+{_DAY}\b(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE),
    re.compile(r"(?:(?P<year>\d{4})\s*年\s*)?(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]"),
    re.compile(r"\b(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\b"),
)
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAY = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|(?:星期|周|礼拜)[一二三四五六日天]", re.IGNORECASE
)


class Quantity(NamedTuple):
    """An amount in the first unit of its dimension, and where it stands."""

    dimension: str
    amount: float
    number: str
    start: int
    end: int


class Day(NamedTuple):
    """A day of a year (0 where none is named), or of a week (``month`` 0), and where it stands."""

    year: int
    month: int
    day: int
    start: int
    end: int


def quantities(text: str) -> list[Quantity]:
    """Return every number that has a unit, before it (``€ 5``) or behind it (``5 kg``, ``5公斤``)."""
    found = []
    for match in _QUANTITY.finditer(text):
        unit = unicodedata.normalize("NFKC", match["unit"] or match["sign"]).casefold()
        dimension, factor = _UNITS[unit]
        number = match["number"].replace(",", "")
        found.append(Quantity(dimension, float(number) * factor, number, match.start(), match.end()))
    return found


def days(text: str) -> list[Day]:
    """Return every day named: ``14 March 2026``, ``March 14``, ``3月14日``, ISO 8601, weekdays."""
    found = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            month = match["month"]
            number = int(month) if month.isdigit() else _month(month)
            found.append(Day(int(match["year"] or 0), number, int(match["day"]), match.start(), match.end()))
    found += [Day(0, 0, _weekday(m.group()), m.start(), m.end()) for m in _WEEKDAY.finditer(text)]
    return sorted(found, key=lambda one: one.start)


def off_by_unit(claim: str, source: str) -> tuple[Evidence, ...]:
    """Quote the quantities of ``claim`` whose number stands in ``source`` with other units or in days alone.

    The same amount in another unit is no fault, and a number that also stands without a unit may have any.
    """
    known, dated = quantities(source), days(source)
    spans = [(one.start, one.end) for one in known] + [(one.start, one.end) for one in dated]
    bare = {
        float(found.group().replace(",", ""))
        for found in _BARE.finditer(source)
        if not any(start <= found.start() < end for start, end in spans)
    }
    taken = {float(one.number) for one in known} | {float(one.day) for one in dated if one.month}
    return tuple(
        Evidence(what="unit", text=claim[one.start : one.end], start=one.start, end=one.end)
        for one in quantities(claim)
        if float(one.number) in taken - bare and not any(_same_amount(one, other) for other in known)
    )


def off_by_date(claim: str, source: str) -> tuple[Evidence, ...]:
    """Quote the days of ``claim`` that ``source``, which names days of that kind, does not name."""
    known = days(source)
    out = []
    for one in days(claim):
        kind = [other for other in known if bool(other.month) == bool(one.month)]
        if kind and not any(_same_day(one, other) for other in kind):
            out.append(Evidence(what="date", text=claim[one.start : one.end], start=one.start, end=one.end))
    return tuple(out)


def _same_amount(one: Quantity, other: Quantity) -> bool:
    same = abs(other.amount - one.amount) <= 1e-9 * abs(one.amount)
    return same and other.dimension == one.dimension


def _same_day(one: Day, other: Day) -> bool:
    year = not one.year or not other.year or one.year == other.year
    return year and (one.month, one.day) == (other.month, other.day)


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name.casefold()[:3]))


def _weekday(name: str) -> int:
    if name[-1] in "一二三四五六日天":
        return "一二三四五六日".index(name[-1].replace("天", "日")) + 1
    return next(i for i, day in enumerate(_DAYS, 1) if name.casefold().startswith(day[:3]))


def _units() -> dict[str, tuple[str, float]]:
    out: dict[str, tuple[str, float]] = {}
    for line in _UNITS_TEXT.strip().splitlines():
        dimension, _, rest = line.partition(": ")
        for group in rest.split(";"):
            names, _, factor = group.rpartition("=")
            out |= {
                unicodedata.normalize("NFKC", name).casefold(): (dimension, float(factor))
                for name in names.split()
            }
    return out


_UNITS = _units()


def _compiled() -> re.Pattern[str]:
    latin = sorted((re.escape(u) for u in _UNITS if u.isascii() and u.isalpha()), key=len, reverse=True)
    other = sorted((re.escape(u) for u in _UNITS if not (u.isascii() and u.isalpha())), key=len, reverse=True)
    behind = rf"(?P<unit>(?:{'|'.join(latin)})(?![A-Za-z])|{'|'.join(other)})"
    return re.compile(
        rf"(?:(?P<sign>[€$£¥])\s?)?(?<![\d.A-Za-z_-]){_NUMBER}(?(sign)|\s?-?{behind})", re.IGNORECASE
    )


_QUANTITY = _compiled()
