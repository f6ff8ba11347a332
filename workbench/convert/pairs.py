"""Makes the pair of a record whose prompt was read."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.convert.compact import Compactor
from workbench.errors import InvariantError
from workbench.records import Hole, Message, Pair, Slot, TokenCounts
from workbench.text import framed, framed_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.convert.compact import CompactForm
    from workbench.ports import Tokenizer
    from workbench.records import LogRecord, Messages, Template


class PairMaker:
    """Makes the pair of a record whose prompt was read, and sums up the tokens of all."""

    def __init__(self, *, form: CompactForm, tokenizer: Tokenizer, numbered: bool = True) -> None:
        self._form = form
        self._numbered = numbered
        self._tokenizer = tokenizer
        self._prepared: dict[str, _Prepared] = {}
        self._seen: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.tasks: Counter[str] = Counter()

    def __call__(self, record: LogRecord, template: Template, values: Sequence[str]) -> Pair:
        """Return the pair; equal ones get a number behind their id, where that is asked for.

        Raises:
            InvariantError: template and values don't give the record's prompt back.
        """
        prepared = self._prepared.get(template.id)
        if prepared is None:
            prepared = self._prepared[template.id] = _Prepared(template, self._form)
        if not prepared.gives(record.prompt, values):
            raise InvariantError(f"template {template.id} does not give back {record.source}")
        prompt = prepared.compact(values)
        completion = _plain(record.completion)
        self.tasks[template.task] += 1
        return Pair(
            id=self._distinct(prepared.identity(values, completion)),
            task=template.task,
            prompt=prompt,
            completion=completion,
            template_id=template.id,
            slots=prepared.slots(values),
            source=record.source,
            tokens=self._counted(_plain(record.prompt), prompt, completion),
            meta=_meta(record),
        )

    def _counted(self, original: Messages, prompt: Messages, completion: Messages) -> TokenCounts:
        count = self._tokenizer.count
        short = count(prompt, generation_prompt=True)
        tokens = TokenCounts(
            original=count(original, generation_prompt=True),
            compact=short,
            completion=count((*prompt, *completion), generation_prompt=False) - short,
        )
        self.tokens["original"] += tokens.original
        self.tokens["compact"] += tokens.compact
        self.tokens["completion"] += tokens.completion
        return tokens

    def _distinct(self, identity: str) -> str:
        if not self._numbered:
            return identity
        self._seen[identity] += 1
        return identity if self._seen[identity] == 1 else f"{identity}-{self._seen[identity]}"


class _Prepared:
    """What the pairs of one template have in common, worked out once."""

    def __init__(self, template: Template, form: CompactForm) -> None:
        holes = template.holes
        if len({hole.name for hole in holes}) < len(holes):
            raise InvariantError(f"template {template.id} has two slots of one name")
        self._holes = [(hole.name, hole.type) for hole in holes]
        self._names = [framed(hole.name) for hole in holes]
        self._lead = framed(template.id)
        self._parts = list(_numbered(template))
        self.compact = Compactor(template, form)

    def gives(self, prompt: Messages, values: Sequence[str]) -> bool:
        """Tell whether the template with ``values`` in its holes is the prompt, byte for byte."""
        return len(prompt) == len(self._parts) and all(
            message.role == role
            and message.content
            == "".join([values[part] if isinstance(part, int) else part for part in parts])
            for message, (role, parts) in zip(prompt, self._parts, strict=True)
        )

    def slots(self, values: Sequence[str]) -> tuple[Slot, ...]:
        """Return the values under the names and types of the holes."""
        return tuple(
            [
                Slot(name=name, type=kind, value=value)
                for (name, kind), value in zip(self._holes, values, strict=True)
            ]
        )

    def identity(self, values: Sequence[str], completion: Messages) -> str:
        """Hash what a pair says: template, slots and answer; neither file nor task name enters."""
        said = [self._lead]
        for name, value in zip(self._names, values, strict=True):
            said += (name, framed(value))
        for message in completion:
            said += (framed(message.role), framed(message.content))
        return framed_id(b"".join(said))


def _numbered(template: Template) -> Iterator[tuple[str, list[str | int]]]:
    """Yield each message's role and parts: static text, and the number of each hole."""
    at = itertools.count()
    for message in template.messages:
        yield (
            message.role,
            [next(at) if isinstance(part, Hole) else part.text for part in message.parts],
        )


def _plain(messages: Sequence[Message]) -> Messages:
    if not any(m.extra for m in messages):
        return tuple(messages)
    return tuple(Message(role=m.role, content=m.content) for m in messages)


def _meta(record: LogRecord) -> dict[str, Any]:
    """Keep what the log said beside the text: its id, its own fields, and extras by message."""
    extras = {str(i): m.extra for i, m in enumerate(record.prompt + record.completion) if m.extra}
    meta: dict[str, Any] = {"log_id": record.id} if record.id is not None else {}
    meta |= {"log": record.meta} if record.meta else {}
    return meta | ({"extras": extras} if extras else {})
