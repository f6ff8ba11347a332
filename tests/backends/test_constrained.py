import json

import pytest
from conftest import chat

from workbench.backends.constrained import documents
from workbench.backends.local import LocalBackend
from workbench.errors import ConfigError
from workbench.ports import Sampling
from workbench.rendering.opening import open_base

VERDICT = {
    "type": "object",
    "properties": {"verdict": {"enum": ["pass", "fail", "看不出来"]}, "sure": {"type": "boolean"}},
    "required": ["verdict", "sure"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def base(tiny_base):
    return open_base(tiny_base, dtype="float32")


def test_documents_are_all_that_fit():
    assert [json.loads(text) for text in documents(VERDICT)] == [
        {"verdict": v, "sure": s} for v in ("pass", "fail", "看不出来") for s in (True, False)
    ]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "object", "properties": {"reason": {"type": "string"}}},
        {"enum": []},
        {"type": "object", "properties": {str(n): {"enum": list(range(9))} for n in range(9)}},
    ],
)
def test_documents_without_number_are_refused_with_their_place(schema):
    with pytest.raises(ConfigError, match=r"the schema of an answer, \$"):
        documents(schema)


@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_a_local_base_writes_only_what_fits_whatever_the_batch(base, temperature):
    sampling = Sampling(max_new_tokens=60, schema=VERDICT, temperature=temperature)
    prompts = [chat(f"Is this right? {n}" * (n % 3 + 1)) for n in range(20)]
    answers = LocalBackend(base, batch_size=8).generate(prompts, sampling)
    assert {answer.text for answer in answers} <= set(documents(VERDICT))
    assert {answer.finish for answer in answers} == {"stop"}
    assert LocalBackend(base, batch_size=1).generate(prompts, sampling) == answers
    free = LocalBackend(base).generate(prompts, Sampling(max_new_tokens=60))
    assert {answer.text for answer in free}.isdisjoint(documents(VERDICT))


def test_an_answer_that_the_limit_cuts_says_so(base):
    cut = LocalBackend(base).generate([chat("?")], Sampling(max_new_tokens=5, schema=VERDICT))[0]
    assert cut.finish == "length"
