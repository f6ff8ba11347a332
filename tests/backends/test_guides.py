import json
import sys

import jsonschema_rs
import pytest
from conftest import TEMPLATE, chat, make_base

from workbench.backends.local import LocalBackend
from workbench.errors import ConfigError, MissingExtraError
from workbench.ports import Sampling
from workbench.rendering.opening import open_base

VERDICT = {
    "type": "object",
    "properties": {"verdict": {"enum": ["pass", "fail", "看不出来"]}, "sure": {"type": "boolean"}},
    "required": ["verdict", "sure"],
    "additionalProperties": False,
}
DOCUMENTS = {
    json.dumps({"verdict": verdict, "sure": sure}, ensure_ascii=False)
    for verdict in VERDICT["properties"]["verdict"]["enum"]
    for sure in (True, False)
}
COUNTED = {
    "type": "object",
    "properties": {
        "word": {"type": "string", "maxLength": 5},
        "n": {"type": "integer", "minimum": 7, "maximum": 42},
    },
    "required": ["word", "n"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def base(tiny_base):
    return open_base(tiny_base, dtype="float32")


@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_a_local_base_writes_only_what_fits_whatever_the_batch(base, temperature):
    sampling = Sampling(max_new_tokens=60, schema=VERDICT, temperature=temperature)
    prompts = [chat(f"Is this right? {n}" * (n % 3 + 1)) for n in range(12)]
    answers = LocalBackend(base, batch_size=8).generate(prompts, sampling)
    assert {answer.text for answer in answers} <= DOCUMENTS
    assert {answer.finish for answer in answers} == {"stop"}
    assert LocalBackend(base, batch_size=1).generate(prompts, sampling) == answers
    free = LocalBackend(base).generate(prompts, Sampling(max_new_tokens=60))
    assert {answer.text for answer in free}.isdisjoint(DOCUMENTS)


def test_free_text_and_numbers_are_bound_too(base):
    sampling = Sampling(max_new_tokens=90, schema=COUNTED, temperature=1.5, seed=3)
    answers = LocalBackend(base).generate([chat(f"How many? {n}") for n in range(8)], sampling)
    assert {answer.finish for answer in answers} == {"stop"}
    for answer in answers:
        jsonschema_rs.validate(COUNTED, json.loads(answer.text))
    assert len({answer.text for answer in answers}) > 1


def test_an_answer_that_the_limit_cuts_says_so(base):
    cut = LocalBackend(base).generate([chat("?")], Sampling(max_new_tokens=5, schema=VERDICT))[0]
    assert cut.finish == "length"


def test_what_a_template_writes_before_an_answer_stands_before_a_bound_one(tmp_path):
    led = TEMPLATE.replace(
        "{{ '<|' + message['role'] + '|>\n' + message['content']",
        "{{ '<|' + message['role'] + '|>\n' + ('final: ' if message['role'] == 'assistant' else '') + "
        "message['content']",
    )
    opened = open_base(make_base(tmp_path / "led", template=led), dtype="float32")
    assert opened.renderer.habits.lead == "final: "
    answer = LocalBackend(opened).generate([chat("?")], Sampling(max_new_tokens=60, schema=VERDICT))[0]
    assert answer.text in DOCUMENTS
    assert answer.completion_tokens >= len("final: ") + len(answer.text.encode())


def test_a_schema_that_cannot_be_held_to_is_refused_with_its_place(base):
    for schema, where in (
        ({"type": "strng"}, "the schema of an answer.type"),
        ({"type": "array", "uniqueItems": True, "contains": {"type": "null"}}, "the schema of an answer"),
    ):
        with pytest.raises(ConfigError) as refused:
            LocalBackend(base).generate([chat("?")], Sampling(schema=schema))
        assert refused.value.findings[0].where == where


def test_without_the_library_it_is_said_what_to_install(base, monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    monkeypatch.setitem(sys.modules, "llguidance.hf", None)
    with pytest.raises(MissingExtraError, match=r"sft-workbench\[train\]"):
        LocalBackend(base).generate([chat("?")], Sampling(schema=VERDICT))
