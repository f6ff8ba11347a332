"""Makes the pair of a record whose prompt was read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.convert.compact import Compactor
from workbench.convert.induce import check_lossless, slots_of
from workbench.records import Message, Pair, TokenCounts
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.convert.compact import CompactForm
    from workbench.ports import Tokenizer
    from workbench.records import LogRecord, Messages, Slot, Template


class PairMaker:
    """Makes the pair of a record whose prompt was read, and sums up the tokens of all."""

    def __init__(self, *, form: CompactForm, tokenizer: Tokenizer, numbered: bool = True) -> None:
        self._form = form
        self._numbered = numbered
        self._tokenizer = tokenizer
        self._compactors: dict[str, Compactor] = {}
        self._seen: Counter[str] = Counter()
        self.tokens: Counter[str] = Counter()
        self.tasks: Counter[str] = Counter()

    def __call__(self, record: LogRecord, template: Template, values: Sequence[str]) -> Pair:
        """Return the pair; equal ones get a number behind their id, where that is asked for.

        Raises:
            InvariantError: template and values don't give the record's prompt back.
        """
        slots = slots_of(template, values)
        check_lossless(template, slots, record)
        if template.id not in self._compactors:
            self._compactors[template.id] = Compactor(template, self._form)
        prompt = self._compactors[template.id](values)
        completion = _plain(record.completion)
        tokens = self._counted(_plain(record.prompt), prompt, completion)
        self.tasks[template.task] += 1
        return Pair(
            id=self._identity(template, slots, completion),
            task=template.task,
            prompt=prompt,
            completion=completion,
            template_id=template.id,
            slots=slots,
            source=record.source,
            tokens=tokens,
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
        self.tokens.update(original=tokens.original, compact=tokens.compact, completion=tokens.completion)
        return tokens

    def _identity(self, template: Template, slots: tuple[Slot, ...], completion: Messages) -> str:
        """Hash what a pair says: template, slots and answer; neither file nor task name enters."""
        said = [template.id, *(part for slot in slots for part in (slot.name, slot.value))]
        identity = content_id(*said, *(part for m in completion for part in (m.role, m.content)))
        if not self._numbered:
            return identity
        self._seen[identity] += 1
        return identity if self._seen[identity] == 1 else f"{identity}-{self._seen[identity]}"


def _plain(messages: Sequence[Message]) -> Messages:
    return tuple(Message(role=m.role, content=m.content) if m.extra else m for m in messages)


def _meta(record: LogRecord) -> dict[str, Any]:
    """Keep what the log said beside the text: its id, its own fields, and extras by message."""
    extras = {str(i): m.extra for i, m in enumerate((*record.prompt, *record.completion)) if m.extra}
    meta: dict[str, Any] = {"log_id": record.id} if record.id is not None else {}
    meta |= {"log": record.meta} if record.meta else {}
    return meta | ({"extras": extras} if extras else {})
