"""Reads every row of a log by what is known of its prompts, part by part, and counts what it was read as."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from workbench.convert.induce import Tally
from workbench.convert.sample import PromptSample
from workbench.errors import Finding, InputError
from workbench.io.readers import DistinctIds, Reject, iter_part, parts_of, said
from workbench.ports import silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.convert.induce import Patterns
    from workbench.convert.learn import Learning
    from workbench.io.crew import Crew
    from workbench.io.readers import Log, Part
    from workbench.ports import Progress

_SHOWN_REJECTS = 5


class Counted(NamedTuple):
    """What a part or all of a log was read as.

    ``unread`` are prompts that something in is unknown of, ``ids`` the own ids of each part's rows (``None``
    where a row has none or is no record), ``rejects`` the first few.
    """

    tally: Tally
    unread: PromptSample
    ids: list[list[str | None]]
    rejects: list[Reject]


class CountPart:
    """Reads and counts one part of logs, given by its number."""

    def __init__(
        self, parts: Sequence[Part], patterns: Patterns, learning: Learning, progress: Progress = silent
    ) -> None:
        self._parts = parts
        self._patterns = patterns
        self._learning = learning
        self._progress = progress

    def __call__(self, number: int) -> Counted:
        """Count the rows of the part."""
        found = Counted(Tally(), _sample(self._learning), [[]], [])
        (ids,) = found.ids
        for one in iter_part(self._parts[number], stage="templates", progress=self._progress):
            if isinstance(one, Reject):
                ids.append(None)
                if len(found.rejects) < _SHOWN_REJECTS:
                    found.rejects.append(one)
                continue
            ids.append(one.id)
            reading = self._patterns.read(one.prompt)
            found.tally.add(reading, file=one.source.file)
            if not reading.known:
                found.unread.show(one.prompt)
        return found


class SayPart:
    """Hashes what was said in every row of a part."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def __call__(self, number: int) -> list[str]:
        """Return a hash a row, empty where it is no record."""
        return ["" if isinstance(one, Reject) else said(one) for one in iter_part(self._parts[number])]


def count(
    logs: Sequence[Log], patterns: Patterns, learning: Learning, *, crew: Crew, progress: Progress
) -> Counted:
    """Read every record of logs, and count what it was read as.

    Raises:
        InputError: no row is a record.
    """
    parts = parts_of(logs)
    work = CountPart(parts, patterns, learning, progress if crew.alone(len(parts)) else silent)
    whole = Counted(Tally(), _sample(learning), [], [])
    rows, done = sum(log.rows for log in logs), 0
    for one in crew.map(work, range(len(parts)), count=len(parts)):
        whole.tally.take(one.tally)
        whole.unread.take(one.unread)
        whole.ids.extend(one.ids)
        whole.rejects.extend(one.rejects[: _SHOWN_REJECTS - len(whole.rejects)])
        done += len(one.ids[0])
        progress("templates", done, rows)
    if not whole.tally.rows:
        raise InputError([_unusable(reject) for reject in whole.rejects])
    return whole


def fresh_ids(
    logs: Sequence[Log], ids: Sequence[Sequence[str | None]], *, crew: Crew
) -> tuple[dict[int, str], int]:
    """Return the new ids of rows whose id an earlier row had, by the row's place in all logs, and how many.

    ``ids`` are those of every part. Only parts that have such rows are read again.
    """
    parts = parts_of(logs)
    again = list(_repeating(ids))
    if not again:
        return {}, 0
    say = SayPart(parts)
    hashes = dict(zip(again, crew.map(say, again, count=len(again)), strict=True))
    distinct = DistinctIds()

    def content(number: int, at: int) -> str:
        # An id may also equal a new one, in a part that repeats none.
        if number not in hashes:
            hashes[number] = say(number)
        return hashes[number][at]

    fresh: dict[int, str] = {}
    for number, (part, own) in enumerate(zip(parts, ids, strict=True)):
        for at, identity in enumerate(own):
            if identity is None:
                continue
            name = distinct.name(identity, partial(content, number, at))
            if name != identity:
                fresh[part.first + at] = name
    return fresh, distinct.again.total()


def _repeating(ids: Sequence[Sequence[str | None]]) -> Iterator[int]:
    """Yield the numbers of the parts with an id that stands in them or before them already."""
    taken: set[str] = set()
    for number, own in enumerate(ids):
        named = [identity for identity in own if identity is not None]
        before = len(taken)
        taken.update(named)
        if len(taken) - before < len(named):
            yield number


def _sample(learning: Learning) -> PromptSample:
    return PromptSample(limit=learning.survey, characters=learning.survey_characters)


def _unusable(reject: Reject) -> Finding:
    return Finding(
        where=f"{reject.file}:{reject.line}" if reject.line else f"{reject.file} record {reject.record}",
        found=f"{reject.reason} ({reject.found})",
        expected="at least one record with a prompt and an answer",
        fix="See the rejected rows; every one of them was unusable.",
    )
