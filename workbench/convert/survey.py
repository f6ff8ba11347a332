"""Learns the templates of a log from samples of its prompts, then counts them over every row."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from workbench.convert.counting import count, fresh_ids
from workbench.convert.induce import Patterns
from workbench.convert.naming import task_names
from workbench.convert.sample import PromptSample
from workbench.convert.versions import Era, difference, lineages, shown
from workbench.io.crew import Crew
from workbench.io.readers import UnfitRowError, parsed_record, survey_logs
from workbench.ports import silent
from workbench.records import Source, Template, Value
from workbench.text import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from workbench.convert.induce import Key, Patterned, Tally
    from workbench.convert.learn import Learning
    from workbench.convert.versions import Drift
    from workbench.io.readers import Log, LogFormat, Shape
    from workbench.ports import Progress

_NOWHERE = Source(file="", line=0, record=0)
_TEXTS_HELD = 1000


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
    number of their row in all logs. ``prompts`` counts the different system texts.
    """

    logs: tuple[Log, ...]
    patterns: Patterns
    by_key: dict[Key, Template]
    versions: tuple[Version, ...]
    evidence: dict[str, dict[str, str]]
    values: dict[str, list[list[str]]]
    repeated: int
    renamed: dict[int, str]
    prompts: int = 0

    @property
    def templates(self) -> tuple[Template, ...]:
        """The templates, the commonest first."""
        return tuple(self.by_key.values())

    @property
    def unshared(self) -> int:
        """How many calls have a system prompt that shares nothing with any other."""
        return sum(
            t.count for t in self.templates if t.holes and "system" in _roles(t) and not t.system.strip()
        )


def survey(
    paths: Sequence[Path],
    *,
    format: LogFormat,  # noqa: A002
    learning: Learning,
    drift: Drift,
    crew: Crew | None = None,
    progress: Progress = silent,
) -> Surveyed:
    """Find the templates of logs and count them over every row, in memory that hardly grows with the log.

    ``crew`` shares the work; how many they are changes nothing in what is found.

    Raises:
        InputError: a file can't be read, or no row of all of them is a record.
    """
    crew = crew or Crew()
    seen = _Prompts(PromptSample(limit=learning.survey, characters=learning.survey_characters))
    logs = survey_logs(paths, format=format, witness=seen, crew=crew, progress=progress)
    patterns = Patterns(learning)
    patterns.learn(seen.sample.prompts, count=seen.count)
    for turn in range(learning.rounds):
        counted = count(logs, patterns, learning, crew=crew, progress=progress)
        last = seen.sample.whole or turn == learning.rounds - 1
        if last or not patterns.learn(counted.unread.prompts, count=seen.count):
            break
    renamed, repeated = fresh_ids(logs, counted.ids, crew=crew)
    found = _described(logs, patterns, counted.tally, drift)
    return found._replace(renamed=renamed, repeated=repeated, prompts=seen.different)


class _Prompts:
    """Draws prompts, and counts system texts by their hashes: a million different ones fit into memory."""

    def __init__(self, sample: PromptSample) -> None:
        self.sample = sample
        self._counts: Counter[int] = Counter()
        self._texts: Counter[str] = Counter()

    def fresh(self) -> Self:
        """Return one for another stretch of the log."""
        return type(self)(self.sample.fresh())

    def show(self, shape: Shape, value: Any) -> None:
        """Take a row into account, if it is a record."""
        try:
            prompt = parsed_record(value, shape, source=_NOWHERE).prompt
        except UnfitRowError:
            return
        self.sample.show(prompt)
        for message in prompt:
            if message.role == "system":
                self._texts[message.content] += 1
        if len(self._texts) > _TEXTS_HELD:
            self._fold()

    def take(self, other: Self) -> None:
        """Add what another saw."""
        other._fold()
        self.sample.take(other.sample)
        self._counts.update(other._counts)

    def count(self, text: str) -> int:
        """Say how often a system text stands in the log."""
        return self._counts[digest(text)]

    @property
    def different(self) -> int:
        """How many different system texts there are."""
        self._fold()
        return len(self._counts)

    def _fold(self) -> None:
        for text, times in self._texts.items():
            self._counts[digest(text)] += times
        self._texts.clear()

    def __getstate__(self) -> dict[str, Any]:
        """Travel without texts."""
        self._fold()
        return self.__dict__


def _described(logs: tuple[Log, ...], patterns: Patterns, tally: Tally, drift: Drift) -> Surveyed:
    ranked = tally.ranked(patterns)
    families: dict[tuple[int, ...], list[Key]] = {}
    for key, _ in ranked:
        families.setdefault(tally.keys[key].family, []).append(key)
    eras = [
        Era(
            "\n\n".join(shown(patterns.every[number].parts) for number in family),
            min(tally.keys[key].first for key in keys),
            max(tally.keys[key].last for key in keys),
        )
        for family, keys in families.items()
    ]
    home = dict(zip(families, lineages(eras, drift=drift), strict=True))
    numbers = [home[tally.keys[key].family] for key, _ in ranked]
    names = task_names([t for _, t in ranked], numbers, [tally.keys[key].files for key, _ in ranked])
    index = {
        key: msgspec.structs.replace(template, task=names[number])
        for (key, template), number in zip(ranked, numbers, strict=True)
    }
    evidence = {template.id: _evidence(patterns.patterned(key), template) for key, template in index.items()}
    by_family = [
        (names[home[family]], era, [index[key] for key in keys])
        for (family, keys), era in zip(families.items(), eras, strict=True)
    ]
    return Surveyed(
        logs=logs,
        patterns=patterns,
        by_key=index,
        versions=tuple(_versions(by_family)),
        evidence=evidence,
        values={template.id: tally.keys[key].values for key, template in index.items()},
        repeated=0,
        renamed={},
    )


def _versions(found: list[tuple[str, Era, list[Template]]]) -> Iterator[Version]:
    """Yield the versions of every task in turn, the task with the most calls first."""
    by_task: dict[str, list[tuple[Era, list[Template]]]] = {}
    for task, era, templates in found:
        by_task.setdefault(task, []).append((era, templates))
    for task, own in by_task.items():
        before: Era | None = None
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


def _roles(template: Template) -> set[str]:
    return {message.role for message in template.messages}


def _evidence(key: Patterned, template: Template) -> dict[str, str]:
    said = [why for _, pattern in key for why in pattern.evidence]
    return {hole.name: why for hole, why in zip(template.holes, said, strict=True)}
