"""Gives recorded answers again, so that an evaluation is repeatable where its model is not at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.errors import Finding, InputError
from workbench.io.config import read_text
from workbench.io.rundir import write_text
from workbench.ports import silent
from workbench.records import Completion
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from workbench.ports import Progress, Sampling
    from workbench.records import Messages


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prompt: str
    completion: Completion


def prompt_key(messages: Messages) -> str:
    """Name a prompt by its content: 16 hexadecimal digits over roles and texts."""
    return content_id(*(part for message in messages for part in (message.role, message.content)))


class ReplayBackend:
    """A backend that knows what was answered before, by ``prompt_key``.

    A prompt that was never recorded gets ``finish="error"``. The sampling asked for is not looked at: a
    recording holds one answer a prompt.
    """

    def __init__(self, recorded: Mapping[str, Completion]) -> None:
        self._recorded = dict(recorded)

    @classmethod
    def read(cls, path: Path) -> ReplayBackend:
        """Read a recording: JSON Lines of ``{"prompt": key, "completion": {…}}``; the last of a key counts.

        Raises:
            InputError: the file can't be read, or a line is no such object (with its number).
        """
        recorded = {}
        for number, line in enumerate(read_text(path, what="a recording (JSON Lines)").split("\n"), start=1):
            if not line.strip():
                continue
            try:
                entry = msgspec.json.decode(line, type=_Line)
            except (msgspec.DecodeError, RecursionError) as error:
                raise InputError(
                    Finding(
                        where=f"{path}:{number}",
                        found=str(error),
                        expected='{"prompt": key, "completion": {"text": …}}',
                        fix="Record the answers anew, or remove this line.",
                    )
                ) from error
            recorded[entry.prompt] = entry.completion
        return cls(recorded)

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Give the recorded answer of every prompt."""
        del sampling
        missing = Completion(text="", prompt_tokens=0, completion_tokens=0, finish="error")
        completions = [self._recorded.get(prompt_key(prompt), missing) for prompt in prompts]
        progress("replay", len(prompts), len(prompts))
        return completions


def record(path: Path, answered: Iterable[tuple[Messages, Completion]]) -> None:
    """Write a recording that ``ReplayBackend.read`` takes."""
    lines = (_Line(prompt=prompt_key(prompt), completion=completion) for prompt, completion in answered)
    write_text(path, "".join(msgspec.json.encode(line).decode() + "\n" for line in lines))
