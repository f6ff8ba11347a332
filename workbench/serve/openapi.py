"""The server's own description (OpenAPI 3.1), made from the very types that it reads."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench import __version__
from workbench.serve.wire import HARMLESS, LIMITS, MOST_STOPS, NEUTRAL, ROLES, TURN, Chat, NewAdapter, Plain

_TEXT, _COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(kind: str, **choice: Any) -> dict[str, Any]:
    ends = {"type": "string", "enum": ["stop", "length"]}
    one = _object(index=_COUNT, **choice, logprobs={"type": "null"}, finish_reason=ends)
    usage = _object(prompt_tokens=_COUNT, completion_tokens=_COUNT, total_tokens=_COUNT)
    return _object(
        id=_TEXT, object={"const": kind}, created=_COUNT, model=_TEXT, choices=_list(one), usage=usage
    )


_MODEL = _object(
    id=_TEXT, object={"const": "model"}, created=_COUNT, owned_by=_TEXT, parent={"type": ["string", "null"]}
)
_FAULT = _object(
    message=_TEXT, type=_TEXT, param={"type": ["string", "null"]}, code={"type": ["string", "null"]}
)
_SHAPES = {
    "Error": _object(error=_FAULT),
    "Model": _MODEL,
    "Models": _object(object={"const": "list"}, data=_list(_ref("Model"))),
    "Health": _object(status={"const": "ok"}, waiting=_COUNT, writing=_COUNT),
    "Deleted": _object(id=_TEXT, object={"const": "model"}, deleted={"const": True}),
    "ChatAnswer": _answers("chat.completion", message=_object(role={"const": "assistant"}, content=_TEXT)),
    "PlainAnswer": _answers("text_completion", text=_TEXT),
}
_BUSY = (408, 413, 429, 503, 504)
# Path, method, what it does, what it reads, what it answers when all is well, and what else it may say.
_PATHS: tuple[tuple[str, str, str, str, tuple[int, str], tuple[int, ...]], ...] = (
    ("/health", "get", "Say that the server answers, and how much it has to do.", "", (200, "Health"), ()),
    ("/metrics", "get", "Return the figures for Prometheus.", "", (200, ""), ()),
    ("/v1/models", "get", "List the base and every adapter.", "", (200, "Models"), ()),
    ("/v1/models/{name}", "get", "Return one model.", "", (200, "Model"), (404,)),
    ("/v1/chat/completions", "post", "Answer a chat.", "Chat", (200, "ChatAnswer"), (404, *_BUSY)),
    ("/v1/completions", "post", "Go on with a text.", "Plain", (200, "PlainAnswer"), (404, *_BUSY)),
    ("/v1/adapters", "post", "Load an adapter.", "NewAdapter", (201, "Model"), (404, 408, 409, 413, 503)),
    ("/v1/adapters/{name}", "delete", "Let go of an adapter.", "", (200, "Deleted"), (404, 409, 503)),
)


def document() -> dict[str, Any]:
    """Return the description of every path but its own."""
    _, read = msgspec.json.schema_components(
        (Chat, Plain, NewAdapter), ref_template="#/components/schemas/{name}"
    )
    _narrow(read)
    paths: dict[str, dict[str, Any]] = {}
    for path, method, summary, body, good, bad in _PATHS:
        paths.setdefault(path, {})[method] = _operation(path, summary, body, good, bad)
    return {
        "openapi": "3.1.0",
        "info": {"title": "workbench serve", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {**read, **_SHAPES},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _narrow(read: dict[str, Any]) -> None:
    """Say what is refused that the types allow."""
    turn, part = read["Turn"], _object(type={"const": "text"}, text=_TEXT)
    turn["properties"] |= {"role": {"enum": list(ROLES)}, "content": {"anyOf": [_TEXT, _list(part)]}}
    turn["properties"] |= {name: {} for name in sorted(TURN - turn["properties"].keys())}
    turn |= {"required": ["role", "content"], "additionalProperties": {"enum": list(NEUTRAL)}}
    read["Plain"]["properties"]["prompt"] = {"anyOf": [_TEXT, {**_list(_TEXT), "minItems": 1}]}
    read["Chat"]["properties"]["messages"]["minItems"] = 1
    read["NewAdapter"]["additionalProperties"] = False
    for kind in (read["Chat"], read["Plain"]):
        _bounded(kind["properties"])
        kind["properties"] |= {"best_of": {"const": 1}, **{name: {} for name in sorted(HARMLESS)}}
        kind["additionalProperties"] = {"enum": list(NEUTRAL)}


def _bounded(fields: dict[str, Any]) -> None:
    """Write limits into the one of a field's kinds that they are for."""
    for name, (low, high) in LIMITS.items():
        kinds = fields[name]["anyOf"]
        numbers = [kind for kind in kinds if kind["type"] != "null"]
        fields[name]["anyOf"] = [
            *({**kind, "minimum": low, "maximum": high} for kind in numbers),
            {"type": "null"},
        ]
    text = {"type": "string", "minLength": 1}
    several = {"type": "array", "items": text, "maxItems": MOST_STOPS}
    fields["stop"]["anyOf"] = [text, several, {"type": "null"}]


def _operation(
    path: str, summary: str, body: str, good: tuple[int, str], bad: tuple[int, ...]
) -> dict[str, Any]:
    status, shape = good
    told = {"application/json": {"schema": _ref(shape)}} if shape else {"text/plain": {"schema": _TEXT}}
    if shape.endswith("Answer"):
        told["text/event-stream"] = {"schema": _TEXT}
    error = {"description": "refused, and why", "content": {"application/json": {"schema": _ref("Error")}}}
    said: dict[str, Any] = {
        "summary": summary,
        "responses": {
            str(status): {"description": "done", "content": told},
            **{str(one): error for one in (400, 401, 403, *bad)},
        },
    }
    if "{name}" in path:
        said["parameters"] = [{"name": "name", "in": "path", "required": True, "schema": _TEXT}]
    if body:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return said
