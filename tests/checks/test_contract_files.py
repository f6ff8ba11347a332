import time

import pytest

from workbench.checks import (
    check_names,
    compile_contract,
    decode_check,
    dump_contract,
    encode_check,
    load_contract,
)
from workbench.checks.bounded import find_all, pattern_problem, text_limit
from workbench.contracts import Contract, Rule, RuleSource
from workbench.errors import ConfigError
from workbench.records import Case, Grade

RULES = (
    Rule(
        id="opening",
        text="Begin with “您好”.",
        kind="format",
        source=RuleSource(template="t", span=(3, 20)),
        check={"use": "starts_with", "phrase": "您好"},
    ),
    Rule(id="warm", text="Be warm.", kind="style", severity="should"),
)


def test_a_contract_survives_its_file(tmp_path):
    contract = Contract(task="support", rules=RULES)
    path = tmp_path / "contract.yaml"
    path.write_text(dump_contract(contract), encoding="utf-8")
    assert load_contract(path) == contract
    assert "您好" in path.read_text(encoding="utf-8")
    assert [check is None for _, check in compile_contract(contract)] == [False, True]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"use": "starts_wit", "phrase": "x"}, "Did you mean 'starts_with'?"),
        ({"use": "starts_with", "phras": "x"}, "Did you mean 'phrase'?"),
        ({"use": "length", "max": "ten"}, "$.rules[3].check.max"),
        ({"phrase": "x"}, "$.rules[3].check.use"),
        ({"use": "not_contains", "pattern": "(a+)+$"}, "$.rules[3].check.pattern"),
        ({"use": "not_contains", "pattern": "(a"}, "not a regular expression"),
        ({"use": "json_schema", "schema": {"type": "strin"}}, "$.rules[3].check.schema"),
    ],
)
def test_a_bad_check_says_where_and_what(raw, said):
    with pytest.raises(ConfigError) as caught:
        decode_check(raw, "$.rules[3].check")
    assert said in str(caught.value)
    assert "$.rules[3].check" in str(caught.value)


def test_all_findings_come_at_once():
    bad = Rule(id="opening", text="x", kind="style", check={"use": "nope"})
    with pytest.raises(ConfigError) as caught:
        compile_contract(Contract(task="t", rules=(*RULES, bad)), "c.yaml")
    assert len(caught.value.findings) == 2
    assert all("c.yaml $.rules[2]" in finding.where for finding in caught.value.findings)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a|ab)*c", r"(\w+\s)*x", "(a|a)+", r"(.*)*", r"(\d{1,3})+",
     "(a{1,100}){1,100}b", "a?" * 30 + "a" * 30, "(a|a){50}b", "a*a*a*a*b", "b*[a-c]*b*b*d",
     r".*a.*b.*c.*d.*e", "(x{0,20}){0,20}y", "(?:a|b|ab){20}", "(?:a*){3}(?:a*){3}b"],
)  # fmt: skip
def test_patterns_that_explode_are_refused(pattern):
    assert pattern_problem(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"INT-\d+", "a|b", r"(a|b)*c", r"\b[A-Z]{2}\d{3,5}\b", "红|蓝",
     r"(?:\d{1,3}\.){3}\d{1,3}", r"https?://\S+", r"\w+\s+\w+\s+\w+\s+\w+", r"(?i)\bcolou?rs?\b",
     r"第[一二三四五]+条", r"[\w.+-]+@[\w-]+\.[\w.]+", r"(?:Mon|Tue|Wed) \d{1,2}",
     r"[^.!?]{0,40}\bnot\b", r"^\s*[-*]\s+.*$"],
)  # fmt: skip
def test_plain_patterns_are_taken(pattern):
    assert pattern_problem(pattern) is None


def test_a_text_too_long_for_a_pattern_is_unscored():
    check = decode_check({"use": "not_contains", "pattern": r"a*a*a*d"}, "$")
    grade = check(Case(id="c", behaviour="x", slots={}), "a" * 5000)
    assert grade.label == "unscored"
    assert "5000 characters" in grade.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a*a*a*d", "a" * 700),
        (r".*a.*b", "a" * 4000),
        (r"\s*\s*x", " " * 4000),
        (r"\w+\s+\w+\s+x", "a " * 2000),
    ],
)
def test_the_longest_text_allowed_takes_seconds_at_worst(pattern, text):
    assert pattern_problem(pattern) is None
    started = time.process_time()
    assert find_all(pattern, text[: text_limit(pattern)]) == []
    assert time.process_time() - started < 20


def test_encoding_leaves_defaults_out():
    raw = {"use": "length", "max": 30, "path": "$.reply"}
    assert encode_check(decode_check(raw, "$")) == raw


def test_every_name_is_known_once():
    assert len(check_names()) == len(set(check_names()))
    assert {"json_only", "phrase_when", "grounded", "plugin"} <= set(check_names())


def test_a_plugin_that_is_not_installed_says_so():
    check = decode_check({"use": "plugin", "name": "nobody_offers_this"}, "$")
    with pytest.raises(ConfigError):
        check(Case(id="c", behaviour="x", slots={}), "text")


def test_a_plugin_gets_its_options(monkeypatch):
    def shout(case, output, *, mark):
        del case
        return Grade.of(output.endswith(mark)) if mark else "nothing"

    monkeypatch.setattr("workbench.checks.plugin.load", lambda _group, name: {"shout": shout}[name])
    case = Case(id="c", behaviour="x", slots={})
    for mark, label in (("!", "pass"), ("?", "fail"), ("", "unscored")):
        check = decode_check({"use": "plugin", "name": "shout", "options": {"mark": mark}}, "$")
        assert check(case, "Hey!").label == label


@pytest.mark.parametrize(
    ("check", "at"),
    [
        ({"use": "language", "lang": "english"}, "lang"),
        ({"use": "starts_with", "phrase": " "}, "phrase"),
        ({"use": "length", "max": -1}, "max -1"),
        ({"use": "length", "min": 9, "max": 2}, "min 9"),
        ({"use": "length"}, "min None"),
    ],
)
def test_a_value_that_would_switch_a_rule_off_is_refused(check, at):
    from workbench.checks import decode_check

    with pytest.raises(ConfigError, match=at):
        decode_check(check, "$.rules[0].check")
