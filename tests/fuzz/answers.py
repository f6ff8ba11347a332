"""Answers of models: graders of formats, checks, patterns and schemas of users, signals, replies, pages."""

import json
import re
from functools import cache
from html.parser import HTMLParser

from tests.fuzz.files import log_lines, rules
from tests.fuzz.target import Target, laid, law, parts_of, text_of
from workbench.backends.wire import CallError, read_reply, read_status
from workbench.checks import compile_contract, decode_check, load_contract
from workbench.checks.formats import repair_json
from workbench.checks.structured import FORMS, judge_structured, read_structured
from workbench.graders.grounding import Grounding
from workbench.graders.harm import Harm
from workbench.graders.neutrality import Neutrality
from workbench.io.pairrows import pairs_of_records
from workbench.io.readers import read_logs
from workbench.records import Case, Message
from workbench.report.markup import element
from workbench.signals import DEFAULT, measure

_CASE = Case(id="a", behaviour="b", slots={"question": "Where is it?", "context": "Ulm has 3 towers."})
_OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
_SAID = {
    "json": (
        '{"a": 1, "b": [true, null, "x\\u00e9"]}',
        '```json\n{"a": 1}\n```',
        "{a: 'b', /* c */ d: True,}",
    ),
    "yaml": ("a: 1\nb:\n- x\n- {c: d}\n", "```yaml\na: &x 1\nb: *x\n```"),
    "csv": ('a,b\n1,"x, y"\n2,"""z"""\n', "a;b\n1;2\n"),
    "markdown": ("# H\n\n- a\n  - b\n\n|x|y|\n|-|-|\n|1|2|\n\n```py\nx\n```\n", "> 1. a\n> 2. *b* **c**\n"),
    "xml": ('<a x="1"><b>c &amp; d</b><!-- e --></a>', "<a><![CDATA[<x>]]></a>", "<a><b></a>"),
}


def _grade(form):
    def graded(data: bytes) -> None:
        text = text_of(data)
        reading = read_structured(text, form)
        law(reading.level != "unreadable" or reading.problem, "unreadable, and not a word why")
        schema = _OBJECT if form != "xml" else None
        grade = judge_structured(text, form, schema=schema)
        law(grade.label in {"pass", "fail", "unscored"}, f"label {grade.label}")
        if form == "json":
            _json(text, reading)

    return graded


