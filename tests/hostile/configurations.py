"""Hostile recipes, contracts, policies and suites."""

import json

import yaml

from tests.hostile.items import READ_CONTRACT, Hostile
from tests.hostile.logs import syntax
from tests.hostile.yamls import YAMLS


def configurations():
    for name, body in YAMLS.items():
        yield Hostile(f"recipe-{name}.yaml", body, (("run", "{file}", "--out", "{out}", "--quiet"),))
    recipe = {"log": ["{log}"], "base": "samples/base"}
    for name, more in {
        "log-missing": {"log": ["nowhere.jsonl"]},
        "log-directory": {"log": ["/"]},
        "log-device": {"log": ["/dev/null"]},
        "log-number": {"log": 7},
        "log-empty": {"log": []},
        "log-nul": {"log": ["a\0b"]},
        "log-long-name": {"log": ["x" * 5000]},
        "base-missing": {"base": "nowhere"},
        "base-odd": {"base": "../../../../etc"},
        "unknown-key": {"tranfer": {}},
        "seed-text": {"seed": "x"},
        "seed-huge": {"seed": 10**30},
    }.items():
        body = yaml.safe_dump(recipe | more).encode()
        yield Hostile(f"recipe-{name}.yaml", body, (("run", "{file}", "--out", "{out}", "--quiet"),))


def _contract(*rules: dict) -> bytes:
    return json.dumps({"task": "t", "rules": list(rules)}, ensure_ascii=False).encode()


def _rule(check, name="r", **more) -> dict:
    return {"id": name, "text": "a rule", "kind": "format", "check": check} | more


PATTERNS = {
    "nested": "(a+)+$",
    "nested-star": "(a*)*b",
    "alternation": "(a|a)*b",
    "alternation-any": "(a|b|ab)*c",
    "quantified-group": "(.*a){20}",
    "many-stars": ".*.*.*.*.*x",
    "back-reference": "(a*)\\1+b",
    "look-around": "(?=(a+))a*b\\1",
    "unclosed": "(a",
    "bad-repeat": "a{5,2}",
    "huge-repeat": "a{999999999}",
    "nested-repeat": "((a{100}){100}){100}",
    "long": "a|" * 50_000,
    "deep": "(" * 2000 + ")" * 2000,
    "bad-escape": "\\",
    "unicode": "\\p{Han}+",
    "empty": "",
    "inline-flag": "(?i)a(?x) b",
    "named-twice": "(?P<a>x)(?P<a>y)",
    "possessive": "(?>a+)++b",
    "conditional": "(a)?(?(1)b|c)*d",
}


def contracts():
    for name, body in YAMLS.items():
        yield Hostile(f"contract-{name}.yaml", body, READ_CONTRACT)
    for name, pattern in PATTERNS.items():
        body = _contract(_rule({"use": "contains", "phrases": [], "pattern": pattern}))
        yield Hostile(f"contract-regex-{name}.yaml", body, READ_CONTRACT)
    schemas = {
        "remote": {"$ref": "http://127.0.0.1:9/x.json"},
        "file": {"$ref": "file:///etc/passwd"},
        "self": {"$ref": "#"},
        "loop": {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        "missing": {"$ref": "#/$defs/none"},
        "not-a-schema": {"type": 7},
        "unknown-type": {"type": "elephant"},
        "bad-pattern": {"pattern": "(a"},
        "slow-pattern": {"properties": {"a": {"pattern": "(a+)+$"}}},
        "deep": _nested(400),
        "unknown-dialect": {"$schema": "http://example.org/mine"},
        "text": "x",
        "list": [],
    }
    for name, schema in schemas.items():
        body = _contract(_rule({"use": "json_schema", "schema": schema}))
        yield Hostile(f"contract-schema-{name}.yaml", body, READ_CONTRACT)
    bodies = {
        "unknown-check": _contract(_rule({"use": "os.system"})),
        "check-text": _contract(_rule("regex")),
        "check-list": _contract(_rule([])),
        "use-number": _contract(_rule({"use": 5})),
        "same-ids": _contract(_rule(None), _rule(None)),
        "id-path": _contract(_rule(None, name="../../x")),
        "id-html": _contract(_rule(None, name="<script>alert(1)</script>")),
        "id-escape": _contract(_rule(None, name="\x1b[31m")),
        "many-rules": _contract(*(_rule(None, name=f"r{n}") for n in range(3000))),
        "words-backwards": _contract(_rule({"use": "length", "unit": "words", "min": 10, "max": 2})),
        "words-negative": _contract(_rule({"use": "length", "unit": "words", "max": -5})),
        "words-text": _contract(_rule({"use": "length", "unit": "words", "max": "thirty"})),
        "plugin-missing": _contract(_rule({"use": "plugin", "name": "nowhere"})),
        "plugin-path": _contract(_rule({"use": "plugin", "name": "../../evil.py"})),
        "unless-deep": _contract(_rule(_unless(300))),
        "text-number": _contract({"id": "r", "text": 5, "kind": "format", "check": None}),
        "no-id": _contract({"text": "x", "kind": "format", "check": None}),
    }
    for name, body in bodies.items():
        yield Hostile(f"contract-{name}.yaml", body, READ_CONTRACT)


def _nested(depth: int) -> dict:
    schema: dict = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def _unless(depth: int) -> dict:
    check: dict = {"use": "json_only"}
    for _ in range(depth):
        check = {"use": "unless", "check": check, "exception": "x", "pattern": "x"}
    return check


def policies():
    data = (("check", "{pairs}", "--policy", "{file}"),)
    for name, body in YAMLS.items():
        yield Hostile(f"policy-{name}.yaml", body, data)
    for name, value in {
        "unknown": {"max_rowz": 1},
        "text": {"min_rows": "many"},
        "negative": {"min_rows": -1},
        "huge": {"min_rows": 10**30},
        "nan": {"max_pii": float("nan")},
        "list": {"min_rows": [1]},
    }.items():
        yield Hostile(f"policy-value-{name}.yaml", yaml.safe_dump(value).encode(), data)


def suites():
    plan = (("eval", "--suite", "{file}", "--base", "{base}", "--plan", "--out", "{out}"),)
    for name, body in YAMLS.items():
        yield Hostile(f"suite-{name}.yaml", body, plan)
    for name in ("deep-list-100000", "scalars", "empty-objects", "nan", "lone-surrogate"):
        body = next(item.body for item in syntax() if item.name == f"json-{name}.jsonl")
        yield Hostile(f"suite-{name}.jsonl", body, plan)
