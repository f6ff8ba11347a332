"""The teacher: the same base, its adapter off, under the long prompt, whose static part is encoded once."""

from __future__ import annotations

import copy
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import log_softmax
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from workbench.io.rundir import write_json
from workbench.ports import silent
from workbench.rendering import IGNORE
from workbench.spec import spec_key
from workbench.training.loss import TopTokens, cuts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from workbench.ports import Progress
    from workbench.rendering import Example
    from workbench.rendering.opening import BaseHashes
    from workbench.training.spec import Sft

_WHOLE = "teacher.json"  # written last
_KEPT_BYTES = 1 << 30  # of a live teacher's answers in memory


class LiveTeacher:
    """Answers with the base's logits under the long prompt, row by row of ``examples``.

    Rows whose first ``shared_tokens`` tokens agree share what they all begin with: its keys and values are
    encoded once and kept.
    """

    def __init__(self, model: Any, examples: Sequence[Example], *, shared_tokens: int = 32) -> None:
        self._model = model
        self._examples = examples
        self._group = [tuple(e.input_ids[:shared_tokens]) if shared_tokens else () for e in examples]
        self._shared = _shared_lengths(examples, self._group) if shared_tokens else {}
        self._caches: dict[tuple[int, ...], Any] = {}

    def logits(self, rows: Sequence[int]) -> torch.Tensor:
        """Return float32 logits ``[positions, vocabulary]`` before each labelled token, row by row."""
        return torch.cat(
            self.each([self._examples[row] for row in rows], groups=[self._group[r] for r in rows])
        )

    def each(self, examples: Sequence[Example], *, groups: Sequence[tuple[int, ...]]) -> list[torch.Tensor]:
        """Return such logits for each of ``examples``, which begin as the rows of their group do."""
        found: dict[int, torch.Tensor] = {}
        with _bare(self._model):
            for group in dict.fromkeys(groups):
                places = [place for place, of in enumerate(groups) if of == group]
                answered = self._answer([examples[place] for place in places], group)
                found.update(zip(places, answered, strict=True))
        return [found[place] for place in range(len(examples))]

    def group(self, row: int) -> tuple[int, ...]:
        """Return the group of a row, as ``each`` takes it."""
        return self._group[row]

    def batches(self, size: int) -> list[list[int]]:
        """Return all rows, those of one group and of like length together: little is padded."""
        lengths = [len(example.input_ids) for example in self._examples]
        order = sorted(range(len(lengths)), key=lambda row: (self._group[row], lengths[row], row))
        return [order[start : start + size] for start in range(0, len(order), size)]

    def _answer(self, examples: list[Example], group: tuple[int, ...]) -> list[torch.Tensor]:
        shared = self._shared.get(group, 0)
        own = [example.input_ids[shared:] for example in examples]
        width, device = max(map(len, own)), self._model.device
        ids = torch.tensor([row + [row[-1]] * (width - len(row)) for row in own], device=device)
        mask = torch.tensor(
            [[1] * (shared + len(row)) + [0] * (width - len(row)) for row in own], device=device
        )
        labels = [_padded(e.labels[shared + 1 :], width - 1) for e in examples]
        labelled = torch.tensor(labels, device=device) != IGNORE
        first = int(labelled.any(0).float().argmax())
        logits = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=torch.arange(shared, shared + width, device=device).expand(len(own), -1),
            past_key_values=self._prefix(group, examples[0].input_ids[:shared], rows=len(own)),
            use_cache=shared > 0,
            **({"logits_to_keep": width - first} if cuts(self._model) else {}),
        ).logits[:, -(width - first) : -1]
        return [row[chosen].float() for row, chosen in zip(logits, labelled[:, first:], strict=True)]

    def _prefix(self, group: tuple[int, ...], prefix: list[int], *, rows: int) -> Any:
        if not prefix:
            return None
        if group not in self._caches:
            cache = DynamicCache(config=self._model.config)
            ids = torch.tensor([prefix], device=self._model.device)
            self._model(input_ids=ids, past_key_values=cache, use_cache=True)
            self._caches[group] = cache
        return _for_rows(self._caches[group], rows)


