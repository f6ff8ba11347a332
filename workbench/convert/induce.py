"""Finds the templates behind a log: what its prompts share, kept once, and the slots in which they differ."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from workbench.convert.learn import DEFAULT_LEARNING, Learning, Learnt
from workbench.convert.learn_alike import learn
from workbench.convert.pattern import Pattern
from workbench.errors import InvariantError
from workbench.records import Hole, Slot, Static, Template, TemplateMessage, Value
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from workbench.records import LogRecord, Messages, SlotType

Key = tuple[tuple[str, int], ...]
Patterned = tuple[tuple[str, Pattern], ...]
_OPEN: dict[str, tuple[str, SlotType, str]] = {
    "user": ("question", "question", "the whole of the user's turn"),
    "system": ("system", "other", "a system message that shares nothing"),
}
_NOTHING = Learnt([], {})
_SHOWN = 3
_TURN: tuple[str, SlotType, str] = ("turn", "history", "an earlier turn of the conversation")


class Reading(NamedTuple):
    """One prompt read: role and pattern of each message, the values of all holes, and whether all was known.

    Patterns are given by their numbers. ``family`` is what the prompt shares with others of its task.
    """

    key: Key
    family: tuple[int, ...]
    values: list[str]
    known: bool


class Induced(Value, frozen=True, kw_only=True):
    """Templates, the commonest first, and for each record its template's index and slots.

    ``families`` gives for each template the number of its task: templates of one task share their prompt and
    differ in the shape of the conversation. Templates carry no task name yet.
    """

    templates: tuple[Template, ...]
    assigned: list[tuple[int, tuple[Slot, ...]]]
    families: tuple[int, ...]


class Patterns:
    """What is known of a log's prompts: grows by ``learn``, is applied by ``read``.

    ``every`` holds the patterns by their numbers.
    """

    def __init__(self, learning: Learning = DEFAULT_LEARNING) -> None:
        self._learning = learning
        self._systems = _NOTHING
        self._users: dict[tuple[int, ...], Learnt] = {}
        self._open = {role: open_pattern(role) for role in ("system", "user", "turn")}
        self.every: list[Pattern] = []
        self._enrol(self._open.values())

    def learn(self, prompts: Sequence[Messages], *, count: Callable[[str], int] | None = None) -> bool:
        """Learn from prompts what isn't known yet; ``False`` where they bring nothing.

        ``count`` says how often a system text stands in the whole log; by default, in ``prompts``.
        """
        texts = Counter(m.content for prompt in prompts for m in prompt if m.role == "system")
        count = count or texts.__getitem__
        fresh = {text: count(text) for text in texts if self._systems.read(text) is None}
        found = learn(Counter(fresh), learning=self._learning, role="system", under=0)
        self._systems = self._joined(self._systems, found)
        grown = not found.empty
        groups: dict[tuple[int, ...], Counter[str]] = {}
        for prompt in prompts:
            systems = tuple(pattern.kin.number for pattern, _ in self._system_reads(prompt))
            turns = groups.setdefault(systems, Counter())
            turns.update(m.content for m in prompt if m.role == "user")
        for key, turns in groups.items():
            known = self._users.get(key, _NOTHING)
            unread = Counter({text: n for text, n in turns.items() if known.read(text) is None})
            under = sum(self.every[number].weight for number in key)
            more = learn(unread, learning=self._learning, role="user", under=under)
            self._users[key] = self._joined(known, more)
            grown = grown or not more.empty
        return grown

    def patterned(self, key: Key) -> Patterned:
        """Return the roles of a key with their patterns."""
        return tuple((role, self.every[number]) for role, number in key)

    def _joined(self, known: Learnt, more: Learnt) -> Learnt:
        self._enrol((*more.slotted, *more.exact.values()))
        return known.joined(more)

    def _enrol(self, patterns: Iterable[Pattern]) -> None:
        for pattern in patterns:
            pattern.number = len(self.every)
            self.every.append(pattern)

    def read(self, prompt: Messages) -> Reading:
        """Read a prompt: every prompt is read, by open holes where nothing known fits."""
        last_user = len(prompt) - 1
        while last_user >= 0 and prompt[last_user].role != "user":
            last_user -= 1
        systems = self._system_reads(prompt)
        above_it = tuple([pattern.kin.number for pattern, _ in systems])
        users = self._users.get(above_it, _NOTHING)
        above = iter(systems)
        key: list[tuple[str, int]] = []
        values: list[str] = []
        known = True
        for i, message in enumerate(prompt):
            if message.role == "system":
                pattern, read = next(above)
            else:
                found = users.read(message.content) if message.role == "user" else None
                fallback = self._open["user" if i == last_user else "turn"]
                pattern, read = found or (fallback, [message.content])
            known = known and pattern is not self._open["system"] and pattern is not self._open["user"]
            key.append((message.role, pattern.number))
            values += read
        family = above_it
        if last_user >= 0 and sum([p.weight for p, _ in systems]) < self._learning.long_prompt:
            family = (*family, self.every[key[last_user][1]].kin.number)
        return Reading(tuple(key), family, values, known)

    def _system_reads(self, prompt: Messages) -> list[tuple[Pattern, list[str]]]:
        texts = [message.content for message in prompt if message.role == "system"]
        return [self._systems.read(text) or (self._open["system"], [text]) for text in texts]


class KeyCount(msgspec.Struct):
    """How often prompts were read as a key, and what is kept of them.

    ``first`` and ``last`` are the places of its first and last prompt, ``files`` counts where its prompts
    stood, ``values`` are those of its first few.
    """

    family: tuple[int, ...]
    first: int
    last: int = 0
    count: int = 0
    files: Counter[str] = msgspec.field(default_factory=Counter)
    values: list[list[str]] = msgspec.field(default_factory=list)


class Tally:
    """Counts what the prompts of a log were read as, to become templates."""

    def __init__(self) -> None:
        self.keys: dict[Key, KeyCount] = {}
        self.rows = 0

    def add(self, reading: Reading, *, file: str) -> None:
        """Count one prompt."""
        held = self.keys.get(reading.key)
        if held is None:
            held = self.keys[reading.key] = KeyCount(reading.family, self.rows)
        held.count += 1
        held.last = self.rows
        held.files[file] += 1
        if len(held.values) < _SHOWN:
            held.values.append(reading.values)
        self.rows += 1

    def take(self, more: Tally) -> None:
        """Add the counts of the prompts that follow."""
        for key, new in more.keys.items():
            held = self.keys.get(key)
            if held is None:
                held = self.keys[key] = KeyCount(new.family, self.rows + new.first)
            held.count += new.count
            held.last = self.rows + new.last
            held.files.update(new.files)
            held.values += new.values[: _SHOWN - len(held.values)]
        self.rows += more.rows

    def ranked(self, patterns: Patterns) -> list[tuple[Key, Template]]:
        """Return every key with its template, the commonest first, equally common ones by id."""
        made = [(key, template_of(patterns.patterned(key), held.count)) for key, held in self.keys.items()]
        return sorted(made, key=lambda one: (-one[1].count, one[1].id))


def induce(records: Sequence[LogRecord], *, learning: Learning = DEFAULT_LEARNING) -> Induced:
    """Find the templates of ``records`` in memory and read every record's slots off.

    Every record gets a template that gives its prompt back byte for byte: where its text fits nothing shared,
    one that is a hole for each message.

    Raises:
        InvariantError: a prompt would not come back (never, unless there is a bug here).
    """
    patterns = Patterns(learning)
    patterns.learn([record.prompt for record in records])
    tally = Tally()
    readings = []
    for record in records:
        readings.append(patterns.read(record.prompt))
        tally.add(readings[-1], file=record.source.file)
    ranked = tally.ranked(patterns)
    index = {key: i for i, (key, _) in enumerate(ranked)}
    templates = tuple(template for _, template in ranked)
    assigned = []
    for record, reading in zip(records, readings, strict=True):
        at = index[reading.key]
        slots = slots_of(templates[at], reading.values)
        check_lossless(templates[at], slots, record)
        assigned.append((at, slots))
    families: dict[tuple[int, ...], int] = {}
    numbers = tuple(families.setdefault(tally.keys[key].family, len(families)) for key, _ in ranked)
    return Induced(templates=templates, assigned=assigned, families=numbers)


def template_of(key: Patterned, count: int) -> Template:
    """Make the template of a key, its holes named apart; the id follows the content alone."""
    taken: Counter[str] = Counter()
    messages = []
    for role, pattern in key:
        parts: list[Static | Hole] = []
        for part in pattern.parts:
            if isinstance(part, Hole):
                taken[part.name] += 1
                name = part.name if taken[part.name] == 1 else f"{part.name}_{taken[part.name]}"
                parts.append(Hole(name=name, type=part.type))
            else:
                parts.append(part)
        messages.append(TemplateMessage(role=role, parts=tuple(parts)))
    identity = content_id(msgspec.json.encode(messages, order="sorted").decode())
    return Template(id=f"t{identity[:12]}", messages=tuple(messages), task="", count=count)


def slots_of(template: Template, values: Iterable[str]) -> tuple[Slot, ...]:
    """Give the values read off a prompt the names and types of the template's holes."""
    return tuple(
        Slot(name=hole.name, type=hole.type, value=value)
        for hole, value in zip(template.holes, values, strict=True)
    )


def check_lossless(template: Template, slots: Iterable[Slot], record: LogRecord) -> None:
    """Prove that template and slots give the record's prompt back.

    Raises:
        InvariantError: they don't.
    """
    rendered = template.render({slot.name: slot.value for slot in slots})
    if [(m.role, m.content) for m in rendered] != [(m.role, m.content) for m in record.prompt]:
        raise InvariantError(f"template {template.id} does not give back {record.source}")


def open_pattern(role: str) -> Pattern:
    """Return the pattern of a message that shares nothing."""
    name, kind, evidence = _OPEN.get(role, _TURN)
    return Pattern((Hole(name=name, type=kind),), (evidence,))
