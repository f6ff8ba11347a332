"""Finds personal data and secrets in text: a pattern proposes, a checksum or a numbering plan decides."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from workbench.checks.guarded import lowered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


class Found(NamedTuple):
    """One find: its kind, and its characters ``[start, end)``."""

    kind: str
    start: int
    end: int


class Number(NamedTuple):
    """A national number: its country, the module of python-stdnum that decides, its pattern.

    ``cued`` ones have a weak checksum or none, and count only beside a word that announces them.
    """

    country: str
    module: str
    pattern: re.Pattern[str]
    cued: bool = False


def _alone(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that no letter, digit or hyphen may touch."""
    return re.compile(rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9][-.])(?:{pattern})(?![A-Za-z0-9])(?!-[A-Za-z0-9])")


def _ascii(pattern: str) -> re.Pattern[str]:
    """Compile a pattern whose words and boundaries are ASCII: a Chinese character may touch it."""
    return re.compile(pattern, re.ASCII)


NATIONAL = (
    Number("cn", "cn.ric", _alone(r"\d{17}[\dXx]")),
    Number("us", "us.ssn", _alone(r"\d{3}-\d{2}-\d{4}")),
    Number("at", "at.vnr", _alone(r"\d{4} ?\d{6}"), cued=True),
    Number("be", "be.nn", _alone(r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}")),
    Number("bg", "bg.egn", _alone(r"\d{10}"), cued=True),
    Number("cz", "cz.rc", _alone(r"\d{6}/\d{4}")),
    Number("de", "de.idnr", _alone(r"\d{2} ?\d{3} ?\d{3} ?\d{3}"), cued=True),
    Number("dk", "dk.cpr", _alone(r"\d{6}-\d{4}"), cued=True),
    Number("ee", "ee.ik", _alone(r"[1-6]\d{10}"), cued=True),
    Number("es", "es.dni", _alone(r"\d{8}-?[A-Z]")),
    Number("es", "es.nie", _alone(r"[XYZ]-?\d{7}-?[A-Z]")),
    Number("fi", "fi.hetu", _alone(r"\d{6}[-+A]\d{3}[0-9A-Y]")),
    Number("fr", "fr.nir", _alone(r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}")),
    Number("gr", "gr.amka", _alone(r"\d{11}"), cued=True),
    Number("hr", "hr.oib", _alone(r"\d{11}"), cued=True),
    Number("ie", "ie.pps", _alone(r"\d{7}[A-W][A-IW]?")),
    Number("it", "it.codicefiscale", _alone(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]")),
    Number("lt", "lt.asmens", _alone(r"[1-6]\d{10}"), cued=True),
    Number("nl", "nl.bsn", _alone(r"\d{9}"), cued=True),
    Number("pl", "pl.pesel", _alone(r"\d{11}"), cued=True),
    Number("pt", "pt.nif", _alone(r"\d{9}"), cued=True),
    Number("pt", "pt.cc", _alone(r"\d{8} ?\d ?[A-Z0-9]{2}\d")),
    Number("ro", "ro.cnp", _alone(r"[1-9]\d{12}")),
    Number("se", "se.personnummer", _alone(r"(?:\d{2})?\d{6}[-+]\d{4}")),
    Number("si", "si.emso", _alone(r"\d{13}")),
)
_CUE = re.compile(
    r"\b(?:id|identi\w+|tax|ssn|social|insurance|passport|national|personal (?:code|number)|steuer\w*|idnr|"
    r"tin|bsn|nif|nipc|dni|nie|pesel|cpr|personnummer|isikukood|asmens|personas kods|oib|amka|αμκα|егн|egn|"
    r"svnr|sozialversicherung\w*|contribuinte|sofi)\b|身份证|证件|税号",
    re.IGNORECASE,
)
_EMAIL = _ascii(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])")
_IBAN = _alone(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?")
_CARD = _alone(r"[2-6](?:[ -]?\d){12,18}")
_ISSUERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|"
    r"6(?:011|4[4-9]\d|5\d{2})\d{12}|62\d{14,17}"
)
_PHONE = _ascii(
    r"(?<![\w.+-])(?:\+\d{1,3}(?:[ .\-/]?\(?\d{1,5}\)?){2,6}|1[3-9]\d{9}|1[3-9]\d[ -]\d{4}[ -]\d{4}|"
    r"\(0?\d{2,5}\) ?\d{3,4}[ .-]?\d{3,5}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5}|\d{3}[.-]\d{3}[.-]\d{4})"
    r"(?!\w)(?![.-]\d)"
)
# What every national number and card has, what every IBAN, and what phone numbers without a "+" have.
_MANY_DIGITS = re.compile(r"\d(?:[ ./+A-Z-]{0,3}\d){6}")
_IBAN_HEAD = re.compile(r"[A-Z]{2}\d{2}")
_PHONE_BODY = re.compile(r"\d[\d .()/-]{6}")
_HEX_OR_WORD = r"[A-Za-z0-9_\-]"
SECRETS = {
    "aws_key": _ascii(r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])"),
    "github_token": _ascii(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{82})\b"),
    "gitlab_token": _ascii(rf"\bglpat-{_HEX_OR_WORD}{{20}}(?!{_HEX_OR_WORD})"),
    "slack_token": _ascii(r"\bxox[abeprs]-(?:[A-Za-z0-9]{1,64}-){1,4}[A-Za-z0-9]{8,64}\b"),
    "stripe_key": _ascii(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,99}\b"),
    "google_key": _ascii(rf"\bAIza{_HEX_OR_WORD}{{35}}(?!{_HEX_OR_WORD})"),
    "model_api_key": _ascii(rf"\bsk-(?:[a-z]{{3,8}}\d{{0,2}}-)*{_HEX_OR_WORD}{{32,160}}(?!{_HEX_OR_WORD})"),
    "hub_token": _ascii(r"\bhf_[A-Za-z]{34}\b"),
    "npm_token": _ascii(r"\bnpm_[A-Za-z0-9]{36}\b"),
    "pypi_token": _ascii(rf"\bpypi-AgE{_HEX_OR_WORD}{{50,}}"),
    "private_key": _ascii(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "url_password": _ascii(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,80}:[^\s/:@]{3,80}@[\w.-]{1,80}"),
}
# What stands in every key of a kind: a text without it needs no pattern.
_SIGNS = {
    "aws_key": ("AKIA", "ASIA", "ABIA", "ACCA"),
    "github_token": ("gh", "github_pat_"),
    "gitlab_token": ("glpat-",),
    "slack_token": ("xox",),
    "stripe_key": ("k_live_", "k_test_"),
    "google_key": ("AIza",),
    "model_api_key": ("sk-",),
    "hub_token": ("hf_",),
    "npm_token": ("npm_",),
    "pypi_token": ("pypi-AgE",),
    "private_key": ("-----BEGIN ",),
    "url_password": ("://",),
}
# The same of names to which a secret is assigned, in lower case.
_NAMED = ("pass", "pwd", "secret", "key", "token", "bearer", "密", "口令")
_JWT = _ascii(r"\beyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}\.[\w-]{16,2000}(?![\w-])")
_ASSIGNED = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase)|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|bearer|密码|口令|密钥)"
    r"[\"']?\s*(?:[:=：]|是|为|\bis\b)?\s*[\"']?([^\s\"'`,;，。；]{8,128})"
)


