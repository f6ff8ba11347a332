"""The rows being written now: new ones join and finished ones leave between any two tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad

from workbench.backends.cache import make_cache, sees_all
from workbench.backends.decoding import nucleus
from workbench.serve.streams import StopStrings, TextStream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.backends.cache import Layers
    from workbench.backends.guides import Guide
    from workbench.backends.local import LocalBackend
    from workbench.rendering import Renderer


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of an answer; ``finish`` on the last: stop, length, timeout, cancelled or error."""

    text: str
    tokens: int
    finish: str = ""
    fault: str = ""


@dataclass(eq=False, kw_only=True)
class Job:
    """One answer to write. ``told`` is called from the engine's thread; ``deadline`` in monotonic seconds."""

    ids: list[int]
    told: Callable[[Piece], None]
    adapter: str | None = None
    limit: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stops: tuple[str, ...] = ()
    guide: Guide | None = None
    plain: bool = False
    deadline: float = float("inf")
    cancelled: bool = field(default=False, init=False)


class Row:
    """A job while it is written."""

    def __init__(self, job: Job, renderer: Renderer) -> None:
        self.job = job
        self.written = 0
        self.last = 0
        self.done = False
        self._ends = renderer.stops
        self._stream = TextStream(renderer, plain=job.plain)
        self._stops = StopStrings(job.stops)
        self._random = torch.Generator().manual_seed(job.seed)

    def choose(self, logits: torch.Tensor) -> int:
        """Return the next token from logits ``[vocabulary]``."""
        job = self.job
        logits = logits.float().cpu()
        if job.guide is not None:
            logits = logits.masked_fill(~torch.from_numpy(job.guide.allowed()), -torch.inf)
        if job.temperature == 0:
            return int(logits.argmax())
        shares = nucleus((logits / job.temperature).softmax(-1), job.top_p)
        return int(torch.multinomial(shares, 1, generator=self._random))

    def take(self, token: int) -> None:
        """Write a token, and tell what of it is certain."""
        self.written += 1
        self.last = token
        if token in self._ends:
            return self.end("stop")
        if self.job.guide is not None:
            self.job.guide.take(token)
            if self.job.guide.fault:
                return self.end("error", fault=self.job.guide.fault)
        text = self._stops.push(self._stream.push(token))
        if self._stops.met:
            return self.end("stop", text=text)
        if self.written >= self.job.limit:
            return self.end("length", text=text)
        self.job.told(Piece(text=text, tokens=self.written))
        return None

    def end(self, finish: str, *, text: str = "", fault: str = "") -> None:
        """Tell the last piece: what was held back until now is certain."""
        rest = "" if self._stops.met else self._stops.push(self._stream.finish())
        met = self._stops.met
        rest += "" if met else self._stops.finish()
        self.done = True
        reason = "stop" if met and finish == "length" else finish
        self.job.told(Piece(text=text + rest, tokens=self.written, finish=reason, fault=fault))


class Batch:
    """Rows of any adapters that are written together, one token each a step.

    Rows are padded on the left; positions count real tokens only, so a row's logits don't depend on its
    neighbours beyond rounding.
    """

    def __init__(self, backend: LocalBackend) -> None:
        self.rows: list[Row] = []
        self._backend = backend
        self._config = backend.base.model.config
        self._device = backend.base.model.device
        self._joins = sees_all(self._config)
        self._cache: Any = None
        self._mask = torch.zeros((0, 0), dtype=torch.long)

    def takes(self, adapter: str | None) -> bool:
        """Tell whether a row of this adapter may join now."""
        if not self.rows:
            return True
        if not self._joins:
            return False
        present = {row.job.adapter for row in self.rows}
        return present == {adapter} or all(map(self._backend.mixes, {adapter, *present}))

    def join(self, rows: Sequence[Row]) -> None:
        """Read the prompts of new rows, write their first token, and put them beside the others."""
        width = max(len(row.job.ids) for row in rows)
        filler = self._backend.base.renderer.pad
        ids = [[filler] * (width - len(row.job.ids)) + row.job.ids for row in rows]
        mask = torch.tensor([[0] * (width - len(r.job.ids)) + [1] * len(r.job.ids) for r in rows])
        room = width + max(row.job.limit for row in rows)
        cache = make_cache([], rows=len(rows), room=room, config=self._config)
        self._write(list(rows), cache, torch.tensor(ids), mask)
        if self.rows:
            self._merge(cache, mask, rows)
        else:
            self._cache, self._mask = cache, mask
        self.rows += rows
        self.leave()

    def step(self) -> None:
        """Write one more token in every row."""
        self._mask = pad(self._mask, (0, 1), value=1)
        self._write(self.rows, self._cache, torch.tensor([[row.last] for row in self.rows]), self._mask)
        self.leave()

    def leave(self) -> None:
        """Let go of the rows that are done."""
        keep = [place for place, row in enumerate(self.rows) if not row.done]
        if len(keep) == len(self.rows):
            return
        self.rows = [self.rows[place] for place in keep]
        if not keep:
            self.clear()
            return
        chosen = torch.tensor(keep)
        self._mask = self._mask[chosen]
        self._cache.batch_select_indices(chosen.to(self._device))

    def clear(self) -> None:
        """Forget all rows."""
        self.rows, self._cache = [], None
        self._mask = torch.zeros((0, 0), dtype=torch.long)

    def _write(self, rows: list[Row], cache: Any, ids: torch.Tensor, mask: torch.Tensor) -> None:
        """Run the model over ``ids`` (the last columns of ``mask``) and let every row choose a token."""
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        with self._backend.rows([row.job.adapter for row in rows]) as model, torch.inference_mode():
            logits = model(
                input_ids=ids.to(self._device),
                attention_mask=mask.to(self._device),
                position_ids=positions.to(self._device),
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
        for row, scores in zip(rows, logits, strict=True):
            try:
                row.take(row.choose(scores))
            except (RuntimeError, ValueError) as error:  # of this row alone: the others go on
                row.end("error", fault=str(error).splitlines()[0][:200])

    def _merge(self, cache: Any, mask: torch.Tensor, rows: Sequence[Row]) -> None:
        """Lay the new rows' keys and values under those that are there, both ending at the same column."""
        spare = int(self._mask.any(0).int().argmax())
        mine, held = self._mask[:, spare:], _layers(self._cache, spare)
        width = max(mine.shape[1], mask.shape[1])
        self._mask = torch.cat([pad(m, (width - m.shape[1], 0)) for m in (mine, mask)])
        both = [
            (_stacked(old[0], new[0], width), _stacked(old[1], new[1], width))
            for old, new in zip(held, _layers(cache, 0), strict=True)
        ]
        left = max(row.job.limit - row.written for row in (*self.rows, *rows))
        self._cache = make_cache(both, rows=len(self._mask), room=width + left + 1, config=self._config)


def _layers(cache: Any, start: int) -> Layers:
    return [(layer.keys[:, :, start:], layer.values[:, :, start:]) for layer in cache.layers]


def _stacked(old: torch.Tensor, new: torch.Tensor, width: int) -> torch.Tensor:
    return torch.cat([pad(part, (0, 0, width - part.shape[2], 0)) for part in (old, new)])
