"""Judges how an answer writes dates, times, amounts of money and percentages, wherever it writes one."""

from __future__ import annotations

import re
from typing import Literal

from workbench.checks.subject import FieldCheck, on_field
from workbench.records import Case, Evidence, Grade

Written = Literal["date", "time", "amount", "percent"]
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_LARGE = r"(?![\d.,]*\d)(?!\s?(?:thousand|million|billion|trillion|bn\b|k\b|m\b|[万亿千百]))"
_FOUND: dict[Written, re.Pattern[str]] = {
    # Only dates with a year: a form with one says nothing of "3 May".
    "date": re.compile(
        r"(?<![\d/.-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}/\d{1,2}/\d{2})"
        r"(?![\d/-]|\.\d)|\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?[日号]|"
        rf"\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}\b|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b",
        re.IGNORECASE,
    ),
    "time": re.compile(
        r"(?:上午|下午|晚上|凌晨|中午|早上|傍晚)\s?\d{1,2}\s?[点时:：]\s?(?:\d{2})?|"
        r"(?<![\d:])\d{1,2}[:：]\d{2}(?![\d:])(?:\s?[ap]\.?m\b\.?)?|\b\d{1,2}\s?[ap]\.?m\b\.?",
        re.IGNORECASE,
    ),
    "amount": re.compile(
        rf"(?:[€$£¥￥]|\b(?:EUR|USD|GBP|CNY|RMB|JPY)\s?)\s?(?P<a>{_NUMBER}){_LARGE}|"
        rf"(?<![\d.,])(?P<b>{_NUMBER})\s?(?:(?:EUR|USD|GBP|CNY|RMB|euros?|dollars?|pounds?)\b|€|美元|欧元|元)"
    ),
    "percent": re.compile(rf"(?<![\d.,])(?P<a>{_NUMBER})\s?[%％]"),
}
_HALF_DAY = re.compile(r"[ap]\.?m|[上下]午|晚上|凌晨|中午|早上|傍晚", re.IGNORECASE)
_DATE_PARTS = {
    "YYYY": r"\d{4}",
    "YY": r"\d{2}",
    "MM": r"(?:0[1-9]|1[0-2])",
    "DD": r"(?:0[1-9]|[12]\d|3[01])",
    "M": r"(?:[1-9]|1[0-2])",
    "D": r"(?:[1-9]|[12]\d|3[01])",
}
_PART = re.compile("|".join(_DATE_PARTS))
_DECIMALS = re.compile(r"0(?:\.(0+))?")
CLOCKS = ("24h", "12h")


class Notation(FieldCheck, frozen=True, kw_only=True):
    """Every ``of`` in the text is written as ``form``; a text without one has nothing to judge.

    ``form`` of a date has YYYY, MM, DD (or M, D) with what stands between them; of a time it is ``24h`` or
    ``12h``; of an amount (with a currency) or a percentage ``0``, ``0.0``, ``0.00`` … by its decimals.
    Dates without a year and amounts in words ("3 million") are not looked at.
    """

    of: Written
    form: str

    def __call__(self, case: Case, output: str) -> Grade:
        """Find each and compare."""
        del case
        return on_field(self.path, output, lambda text: judge_notation(text, self.of, self.form))


def judge_notation(text: str, of: Written, form: str) -> Grade:
    """Tell whether every ``of`` that ``text`` holds is written as ``form``."""
    found = list(_FOUND[of].finditer(text))
    if not found:
        return Grade.not_applicable(f"no {of} is written")
    wrong = [one for one in found if not _fits(one, of, form)]
    return Grade.of(
        not wrong,
        *(Evidence(what=of, text=one.group(), start=one.start(), end=one.end()) for one in wrong),
        detail=f"{len(wrong)} of {len(found)} not as {form}",
    )


def form_fits(of: Written, form: str) -> bool:
    """Tell whether ``form`` is one that ``of`` can have."""
    match of:
        case "date":
            return {part[0] for part in _PART.findall(form)} == {"Y", "M", "D"}
        case "time":
            return form in CLOCKS
        case _:
            return _DECIMALS.fullmatch(form) is not None


def _fits(found: re.Match[str], of: Written, form: str) -> bool:
    if of == "date":
        body = "".join(
            _DATE_PARTS[piece] if piece in _DATE_PARTS else re.escape(piece)
            for piece in re.split(f"({_PART.pattern})", form)
        )
        return re.fullmatch(body, found.group()) is not None
    if of == "time":
        return (_HALF_DAY.search(found.group()) is None) == (form == "24h")
    decimals = len(form.partition(".")[2])
    number = next(group for group in found.groupdict().values() if group)
    return len(number.partition(".")[2]) == decimals
