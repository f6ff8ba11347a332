"""Generates on one loaded base with switchable adapters, so that all arms share the same weights."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.backends.batches import plan
from workbench.backends.guides import Guides
from workbench.errors import ConfigError, Finding, MissingExtraError
from workbench.ports import silent
from workbench.records import Completion
from workbench.rendering.adapters import attach, scale_adapter
from workbench.rendering.opening import OpenBase, open_base
from workbench.text import content_id

try:
    import torch

    from workbench.backends.cache import sees_all
    from workbench.backends.decoding import Decoder
except ImportError as missing:
    raise MissingExtraError.of(
        missing.name or "torch", extra="train", purpose="generating with a local base"
    ) from missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from workbench.ports import Arrived, Backend, Progress, Sampling
    from workbench.records import Messages
    from workbench.rendering.opening import Precision

_SHARED_TOKENS = 32


class LocalBackend:
    """A base in memory, with any number of adapters on it, one or none of them switched on.

    Completions are the same whatever ``batch_size`` is: positions and masks ignore padding, and sampling
    draws from a stream of its own for every prompt. Prompts that share their first ``shared_tokens`` tokens
    or more have that prefix encoded once (0: never; models whose layers see only a window never do).
    """

    def __init__(self, base: OpenBase, *, batch_size: int = 32, shared_tokens: int = _SHARED_TOKENS) -> None:
        self.base = base
        self.batch_size = batch_size
        self.shared_tokens = shared_tokens if sees_all(base.model.config) else 0
        self.adapter: str | None = None
        self.guides = Guides(base.renderer, vocabulary=int(base.model.config.vocab_size))
        self._model = base.model
        self._loaded: list[str] = []

    @classmethod
    def open(
        cls,
        base: str | Path,
        *,
        adapters: Mapping[str, Path] | None = None,
        dtype: Precision = "auto",
        batch_size: int = 32,
    ) -> LocalBackend:
        """Load a base and the adapters by name; none is switched on.

        Raises:
            ModelError: the base or an adapter can't be loaded, or they don't belong together.
        """
        backend = cls(open_base(base, dtype=dtype), batch_size=batch_size)
        for name, path in (adapters or {}).items():
            backend.load(name, path)
        return backend

    @property
    def adapters(self) -> tuple[str, ...]:
        """The names of the loaded adapters."""
        return tuple(self._loaded)

    def load(self, name: str, path: Path) -> None:
        """Load an adapter under ``name``, switched off.

        Raises:
            ConfigError: the name is taken, or isn't a plain word.
            ModelError: the adapter can't be loaded or is for another base.
        """
        if name in self._loaded or not name.replace("-", "_").isidentifier():
            raise ConfigError(
                Finding(
                    where=f"adapter {name!r}",
                    found="a name that is taken" if name in self._loaded else "a name with other characters",
                    expected="letters, digits, - and _, each name once",
                    fix="Choose another name.",
                )
            )
        self._model = attach(self.base, self._model, path, name=name)
        self._loaded.append(name)

    def drop(self, name: str) -> None:
        """Take an adapter out of memory; the others and the base answer as before.

        Raises:
            ConfigError: no adapter of that name is loaded, or it is switched on.
        """
        self._known(name)
        if name == self.adapter:
            raise ConfigError(
                Finding(
                    where=f"adapter {name!r}",
                    found="an adapter that is switched on",
                    expected="one that answers nobody now",
                    fix="Switch to another one first.",
                )
            )
        self._loaded.remove(name)
        if self._loaded:
            self._model.delete_adapter(name)
        else:
            self._model = self._model.unload()

    def strengthen(self, name: str, factor: float) -> None:
        """Multiply what an adapter adds by ``factor``: 0 is the base, 1 the adapter as trained.

        Raises:
            ConfigError: no adapter of that name is loaded, or it can't be scaled (DoRA).
        """
        self._known(name)
        scale_adapter(self._model, name, factor)

    @contextmanager
    def using(self, name: str | None) -> Iterator[LocalBackend]:
        """Switch to an adapter (``None``: the bare base) inside the block.

        Raises:
            ConfigError: no adapter of that name is loaded.
        """
        if name is not None:
            self._known(name)
        before, self.adapter = self.adapter, name
        try:
            yield self
        finally:
            self.adapter = before

    def switch(self) -> None:
        """Make the model that of the adapter in use now, instead of at the next prompt."""
        with self._switched():
            pass

    def arm(self, name: str | None) -> Backend:
        """Return a backend that always answers with this adapter (``None``: the bare base)."""
        return _Arm(self, name)

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Answer every prompt with the adapter that is switched on.

        A prompt that leaves no room for an answer in the base's context gets ``finish="error"``.

        Raises:
            ModelError: the base's chat template refuses a prompt.
        """
        done: dict[int, Completion] = {}
        self.generate_each(prompts, sampling, arrived=done.__setitem__, progress=progress)
        return [done[number] for number in range(len(prompts))]

    def generate_each(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling,
        *,
        arrived: Arrived,
        progress: Progress = silent,
    ) -> None:
        """Answer as ``generate``, and hand each answer over when its batch is through.

        Raises:
            ModelError: as ``generate``.
        """
        ids = [self.base.renderer.prompt_ids(prompt) for prompt in prompts]
        asked = [number for number, row in enumerate(ids) if len(row) < self.base.context]
        done = len(ids) - len(asked)
        for number in sorted(set(range(len(ids))) - set(asked)):
            arrived(number, _no_room(ids[number]))
        seeds = _seeds(ids, sampling.seed)
        with self._switched() as model, torch.inference_mode():
            decoder = Decoder(
                model, self.base.renderer, sampling=sampling, context=self.base.context, guides=self.guides
            )
            groups = plan({n: ids[n] for n in asked}, batch_size=self.batch_size, shared=self.shared_tokens)
            for group in groups:
                prefix = decoder.encode(ids[group.rows[0]][: group.shared])
                for batch in group.batches:
                    answers = decoder([ids[n] for n in batch], prefix, seeds=[seeds[n] for n in batch])
                    for number, answer in zip(batch, answers, strict=True):
                        arrived(number, answer)
                    done += len(batch)
                    progress("generate", done, len(ids))

    def shared_tokens_of(self, prompts: Sequence[Messages]) -> list[int]:
        """Return how many tokens of each prompt are encoded once for all that share them; 0 for the first."""
        ids = dict(enumerate(self.base.renderer.prompt_ids(prompt) for prompt in prompts))
        fitting = {number: row for number, row in ids.items() if len(row) < self.base.context}
        found = [0] * len(ids)
        for group in plan(fitting, batch_size=self.batch_size, shared=self.shared_tokens):
            for number in group.rows[1:]:
                found[number] = group.shared
        return found

    def mixes(self, name: str | None) -> bool:
        """Tell whether rows of this adapter can stand in one batch with rows of others (DoRA can't)."""
        return name is None or not getattr(self._model.peft_config[name], "use_dora", False)

    @contextmanager
    def rows(self, names: Sequence[str | None]) -> Iterator[Any]:
        """Yield the model as a call for a batch whose row ``i`` the adapter ``names[i]`` answers.

        ``None`` is the bare base. Rows of several adapters need adapters that mix.

        Raises:
            ConfigError: no adapter of that name is loaded.
        """
        for name in set(names) - {None}:
            self._known(str(name))
        if len(set(names)) == 1:
            with self.using(names[0]), self._switched() as model:
                yield model
        else:
            yield partial(self._model, adapter_names=["__base__" if n is None else n for n in names])

    def logits(self, rows: Sequence[Sequence[int]]) -> list[torch.Tensor]:
        """Return the float32 logits of every row of token ids, shape ``[len(row), vocabulary]``."""
        with self._switched() as model, torch.inference_mode():
            return [
                model(input_ids=torch.tensor([list(row)], device=model.device)).logits[0].float().cpu()
                for row in rows
            ]

    def _known(self, name: str) -> None:
        if name not in self._loaded:
            raise ConfigError(
                Finding(
                    where="adapter",
                    found=repr(name),
                    expected=f"one of {', '.join(self._loaded) or 'none loaded'}",
                    fix="Load it first.",
                )
            )

    @contextmanager
    def _switched(self) -> Iterator[Any]:
        if not self._loaded:
            yield self._model
        elif self.adapter is None:
            with self._model.disable_adapter():
                yield self._model
        else:
            self._model.set_adapter(self.adapter, inference_mode=True)
            yield self._model


