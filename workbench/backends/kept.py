"""Keeps every answer by the content of its question, so that nothing is asked, or paid for, twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from workbench.errors import InvariantError
from workbench.ports import ArrivingBackend, silent
from workbench.records import Completion  # noqa: TC001 - msgspec reads it
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from workbench.ports import Arrived, Backend, Progress, Sampling
    from workbench.records import Messages

_BATCH = 32
Kind = TypeVar("Kind")


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    completion: Completion


class KeptAnswers:
    """A file that only grows, one line an answer; a last line cut by a kill is left aside.

    Lines that are none (damage, another program's) are left aside too: their questions are asked again.
    Without ``path`` answers are kept in memory alone.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known = _read(path) if path is not None and path.exists() else {}

    def get(self, key: str) -> Completion | None:
        """Return the answer kept under ``key``."""
        return self._known.get(key)

    def add(self, fresh: Mapping[str, Completion]) -> None:
        """Keep answers, in the file when this returns; one that failed is not kept, and so asked again."""
        whole = {key: one for key, one in fresh.items() if one.finish != "error"}
        self._known.update(whole)
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as stream:
            lines = (_Line(key=key, completion=one) for key, one in whole.items())
            stream.write(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


class KeptBackend:
    """Another backend, asked only what was never asked before.

    ``identity`` names what answers (weights or model and service, by content): an answer is found again
    only for the same identity, sampling and prompt. Equal prompts of one call are asked once where decoding
    is greedy, and are questions of their own where it is sampled, unless ``once``: then an answer depends on
    prompt and sampling alone, whatever was asked beside it. ``batch`` prompts at a time are asked of a
    backend that can't hand answers over as they come. ``found`` and ``asked`` count answers from the file and
    from the backend.
    """

    def __init__(
        self, backend: Backend, path: Path | None, *, identity: str, once: bool = False, batch: int = _BATCH
    ) -> None:
        self.backend = backend
        self._kept = KeptAnswers(path)
        self._identity = identity
        self._once = once
        self._batch = batch
        self.found = 0
        self.asked = 0

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Answer every prompt, from the file where it is known.

        Raises:
            InvariantError: the backend gives another number of answers than it was asked for.
        """
        keys = self._keys(prompts, sampling)
        answers = {key: kept for key in set(keys) if (kept := self._kept.get(key)) is not None}
        todo = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in answers}
        order, known = list(todo), len(answers)
        self.found += known

        def arrived(place: int, completion: Completion) -> None:
            answers[order[place]] = completion
            self.asked += 1
            self._kept.add({order[place]: completion})

        def shifted(stage: str, done: int, total: int | None, note: str = "") -> None:
            del total
            progress(stage, known + done, known + len(order), note)

        progress("ask", known, known + len(order))
        if todo:
            prompts_left = list(todo.values())
            _ask(self.backend, prompts_left, sampling, arrived=arrived, progress=shifted, batch=self._batch)
        if len(answers) != known + len(order):
            raise InvariantError(f"{len(order)} prompts asked, {len(answers) - known} answers came back")
        return [answers[key] for key in keys]

    def _keys(self, prompts: Sequence[Messages], sampling: Sampling) -> list[str]:
        salt = content_id(self._identity, msgspec.json.encode(sampling, order="sorted").decode())
        seen: dict[str, int] = {}
        keys = []
        for prompt in prompts:
            key = content_id(salt, msgspec.json.encode(prompt, order="sorted").decode())
            seen[key] = seen.get(key, -1) + 1
            again = seen[key] and sampling.temperature > 0 and not self._once
            keys.append(content_id(key, str(seen[key])) if again else key)
        return keys


def _ask(
    backend: Backend,
    prompts: Sequence[Messages],
    sampling: Sampling,
    *,
    arrived: Arrived,
    progress: Progress,
    batch: int,
) -> None:
    """Ask one by one what can hand answers over as they come, anything else a batch at a time."""
    if isinstance(backend, ArrivingBackend):
        backend.generate_each(prompts, sampling, arrived=arrived, progress=progress)
        return
    for start in range(0, len(prompts), batch):
        answers = backend.generate(prompts[start : start + batch], sampling)
        for place, answer in enumerate(answers, start=start):
            arrived(place, answer)
        progress("ask", min(start + batch, len(prompts)), len(prompts))


def _read(path: Path) -> dict[str, Completion]:
    return {one.key: one.completion for one in kept_lines(path, _Line)}


def kept_lines(path: Path, kind: type[Kind]) -> Iterator[Kind]:
    """Yield the lines of a file that only grows, without a cut-off end and without what is no ``kind``."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as stream:
            stream.truncate(len(whole))
    for line in whole.split(b"\n"):
        try:
            yield msgspec.json.decode(line, type=kind)
        except (msgspec.DecodeError, RecursionError):
            continue
