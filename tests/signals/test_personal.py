from itertools import pairwise

import pytest

from workbench.signals.exposure import COUNTRIES, Personal
from workbench.signals.personal import find_personal, find_secrets

REGIONS = Personal().regions


def kinds(text, **changed):
    options = {"regions": REGIONS, "countries": COUNTRIES, "window": 40} | changed
    return [found.kind for found in find_personal(text, **options)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jo.smith+x@mail.example.co.uk.", ["email"]),
        ("邮箱是wang@example.cn，谢谢", ["email"]),
        ("not an @mention, nor a@b", []),
        ("IBAN DE89 3704 0044 0532 0130 00", ["iban"]),
        ("IBAN DE89 3704 0044 0532 0130 01", []),
        ("GB82WEST12345698765432.", ["iban"]),
        ("card 4111 1111 1111 1111", ["card"]),
        ("card 4111 1111 1111 1112", []),
        ("card 5500-0000-0000-0004, 378282246310005", ["card", "card"]),
        ("order 1234567890123456", []),
        ("身份证号11010519491231002X。", ["id_cn"]),
        ("身份证号110105194912310021。", []),
        ("SSN 536-90-4399", ["id_us"]),
        ("SSN 666-90-4399, 000-12-3456", []),
        ("DNI 54362315K", ["id_es"]),
        ("DNI 54362315A", []),
        ("codice RCCMNL83S18D969H", ["id_it"]),
        ("NIR 2 95 10 99 126 111 93", ["id_fr"]),
        ("Steuer-ID: 36 574 261 809", ["id_de"]),
        ("ticket 36574261809", []),
        ("BSN 111222333", ["id_nl"]),
        ("order 111222333", []),
        ("PESEL 44051401359", ["id_pl"]),
        ("rodné číslo 710319/2745", ["id_cz"]),
        ("henkilötunnus 131052-308T", ["id_fi"]),
        ("手机13812345678", ["phone"]),
        ("订单13812345678901", []),
        ("call +44 20 7946 0958 or (415) 555-2671", ["phone", "phone"]),
        ("call +00 12 3456 7890", []),
        ("on 2024-05-17 at 12:30, 1.5 kg for 12,345.67", []),
        ("version 1.2.3.4, order 48213, 10 of 20", []),
        ("", []),
    ],
)
def test_a_check_decides_what_counts(text, expected):
    assert kinds(text) == expected


def test_regions_countries_and_window_decide():
    assert kinds("call 13812345678", regions=("DE",)) == []
    assert kinds("SSN 536-90-4399", countries=("cn",)) == []
    assert kinds("PESEL: see the line below 44051401359", window=5) == []


def test_offsets_are_of_the_text_and_never_overlap():
    text = "jo@example.com and 4111111111111111 and +1 415 555 2671"
    found = find_personal(text, regions=REGIONS, countries=COUNTRIES)
    assert [text[f.start : f.end] for f in found] == [
        "jo@example.com",
        "4111111111111111",
        "+1 415 555 2671",
    ]
    assert all(a.end <= b.start for a, b in pairwise(found))


# Put together at run time, so that no scanner takes them for real.
WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key AKIA" + "IOSFODNN7EXAMPLE", ["aws_key"]),
        ("令牌ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8，请保密", ["github_token"]),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", ["private_key"]),
        (f"Authorization: Bearer {WEB_TOKEN}", ["web_token"]),
        ("eyJhbGci.eyJub3QganNvbg.abcdefghijklmnopqrst", []),
        ("postgres://admin:s3cretpw@db.internal:5432", ["url_password"]),
        ("password: Tr0ub4dor&3xyz", ["password"]),
        ("密码是Tr0ub4dor&3xyz", ["password"]),
        ("your password must be changed", []),
        ("password: changeme", []),
        ("order 48213-AB", []),
    ],
)
def test_secrets_by_make_or_by_name_and_entropy(text, expected):
    assert [found.kind for found in find_secrets(text)] == expected


def test_entropy_decides():
    assert find_secrets("password: aaaa1111")[:1] == []
    assert [f.kind for f in find_secrets("password: aaaa1111", min_entropy=0.5)] == ["password"]
