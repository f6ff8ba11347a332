import json
from pathlib import Path

import jsonschema_rs
import openai
import pytest
from serve_world import adapter_folders, client_of, listening, make_service

__all__ = ["adapter_folders", "make_service"]  # fixtures
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "base"
SCHEMA = {
    "type": "object",
    "properties": {
        "state": {"enum": ["已发货", "处理中", "lost"]},
        "urgent": {"type": "boolean"},
        "count": {"type": "integer", "minimum": 0, "maximum": 99},
    },
    "required": ["state", "urgent", "count"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def sample(make_service):
    with listening(make_service(base=SAMPLE, adapters={})) as url:
        yield client_of(url)


def ask(client, schema, **more):
    return client.chat.completions.create(
        model="base",
        messages=[{"role": "user", "content": "Where is order 42? 我的订单在哪里？"}],
        response_format={"type": "json_schema", "json_schema": {"name": "state", "schema": schema}},
        **{"temperature": 0, "max_tokens": 120} | more,
    )


def test_an_answer_is_valid_by_its_schema_greedy_and_drawn(sample):
    got = [ask(sample, SCHEMA), ask(sample, SCHEMA, temperature=1.5, n=6, seed=1)]
    choices = [choice for answer in got for choice in answer.choices]
    assert {choice.finish_reason for choice in choices} == {"stop"}
    found = [json.loads(choice.message.content) for choice in choices]
    for value in found:
        jsonschema_rs.validate(SCHEMA, value)
    assert len({json.dumps(value) for value in found}) > 1


@pytest.mark.parametrize("value", ["已发货", "Ünïcode 👍🏽", "plain"])
def test_an_enumeration_of_one_value_gives_it_streamed(sample, value):
    schema = {"type": "object", "properties": {"a": {"enum": [value]}}, "required": ["a"]}
    pieces = [c.choices[0].delta.content or "" for c in ask(sample, schema, stream=True)]
    assert json.loads("".join(pieces))["a"] == value
    assert not any("\ufffd" in piece for piece in pieces)


def test_json_object_gives_an_object(sample):
    got = sample.chat.completions.create(
        model="base", messages=[{"role": "user", "content": "a"}], temperature=0, max_tokens=200,
        response_format={"type": "json_object"},
    ).choices[0]  # fmt: skip
    assert got.message.content.lstrip().startswith("{")
    if got.finish_reason == "stop":
        assert isinstance(json.loads(got.message.content), dict)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "object", "properties": {"x": {"type": "strng"}}}, "schema.properties.x.type"),
        ({"type": "object", "properties": {"x": {"enum": 5}}}, "schema.properties.x.enum"),
        ({"type": "array", "uniqueItems": True, "contains": {"type": "null"}}, "schema"),
        ({"$ref": "#/nowhere"}, "schema"),
        ("text", "schema"),
    ],
)
def test_a_schema_that_cannot_be_held_to_is_refused_with_its_place(sample, schema, place):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(sample, schema)
    assert refused.value.param.endswith(place)
    assert "expected a JSON schema" in str(refused.value)
