"""What a server holds and does for a call: names to adapters, requests to jobs, limits."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, Finding, ModelError, UserError
from workbench.records import Value
from workbench.serve.engine import ClosingError, Engine, QueueFullError
from workbench.serve.wire import ApiError, stops_of
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.backends.local import LocalBackend
    from workbench.records import Messages
    from workbench.serve.batch import Job, Piece
    from workbench.serve.engine import Room
    from workbench.serve.wire import Asked, Chat

_SCHEMA_PLACE = "response_format.json_schema.schema"


class Limits(Value, frozen=True, kw_only=True):
    """What one call may ask for; ``seconds`` is the time from its arrival to its last token."""

    new_tokens: int = 1024
    default_tokens: int = 256
    body_bytes: int = 1 << 20
    seconds: float = 120.0
    answers: int = 8


class Service:
    """A base under its name, adapters under theirs.

    ``roots`` are the folders that adapters may be loaded from at run time; none: not at all. ``live`` takes a
    long prompt and returns its compact form (``LiveTemplates``).
    """

    def __init__(
        self,
        backend: LocalBackend,
        *,
        name: str,
        room: Room | None = None,
        limits: Limits | None = None,
        roots: tuple[Path, ...] = (),
        live: Callable[[Messages], Any] | None = None,
    ) -> None:
        if name in backend.adapters:
            raise ConfigError(
                Finding(
                    where=f"adapter {name!r}",
                    found="the name of the base",
                    expected="another name than the base's",
                    fix="Name the adapter otherwise, or the base with --name.",
                )
            )
        self.name = name
        self.limits = limits or Limits()
        self.started = int(time.time())
        self.engine = Engine(backend, room=room)
        self.roots = tuple(root.resolve() for root in roots)
        self.live = live
        self._renderer = backend.base.renderer
        self._names = list(backend.adapters)

    @property
    def adapters(self) -> tuple[str, ...]:
        """The adapters that can be asked for."""
        return tuple(self._names)

    def adapter_of(self, model: str) -> str | None:
        """Return the adapter of a model's name; ``None`` is the base.

        Raises:
            ApiError: 404 for a name that nobody has.
        """
        if model == self.name:
            return None
        if model not in self._names:
            have = ", ".join([self.name, *self._names])
            raise ApiError(
                404, f"no model {model!r}; there are: {have}", code="model_not_found", param="model"
            )
        return model

    def chat_ids(self, messages: Messages) -> list[int]:
        """Return the prompt's token ids.

        Raises:
            ApiError: 400 where the base's template refuses the messages.
        """
        try:
            return self._renderer.prompt_ids(messages)
        except ModelError as error:
            raise ApiError(400, str(error), param="messages", code="template") from None

    def plain_ids(self, text: str) -> list[int]:
        """Return a text's token ids, without chat template."""
        return list(self._renderer.tokenizer(text, verbose=False)["input_ids"])

    def compacted(self, messages: Messages, *, wish: str, adapter: str | None) -> tuple[Messages, str]:
        """Return the prompt to use, and what was done: the task, or why not.

        ``wish``: ``on`` and ``required`` for every model, ``off``, or empty for adapters only, since the base
        doesn't know what a compact prompt leaves out.

        Raises:
            ApiError: 400 where it is required and no template fits, or there are no templates.
        """
        if wish not in {"", "on", "off", "required"}:
            raise ApiError(
                400, f"compact is {wish!r}, expected on, off or required", param="workbench.compact"
            )
        if self.live is None:
            if wish in {"on", "required"}:
                raise ApiError(
                    400, "this server has no templates; start it with --compact", code="no_templates"
                )
            return messages, ""
        if wish == "off" or (not wish and adapter is None):
            return messages, "off"
        fitted = self.live(messages)
        if hasattr(fitted, "prompt"):
            return fitted.prompt, f"task {fitted.task}"
        if wish == "required":
            raise ApiError(
                400, f"no template fits: {fitted.reason}", param="messages", code="no_template_fits"
            )
        return messages, f"none: {fitted.reason}"

    def jobs(
        self, body: Asked, ids: list[int], *, told: Callable[[int, Piece], None], plain: bool = False
    ) -> list[Job]:
        """Return one job for each of ``n`` answers.

        Raises:
            ApiError: 400 for more than fits or is allowed, 404 for an unknown model.
        """
        from workbench.serve.batch import Job

        adapter = self.adapter_of(body.model)
        count = body.n or 1
        if count > self.limits.answers:
            raise ApiError(400, f"n is {count}, at most {self.limits.answers} here", param="n")
        limit = self._limit(body, len(ids))
        seed = body.seed if body.seed is not None else secrets.randbits(62)
        schema = _schema(body)
        return [
            Job(
                ids=ids,
                told=partial(told, i),
                adapter=adapter,
                limit=limit,
                temperature=1.0 if body.temperature is None else body.temperature,
                top_p=1.0 if body.top_p is None else body.top_p,
                seed=int(content_id(str(seed), str(i)), 16) >> 2,
                stops=stops_of(body),
                guide=None if schema is None else self._guide(schema),
                plain=plain,
                deadline=time.monotonic() + self.limits.seconds,
            )
            for i in range(count)
        ]

    def submit(self, jobs: list[Job]) -> None:
        """Queue jobs.

        Raises:
            ApiError: 429 when the queue is full, 503 when the server is closing.
        """
        try:
            self.engine.submit(jobs)
        except QueueFullError:
            raise ApiError(
                429, "as many calls wait as may wait; try again", code="queue_full", wait=1
            ) from None
        except ClosingError:
            raise ApiError(503, "the server is closing", code="closing", wait=5) from None

    def load(self, name: str, path: str) -> None:
        """Load an adapter; blocks until the engine is between two tokens.

        Raises:
            ApiError: 403 outside the roots, 400 for what is no adapter of this base, 409 for a taken name.
        """
        place = self._inside(path)
        if name == self.name or name in self._names:
            raise ApiError(409, f"the name {name!r} is taken", param="name", code="name_taken")
        try:
            self.engine.between(lambda: self.engine.backend.load(name, place)).result()
        except ClosingError:
            raise ApiError(503, "the server is closing", code="closing", wait=5) from None
        except UserError as error:
            raise ApiError(400, str(error), param="path", code="bad_adapter") from None
        self._names.append(name)

    def drop(self, name: str) -> None:
        """Let go of an adapter; blocks as ``load``.

        Raises:
            ApiError: 404 for an unknown one, 409 while calls of it wait or are written.
        """
        if name not in self._names:
            raise ApiError(404, f"no adapter {name!r}", code="model_not_found", param="name")

        def dropped() -> bool:
            if self.engine.uses(name):
                return False
            self._names.remove(name)
            self.engine.backend.drop(name)
            return True

        try:
            done = self.engine.between(dropped).result()
        except ClosingError:
            raise ApiError(503, "the server is closing", code="closing", wait=5) from None
        if not done:
            raise ApiError(409, f"calls of {name!r} are being answered; try again", code="in_use", wait=1)

    def _inside(self, path: str) -> Path:
        if not self.roots:
            raise ApiError(403, "no adapters are loaded here; start with --adapter-root", code="forbidden")
        place = Path(path)
        places = [place] if place.is_absolute() else [root / place for root in self.roots]
        with suppress(OSError, ValueError):  # a name too long for the system, links in a ring, a NUL
            for found in places:
                real = found.resolve()  # follows links: what one inside a root points at must be inside too
                if any(real.is_relative_to(root) for root in self.roots) and real.is_dir():
                    return real
        raise ApiError(
            403, "no such folder under the folders of --adapter-root", param="path", code="forbidden"
        )

    def _limit(self, body: Asked, length: int) -> int:
        context = self.engine.backend.base.context
        asked = body.max_completion_tokens or body.max_tokens
        if asked is not None and asked > self.limits.new_tokens:
            raise ApiError(
                400, f"max_tokens is {asked}, at most {self.limits.new_tokens} here", param="max_tokens"
            )
        if length >= context or (asked is not None and length + asked > context):
            raise ApiError(
                400,
                f"the prompt has {length} tokens, the answer up to {asked or 1}; the context has {context}",
                param="messages",
                code="context_length_exceeded",
            )
        return min(asked or self.limits.default_tokens, self.limits.new_tokens, context - length)

    def _guide(self, schema: Any) -> Any:
        try:
            return self.engine.backend.guides.start(schema, place=_SCHEMA_PLACE)
        except ConfigError as error:
            raise ApiError(400, str(error), param=error.findings[0].where, code="bad_schema") from None


def _schema(body: Asked | Chat) -> Any:
    """Return the schema that an answer is bound to, or ``None``."""
    asked = getattr(body, "response_format", None)
    if asked is None or asked.get("type") == "text":
        return None
    kind = asked.get("type")
    if kind == "json_object":
        return {"type": "object"}
    held = asked.get("json_schema") if kind == "json_schema" else None
    if not isinstance(held, dict) or "schema" not in held:
        where = _SCHEMA_PLACE if kind == "json_schema" else "response_format.type"
        raise ApiError(400, "expected text, json_object, or json_schema with a schema", param=where)
    return held["schema"]
