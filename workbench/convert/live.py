"""Applies the templates of a conversion to live requests: the compact prompt, or why none fits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.convert.compact import Compactor
from workbench.convert.induce import open_pattern, slots_of, template_of
from workbench.convert.pattern import Pattern
from workbench.records import Hole, Message, Messages, Slot, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.convert.compact import CompactForm
    from workbench.convert.induce import Patterned
    from workbench.convert.pattern import Parts
    from workbench.records import Static, Template


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
    """What a template fixes: its system messages and its last user turn; turns between them are free.

    ``every`` are the patterns of all its messages, their holes named as each would be alone.
    """

    template: Template
    every: tuple[Pattern, ...]
    systems: tuple[Pattern, ...]
    last: Pattern
    static: int

    @property
    def above(self) -> tuple[Parts, ...]:
        """The system messages, by which user turns are known."""
        return tuple(system.parts for system in self.systems)


class LiveTemplates:
    """Reads requests as the conversion read the log; make it once and call it for every request.

    A conversation may have another number of turns than any in the log: an earlier user turn is read as one
    that was asked last where it has that form, and other turns stay as they are. A template without any text
    of its own fits nothing.
    """

    def __init__(self, templates: Iterable[Template], form: CompactForm) -> None:
        self._form = form
        self._compactors: dict[str, Compactor] = {}
        frames = [frame for template in templates if (frame := _frame(template)) is not None]
        self._frames = sorted(frames, key=lambda frame: (-frame.static, frame.template.id))
        self._users: dict[tuple[Parts, ...], list[Pattern]] = {}
        for frame in frames:
            self._users.setdefault(frame.above, []).extend(_users(frame))
        for known in self._users.values():
            known.sort(key=lambda pattern: -pattern.static_length)

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
                pattern, found = self._turn(frame, message)
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

    def _turn(self, frame: _Frame, message: Message) -> tuple[Pattern, list[str]]:
        """Read an earlier turn as the conversion does."""
        for pattern in self._users[frame.above] if message.role == "user" else ():
            if (found := pattern.match(message.content)) is not None:
                return pattern, found
        return _TURN, [message.content]

    def _template(self, frame: _Frame, key: Patterned) -> Template:
        own = zip((m.role for m in frame.template.messages), frame.every, strict=True)
        if [(role, one.parts) for role, one in key] == [(role, one.parts) for role, one in own]:
            return frame.template
        return msgspec.structs.replace(template_of(key, 0), task=frame.template.task)


def _frame(template: Template) -> _Frame | None:
    roles = [message.role for message in template.messages]
    if "user" not in roles:
        return None
    last = len(roles) - 1 - roles[::-1].index("user")
    every = tuple(Pattern(parts) for parts in _alone(template))
    systems = tuple(one for role, one in zip(roles, every, strict=True) if role == "system")
    static = every[last].static_length + sum(system.static_length for system in systems)
    return _Frame(template, every, systems, every[last], static) if static else None


def _users(frame: _Frame) -> list[Pattern]:
    """Return the patterns of the user turns that have text of their own."""
    turns = zip(frame.template.messages, frame.every, strict=True)
    return [one for message, one in turns if message.role == "user" and one.static_length]


def _alone(template: Template) -> Iterator[Parts]:
    """Yield each message's parts with the names that holes had before ``template_of`` told them apart."""
    taken: Counter[str] = Counter()
    for message in template.messages:
        parts: list[Static | Hole] = []
        for part in message.parts:
            if isinstance(part, Hole):
                base, _, number = part.name.rpartition("_")
                name = base if number == str(taken[base] + 1) and taken[base] else part.name
                taken[name] += 1
                parts.append(Hole(name=name, type=part.type))
            else:
                parts.append(part)
        yield tuple(parts)


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
