"""Asks each arm once a prompt and keeps the answers by content, so that a killed run goes on where it was."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import InvariantError
from workbench.ports import silent
from workbench.records import Completion  # noqa: TC001 - msgspec reads it
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from workbench.ports import Backend, Progress, Sampling
    from workbench.records import Messages


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    completion: Completion


class Answers:
    """The answers of one arm: a file that only grows, one line a prompt, whole batches at a time.

    ``weights`` names what answers (base and adapter, by content); an answer is found again only for the same
    weights, prompt and sampling. Without ``path`` nothing is kept. A last line cut by a kill is left aside.
    """

    def __init__(self, path: Path | None, *, weights: str, sampling: Sampling) -> None:
        self._path = path
        self._salt = content_id(weights, msgspec.json.encode(sampling, order="sorted").decode())
        self._known = _read(path) if path is not None and path.exists() else {}

    def key(self, prompt: Messages) -> str:
        """Name a question to this arm by its content."""
        return content_id(
            self._salt, *(part for message in prompt for part in (message.role, message.content))
        )

    def ask(
        self,
        prompts: Sequence[Messages],
        *,
        backend: Backend,
        sampling: Sampling,
        batch: int,
        progress: Progress = silent,
        stage: str = "evaluate",
    ) -> list[Completion]:
        """Answer every prompt in order; equal prompts are asked once.

        Raises:
            InvariantError: the backend gives another number of answers than it was asked for.
        """
        keys = [self.key(prompt) for prompt in prompts]
        wanted = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in self._known}
        todo = list(wanted.items())
        done = len(set(keys)) - len(todo)
        total = done + len(todo)
        progress(stage, done, total)
        for start in range(0, len(todo), batch):
            part = todo[start : start + batch]
            told = _Shifted(progress=progress, stage=stage, before=done + start, total=total)
            answers = backend.generate([prompt for _, prompt in part], sampling, progress=told)
            if len(answers) != len(part):
                raise InvariantError(f"{len(part)} prompts asked, {len(answers)} answers came back")
            self._keep([key for key, _ in part], answers)
        return [self._known[key] for key in keys]

    def _keep(self, keys: Iterable[str], answers: Sequence[Completion]) -> None:
        fresh = dict(zip(keys, answers, strict=True))
        self._known.update(fresh)
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # An answer that failed is asked again by the next run.
        kept = [_Kept(key=k, completion=c) for k, c in fresh.items() if c.finish != "error"]
        with self._path.open("ab") as stream:
            stream.write(b"".join(msgspec.json.encode(one) + b"\n" for one in kept))
            stream.flush()
            os.fsync(stream.fileno())


@dataclass(frozen=True, kw_only=True)
class _Shifted:
    """Tells of one batch as a part of the whole stage."""

    progress: Progress
    stage: str
    before: int
    total: int

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        del stage, total
        self.progress(self.stage, self.before + done, self.total, note)


def _read(path: Path) -> dict[str, Completion]:
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as stream:
            stream.truncate(len(whole))
    known = {}
    for line in whole.split(b"\n"):
        if line:
            one = msgspec.json.decode(line, type=_Kept)
            known[one.key] = one.completion
    return known
