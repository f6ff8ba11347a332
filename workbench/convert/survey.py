"""Learns the templates of a log from samples of its prompts, then counts them over every row."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from workbench.convert.induce import Patterns, Tally
from workbench.convert.naming import task_names
from workbench.convert.sample import PromptSample
from workbench.convert.versions import Era, difference, lineages, shown
from workbench.errors import Finding, InputError
from workbench.io.readers import DistinctIds, Reject, UnfitRowError, iter_logs, parsed_record, survey_logs
from workbench.ports import silent
from workbench.records import Source, Template, Value
from workbench.text import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from workbench.convert.induce import Key
    from workbench.convert.learn import Learning
    from workbench.convert.pattern import Pattern
    from workbench.convert.versions import Drift
    from workbench.io.readers import Log, LogFormat, Shape
    from workbench.ports import Progress
    from workbench.records import LogRecord, Messages

_NOWHERE = Source(file="", line=0, record=0)
_SHOWN_REJECTS = 5


class Version(Value, frozen=True, kw_only=True):
    """One wording of a task's prompt.

    ``number`` counts from 1 in the order of first calls; ``first`` and ``last`` are the 0-based places of its
    first and last call among the records of the log; ``changes`` says what went and came since the version
    before, one sentence a line.
    """

    task: str
    number: int
    templates: tuple[str, ...]
    calls: int
    first: int
    last: int
    changes: tuple[str, ...] = ()


class Surveyed(NamedTuple):
    """What a log holds: its files, and how each prompt is read.

    ``by_key`` holds the templates, the commonest first, with their tasks; ``evidence`` says for every
    template and slot why the slot has its type, ``values`` what the first few calls put into the slots.
    ``repeated`` counts the records whose id an earlier one had, ``renamed`` gives those a new id by the
    number of their row in all logs.
    """

    logs: tuple[Log, ...]
    patterns: Patterns
    by_key: dict[Key, Template]
    versions: tuple[Version, ...]
    evidence: dict[str, dict[str, str]]
    values: dict[str, list[list[str]]]
    repeated: int
    renamed: dict[int, str]

    @property
    def templates(self) -> tuple[Template, ...]:
        """The templates, the commonest first."""
        return tuple(self.by_key.values())


def survey(
    paths: Sequence[Path],
    *,
    format: LogFormat,  # noqa: A002
    learning: Learning,
    drift: Drift,
    progress: Progress = silent,
) -> Surveyed:
    """Find the templates of logs and count them over every row, in memory that doesn't grow with the log.

    Raises:
        InputError: a file can't be read, or no row of all of them is a record.
    """
    sample = PromptSample(limit=learning.survey, characters=learning.survey_characters)
    systems = _SystemTexts()

    def witness(_: Path, shape: Shape, value: Any) -> None:
        try:
            prompt = parsed_record(value, shape, source=_NOWHERE).prompt
        except UnfitRowError:
            return
        sample.show(prompt)
        systems.see(prompt)

    logs = survey_logs(paths, format=format, witness=witness, progress=progress)
    patterns = Patterns(learning)
    patterns.learn(sample.prompts, count=systems.count)
    for turn in range(learning.rounds):
        tally, unread, ids = _tallied(logs, patterns, learning, progress)
        last = sample.whole or turn == learning.rounds - 1
        if last or not patterns.learn(unread.prompts, count=systems.count):
            break
    return _described(logs, patterns, tally, drift, ids)


class _Ids:
    """Finds the records whose id an earlier one had, and their new ids."""

    def __init__(self) -> None:
        self.distinct = DistinctIds()
        self.renamed: dict[int, str] = {}

    def see(self, row: int, record: LogRecord) -> None:
        named = self.distinct(record)
        if named is not record and named.id is not None:
            self.renamed[row] = named.id


class _SystemTexts:
    """Counts system texts by their hashes, so that a million different ones fit into memory."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def see(self, prompt: Messages) -> None:
        for message in prompt:
            if message.role == "system":
                self._counts[digest(message.content)] += 1

    def count(self, text: str) -> int:
        return self._counts[digest(text)]


def _tallied(
    logs: Sequence[Log], patterns: Patterns, learning: Learning, progress: Progress
) -> tuple[Tally, PromptSample, _Ids]:
    """Read every record, count what it was read as, and draw from those that something in is unknown of."""
    tally, ids = Tally(), _Ids()
    unread = PromptSample(limit=learning.survey, characters=learning.survey_characters)
    rejects: list[Reject] = []
    for row, one in enumerate(iter_logs(logs, stage="templates", progress=progress)):
        if isinstance(one, Reject):
            if len(rejects) < _SHOWN_REJECTS:
                rejects.append(one)
            continue
        ids.see(row, one)
        reading = patterns.read(one.prompt)
        tally.add(reading, file=one.source.file)
        if not reading.known:
            unread.show(one.prompt)
    if not tally.rows:
        raise InputError([_unusable(reject) for reject in rejects])
    return tally, unread, ids


def _described(logs: tuple[Log, ...], patterns: Patterns, tally: Tally, drift: Drift, ids: _Ids) -> Surveyed:
    ranked = tally.ranked()
    families: dict[tuple[Pattern, ...], list[Key]] = {}
    for key, _ in ranked:
        families.setdefault(tally.family[key], []).append(key)
    eras = [
        Era(
            "\n\n".join(shown(pattern.parts) for pattern in family),
            min(tally.first[key] for key in keys),
            max(tally.last[key] for key in keys),
        )
        for family, keys in families.items()
    ]
    home = dict(zip(families, lineages(eras, drift=drift), strict=True))
    numbers = [home[tally.family[key]] for key, _ in ranked]
    names = task_names([t for _, t in ranked], numbers, [tally.files[key] for key, _ in ranked])
    index = {
        key: msgspec.structs.replace(template, task=names[number])
        for (key, template), number in zip(ranked, numbers, strict=True)
    }
    by_family = [
        (names[home[family]], era, [index[key] for key in keys])
        for (family, keys), era in zip(families.items(), eras, strict=True)
    ]
    return Surveyed(
        logs=logs,
        patterns=patterns,
        by_key=index,
        versions=tuple(_versions(by_family)),
        evidence={template.id: _evidence(key, template) for key, template in index.items()},
        values={template.id: tally.values[key] for key, template in index.items()},
        repeated=ids.distinct.again.total(),
        renamed=ids.renamed,
    )


def _versions(found: list[tuple[str, Era, list[Template]]]) -> Iterator[Version]:
    """Yield the versions of every task in turn, the task with the most calls first."""
    for task in dict.fromkeys(task for task, _, _ in found):
        before: Era | None = None
        own = [(era, templates) for name, era, templates in found if name == task]
        for number, (era, templates) in enumerate(sorted(own, key=lambda one: one[0].first), 1):
            yield Version(
                task=task,
                number=number,
                templates=tuple(template.id for template in templates),
                calls=sum(template.count for template in templates),
                first=era.first,
                last=era.last,
                changes=tuple(difference(before.text, era.text)) if before else (),
            )
            before = era


def _evidence(key: Key, template: Template) -> dict[str, str]:
    said = [why for _, pattern in key for why in pattern.evidence]
    return {hole.name: why for hole, why in zip(template.holes, said, strict=True)}


def _unusable(reject: Reject) -> Finding:
    return Finding(
        where=f"{reject.file}:{reject.line}" if reject.line else f"{reject.file} record {reject.record}",
        found=f"{reject.reason} ({reject.found})",
        expected="at least one record with a prompt and an answer",
        fix="See the rejected rows; every one of them was unusable.",
    )
