"""A conversation with one base and its adapters: whose turn it is to answer changes with a word."""

from __future__ import annotations

import queue
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import ConfigError, Finding, ServiceError
from workbench.records import Message, Value
from workbench.serve.batch import Job, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from workbench.backends.local import LocalBackend
    from workbench.records import Messages
    from workbench.serve.engine import Engine


class Manner(Value, frozen=True, kw_only=True):
    """How answers are drawn; ``seed`` ``None`` draws anew each time."""

    max_new_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the answers that are compared."""

    title: str
    text: str
    prompt_tokens: int


class Conversation:
    """Turns so far, the system message, and the adapter that answers (``None``: the base).

    ``long_prompt`` is what the base is given in ``compare``; ``others`` are folders of adapters that are
    loaded when they are first switched to.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        manner: Manner,
        system: str = "",
        long_prompt: str = "",
        others: Mapping[str, Path] | None = None,
    ) -> None:
        self.system = system
        self.long_prompt = long_prompt
        self.adapter: str | None = None
        self._engine = engine
        self._manner = manner
        self._turns: Messages = ()
        self._others = dict(others or {})

    @property
    def backend(self) -> LocalBackend:
        """The base with what is loaded on it."""
        return self._engine.backend

    @property
    def adapters(self) -> tuple[str, ...]:
        """The adapters that can be switched to."""
        loaded = self._engine.backend.adapters
        return (*loaded, *(name for name in self._others if name not in loaded))

    def switch(self, name: str) -> None:
        """Let another adapter answer from now on; ``base`` is the base.

        Raises:
            ConfigError: no adapter of that name.
            ModelError: it can't be loaded.
        """
        if name != "base" and name not in self.adapters:
            raise ConfigError(
                Finding(
                    where="/adapter",
                    found=repr(name),
                    expected=f"one of {', '.join(('base', *self.adapters))}",
                    fix="Enter it with `workbench adapters add`, or start with --adapter NAME=DIR.",
                )
            )
        backend = self._engine.backend
        if name != "base" and name not in backend.adapters:
            self._engine.between(lambda: backend.load(name, self._others[name])).result()
        self.adapter = None if name == "base" else name

    def strengthen(self, factor: float) -> None:
        """Set how strong the adapter that answers is: 0 is the base, 1 as trained.

        Raises:
            ConfigError: the base answers, or the adapter can't be scaled (DoRA).
        """
        name, backend = self.adapter, self._engine.backend
        if name is None:
            raise ConfigError(
                Finding(
                    where="/strength",
                    found="the base, which has none",
                    expected="an adapter that answers",
                    fix="Switch to one with /adapter NAME.",
                )
            )
        self._engine.between(lambda: backend.strengthen(name, factor)).result()

    def close(self) -> None:
        """End; the model is free."""
        self._engine.close(within=1)

    def reset(self) -> None:
        """Forget all turns; the system message and the adapter stay."""
        self._turns = ()

    def say(self, text: str) -> Iterator[str]:
        """Yield the answer piece by piece; a turn counts only when its answer is whole.

        Raises:
            ConfigError: the conversation no longer fits into the base's context.
            ModelError: the base's template refuses it.
            ServiceError: the model failed.
        """
        asked = (*self._turns, Message(role="user", content=text))
        job, pieces = self._job(self._prompt(self.system, asked), self.adapter)
        self._engine.submit([job])
        said = ""
        try:
            for piece in _until_end(pieces):
                said += piece.text
                yield piece.text
        finally:
            job.cancelled = True
        self._turns = (*asked, Message(role="assistant", content=said))

    def compare(self, text: str = "") -> list[Side]:
        """Answer with the base under the long prompt, the base, and the adapter, all in one batch.

        Without ``text`` the last question is asked again. The conversation stays as it is.

        Raises:
            ConfigError: nothing was asked yet, or a prompt doesn't fit.
        """
        asked = self._question(text)
        sides: list[tuple[str, str, str | None]] = [("base", self.system, None)]
        if self.long_prompt:
            sides.insert(0, ("base, long prompt", self.long_prompt, None))
        if self.adapter is not None:
            sides.append((self.adapter, self.system, self.adapter))
        made = [self._job(self._prompt(system, asked), name) for _, system, name in sides]
        self._engine.submit([job for job, _ in made])
        try:
            texts = ["".join(piece.text for piece in _until_end(pieces)) for _, pieces in made]
        finally:
            for job, _ in made:
                job.cancelled = True
        return [
            Side(title=side[0], text=said, prompt_tokens=len(job.ids))
            for side, said, (job, _) in zip(sides, texts, made, strict=True)
        ]

    def _question(self, text: str) -> Messages:
        if text:
            return (*self._turns, Message(role="user", content=text))
        last = max((i for i, turn in enumerate(self._turns) if turn.role == "user"), default=-1)
        if last < 0:
            raise ConfigError(
                Finding(
                    where="/compare",
                    found="no question",
                    expected="a text, or a question asked before",
                    fix="For example: /compare Where is order 42?",
                )
            )
        return self._turns[: last + 1]

    def _prompt(self, system: str, turns: Messages) -> list[int]:
        head = (Message(role="system", content=system),) if system else ()
        ids = self._engine.backend.base.renderer.prompt_ids((*head, *turns))
        context = self._engine.backend.base.context
        if len(ids) >= context:
            raise ConfigError(
                Finding(
                    where="the conversation",
                    found=f"{len(ids)} tokens",
                    expected=f"less than the base's context of {context}",
                    fix="Begin anew with /reset, or shorten the system message.",
                )
            )
        return ids

    def _job(self, ids: list[int], adapter: str | None) -> tuple[Job, queue.SimpleQueue[Piece]]:
        pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        manner = self._manner
        job = Job(
            ids=ids,
            told=pieces.put,
            adapter=adapter,
            limit=min(manner.max_new_tokens, self._engine.backend.base.context - len(ids)),
            temperature=manner.temperature,
            top_p=manner.top_p,
            seed=secrets.randbits(62) if manner.seed is None else manner.seed,
        )
        return job, pieces


def _until_end(pieces: queue.SimpleQueue[Piece]) -> Iterator[Piece]:
    while True:
        piece = pieces.get()
        if piece.finish in {"error", "cancelled"}:
            raise ServiceError(
                Finding(
                    where="the model",
                    found=piece.fault or "an answer that was given up",
                    expected="an answer",
                    fix="Ask again; with less text if memory ran out.",
                )
            )
        yield piece
        if piece.finish:
            return
