"""A key-value cache with room set aside, so that a new token costs no copy of all tokens before it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

if TYPE_CHECKING:
    import torch

Layers = list[tuple["torch.Tensor", "torch.Tensor"]]


def make_cache(prefix: Layers, *, rows: int, room: int, config: Any) -> Any:
    """Return a cache for ``rows`` rows of up to ``room`` tokens, with the prefix in it for every row.

    ``prefix`` is keys and values of one row, ``[1, heads, tokens, width]`` a layer; empty for none. Models
    whose layers see only a window get transformers' own cache, and no prefix.
    """
    if not sees_all(config):
        return DynamicCache(config=config)
    cache = Cache(layer_class_to_replicate=partial(_RoomyLayer, room=room))
    for place, (keys, values) in enumerate(prefix):
        cache.update(keys.expand(rows, -1, -1, -1), values.expand(rows, -1, -1, -1), place)
    return cache


def sees_all(config: Any) -> bool:
    """Tell whether every layer attends to all tokens before it."""
    kinds = getattr(config, "layer_types", None)
    if kinds is None:
        return getattr(config, "sliding_window", None) is None
    return set(kinds) <= {"full_attention"}


class _RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """``keys`` and ``values`` are views of the filled part of larger buffers."""

    def __init__(self, *, room: int) -> None:
        super().__init__()
        self._room = room
        self._buffers: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new states behind those that are there, and return all."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._buffers = [self._empty(key_states), self._empty(value_states)]
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, start:end] = states
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep only the rows at ``indices``."""
        end = self.get_seq_length()
        self._buffers = [buffer[indices] for buffer in self._buffers]
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)

    def _empty(self, states: torch.Tensor) -> torch.Tensor:
        rows, heads, _, width = states.shape
        return states.new_empty((rows, heads, self._room, width))
