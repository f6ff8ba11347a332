"""Finds the templates behind a log: what its prompts share, kept once, and the slots in which they differ."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.convert.learn import DEFAULT_LEARNING, Learning, learn
from workbench.errors import InvariantError
from workbench.ports import silent
from workbench.records import Hole, Slot, Static, Template, TemplateMessage, Value
from workbench.text import content_id, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.convert.pattern import Parts
    from workbench.ports import Progress
    from workbench.records import LogRecord, Message, SlotType

_REPORT_EVERY = 500
_Read = tuple["Parts", list[str]]


class Induced(Value, frozen=True, kw_only=True):
    """Templates, the commonest first, and for each record its template's index and slots.

    ``families`` gives for each template the number of its task: templates of one task share their prompt and
    differ in the shape of the conversation. Templates carry no task name yet.
    """

    templates: tuple[Template, ...]
    assigned: list[tuple[int, tuple[Slot, ...]]]
    families: tuple[int, ...]


class _Filed(NamedTuple):
    """One record under its template key, with the values of the holes."""

    key: tuple[tuple[str, Parts], ...]
    family: tuple[Parts, ...]
    values: list[str]


def induce(
    records: Sequence[LogRecord],
    *,
    learning: Learning = DEFAULT_LEARNING,
    progress: Progress = silent,
) -> Induced:
    """Find the templates of ``records`` and read every record's slots off.

    Every record gets a template that gives its prompt back byte for byte: where its text fits nothing shared,
    one that is a hole for each message.

    Raises:
        InvariantError: a prompt would not come back (never, unless there is a bug here).
    """
    systems = _learnt(
        (m.content for record in records for m in record.prompt if m.role == "system"),
        learning,
        role="system",
    )
    groups: dict[tuple[Parts, ...], list[int]] = {}
    for i, record in enumerate(records):
        key = tuple(systems[m.content][0] for m in record.prompt if m.role == "system")
        groups.setdefault(key, []).append(i)
    filed: list[_Filed | None] = [None] * len(records)
    done = 0
    for key, members in groups.items():
        users = _learnt(
            (m.content for i in members for m in records[i].prompt if m.role == "user"),
            learning,
            role="user",
            under=sum(_weight(parts) for parts in key),
        )
        for i in members:
            filed[i] = _file(records[i].prompt, systems, users, learning)
            done += 1
            if done % _REPORT_EVERY == 0:
                progress("templates", done, len(records))
    progress("templates", len(records), len(records))
    return _assembled(records, [one for one in filed if one is not None])


def _learnt(texts: Iterable[str], learning: Learning, *, role: str, under: int = 0) -> dict[str, _Read]:
    counted = Counter(texts)
    learnt = learn(counted, learning=learning, role=role, under=under)
    return {text: learnt.read(text) or (_open(role), [text]) for text in counted}


def _open(role: str) -> Parts:
    """Return the parts of a message that shares nothing."""
    kinds: dict[str, tuple[str, SlotType]] = {"user": ("question", "question"), "system": ("system", "other")}
    name, kind = kinds.get(role, ("turn", "history"))
    return (Hole(name=name, type=kind),)


def _file(
    prompt: Sequence[Message], systems: dict[str, _Read], users: dict[str, _Read], learning: Learning
) -> _Filed:
    last_user = max((i for i, m in enumerate(prompt) if m.role == "user"), default=-1)
    key: list[tuple[str, Parts]] = []
    values: list[str] = []
    for i, message in enumerate(prompt):
        if message.role == "system":
            parts, read = systems[message.content]
        elif message.role == "user":
            parts, read = users[message.content]
            if i != last_user and len(parts) == 1 and isinstance(parts[0], Hole):
                parts = _open("history")
        else:
            parts, read = _open(message.role), [message.content]
        key.append((message.role, parts))
        values += read
    system = tuple(parts for role, parts in key if role == "system")
    asked = () if sum(map(_weight, system)) >= learning.long_prompt else (key[last_user][1],)
    return _Filed(tuple(key), (*system, *asked), values)


def _assembled(records: Sequence[LogRecord], filed: list[_Filed]) -> Induced:
    counts = Counter(one.key for one in filed)
    families: dict[tuple[Parts, ...], int] = {}
    templates: list[Template] = []
    index: dict[tuple[tuple[str, Parts], ...], int] = {}
    family_of: list[int] = []
    family_by_key = {one.key: one.family for one in filed}
    for key, count in counts.most_common():
        index[key] = len(templates)
        templates.append(_template(key, count))
        family_of.append(families.setdefault(family_by_key[key], len(families)))
    assigned = []
    for record, one in zip(records, filed, strict=True):
        at = index[one.key]
        slots = tuple(
            Slot(name=hole.name, type=hole.type, value=value)
            for hole, value in zip(templates[at].holes, one.values, strict=True)
        )
        _check(templates[at], slots, record)
        assigned.append((at, slots))
    return Induced(templates=tuple(templates), assigned=assigned, families=tuple(family_of))


def _template(key: tuple[tuple[str, Parts], ...], count: int) -> Template:
    taken: Counter[str] = Counter()
    messages = []
    for role, parts in key:
        named: list[Static | Hole] = []
        for part in parts:
            if isinstance(part, Hole):
                taken[part.name] += 1
                name = part.name if taken[part.name] == 1 else f"{part.name}_{taken[part.name]}"
                named.append(msgspec.structs.replace(part, name=name))
            else:
                named.append(part)
        messages.append(TemplateMessage(role=role, parts=tuple(named)))
    identity = content_id(msgspec.json.encode(messages, order="sorted").decode())
    return Template(id=f"t{identity[:12]}", messages=tuple(messages), task="", count=count)


def _check(template: Template, slots: tuple[Slot, ...], record: LogRecord) -> None:
    rendered = template.render({slot.name: slot.value for slot in slots})
    if [(m.role, m.content) for m in rendered] != [(m.role, m.content) for m in record.prompt]:
        raise InvariantError(f"template {template.id} does not give back {record.source}")


def _weight(parts: Parts) -> int:
    return sum(len(words(part.text)) for part in parts if isinstance(part, Static))
