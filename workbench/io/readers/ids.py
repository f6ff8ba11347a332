"""Gives every record of a log an id of its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.records import LogRecord


class DistinctIds:
    """Gives a repeated id its content's hash, and its occurrence where that repeats too.

    ``again`` counts how often each id came again.
    """

    def __init__(self) -> None:
        self.again: Counter[str] = Counter()
        self._taken: set[str] = set()

    def __call__(self, record: LogRecord) -> LogRecord:
        """Return the record under an id that no record before had."""
        fresh = None if record.id is None else self.name(record.id, lambda: said(record))
        return record if fresh in {None, record.id} else renamed(record, str(fresh))

    def name(self, identity: str, content: Callable[[], str]) -> str:
        """Return an id that none before had: ``identity``, or one with the hash of the record's content."""
        if identity not in self._taken:
            self._taken.add(identity)
            return identity
        self.again[identity] += 1
        fresh = stem = f"{identity}~{content()}"
        occurrence = 2
        while fresh in self._taken:
            fresh = f"{stem}~{occurrence}"
            occurrence += 1
        self._taken.add(fresh)
        return fresh


def said(record: LogRecord) -> str:
    """Hash what was said in a record."""
    return content_id(*(m.content for m in (*record.prompt, *record.completion)))[:8]


def renamed(record: LogRecord, fresh: str) -> LogRecord:
    """Return the record under another id; its own stays in the meta fields."""
    return msgspec.structs.replace(record, id=fresh, meta={**record.meta, "id_in_log": record.id})