def _for_rows(kept: Any, rows: int) -> Any:
    """Return a cache for several rows that begins with the kept one, which stays as it is.

    Layers that only grow are shown the kept keys and values, which the model copies when it adds its own; any
    other kind of layer is copied here.
    """
    if any(type(layer) is not DynamicLayer for layer in kept.layers):
        cache = copy.deepcopy(kept)
        cache.batch_repeat_interleave(rows)
        return cache
    cache = copy.copy(kept)
    cache.layers = [copy.copy(layer) for layer in kept.layers]
    for layer in cache.layers:
        layer.keys = layer.keys.expand(rows, -1, -1, -1)
        layer.values = layer.values.expand(rows, -1, -1, -1)
    return cache


class RememberedTeacher:
    """A live teacher that is asked once for each row, and whose answers are kept in memory.

    A row is always asked in the same batch of like rows, so that a resumed training hears the same.
    """

    def __init__(
        self,
        teacher: LiveTeacher,
        examples: Sequence[Example],
        *,
        size: int,
        top_k: int | None,
        temperature: float,
    ) -> None:
        self._teacher = teacher
        self._examples = examples
        self._top_k = top_k
        self._temperature = temperature
        self._batches = teacher.batches(size)
        self._batch = {row: place for place, batch in enumerate(self._batches) for row in batch}
        self._kept: dict[int, TopTokens] = {}

    def top(self, rows: Sequence[int], *, device: Any) -> TopTokens:
        """Return the log-probabilities of rows, in their order; those not known yet are asked now."""
        for place in dict.fromkeys(self._batch[row] for row in rows if row not in self._kept):
            self._ask(self._batches[place])
        kept = [self._kept[row] for row in rows]
        values = torch.cat([one.values for one in kept]).to(device)
        ids = [one.ids for one in kept if one.ids is not None]
        return TopTokens(values=values, ids=torch.cat(ids).long().to(device) if ids else None)

    def _ask(self, rows: list[int]) -> None:
        found = top_tokens(self._teacher.logits(rows), top_k=self._top_k, temperature=self._temperature)
        sizes = [self._examples[row].trained for row in rows]
        values = found.values.cpu().split(sizes)
        ids = [None] * len(rows) if found.ids is None else found.ids.int().cpu().split(sizes)
        for row, some, which in zip(rows, values, ids, strict=True):
            self._kept[row] = TopTokens(values=some, ids=which)


def remembers(spec: Sft, examples: Sequence[Example], *, vocabulary: int, processes: int = 1) -> bool:
    """Tell whether a live teacher is better asked once for each row: none is in vain, and memory holds all.

    Even in a single pass rows of like length are asked together, not those that a step happens to draw, so
    that little is padded. Each process sees its own rows of every pass.
    """
    rows = len(examples)
    seen = (
        spec.max_steps * spec.batch_size * spec.grad_accumulation
        if spec.max_steps
        else spec.epochs * rows / processes
    )
    kept = vocabulary if spec.top_k is None or spec.top_k >= vocabulary else 2 * spec.top_k
    held = 4 * kept * sum(example.trained for example in examples)
    return seen >= rows and held <= _KEPT_BYTES


class StoredTeacher:
    """A teacher's answers on disk: ``offsets`` say which positions are whose, values are memory-mapped."""

    def __init__(self, folder: Path) -> None:
        self._offsets = np.load(folder / "offsets.npy")
        self._values = np.load(folder / "values.npy", mmap_mode="r")
        ids = folder / "ids.npy"
        self._ids = np.load(ids, mmap_mode="r") if ids.is_file() else None

    def top(self, rows: Sequence[int], *, device: Any) -> TopTokens:
        """Return the stored log-probabilities of rows, in their order."""
        places = [np.arange(self._offsets[row], self._offsets[row + 1]) for row in rows]
        chosen = np.concatenate(places)
        values = torch.from_numpy(np.array(self._values[chosen])).to(device)
        if self._ids is None:
            return TopTokens(values=values, ids=None)
        return TopTokens(values=values, ids=torch.from_numpy(np.array(self._ids[chosen])).long().to(device))


