"""Gives every record of a log an id of its own."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from workbench.text import content_id

if TYPE_CHECKING:
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
        if record.id is None:
            return record
        if record.id not in self._taken:
            self._taken.add(record.id)
            return record
        self.again[record.id] += 1
        said = (m.content for m in (*record.prompt, *record.completion))
        fresh = stem = f"{record.id}~{content_id(*said)[:8]}"
        occurrence = 2
        while fresh in self._taken:
            fresh = f"{stem}~{occurrence}"
            occurrence += 1
        self._taken.add(fresh)
        meta = {**record.meta, "id_in_log": record.id}
        return msgspec.structs.replace(record, id=fresh, meta=meta)
