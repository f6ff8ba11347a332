"""schemathesis asks both servers what their descriptions allow and what they don't, and holds the answers."""

import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from tests.fuzz.review_openapi import document as of_review
from tests.fuzz.servers import GIVEN_AWAY, review_app, serve_app
from workbench.serve.app import _ROUTES
from workbench.serve.openapi import document as of_serve

# What a description promises of answers. (What a schema can't say, a message of no role say, is refused too.)
PROMISED = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
SOME = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def alive(app):
    """Keep an application open: a client of tests would end it after each request."""

    async def kept(scope, receive, send):
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for told in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{told}.complete"})

    return kept


def described(document, app):
    schema = schemathesis.openapi.from_dict(document)
    schema.app = alive(app)
    return schema


def operations(document):
    return [(path, method) for path, asked in document["paths"].items() for method in asked]


def test_every_route_is_described():
    routes = {(re.sub(r":path", "", path), method.lower()) for path, method, _ in _ROUTES}
    assert routes == {*operations(of_serve()), ("/openapi.json", "get")}


def asked(schema, path, method, hold, **manner):
    """Ask one operation for what its description allows, and for what it doesn't; return the statuses."""
    operation, seen = schema[path][method], Counter()
    for mode in GenerationMode:

        @SOME
        @given(operation.as_strategy(generation_mode=mode))
        def once(case):
            answer = case.call(base_url="http://localhost:8000", **manner)
            assert answer.status_code < 500 or answer.status_code in {503, 504}, answer.text[:300]
            assert not [word for word in GIVEN_AWAY if word in answer.content]
            hold(case, answer)
            seen[answer.status_code] += 1

        try:
            once()
        except Unsatisfiable:  # nothing can be wrong about a request that takes nothing
            assert mode is GenerationMode.NEGATIVE
    return seen


@pytest.fixture(scope="module")
def server():
    document = of_serve()
    for kind in ("Chat", "Plain"):  # a name that is served, which no schema knows
        document["components"]["schemas"][kind]["properties"]["model"] = {"const": "base"}
    named = document["paths"]["/v1/models/{name}"]["get"]["parameters"][0]
    named["schema"] = {"const": "base"}
    return described(document, serve_app())


@pytest.mark.parametrize(("path", "method"), operations(of_serve()))
def test_serve_answers_as_its_description_says(server, path, method):
    seen = asked(server, path, method, lambda case, answer: case.validate_response(answer, checks=PROMISED))
    if path not in {"/v1/adapters", "/v1/adapters/{name}"}:
        assert seen[200]


@pytest.fixture(scope="module")
def pages():
    app, marks = review_app()
    return described(of_review(marks[b"CSRF"].decode()), app), marks[b"COOKIE"].decode()


@pytest.mark.parametrize(("path", "method"), operations(of_review("")))
def test_review_answers_what_it_may(pages, path, method):
    schema, cookie = pages

    def hold(case, answer):
        case.validate_response(answer, checks=[checks.status_code_conformance])
        assert "default-src 'none'" in answer.headers["content-security-policy"][0]

    asked(schema, path, method, hold, cookies={"workbench_review_8000": cookie})
