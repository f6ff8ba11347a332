"""What goes over the wire to an OpenAI-compatible service and comes back, read without trust."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.records import Completion
from workbench.text import excerpt, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.ports import Sampling
    from workbench.records import Messages

_AGAIN = frozenset({408, 409, 425, 429})
_SERVER_FAULT = 500
_OK = 200
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# A service may ask for any wait; what is longer is taken for as long as this, in seconds.
_LONGEST = 86_400.0
_SPENT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


class CallError(Exception):
    """One call gave no answer.

    ``again``: the same call may work later (not before ``wait`` seconds, where the service said so);
    ``hopeless``: no further call will work; ``unreachable``: nothing took the call.
    """

    def __init__(
        self,
        reason: str,
        *,
        again: bool = False,
        hopeless: bool = False,
        unreachable: bool = False,
        wait: float | None = None,
    ) -> None:
        self.reason = reason
        self.again = again
        self.hopeless = hopeless
        self.unreachable = unreachable
        self.wait = wait
        super().__init__(reason)


class _Message(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None


class _Reply(msgspec.Struct):
    choices: list[_Choice] = []
    model: str | None = None
    usage: _Usage | None = None
    error: Any = None


def request_body(prompt: Messages, sampling: Sampling, *, model: str, limit_key: str) -> dict[str, Any]:
    """Return the body of ``POST /chat/completions`` (OpenAI API reference, chat completions)."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{**m.extra, "role": m.role, "content": m.content} for m in prompt],
        limit_key: sampling.max_new_tokens,
        "temperature": sampling.temperature,
    }
    if sampling.temperature > 0:
        body |= {"top_p": sampling.top_p, "seed": sampling.seed}
    if sampling.schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": sampling.schema},
        }
    return body


def read_reply(raw: bytes, *, model: str, prompt: Messages) -> tuple[Completion, bool]:
    """Read the body of a reply; the flag is true where its tokens had to be estimated from words.

    Raises:
        CallError: truncated or other JSON, an error in place of an answer, no text, or another model's.
    """
    try:
        reply = msgspec.json.decode(raw, type=_Reply)
    except _UNREADABLE as error:
        raise CallError(f"a reply that can't be read ({excerpt(str(error))})", again=True) from error
    if reply.error:
        raise CallError(f"an error in the reply: {_said(reply.error)}", again=True)
    if reply.model is not None and not _same_model(reply.model, model):
        raise CallError(f"an answer by the model {excerpt(reply.model)!r}")
    if not reply.choices or reply.choices[0].message is None:
        raise CallError("a reply without choices", again=True)
    choice = reply.choices[0]
    text = _text(choice.message)
    if choice.finish_reason == "content_filter":
        raise CallError("held back by the service's content filter")
    if text is None:
        raise CallError(f"an answer without text (finish_reason {choice.finish_reason!r})")
    return _completion(text, choice.finish_reason, reply.usage, prompt)


def read_status(status: int, raw: bytes, headers: Mapping[str, str]) -> None:
    """Pass over a reply that holds an answer.

    Raises:
        CallError: any status but 200, with what to do about it.
    """
    if status == _OK:
        return
    said = _said_raw(raw)
    told = f"HTTP {status}" + (f": {said}" if said else "")
    if any(code in said for code in _SPENT):
        raise CallError(f"{told} (the account has no credit left)", hopeless=True)
    if status in _AGAIN or status >= _SERVER_FAULT:
        raise CallError(told, again=True, wait=retry_after(headers))
    if 300 <= status < 400:  # noqa: PLR2004
        raise CallError(f"{told} to {headers.get('location', 'nowhere')}", hopeless=True)
    raise CallError(told, hopeless=status in {401, 403, 404, 405})


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks to wait (RFC 9110 §10.2.3: seconds or a date).

    A date is held against the service's own ``Date``, so that a clock set wrong here changes no wait.
    """
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name, "").strip()
        if value.isascii() and value.replace(".", "", 1).isdigit():
            return min(float(value) / unit, _LONGEST)
    then, now = _date(headers, "retry-after"), _date(headers, "date") or datetime.now(UTC)
    return min(max((then - now).total_seconds(), 0.0), _LONGEST) if then else None


def _date(headers: Mapping[str, str], name: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(headers.get(name, ""))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _count(told: int | None) -> int | None:
    """Return a count of tokens; one below zero, which would win a budget back, is none."""
    return told if told is None or told >= 0 else None


def _completion(
    text: str, reason: str | None, usage: _Usage | None, prompt: Messages
) -> tuple[Completion, bool]:
    asked = _count(usage.prompt_tokens) if usage else None
    written = _count(usage.completion_tokens) if usage else None
    details = usage.prompt_tokens_details if usage else None
    completion = Completion(
        text=text,
        prompt_tokens=sum(len(words(m.content)) for m in prompt) if asked is None else asked,
        completion_tokens=len(words(text)) if written is None else written,
        finish="length" if reason == "length" else "stop",
        cached_tokens=min((_count(details.cached_tokens) or 0) if details else 0, asked or 0),
    )
    return completion, asked is None or written is None


def _text(message: _Message | None) -> str | None:
    if message is None:
        return None
    if isinstance(message.content, list):
        return "".join(part["text"] for part in message.content if isinstance(part.get("text"), str))
    return message.refusal if message.content is None else message.content


def _same_model(answered: str, asked: str) -> bool:
    """Tell whether a service's name for its model means the one asked for: dated, or without its vendor."""
    short, wanted = (name.rsplit("/", 1)[-1].casefold() for name in (answered, asked))
    return short == wanted or short.startswith((f"{wanted}-", f"{wanted}:"))


def _said_raw(raw: bytes) -> str:
    try:
        value = msgspec.json.decode(raw)
    except _UNREADABLE:
        return excerpt(raw.decode("utf-8", "replace").strip(), limit=200)
    return _said(value.get("error", value) if isinstance(value, dict) else value)


def _said(error: Any) -> str:
    if isinstance(error, dict):
        parts = [str(error[key]) for key in ("message", "code", "type", "detail") if error.get(key)]
        error = "; ".join(parts) or error
    return excerpt(str(error), limit=200)
