import pytest

from workbench.checks import compile_contract, load_contract
from workbench.checks.conflicts import conflicts
from workbench.checks.lint import lint
from workbench.contracts import Contract, Rule, RuleSource
from workbench.errors import ConfigError


def contract(*checks, **rest):
    rules = tuple(
        Rule(id=f"r{i}", text=f"Rule {i}.", kind="style", check=check) for i, check in enumerate(checks)
    )
    return Contract(task="t", rules=rules, **rest)


def found(*checks):
    return [(one.first, one.second) for one in conflicts(compile_contract(contract(*checks)))]


WORDS = {"instruction": "length_constraints:number_words", "use": "ifeval"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"use": "length", "min": 50}, {"use": "length", "max": 20}),
        (
            {"use": "length", "min": 50},
            {**WORDS, "arguments": {"relation": "less than", "num_words": 50}},
        ),
        ({"use": "language", "lang": "en"}, {"use": "language", "lang": "zh"}),
        ({"use": "starts_with", "phrase": "Hi"}, {"use": "starts_with", "phrase": "Dear"}),
        ({"use": "ends_with", "phrase": "再见"}, {"use": "ends_with", "phrase": "谢谢"}),
        ({"use": "starts_with", "phrase": "Hello!"}, {"use": "no_characters", "characters": "!"}),
        ({"use": "starts_with", "phrase": "亲,您好"}, {"use": "not_contains", "phrases": ["亲"]}),
        ({"use": "contains", "phrases": ["free"]}, {"use": "not_contains", "phrases": ["free"]}),
        (
            {"use": "phrase_when", "condition": "harmful", "phrase": "No, I will not."},
            {"use": "ifeval", "instruction": "punctuation:no_comma"},
        ),
        ({"use": "ends_with", "phrase": "one two three"}, {"use": "length", "max": 2}),
        ({"use": "one_of", "values": ["a", "b"]}, {"use": "one_of", "values": ["c"]}),
        (
            {"use": "one_of", "values": ["a"], "path": "$.k"},
            {"use": "json_schema", "schema": {"properties": {"k": {"enum": ["b"]}}}},
        ),
        ({"use": "json_only"}, {"use": "xml_only"}),
        ({"use": "json_only"}, {"use": "starts_with", "phrase": "Hi"}),
        ({"use": "json_only", "root": "array"}, {"use": "json_schema", "schema": {"type": "object"}}),
        (
            {"use": "ifeval", "instruction": "change_case:english_capital"},
            {"use": "ifeval", "instruction": "change_case:english_lowercase"},
        ),
    ],
)
def test_rules_that_exclude_one_another_are_found_in_either_order(first, second):
    assert found(first, second) == [("r0", "r1")]
    assert found(second, first) == [("r0", "r1")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"use": "length", "min": 5}, {"use": "length", "max": 20}),
        ({"use": "length", "min": 50}, {"use": "length", "max": 20, "unit": "sentences"}),
        ({"use": "length", "min": 50, "path": "$.a"}, {"use": "length", "max": 20, "path": "$.b"}),
        ({"use": "starts_with", "phrase": "Hi"}, {"use": "starts_with", "phrase": "Hi there"}),
        ({"use": "starts_with", "phrase": "Hi"}, {"use": "ends_with", "phrase": "Bye"}),
        ({"use": "language", "lang": "en"}, {"use": "language", "lang": "zh", "mixed": True}),
        ({"use": "contains", "phrases": ["a", "b"], "any": True}, {"use": "not_contains", "phrases": ["a"]}),
        ({"use": "one_of", "values": ["a", "b"]}, {"use": "one_of", "values": ["b", "c"]}),
        ({"use": "json_only"}, {"use": "starts_with", "phrase": "Hi", "path": "$.reply"}),
    ],
)
def test_rules_that_can_both_be_obeyed_are_no_conflict(first, second):
    assert found(first, second) == []


def sorts(given, **rest):
    return [(one.sort, one.rules) for one in lint(given, **rest)]


def test_what_is_no_error_and_not_meant_is_remarked():
    rule = Rule(id="x", text="Be warm.", kind="role")
    assert sorts(Contract(task="t", rules=(rule,))) == [("unchecked", ("x",)), ("kind", ("x",))]
    same = {"use": "length", "max": 9}
    assert sorts(contract(same, same)) == [("repeated", ("r0", "r1"))]
    assert sorts(contract({"use": "length", "min": 0})) == [("always", ("r0",))]
    assert sorts(contract({"use": "length", "max": 9})) == []


def test_a_span_is_held_against_the_prompt():
    check = {"use": "length", "max": 9}
    rule = Rule(
        id="x", text="Be brief.", kind="length", source=RuleSource(template="t", span=(2, 11)), check=check
    )
    given = Contract(task="t", rules=(rule,))
    assert sorts(given, prompt="A Be brief.") == []
    assert sorts(given, prompt="Be brief. A") == [("span", ("x",))]


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"version": 2}, r"\$\.version"),
        ({"span": [9, 2]}, r"\$\.rules\[0\]\.source\.span"),
        ({"span": [-1, 2]}, r"\$\.rules\[0\]\.source\.span"),
        ({"check": "{use: length, max: 0}"}, "max 0"),
        ({"check": "{use: contains, phrases: []}"}, "phrases"),
        ({"check": "{use: not_contains, phrases: ['']}"}, "phrases"),
        ({"check": "{use: one_of, values: []}"}, "values"),
        ({"check": "{use: no_characters, characters: ''}"}, "characters"),
        ({"text": "' '"}, r"\$\.rules\[0\]\.text"),
        ({"id": "''"}, r"\$\.rules\[0\]\.id"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused(tmp_path, change, at):
    value = {"version": 1, "span": [0, 2], "check": "null", "text": "x", "id": "a"} | change
    path = tmp_path / "c.yaml"
    path.write_text(
        f"version: {value['version']}\ntask: t\nrules:\n- id: {value['id']}\n  text: {value['text']}\n"
        f"  kind: style\n  source: {{template: t, span: {value['span']}}}\n  check: {value['check']}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=at):
        load_contract(path)
