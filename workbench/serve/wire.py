"""What callers may ask, read strictly: a field that would change the answer is obeyed or refused."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.records import Message, Messages


class ApiError(Exception):
    """An answer other than 200, in the form that OpenAI's clients read."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None, wait: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "error": {"message": message, "type": _kind(status), "param": param, "code": code},
        }
        self.headers = {"Retry-After": str(wait)} if wait else {}


class Turn(msgspec.Struct, kw_only=True):
    """One message as it is sent."""

    role: str
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None


class StreamOptions(msgspec.Struct, kw_only=True):
    """What a stream ends with."""

    include_usage: bool = False


class Asked(msgspec.Struct, kw_only=True):
    """What chat and plain completions share."""

    model: str
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    n: int | None = None
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


class Chat(Asked, kw_only=True):
    """The body of ``POST /v1/chat/completions``."""

    messages: list[Turn]
    response_format: dict[str, Any] | None = None
    workbench: dict[str, Any] | None = None


class Plain(Asked, kw_only=True):
    """The body of ``POST /v1/completions``: the prompt as it is, without chat template."""

    prompt: str | list[str]


class NewAdapter(msgspec.Struct, kw_only=True):
    """The body of ``POST /v1/adapters``."""

    name: str
    path: str


# Sent by many callers without any bearing on the text of the answer.
HARMLESS = frozenset({
    "user", "metadata", "store", "service_tier", "prompt_cache_key", "safety_identifier",
})  # fmt: skip
# Values that ask for nothing.
NEUTRAL: tuple[Any, ...] = (None, 0, False, [], {}, "none")
# The least and the most that a field may be, how many stop strings, and who may speak.
LIMITS: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (1e-6, 1),
    "n": (1, 16),
    "max_tokens": (1, 1 << 30),
    "max_completion_tokens": (1, 1 << 30),
}
MOST_STOPS = 4
# What a message may hold; which call of a tool one answers has no bearing on how it is rendered.
TURN = frozenset({"role", "content", "name", "tool_call_id"})
ROLES = ("system", "developer", "user", "assistant", "tool")


def read(raw: bytes, kind: type[Any]) -> Any:
    """Read a body.

    Raises:
        ApiError: 400 with what is wrong and the path of it.
    """
    try:
        held = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, f"the body is no JSON: {error}", code="bad_json") from None
    if not isinstance(held, dict):
        raise ApiError(400, "the body is no JSON object", code="bad_json")
    own = {field.name for field in msgspec.structs.fields(kind)}
    known = own | HARMLESS if issubclass(kind, Asked) else own
    for name in held.keys() - known:
        neutral = held[name] in NEUTRAL if name != "best_of" else held[name] == 1 and held[name] is not True
        if not (neutral and issubclass(kind, Asked)):
            raise ApiError(400, f"{name} isn't supported here; leave it out", param=name, code="unsupported")
    try:
        body = msgspec.convert({k: v for k, v in held.items() if k in own}, kind)
    except msgspec.ValidationError as error:
        place = str(error).partition(" - at `$")[2]
        raise ApiError(400, str(error), param=place.strip("`.") or None, code="bad_value") from None
    if isinstance(body, Asked):
        _check(body)
    if isinstance(body, Chat):
        _check_turns(held["messages"])
    return body


def messages_of(turns: list[Turn]) -> Messages:
    """Return messages as the renderer takes them.

    Raises:
        ApiError: 400 for none, an unknown role, or content that is no text.
    """
    if not turns:
        raise ApiError(400, "messages is empty", param="messages")
    return tuple(_message(i, turn) for i, turn in enumerate(turns))


def stops_of(body: Asked) -> tuple[str, ...]:
    """Return the stop strings."""
    return (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())


def _message(i: int, turn: Turn) -> Message:
    if turn.role not in ROLES:
        raise ApiError(400, f"unknown role {turn.role!r}", param=f"messages[{i}].role")
    role = "system" if turn.role == "developer" else turn.role
    if turn.content is None:
        raise ApiError(400, "no content", param=f"messages[{i}].content")
    text = turn.content if isinstance(turn.content, str) else "".join(
        _text(part, f"messages[{i}].content[{k}]") for k, part in enumerate(turn.content)
    )  # fmt: skip
    return Message(role=role, content=text, extra={"name": turn.name} if turn.name else {})


def _text(part: dict[str, Any], where: str) -> str:
    if part.get("type") != "text" or not isinstance(part.get("text"), str):
        raise ApiError(400, f"only text parts are understood, found {part.get('type')!r}", param=where)
    return str(part["text"])


def _check(body: Asked) -> None:
    for name, (low, high) in LIMITS.items():
        value = getattr(body, name)
        if value is not None and not low <= value <= high:
            raise ApiError(400, f"{name} is {value}, expected {low} to {high}", param=name, code="bad_value")
    stops = stops_of(body)
    if len(stops) > MOST_STOPS or "" in stops:
        raise ApiError(400, f"stop takes 1 to {MOST_STOPS} strings that aren't empty", param="stop")


def _check_turns(turns: list[dict[str, Any]]) -> None:
    """Refuse what a message says beside its text: calls of tools, sounds."""
    for i, turn in enumerate(turns):
        for name in turn.keys() - TURN:
            if turn[name] not in NEUTRAL:
                raise ApiError(
                    400, f"{name} isn't supported here; leave it out", param=f"messages[{i}].{name}",
                    code="unsupported",
                )  # fmt: skip


def _kind(status: int) -> str:
    return {
        401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 503: "server_error",
        504: "timeout_error", 500: "server_error",
    }.get(status, "invalid_request_error")  # fmt: skip
