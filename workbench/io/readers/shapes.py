"""The shapes in which chat logs are kept, each told apart by its keys and read into one list of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.io.readers.values import Parsed, Shape, UnfitRowError
from workbench.records import Message, Messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "developer": "system",
    "function": "tool",
    "observation": "tool",
    "function_call": "assistant",
}
_KNOWN_ROLES = frozenset({"system", "user", "assistant", "tool"})
_NUL = "\0"
_PLAIN_KEYS = ("role", "content")
_INPUT_KEYS = ("prompt", "input", "question")
_OUTPUT_KEYS = ("completion", "response", "output", "answer")
_ID_KEYS = ("id", "custom_id", "request_id", "uuid")


def shape_of(value: Any) -> Shape | None:
    """Name the shape whose keys ``value`` has, or ``None``."""
    if isinstance(value, list):
        return "messages" if value and all(_is_message(item) for item in value) else None
    if not isinstance(value, dict):
        return None
    return next((name for name, has in _TELLS.items() if has(value)), None)


def parse(value: Any, shape: Shape) -> Parsed:
    """Read a row of ``shape``.

    Raises:
        UnfitRowError: it isn't one, with the reason.
    """
    if shape == "messages":
        return Parsed(messages=parse_messages(value))
    if not isinstance(value, dict):
        raise UnfitRowError("not an object", found=_kind(value))
    parsed = _READERS[shape](value)
    return msgspec.structs.replace(parsed, id=_identity(value))


def split_turns(messages: Messages) -> tuple[Messages, Messages]:
    """Split a conversation into what was asked and the answer: the run of assistant turns at its end.

    Raises:
        UnfitRowError: no assistant turn, it isn't the last or says nothing, or nothing stands before it.
    """
    end = len(messages)
    while end and messages[end - 1].role == "assistant":
        end -= 1
    prompt, completion = messages[:end], messages[end:]
    if not (prompt and completion):
        raise _one_sided(messages)
    if not completion[-1].content:
        found = "tool calls only" if completion[-1].extra.get("tool_calls") else "an empty answer"
        raise UnfitRowError("an answer without text", found=found)
    return prompt, completion


def _one_sided(messages: Messages) -> UnfitRowError:
    roles = [message.role for message in messages]
    reason = "no prompt before the answer"
    if not roles or roles[-1] != "assistant":
        reason = "the last turn isn't the assistant's" if "assistant" in roles else "no assistant turn"
    return UnfitRowError(reason, found=" ".join(roles) or "no message")


def parse_messages(value: Any) -> Messages:
    """Read a list of messages in any of the known spellings.

    Raises:
        UnfitRowError: it isn't one, with the reason.
    """
    if not isinstance(value, list):
        raise UnfitRowError("not a list of messages", found=_kind(value))
    return _usual(value) or tuple(_message(item) for item in value)


def _usual(value: list[Any]) -> Messages | None:
    """Read messages of nothing but a known role and a text, several times as fast; ``None`` for others."""
    try:
        found = msgspec.convert(value, Messages)
    except msgspec.ValidationError:
        return None
    plain = all(
        m.role in _KNOWN_ROLES and len(item) == len(_PLAIN_KEYS) and _NUL not in m.content
        for m, item in zip(found, value, strict=True)
    )
    return found if plain else None


def _openai(row: dict[str, Any]) -> Parsed:
    return Parsed(messages=parse_messages(_list_at(row, "messages")), meta=_rest(row, "messages"))


def _openai_call(row: dict[str, Any]) -> Parsed:
    """Read ``{request: {messages}, response: {choices}}``; of several choices the first is the answer."""
    request, response = row["request"], row["response"]
    request = request.get("body", request)
    response = response.get("body", response)
    if not isinstance(request, dict) or not isinstance(response, dict):
        raise UnfitRowError("request or response isn't an object", found=_kind(request))
    choices = response.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise UnfitRowError("no assistant turn", found="a response without choices")
    asked = parse_messages(_list_at(request, "messages"))
    meta = {**_rest(row, "request", "response"), **_rest(request, "messages")}
    if len(choices) > 1:
        meta["choices"] = choices[1:]
    return Parsed(messages=(*asked, _message(choices[0].get("message"))), meta=meta)


def _sharegpt(row: dict[str, Any]) -> Parsed:
    turns = parse_messages(_list_at(row, "conversations"))
    return Parsed(messages=(*_system(row), *turns), meta=_rest(row, "conversations", "system"))


def _alpaca(row: dict[str, Any]) -> Parsed:
    """Read instruction, input and output; ``input`` follows the instruction after a blank line."""
    asked = "\n\n".join(t for t in (_text(row, "instruction"), _text(row, "input")) if t)
    turns: list[Message] = []
    for turn in row.get("history") or []:
        if not isinstance(turn, list) or len(turn) != 2 or not all(isinstance(t, str) for t in turn):  # noqa: PLR2004
            raise UnfitRowError("history isn't a list of pairs of text", found=_kind(turn))
        turns += [_said("user", turn[0]), _said("assistant", turn[1])]
    messages = (*_system(row), *turns, _said("user", asked), _said("assistant", _text(row, "output")))
    meta = _rest(row, "instruction", "input", "output", "system", "history")
    return Parsed(messages=messages if row.get("output") is not None else messages[:-1], meta=meta)


def _prompt_completion(row: dict[str, Any]) -> Parsed:
    ask = next(key for key in _INPUT_KEYS if key in row)
    answer = next(key for key in _OUTPUT_KEYS if key in row)
    messages = (*_system(row), *_side(row[ask], "user"), *_side(row[answer], "assistant"))
    return Parsed(messages=messages, meta=_rest(row, ask, answer, "system"))


def _side(value: Any, role: str) -> Messages:
    if value is None:
        return ()
    return (_said(role, value),) if isinstance(value, str) else parse_messages(value)


_READERS: Mapping[str, Callable[[dict[str, Any]], Parsed]] = {
    "openai": _openai,
    "openai_calls": _openai_call,
    "sharegpt": _sharegpt,
    "alpaca": _alpaca,
    "prompt_completion": _prompt_completion,
}
_TELLS: Mapping[Shape, Callable[[dict[str, Any]], bool]] = {
    "openai": lambda row: "messages" in row,
    "openai_calls": lambda row: (
        isinstance(row.get("request"), dict) and isinstance(row.get("response"), dict)
    ),
    "sharegpt": lambda row: "conversations" in row,
    "alpaca": lambda row: "instruction" in row and "output" in row,
    "prompt_completion": lambda row: (
        any(k in row for k in _INPUT_KEYS) and any(k in row for k in _OUTPUT_KEYS)
    ),
}


def _message(value: Any) -> Message:
    if not isinstance(value, dict):
        raise UnfitRowError("a message that isn't an object", found=_kind(value))
    said = value.get("role", value.get("from"))
    if not isinstance(said, str):
        raise UnfitRowError("a message without a role", found=", ".join(map(str, value)) or "no keys")
    role = _ROLES.get(said.lower(), said.lower())
    if role not in _KNOWN_ROLES:
        raise UnfitRowError("an unknown role", found=repr(said))
    extra = {
        k: v for k, v in value.items() if k not in {"role", "from", "content", "value"} and v is not None
    }
    if said not in {role, "human", "gpt"}:
        extra["role"] = said
    content, parts = _content(value.get("content", value.get("value")))
    if parts:
        extra["content"] = parts
    return _said(role, content, extra)


def _content(value: Any) -> tuple[str, list[Any] | None]:
    """Return the text, and the parts it was put together from where it came in several."""
    if value is None:
        return "", None
    if isinstance(value, str):
        return value, None
    if not isinstance(value, list):
        raise UnfitRowError("content that isn't text", found=_kind(value))
    texts = [part.get("text") if isinstance(part, dict) else part for part in value]
    if not all(isinstance(text, str) for text in texts):
        raise UnfitRowError("content with parts other than text", found=_kind(value[0]))
    return "".join(map(str, texts)), value if len(value) > 1 else None


def _system(row: dict[str, Any]) -> Messages:
    text = _text(row, "system")
    return (_said("system", text),) if text else ()


def _said(role: str, text: str, extra: dict[str, Any] | None = None) -> Message:
    if _NUL in text:
        raise UnfitRowError(
            "a NUL character", found=f"NUL at character {text.index(chr(0))} of a {role} turn"
        )
    return Message(role=role, content=text, extra=extra or {})


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise UnfitRowError(f"{key} isn't text", found=_kind(value))
    return value or ""


def _list_at(row: dict[str, Any], key: str) -> list[Any]:
    """Return the list under ``key``; tables keep it as JSON text at times."""
    value = row.get(key)
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise UnfitRowError(f"{key} isn't a list", found="text that isn't JSON") from None
    if not isinstance(value, list):
        raise UnfitRowError(f"{key} isn't a list", found=_kind(value))
    return value


def _rest(row: dict[str, Any], *taken: str) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in taken and k not in _ID_KEYS and v is not None}


def _identity(row: dict[str, Any]) -> str | None:
    found = next((row[key] for key in _ID_KEYS if row.get(key) is not None), None)
    return None if found is None else str(found)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and ("role" in value or "from" in value)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", type(None): "null", bool: "true or false"}
    return names.get(type(value), "a number")