def _json(text: str, reading) -> None:
    """Hold what the grader read against the library's own reading."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        law(reading.level != "exact", "taken for JSON, which the library can't read")
        return
    if reading.level == "exact":
        law(repr(value) == repr(reading.value), "read otherwise than by the library")
        try:
            good = json.dumps(value, allow_nan=False)
        except ValueError:
            return  # a number beyond what fits a float was read as infinite, which JSON can't say
        again = repair_json(good)
        law(not again.problem and not again.repairs, "good JSON was repaired")


@cache
def _rules():
    return compile_contract(load_contract(laid("rules.yaml", rules())))


def _checks(data: bytes) -> None:
    said, question, context = parts_of(data, 3)
    case = Case(id="a", behaviour="b", slots={"question": question, "context": context})
    for rule, check in _rules():
        if check is not None:
            grade = check(case, said)
            law(grade.label in {"pass", "fail", "unscored", "not_applicable"}, f"{rule.id}: {grade.label}")
            law(
                (grade.score is None) == (grade.label in {"unscored", "not_applicable"}),
                f"{rule.id}: {grade}",
            )
    for grader in (Grounding(), Harm(), Neutrality()):
        grader(case, said)


_PATTERNS = (
    r"INT-[0-9]+\x1fINT-5", r"^(?:a|b)*c$\x1fabab", r"\d{2,5}(?:-\d+)?\s*\w+\x1f12-3 x",
    r"(?i)not\b.*\bsorry\x1fnot so sorry", r"[^\s@]+@[^\s@]+\.[a-z]{2,}\x1fa@b.cc",
    "(?P<x>不要)|(?<!a)b(?=c)\x1fbc",
)  # fmt: skip


def _pattern(data: bytes) -> None:
    pattern, text = parts_of(data, 2)
    raw = {"use": "not_contains", "pattern": pattern, "phrases": []}
    check = decode_check(raw, "$.check")
    for said in (text, (text or "a ") * 200)[: 2 if len(text) < 20 else 1]:
        check(_CASE, said[:4000])


def _schema(data: bytes) -> None:
    schema, said = parts_of(data, 2)
    try:
        held = json.loads(schema)
    except (ValueError, RecursionError):
        return
    if isinstance(held, dict):
        check = decode_check({"use": "json_schema", "schema": held}, "$.check")
        check(_CASE, said)


_SCHEMAS = (
    b'{"type": "object", "properties": {"a": {"enum": [1, "x"]}}, "additionalProperties": false}\x1f{"a": 1}',
    b'{"$defs": {"x": {"anyOf": [{"pattern": "^a+$"}, {"$ref": "#/$defs/x"}]}}, "$ref": "#/$defs/x"}\x1f"a"',
    b'{"type": "array", "items": {"type": "number", "multipleOf": 0.1}, "uniqueItems": true}\x1f[1, 2]',
    b'{"format": "date-time", "if": {"minLength": 3}, "then": {"not": {"const": null}}}\x1f"x"',
    b'{"patternProperties": {"(a+)+$": {"minimum": 1}}, "propertyNames": {"maxLength": 3}}\x1f{"a": 1}',
)


@cache
def _frame():
    return pairs_of_records(read_logs([laid("log", log_lines())]).records).head(1)


def _signals(data: bytes) -> None:
    import polars as pl

    asked, said = parts_of(data, 2)
    row = _frame().to_dicts()[0]
    row["prompt"] = [{"role": "user", "content": asked}]
    row["completion"] = [{"role": "assistant", "content": said}]
    frame = pl.DataFrame([row], schema=_frame().schema)
    law(measure(frame, DEFAULT).height == 1, "a row was lost")


_REPLY = {
    "model": "m",
    "choices": [{"message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 0}},
}


def _reply(data: bytes) -> None:
    """Read a status line of three digits, a header and a body, as a service may send them."""
    head, _, body = data.partition(b"\n\n")
    status, _, wait = text_of(head).partition(" ")
    prompt = (Message(role="user", content="q"),)
    try:
        read_status(
            int(status) if status.isascii() and status.isdigit() and len(status) < 5 else 200,
            body,
            {"retry-after": wait, "retry-after-ms": wait},
        )
    except CallError as error:
        law(str(error).strip(), "a failure without a word")
        law(error.wait is None or error.wait >= 0, f"waits {error.wait}")
    try:
        completion, _ = read_reply(body, model="m", prompt=prompt)
        law(completion.prompt_tokens >= 0 and completion.completion_tokens >= 0, f"{completion}")
        completion.text.encode()
    except CallError as error:
        law(str(error).strip(), "a failure without a word")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = []
        self.texts = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def _markup(data: bytes) -> None:
    one, other = parts_of(data, 2)
    page = element("div", element("p", one, title=other), other, class_="x")
    tags = _Tags()
    tags.feed(page)
    tags.close()
    law([tag for tag, _ in tags.found] == ["div", "p"], f"tags {tags.found}")
    law(set(tags.found[1][1]) <= {"title"}, f"attributes {tags.found}")
    law(not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page), "controls in a page")


def _said(form: str):
    return lambda: [text.encode() for text in _SAID[form]]


_ANSWER = (
    "Hi, **no**: INT-4 is open. 不要。\n- a\n|x|\n|-|\nBye\x1fHow do I make a bomb?\x1fUlm has 3 towers."
)
TARGETS = (
    *(Target(f"answer-{form}", _grade(form), _said(form)) for form in FORMS),
    Target(
        "checks", _checks, lambda: [_ANSWER.encode(), *(t.encode() for all_ in _SAID.values() for t in all_)]
    ),
    Target(
        "pattern", _pattern, lambda: [one.replace(r"\x1f", "\x1f").encode() for one in _PATTERNS], most=2000
    ),
    Target("schema", _schema, lambda: _SCHEMAS, most=8000),
    Target(
        "signals", _signals, lambda: [_ANSWER.encode(), b"a@b.cc +49 170 1234567\x1fsk-proj-Ab1Cd2Ef3Gh4Ij5"]
    ),
    Target(
        "reply",
        _reply,
        lambda: [b"200 1\n\n" + json.dumps(_REPLY).encode(), b"429 Wed, 21 Oct 2026 07:28:00 GMT\n\n{}"],
    ),
    Target("markup", _markup, lambda: [b'<script>"x" & \'y\'</script>\x1f" onload=alert(1) x="']),
)
