"""Applies the templates of a conversion to live requests: the compact prompt, or why none fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.convert.compact import Compactor
from workbench.convert.induce import open_pattern, slots_of, template_of
from workbench.convert.pattern import Pattern
from workbench.records import Message, Messages, Slot, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.convert.compact import CompactForm
    from workbench.convert.induce import Patterned
    from workbench.records import Template


class Fitted(Value, frozen=True, kw_only=True):
    """A request in its compact form: ``task`` says which adapter answers it."""

    task: str
    template: str
    slots: tuple[Slot, ...]
    prompt: Messages


class Unfit(Value, frozen=True, kw_only=True):
    """A request that no template fits, and how far the nearest one came."""

    reason: str


class _Frame(NamedTuple):
    """What a template fixes: its system messages and its last user turn; turns between them are free."""

    template: Template
    systems: tuple[Pattern, ...]
    last: Pattern
    static: int


class LiveTemplates:
    """Reads requests as the conversion read the log; make it once and call it for every request.

    A conversation may have another number of turns than any in the log: earlier turns stay as they are. A
    template without any text of its own fits nothing.
    """

    def __init__(self, templates: Iterable[Template], form: CompactForm) -> None:
        self._form = form
        self._compactors: dict[str, Compactor] = {}
        frames = [frame for template in templates if (frame := _frame(template)) is not None]
        self._frames = sorted(frames, key=lambda frame: (-frame.static, frame.template.id))

    def __call__(self, prompt: Messages) -> Fitted | Unfit:
        """Return the compact prompt of a request, or say that none of the templates fits it."""
        systems = [m.content for m in prompt if m.role == "system"]
        last = max((i for i, m in enumerate(prompt) if m.role == "user"), default=-1)
        if last < 0:
            return Unfit(reason="no user turn")
        above = False
        for frame in self._frames:
            read = _matched(frame.systems, systems)
            above = above or (read is not None and bool(systems))
            asked = frame.last.match(prompt[last].content) if read is not None else None
            if read is not None and asked is not None:
                return self._fitted(frame, prompt, last, read, asked)
        if above:
            return Unfit(reason="a known system prompt, but a user turn of another form")
        return Unfit(reason="a system prompt of no template" if systems else "a user turn of no template")

    def _fitted(
        self, frame: _Frame, prompt: Messages, last: int, read: list[list[str]], asked: list[str]
    ) -> Fitted:
        above = iter(zip(frame.systems, read, strict=True))
        key: list[tuple[str, Pattern]] = []
        values: list[str] = []
        for i, message in enumerate(prompt):
            if message.role == "system":
                pattern, found = next(above)
            elif i == last:
                pattern, found = frame.last, asked
            else:
                pattern, found = _TURN, [message.content]
            key.append((message.role, pattern))
            values += found
        template = self._template(frame, tuple(key))
        if template.id not in self._compactors:
            self._compactors[template.id] = Compactor(template, self._form)
        compact = self._compactors[template.id](values)
        return Fitted(
            task=template.task,
            template=template.id,
            slots=slots_of(template, values),
            prompt=_with_extras(compact, prompt),
        )

    def _template(self, frame: _Frame, key: Patterned) -> Template:
        if len(key) == len(frame.template.messages):
            return frame.template
        return msgspec.structs.replace(template_of(key, 0), task=frame.template.task)


def _frame(template: Template) -> _Frame | None:
    roles = [message.role for message in template.messages]
    if "user" not in roles:
        return None
    last = len(roles) - 1 - roles[::-1].index("user")
    systems = tuple(Pattern(m.parts) for m in template.messages if m.role == "system")
    pattern = Pattern(template.messages[last].parts)
    static = pattern.static_length + sum(system.static_length for system in systems)
    return _Frame(template, systems, pattern, static) if static else None


def _matched(systems: tuple[Pattern, ...], texts: list[str]) -> list[list[str]] | None:
    if len(systems) != len(texts):
        return None
    read = [pattern.match(text) for pattern, text in zip(systems, texts, strict=True)]
    found = [values for values in read if values is not None]
    return found if len(found) == len(read) else None


def _with_extras(compact: Messages, prompt: Messages) -> Messages:
    """Give the turns back what stood beside their text: names, tool calls and their ids."""
    turns = iter([message for message in prompt if message.role != "system"])
    return tuple(
        m if m.role == "system" else Message(role=m.role, content=m.content, extra=next(turns).extra)
        for m in compact
    )


_TURN = open_pattern("turn")