def find_personal(
    text: str, *, regions: tuple[str, ...], countries: tuple[str, ...], window: int = 40
) -> list[Found]:
    """Find e-mail addresses, IBANs, payment cards, national numbers and phone numbers, in order of place.

    Args:
        text: any text.
        regions: countries (ISO 3166, upper case) whose phone numbers count when written without ``+``.
        countries: countries (lower case) whose national numbers are looked for.
        window: how many characters before a weakly checked number its announcing word may stand.

    Returns:
        Finds that don't overlap; where two would, the one with the stronger check stands.
    """
    if not any(map(str.isdecimal, text)) and "@" not in text:
        return []
    taken: list[Found] = []
    for found in _candidates(text, regions=regions, countries=countries, window=window):
        if not any(found.start < other.end and other.start < found.end for other in taken):
            taken.append(found)
    return sorted(taken, key=lambda one: one.start)


def find_secrets(text: str, *, min_entropy: float = 3.0) -> list[Found]:
    """Find keys, tokens and passwords, in order of place.

    Keys of known make go by their pattern, JSON web tokens by their decoded header; what is assigned to a
    name such as ``password`` counts from ``min_entropy`` bits a character, if it mixes letters with other
    characters.
    """
    taken = [
        Found(kind, *m.span())
        for kind, pattern in SECRETS.items()
        if any(sign in text for sign in _SIGNS[kind])
        for m in pattern.finditer(text)
    ]
    if "eyJ" in text:
        taken += [Found("web_token", *m.span()) for m in _JWT.finditer(text) if _is_web_token(m.group())]
    for match in _ASSIGNED.finditer(text) if _names_one(text) else ():
        start, end = match.span(1)
        inside = any(start < one.end and one.start < end for one in taken)
        if not inside and _looks_random(match[1], min_entropy):
            taken.append(Found("password", start, end))
    return sorted(set(taken), key=lambda one: one.start)


