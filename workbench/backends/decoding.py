"""Decodes one batch token by token, on top of a prefix that was encoded once for all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import DynamicCache

from workbench.records import Completion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.ports import Sampling
    from workbench.rendering import Renderer

Layers = list[tuple[torch.Tensor, torch.Tensor]]


class Decoder:
    """Greedy or sampled decoding of left-padded batches.

    Padding stands between the shared prefix and a row's own tokens; it is masked, and positions count real
    tokens only, so that a row's logits don't depend on the rows beside it.
    """

    def __init__(self, model: Any, renderer: Renderer, *, sampling: Sampling, context: int) -> None:
        self._model = model
        self._renderer = renderer
        self._sampling = sampling
        self._context = context
        self._stops = torch.tensor(sorted(renderer.stops), device=model.device)

    def encode(self, prefix: list[int]) -> Layers:
        """Return keys and values of the prefix, one pair a layer, each ``[1, heads, tokens, width]``."""
        if not prefix:
            return []
        cache = DynamicCache()
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
        state = _State(rows, prefix, pad=self._renderer.pad, model=self._model)
        limits = [min(self._sampling.max_new_tokens, self._context - len(row)) for row in rows]
        streams = self._streams(seeds)
        written: list[list[int]] = [[] for _ in rows]
        active = list(range(len(rows)))
        for _ in range(max(limits)):
            logits = state.forward(self._model)
            tokens = self._choose(logits, [streams[n] for n in active] if streams else [])
            stopped = torch.isin(tokens, self._stops).tolist()
            for place, (number, token) in enumerate(zip(active, tokens.tolist(), strict=True)):
                written[number].append(token)
                stopped[place] = stopped[place] or len(written[number]) >= limits[number]
            keep = [place for place, over in enumerate(stopped) if not over]
            if not keep:
                break
            state.advance(tokens, keep)
            active = [active[place] for place in keep]
        return [self._completion(row, ids) for row, ids in zip(rows, written, strict=True)]

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
        shares = _nucleus(shares, self._sampling.top_p)
        drawn = [torch.multinomial(row, 1, generator=s) for row, s in zip(shares, streams, strict=True)]
        return torch.cat(drawn).to(logits.device)


class _State:
    """The cache, mask and positions of the rows that still write."""

    def __init__(self, rows: Sequence[list[int]], prefix: Layers, *, pad: int, model: Any) -> None:
        device = model.device
        shared = prefix[0][0].shape[2] if prefix else 0
        own = [row[shared:] for row in rows]
        width = max(map(len, own))
        self._ids = torch.tensor([[pad] * (width - len(row)) + row for row in own], device=device)
        mask = [[1] * shared + [0] * (width - len(row)) + [1] * len(row) for row in own]
        self._mask = torch.tensor(mask, device=device)
        self._positions = (self._mask.cumsum(-1) - 1).clamp(min=0)[:, shared:]
        copies = [(k.expand(len(rows), -1, -1, -1), v.expand(len(rows), -1, -1, -1)) for k, v in prefix]
        self._cache = DynamicCache(copies) if copies else DynamicCache(config=model.config)

    def forward(self, model: Any) -> torch.Tensor:
        """Return the logits of the next token, ``[rows, vocabulary]``."""
        logits: torch.Tensor = model(
            input_ids=self._ids,
            attention_mask=self._mask,
            position_ids=self._positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        return logits[:, -1]

    def advance(self, tokens: torch.Tensor, keep: list[int]) -> None:
        """Take the written tokens in, and let go of rows that have ended."""
        self._positions = self._positions[:, -1:] + 1
        self._ids = tokens[:, None]
        self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        if len(keep) < len(tokens):
            chosen = torch.tensor(keep, device=tokens.device)
            self._ids, self._mask = self._ids[chosen], self._mask[chosen]
            self._positions = self._positions[chosen]
            self._cache.batch_select_indices(chosen)


def _nucleus(shares: torch.Tensor, top_p: float) -> torch.Tensor:
    """Keep the likeliest tokens up to a share of ``top_p`` (Holtzman et al. 2020), always at least one."""
    if top_p >= 1:
        return shares
    ordered, places = shares.sort(-1, descending=True)
    ordered[(ordered.cumsum(-1) - ordered) >= top_p] = 0
    return torch.zeros_like(shares).scatter(-1, places, ordered)