def stored(
    spec: Sft,
    teacher: LiveTeacher,
    examples: Sequence[Example],
    *,
    base: BaseHashes,
    store: Path,
    progress: Progress = silent,
) -> StoredTeacher:
    """Return the teacher's answers from ``store``, asking it first where they aren't there.

    They are named by base, rows, ``top_k`` and ``temperature``, so that any run of the same ones finds them.
    """
    rows = [[example.input_ids, example.labels] for example in examples]
    folder = store / spec_key([base, rows, spec.top_k, spec.temperature, spec.dtype, spec.quantize])
    if not (folder / _WHOLE).is_file():
        _ask(spec, teacher, examples, folder, progress)
    return StoredTeacher(folder)


def top_tokens(logits: torch.Tensor, *, top_k: int | None, temperature: float) -> TopTokens:
    """Return the log-probabilities of the likeliest ``top_k`` tokens (``None``: all) at a temperature."""
    shares = log_softmax(logits / temperature, -1)
    if top_k is None or top_k >= shares.shape[-1]:
        return TopTokens(values=shares, ids=None)
    values, ids = shares.topk(top_k, -1)
    return TopTokens(values=values, ids=ids)


def _ask(
    spec: Sft, teacher: LiveTeacher, examples: Sequence[Example], folder: Path, progress: Progress
) -> None:
    work = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    offsets = np.cumsum([0, *(example.trained for example in examples)])
    files: dict[str, Any] = {}
    done = 0
    for rows in teacher.batches(spec.batch_size):
        top = top_tokens(teacher.logits(rows), top_k=spec.top_k, temperature=spec.temperature)
        if not files:
            files = _files(work, int(offsets[-1]), top)
        places = np.concatenate([np.arange(offsets[row], offsets[row + 1]) for row in rows])
        files["values"][places] = top.values.float().cpu().numpy()
        if top.ids is not None:
            files["ids"][places] = top.ids.int().cpu().numpy()
        done += len(rows)
        progress("ask teacher", done, len(examples))
    for file in files.values():
        file.flush()
    np.save(work / "offsets.npy", offsets)
    kept = {"top_k": spec.top_k, "temperature": spec.temperature, "rows": len(examples)}
    write_json(work / _WHOLE, {**kept, "positions": int(offsets[-1])})
    shutil.rmtree(folder, ignore_errors=True)
    work.rename(folder)


def _files(work: Path, positions: int, top: TopTokens) -> dict[str, Any]:
    shape = (positions, top.values.shape[-1])
    made = {
        "values": np.lib.format.open_memmap(work / "values.npy", mode="w+", dtype=np.float32, shape=shape)
    }
    if top.ids is not None:
        made["ids"] = np.lib.format.open_memmap(work / "ids.npy", mode="w+", dtype=np.int32, shape=shape)
    return made


@contextmanager
def _bare(model: Any) -> Iterator[None]:
    """Switch adapter, dropout and gradients off, and back."""
    training = model.training
    model.eval()
    try:
        with model.disable_adapter(), torch.no_grad():
            yield
    finally:
        model.train(training)


def _shared_lengths(
    examples: Sequence[Example], groups: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], int]:
    """Count the first tokens that all rows of a group share, short of the token before the first label."""
    rows: dict[tuple[int, ...], list[Example]] = {}
    for example, group in zip(examples, groups, strict=True):
        rows.setdefault(group, []).append(example)
    return {group: _common(held) for group, held in rows.items()}


def _common(held: list[Example]) -> int:
    room = min(next(i for i, label in enumerate(e.labels) if label != IGNORE) - 1 for e in held)
    low, high = min(e.input_ids for e in held), max(e.input_ids for e in held)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return max(0, min(room, same))


def _padded(labels: list[int], width: int) -> list[int]:
    return labels + [IGNORE] * (width - len(labels))
