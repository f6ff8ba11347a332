"""A Llama forward pass that runs a shared prefix once, because rows of one group share one long prompt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812 (the name every torch reader expects)
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of the network; the defaults are those of the committed weights (1.6 M parameters)."""

    vocab: int = 2048
    width: int = 160
    layers: int = 4
    heads: int = 5
    inner: int = 432
    positions: int = 1024
    theta: float = 10_000.0
    eps: float = 1e-5
    spread: float = 0.02


@dataclass(frozen=True, kw_only=True)
class Block:
    """Token ids of one group: a prefix `[p]`, maybe empty, and what follows it.

    `shelves` hold the rows, right-padded to `[rows, s]`; rows of like length share one, to pad little.
    """

    prefix: Tensor
    shelves: tuple[Tensor, ...]

    @property
    def tokens(self) -> int:
        """Count the positions the network computes for this block."""
        return int(self.prefix.numel() + sum(shelf.numel() for shelf in self.shelves))

    def ids(self) -> Tensor:
        """Flatten prefix and suffixes to `[tokens]`."""
        return torch.cat((self.prefix, *(shelf.reshape(-1) for shelf in self.shelves)))

    def positions(self) -> Tensor:
        """Give every flattened token its position: suffixes all start where the prefix ends."""
        p = self.prefix.numel()
        places = [torch.arange(p, p + shelf.shape[1]).repeat(shelf.shape[0]) for shelf in self.shelves]
        return torch.cat((torch.arange(p), *places))


def unit(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Scale `[..., width]` to unit mean square, then by `weight`."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def swish(gate: Tensor, up: Tensor) -> Tensor:
    """Multiply `up` by the swish of `gate`."""
    return F.silu(gate) * up


class Norm(nn.Module):  # type: ignore[misc]
    """Root-mean-square norm, computed in fp32 as Llama does."""

    def __init__(self, width: int, *, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Scale `[..., width]` to unit mean square."""
        return unit(x, self.weight, self.eps)


class Attention(nn.Module):  # type: ignore[misc]
    """Causal attention of each suffix over the shared prefix and itself."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.size = shape.width // shape.heads
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, name, nn.Linear(shape.width, shape.width, bias=False))

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], blocks: Sequence[Block]) -> Tensor:
        """Map flat tokens `[n, width]` to `[n, width]`; `turn` holds cosine and sine `[n, 1, size]`."""
        weight = torch.cat((self.q_proj.weight, self.k_proj.weight, self.v_proj.weight))
        qkv = F.linear(x, weight).view(x.shape[0], 3, self.heads, self.size)
        qk, v = qkv.split((2, 1), dim=1)
        q, k = rotate(qk, turn).unbind(1)
        v = v.squeeze(1)
        outs: list[Tensor] = []
        sizes = [block.tokens for block in blocks]
        for block, bq, bk, bv in zip(blocks, q.split(sizes), k.split(sizes), v.split(sizes), strict=True):
            outs += attend(bq, bk, bv, block)
        return self.o_proj(torch.cat(outs).flatten(1))


def rotate(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Turn the halves of `[n, 2, heads, size]` by their position (RoPE, as in transformers)."""
    cos, sin = turn
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1).to(x.dtype)


def attend(q: Tensor, k: Tensor, v: Tensor, block: Block) -> list[Tensor]:
    """Attend within one block; inputs `[tokens, heads, size]`, outputs the same in pieces."""
    p = block.prefix.numel()
    sizes = [p, *(shelf.numel() for shelf in block.shelves)]
    (qp, *qs), (kp, *ks), (vp, *vs) = ((t.split(sizes)) for t in (q * q.shape[-1] ** -0.5, k, v))
    outs: list[Tensor] = []
    if p:
        score = qp.transpose(0, 1) @ kp.permute(1, 2, 0) + causal(p, q.dtype)
        outs.append((score.softmax(-1, dtype=q.dtype) @ vp.transpose(0, 1)).transpose(0, 1))
    for shelf, *own in zip(block.shelves, qs, ks, vs, strict=True):
        rows = [t.view(*shelf.shape, *t.shape[1:]).permute(2, 0, 1, 3) for t in own]
        out = beside(rows[0], rows[1], rows[2], kp, vp)
        outs.append(out.permute(1, 2, 0, 3).reshape(shelf.numel(), *q.shape[1:]))
    return outs


def beside(q: Tensor, k: Tensor, v: Tensor, kp: Tensor, vp: Tensor) -> Tensor:
    """Attend from rows `[heads, rows, s, size]` to the prefix `[p, heads, size]` and to themselves."""
    heads, rows, s, size = q.shape
    p = kp.shape[0]
    near = q @ k.transpose(-1, -2) + causal(s, q.dtype)
    if not p:
        return near.softmax(-1, dtype=q.dtype) @ v
    far = (q.reshape(heads, rows * s, size) @ kp.permute(1, 2, 0)).view(heads, rows, s, p)
    far, near = torch.cat((far, near), -1).softmax(-1, dtype=q.dtype).split((p, s), -1)
    seen = (far.reshape(heads, rows * s, p) @ vp.transpose(0, 1)).view(heads, rows, s, size)
    return seen + near @ v


def causal(n: int, dtype: torch.dtype) -> Tensor:
    """Give what to add to scores `[n, n]` so that no token sees a later one."""
    return torch.full((n, n), -1e4, dtype=dtype).triu(1)


class Gate(nn.Module):  # type: ignore[misc]
    """SwiGLU feed-forward."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.inner, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.inner, bias=False)
        self.down_proj = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map `[n, width]` to `[n, width]`."""
        gate, up = self.gate_proj(x), self.up_proj(x)
        return self.down_proj(swish(gate, up))


class Layer(nn.Module):  # type: ignore[misc]
    """One transformer layer, pre-norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.input_layernorm = Norm(shape.width, eps=shape.eps)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape.width, eps=shape.eps)
        self.mlp = Gate(shape)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], blocks: Sequence[Block]) -> Tensor:
        """Map flat tokens `[n, width]` to `[n, width]`."""
        x = x + self.self_attn(self.input_layernorm(x), turn, blocks)
        return x + self.mlp(self.post_attention_layernorm(x))


class Trunk(nn.Module):  # type: ignore[misc]
    """Embedding, layers and final norm; named `model` in a Llama checkpoint."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocab, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, eps=shape.eps)


class Network(nn.Module):  # type: ignore[misc]
    """Llama with tied embeddings, whose state dict is that of `LlamaForCausalLM` less `lm_head`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.model = Trunk(shape)
        size = shape.width // shape.heads
        angle = torch.outer(torch.arange(shape.positions), shape.theta ** (-torch.arange(0, size, 2) / size))
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if name.endswith(("proj.weight", "tokens.weight")):
                scale = (
                    1 / math.sqrt(2 * shape.layers)
                    if name.endswith(("o_proj.weight", "down_proj.weight"))
                    else 1
                )
                nn.init.normal_(weight, std=shape.spread * scale)

    def forward(self, blocks: Sequence[Block], at: Tensor | None = None) -> Tensor:
        """Give logits `[n, vocab]` for the flattened blocks, or only for the flat indices `at`."""
        place = torch.cat([block.positions() for block in blocks])
        turn = (self.cos[place][:, None, None], self.sin[place][:, None, None])
        x = self.model.embed_tokens(torch.cat([block.ids() for block in blocks]))
        for layer in self.model.layers:
            x = layer(x, turn, blocks)
        if at is not None:
            x = x[at]
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)