class _Arm:
    """One adapter of a shared backend, for whoever knows only the seam."""

    def __init__(self, backend: LocalBackend, adapter: str | None) -> None:
        self._backend = backend
        self._adapter = adapter

    def generate(
        self, prompts: Sequence[Messages], sampling: Sampling, *, progress: Progress = silent
    ) -> list[Completion]:
        """Answer with this arm's adapter."""
        with self._backend.using(self._adapter) as backend:
            return backend.generate(prompts, sampling, progress=progress)

    def generate_each(
        self,
        prompts: Sequence[Messages],
        sampling: Sampling,
        *,
        arrived: Arrived,
        progress: Progress = silent,
    ) -> None:
        """Answer with this arm's adapter, and hand each answer over as it comes."""
        with self._backend.using(self._adapter) as backend:
            backend.generate_each(prompts, sampling, arrived=arrived, progress=progress)

    def shared_tokens_of(self, prompts: Sequence[Messages]) -> list[int]:
        """Return how many tokens of each prompt are encoded once for all that share them."""
        return self._backend.shared_tokens_of(prompts)


def _no_room(ids: list[int]) -> Completion:
    return Completion(text="", prompt_tokens=len(ids), completion_tokens=0, finish="error")


def _seeds(ids: Sequence[list[int]], seed: int) -> list[int]:
    """Give every prompt a seed by its content and how often it came before: the batch has no say."""
    seen: dict[str, int] = {}
    seeds = []
    for row in ids:
        key = content_id(str(seed), " ".join(map(str, row)))
        seen[key] = seen.get(key, -1) + 1
        seeds.append(int(content_id(key, str(seen[key])), 16) >> 1)
    return seeds
