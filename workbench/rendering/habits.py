"""Finds out what a chat template does by itself, and decides it once for training, generation and serving."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.records import Message, Value
from workbench.text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

PINNED_DATE = "26 Jul 2024"
# What a template may raise beside jinja2's own errors.
FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_USER, _ANSWER, _SYSTEM = "Zq7", "Kw9", "Vx5"
_INJECTED_WORDS = 3
_CLOCK = re.compile(r"strftime_now\(\s*[\"']([^\"']+)[\"']\s*\)")
_THINK = ("<think", "</think", "[THINK]", "<|think")
# Ways in which templates let a caller switch a reasoning block off; the first that works is taken.
_SWITCHES: tuple[dict[str, bool], ...] = ({}, {"enable_thinking": False}, {"thinking": False})


class Habits(Value, frozen=True, kw_only=True):
    """What a template adds to messages, and what was decided about it.

    ``options`` are passed to the template on every rendering (they switch a reasoning block off); ``parts``:
    it wants contents as lists of parts; ``dated``: it writes today's date, which is pinned to
    ``PINNED_DATE`` so that training can be repeated; ``lead``: what it writes between the prompt and an
    answer, which the model learns to write and readers never see; ``injected``: what it puts before a chat
    without a system message; ``preamble``: what it puts before one's own system message; ``agrees``: a
    prompt is the beginning of the finished chat.
    """

    options: dict[str, bool] = {}  # noqa: RUF012 - msgspec copies defaults
    parts: bool = False
    dated: bool = False
    lead: str = ""
    injected: str = ""
    preamble: str = ""
    agrees: bool = True

    @property
    def thinks(self) -> bool:
        """Tell whether an answer still begins with a reasoning block."""
        return any(mark in self.lead for mark in _THINK)


def habits(tokenizer: Any, *, special: Sequence[str] = ()) -> Habits:
    """Probe the tokenizer's chat template with a short chat.

    A template that refuses the probe has no habits here; it is named when a row meets it.
    """
    user, answer = Message(role="user", content=_USER), Message(role="assistant", content=_ANSWER)
    parts = _USER not in _tried(tokenizer, (user,), Habits()) and _USER in _tried(
        tokenizer, (user,), Habits(parts=True)
    )
    dated = _dated(tokenizer)
    best = None
    for options in _SWITCHES:
        way = Habits(options=options, parts=parts, dated=dated)
        start = _tried(tokenizer, (user,), way)
        whole = _tried(tokenizer, (user, answer), way, prompt=False)
        lead, found, _ = whole[len(start) :].partition(_ANSWER)
        if not start or not found or not whole.startswith(start):
            continue
        way = Habits(options=options, parts=parts, dated=dated, lead=lead)
        if best is None or (best.thinks and not way.thinks):
            best = way
    chosen = best or Habits(parts=parts, dated=dated, agrees=False)
    told = Message(role="system", content=_SYSTEM)
    return Habits(
        options=chosen.options,
        parts=parts,
        dated=dated,
        lead=chosen.lead,
        agrees=chosen.agrees,
        injected=_before(_tried(tokenizer, (user,), chosen), _USER, special),
        preamble=_before(_tried(tokenizer, (told, user), chosen), _SYSTEM, special),
    )


def render(tokenizer: Any, messages: Sequence[Message], way: Habits, *, prompt: bool) -> str:
    """Return the chat as the template writes it; raises whatever the template raises."""
    chat = [{**m.extra, "role": m.role, "content": _content(m.content, way)} for m in messages]
    template = _pinned(tokenizer.chat_template, PINNED_DATE) if way.dated else None
    return str(
        tokenizer.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=prompt, chat_template=template, **way.options
        )
    )


def _content(text: str, way: Habits) -> Any:
    return [{"type": "text", "text": text}] if way.parts else text


def _pinned(template: str, day: str) -> str:
    """Put a macro of the clock's name before the template: transformers takes no function from outside."""
    from datetime import UTC, datetime

    date = datetime.strptime(day, "%d %b %Y").replace(tzinfo=UTC)
    cases = "".join(
        f"{{%- if pattern == {pattern!r} -%}}{date.strftime(pattern)}{{%- endif -%}}"
        for pattern in dict.fromkeys(_CLOCK.findall(template))
    )
    return f"{{%- macro strftime_now(pattern) -%}}{cases}{{%- endmacro -%}}{{{{- '' }}}}{template}"


def _tried(tokenizer: Any, messages: Sequence[Message], way: Habits, *, prompt: bool = True) -> str:
    import jinja2

    try:
        return render(tokenizer, messages, way, prompt=prompt)
    except (jinja2.TemplateError, *FAULTS):
        return ""


def _dated(tokenizer: Any) -> bool:
    """Tell whether the template asks for the time: transformers gives it the function ``strftime_now``."""
    return isinstance(tokenizer.chat_template, str) and bool(_CLOCK.search(tokenizer.chat_template))


def _before(text: str, mark: str, special: Sequence[str]) -> str:
    before, found, _ = text.partition(mark)
    for token in special:
        before = before.replace(token, " ")
    return before.strip() if found and len(words(before)) >= _INJECTED_WORDS else ""
