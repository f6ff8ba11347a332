"""Decodes one batch token by token, on top of a prefix that was encoded once for all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from workbench.backends.cache import Layers, make_cache
from workbench.records import Completion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.backends.guides import Guide, Guides
    from workbench.ports import Sampling
    from workbench.rendering import Renderer

# Rows that have ended are taken out of the batch when they are a quarter of it: taking out copies the cache.
_SPARE = 0.75


class Decoder:
    """Greedy or sampled decoding of left-padded batches.

    Padding stands between the shared prefix and a row's own tokens; it is masked, and positions count real
    tokens only, so that a row's logits don't depend on the rows beside it.
    """

    def __init__(
        self, model: Any, renderer: Renderer, *, sampling: Sampling, context: int, guides: Guides
    ) -> None:
        self._model = model
        self._renderer = renderer
        self._sampling = sampling
        self._context = context
        self._guides = guides

    def encode(self, prefix: list[int]) -> Layers:
        """Return keys and values of the prefix, one pair a layer, each ``[1, heads, tokens, width]``."""
        if not prefix:
            return []
        cache = make_cache([], rows=1, room=len(prefix), config=self._model.config)
        self._model(
            input_ids=torch.tensor([prefix], device=self._model.device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return [(layer.keys, layer.values) for layer in cache.layers]

    def __call__(
        self, rows: Sequence[list[int]], prefix: Layers, *, seeds: Sequence[int]
    ) -> list[Completion]:
        """Complete every row; ``rows`` are whole prompts, the prefix included."""
        limits = [min(self._sampling.max_new_tokens, self._context - len(row)) for row in rows]
        guides = self._bindings(len(rows))
        state = _State(self._model, rows, prefix, pad=self._renderer.pad, new=max(limits))
        streams = self._streams(seeds)
        written: list[list[int]] = [[] for _ in rows]
        numbers, unfinished = list(range(len(rows))), set(range(len(rows)))
        while unfinished:
            logits = _bound(state.logits(), {p: guides[n] for p, n in enumerate(numbers) if n in unfinished})
            tokens = self._choose(logits, [streams[n] for n in numbers] if streams else [])
            for number, token in zip(numbers, tokens.tolist(), strict=True):
                if number in unfinished:
                    written[number].append(token)
                    full = len(written[number]) >= limits[number]
                    if self._ended(token, guides[number]) or full:
                        unfinished.discard(number)
            keep = [place for place, number in enumerate(numbers) if number in unfinished]
            if len(keep) > _SPARE * len(numbers):
                keep = list(range(len(numbers)))
            numbers = [numbers[place] for place in keep]
            state.advance(tokens, keep, last=self._context - 1)
        return [self._completion(row, ids) for row, ids in zip(rows, written, strict=True)]

    def _bindings(self, rows: int) -> list[Guide | None]:
        """Return what binds each row to the schema; nothing where there is none."""
        schema = self._sampling.schema
        if schema is None:
            return [None] * rows
        return [self._guides.start(schema, place="the schema of an answer") for _ in range(rows)]

    def _ended(self, token: int, guide: Guide | None) -> bool:
        """Take a row's next token, and tell whether it was the last that can be written."""
        if token in self._renderer.stops:
            return True
        if guide is None:
            return False
        guide.take(token)
        return bool(guide.fault)

    def _completion(self, row: list[int], ids: list[int]) -> Completion:
        return Completion(
            text=self._renderer.text(ids),
            prompt_tokens=len(row),
            completion_tokens=len(ids),
            finish="stop" if ids and ids[-1] in self._renderer.stops else "length",
        )

    def _streams(self, seeds: Sequence[int]) -> list[torch.Generator]:
        if self._sampling.temperature == 0:
            return []
        return [torch.Generator().manual_seed(seed) for seed in seeds]

    def _choose(self, logits: torch.Tensor, streams: list[torch.Generator]) -> torch.Tensor:
        if not streams:
            return logits.argmax(-1)
        shares = (logits.float() / self._sampling.temperature).softmax(-1).cpu()
        shares = nucleus(shares, self._sampling.top_p)
        drawn = [torch.multinomial(row, 1, generator=s) for row, s in zip(shares, streams, strict=True)]
        return torch.cat(drawn).to(logits.device)


class _State:
    """The cache, mask and positions of the rows in the batch."""

    def __init__(self, model: Any, rows: Sequence[list[int]], prefix: Layers, *, pad: int, new: int) -> None:
        shared = prefix[0][0].shape[2] if prefix else 0
        own = [row[shared:] for row in rows]
        width = max(map(len, own))
        mask = [[1] * shared + [0] * (width - len(row)) + [1] * len(row) for row in own]
        self._model = model
        self._ids = torch.tensor([[pad] * (width - len(row)) + row for row in own], device=model.device)
        self._mask = torch.tensor(mask, device=model.device)
        self._positions = (self._mask.cumsum(-1) - 1).clamp(min=0)[:, shared:]
        self._cache = make_cache(prefix, rows=len(rows), room=shared + width + new, config=model.config)

    def logits(self) -> torch.Tensor:
        """Return the logits of the next token, ``[rows, vocabulary]``."""
        logits: torch.Tensor = self._model(
            input_ids=self._ids,
            attention_mask=self._mask,
            position_ids=self._positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        return logits[:, -1]

    def advance(self, tokens: torch.Tensor, keep: list[int], *, last: int) -> None:
        """Take the written tokens in, and let go of rows that aren't in ``keep``.

        Rows that have ended but stay write on unread; ``last`` is the position they never pass.
        """
        self._positions = (self._positions[:, -1:] + 1).clamp(max=last)
        self._ids = tokens[:, None]
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        if len(keep) < len(tokens):
            chosen = torch.tensor(keep, device=tokens.device, dtype=torch.long)
            self._ids, self._mask = self._ids[chosen], self._mask[chosen]
            self._positions = self._positions[chosen]
            self._cache.batch_select_indices(chosen)


def _bound(logits: torch.Tensor, guides: Mapping[int, Guide | None]) -> torch.Tensor:
    """Leave of each guided row's logits only the tokens that go on with an answer that fits its schema."""
    bound = logits
    for row, guide in guides.items():
        if guide is not None:
            bound = logits.clone() if bound is logits else bound
            allowed = torch.from_numpy(guide.allowed()).to(logits.device)
            bound[row] = logits[row].masked_fill(~allowed, -torch.inf)
    return bound


def nucleus(shares: torch.Tensor, top_p: float) -> torch.Tensor:
    """Keep the likeliest tokens up to a share of ``top_p`` (Holtzman et al. 2020), always at least one."""
    if top_p >= 1:
        return shares
    ordered, places = shares.sort(-1, descending=True)
    ordered[(ordered.cumsum(-1) - ordered) >= top_p] = 0
    return torch.zeros_like(shares).scatter(-1, places, ordered)
