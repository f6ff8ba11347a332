"""The shapes in which other tools want pairs, each a pure function from a pair to its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Format = Literal["trl", "messages", "alpaca", "sharegpt", "openai"]
FORMATS: tuple[Format, ...] = get_args(Format)
_SPEAKERS = {"user": "human", "assistant": "gpt", "tool": "observation"}
_EXCHANGE = 2


class UnfitPairError(ValueError):
    """A pair that a format has no place for, with the reason."""


def shaped(pair: Mapping[str, Any], to: Format) -> dict[str, Any]:
    """Give a row of a pairs table (``PAIR_SCHEMA``, messages as ``{role, content}``) another tool's shape.

    Raises:
        UnfitPairError: the format can't hold it without losing something.
    """
    prompt, completion = pair["prompt"] or [], pair["completion"] or []
    if not prompt or not completion:
        raise UnfitPairError("no prompt" if not prompt else "no answer")
    if any(message["role"] != "assistant" for message in completion):
        raise UnfitPairError("an answer that holds turns of others than the assistant")
    if not completion[-1]["content"]:
        raise UnfitPairError("an empty answer")
    if _calls_tools(pair):
        raise UnfitPairError("tool calls, which are kept aside in `meta` and would be lost")
    return _SHAPES[to](_said(prompt), _said(completion))


def dataset_info(to: Format, *, name: str, file: str) -> dict[str, Any] | None:
    """Return the entry that LLaMA-Factory needs in its ``dataset_info.json``; ``None`` for other tools."""
    if to == "alpaca":
        columns = {"prompt": "instruction", "query": "input", "response": "output"}
        further = {"system": "system", "history": "history"}
        return {name: {"file_name": file, "formatting": "alpaca", "columns": columns | further}}
    if to == "sharegpt":
        tags = {
            "role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt",
            "observation_tag": "observation",
        }  # fmt: skip
        columns = {"messages": "conversations", "system": "system"}
        return {name: {"file_name": file, "formatting": "sharegpt", "columns": columns, "tags": tags}}
    return None


def _trl(prompt: list[dict[str, str]], completion: list[dict[str, str]]) -> dict[str, Any]:
    """TRL's conversational prompt-completion: the loss is on the completion alone."""
    return {"prompt": prompt, "completion": completion}


def _messages(prompt: list[dict[str, str]], completion: list[dict[str, str]]) -> dict[str, Any]:
    return {"messages": [*prompt, *completion]}


def _openai(prompt: list[dict[str, str]], completion: list[dict[str, str]]) -> dict[str, Any]:
    """OpenAI's chat fine-tuning: earlier assistant turns get weight 0, so that only the answer is learned."""
    if any(message["role"] == "tool" for message in prompt):
        raise UnfitPairError("a tool's turn, which OpenAI takes only after the call that it answers")
    asked = [m | ({"weight": 0} if m["role"] == "assistant" else {}) for m in prompt]
    return {"messages": [*asked, *completion]}


def _alpaca(prompt: list[dict[str, str]], completion: list[dict[str, str]]) -> dict[str, Any]:
    """Alpaca as LLaMA-Factory reads it: the last user turn is the instruction, earlier ones the history."""
    system, turns = _split_system(prompt)
    _alternating([*turns, *completion], odd=("user",), shape="alpaca")
    *earlier, asked = turns
    history = [[earlier[i]["content"], earlier[i + 1]["content"]] for i in range(0, len(earlier), _EXCHANGE)]
    return {
        "instruction": asked["content"],
        "input": "",
        "output": completion[0]["content"],
        "system": system,
        "history": history,
    }


def _sharegpt(prompt: list[dict[str, str]], completion: list[dict[str, str]]) -> dict[str, Any]:
    """ShareGPT: ``human`` and ``gpt`` by turns, as LLaMA-Factory demands; the system text beside them."""
    system, turns = _split_system(prompt)
    whole = [*turns, *completion]
    _alternating(whole, odd=("user", "tool"), shape="sharegpt")
    said = [{"from": _SPEAKERS[message["role"]], "value": message["content"]} for message in whole]
    return {"conversations": said, "system": system}


_SHAPES: Mapping[Format, Callable[[list[dict[str, str]], list[dict[str, str]]], dict[str, Any]]] = {
    "trl": _trl,
    "messages": _messages,
    "alpaca": _alpaca,
    "sharegpt": _sharegpt,
    "openai": _openai,
}


def _said(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{"role": m["role"], "content": m["content"]} for m in messages]


def _split_system(prompt: list[dict[str, str]]) -> tuple[str, list[dict[str, str]]]:
    """Part the system text at the beginning from the turns.

    Raises:
        UnfitPairError: a system message stands among the turns, or nothing but it was said.
    """
    first = next((i for i, m in enumerate(prompt) if m["role"] != "system"), len(prompt))
    turns = prompt[first:]
    if any(message["role"] == "system" for message in turns):
        raise UnfitPairError("a system message among the turns")
    if not turns:
        raise UnfitPairError("a prompt of a system message alone")
    return "\n\n".join(message["content"] for message in prompt[:first]), turns


def _alternating(turns: list[dict[str, str]], *, odd: tuple[str, ...], shape: str) -> None:
    """Demand that others and the assistant take turns, others first.

    Raises:
        UnfitPairError: they don't; LLaMA-Factory would skip such a row with no more than a warning.
    """
    fits = len(turns) % _EXCHANGE == 0 and all(
        turn["role"] in (odd if i % _EXCHANGE == 0 else ("assistant",)) for i, turn in enumerate(turns)
    )
    if not fits:
        roles = " ".join(turn["role"] for turn in turns)
        raise UnfitPairError(f"turns that {shape} can't hold: {roles}")


def _calls_tools(pair: Mapping[str, Any]) -> bool:
    meta = pair.get("meta")
    if not isinstance(meta, str) or "tool_calls" not in meta:
        return False
    extras = msgspec.json.decode(meta).get("extras", {})
    return any("tool_calls" in extra for extra in extras.values())