def _names_one(text: str) -> bool:
    plain = lowered(text)
    return any(name in plain for name in _NAMED)


def _candidates(
    text: str, *, regions: tuple[str, ...], countries: tuple[str, ...], window: int
) -> Iterator[Found]:
    """Yield what passes its check, the strongest kinds first."""
    if "@" in text:
        yield from (Found("email", *m.span()) for m in _EMAIL.finditer(text))
    if _IBAN_HEAD.search(text):
        yield from (Found("iban", *m.span()) for m in _IBAN.finditer(text) if _valid("iban", m.group()))
    if _MANY_DIGITS.search(text):
        yield from _long_numbers(text, countries=countries, window=window)
    if "+" in text or _PHONE_BODY.search(text):
        yield from (Found("phone", *m.span()) for m in _PHONE.finditer(text) if _is_phone(m.group(), regions))


def _long_numbers(text: str, *, countries: tuple[str, ...], window: int) -> Iterator[Found]:
    """Yield national numbers, then cards."""
    for number in NATIONAL:
        if number.country in countries:
            for match in number.pattern.finditer(text):
                cued = not number.cued or _CUE.search(text, max(0, match.start() - window), match.start())
                if cued and _valid(number.module, match.group()):
                    yield Found(f"id_{number.country}", *match.span())
    yield from (Found("card", *m.span()) for m in _CARD.finditer(text) if _is_card(m.group()))


def _valid(module: str, number: str) -> bool:
    check: Callable[[str], bool] = _stdnum(module).is_valid
    return number.isascii() and check(number)  # digits of other scripts have no place in its tables


@lru_cache(maxsize=64)
def _stdnum(module: str) -> ModuleType:
    return import_module(f"stdnum.{module}")


def _is_card(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    return _ISSUERS.fullmatch(digits) is not None and len(set(digits)) > 1 and _valid("luhn", digits)


@lru_cache(maxsize=8_192)
def _is_phone(number: str, regions: tuple[str, ...]) -> bool:
    import phonenumbers

    for region in (None,) if number.startswith("+") else regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return True
    return False


def _is_web_token(token: str) -> bool:
    head = token.split(".", maxsplit=1)[0]
    try:
        read = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(read, dict) and "alg" in read


def _looks_random(value: str, min_entropy: float) -> bool:
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    mixed = any(map(str.isalpha, value)) and not value.isalpha()
    return mixed and value.isascii() and entropy >= min_entropy
