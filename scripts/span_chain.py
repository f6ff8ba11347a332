"""Fits the linear chain that tells kinds of span: a conditional random field (Lafferty et al. 2001)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from workbench.checks.linear import BUCKETS
from workbench.contracts import SpanKind
from workbench.convert.segment_learnt import Learnt, columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.convert.segment_features import Features

KINDS: tuple[SpanKind, ...] = get_args(SpanKind)
PLACE = {kind: i for i, kind in enumerate(KINDS)}
# How strongly weights are held: those of n-grams at zero, the others at what is set by hand below.
GRAM_PENALTY, NAMED_PENALTY, CHAIN_PENALTY = 1.0, 10.0, 10.0
ITERATIONS, SEEN, SMALLEST = 80, 2, 0.025
# What a cue, a heading or a form says where the prompts say nothing else.
_OF_KIND = {
    "cue": 2.4, "above": 1.4, "title": 1.4, "heading": 2.4, "outer": 1.2, "label": 3.4,
}  # fmt: skip
_OF_SLOT = {"slot": 4.8, "sentence slot": 0.9}
_OF_FORM: dict[str, tuple[SpanKind, float]] = {
    "turn": ("example", 3.6), "in sample": ("example", 4.8), "in outer sample": ("example", 1.8),
    "leaves sample": ("example", -4.8), "shown slot": ("format", 4.8), "is block": ("format", 1.8),
    "tables": ("fact", 3.6), "first text": ("role", 1.2), "always": ("procedure", 0.5),
}  # fmt: skip
_OF_BOND = {"line": 1.1, "block": 0.8, "section": 0.6}
_COLON_BOND = 0.9


@dataclass(kw_only=True)
class Chain:
    """Units that follow each other, their kinds (places in ``KINDS``), and how much they weigh."""

    units: Sequence[Features]
    kinds: list[int]
    weight: float


class _Problem:
    """The chains as matrices: all units below each other, longest chain first."""

    def __init__(self, chains: list[Chain]) -> None:
        chains = sorted(chains, key=lambda chain: -len(chain.units))
        units = [unit for chain in chains for unit in chain.units]
        self.names = sorted({name for unit in units for name in unit.named})
        self.bonds = sorted({unit.bond for unit in units})
        self.at, self.x = self._matrix(units)
        self.kind = np.array([kind for chain in chains for kind in chain.kinds])
        self.lengths = np.array([len(chain.units) for chain in chains])
        self.starts = np.concatenate(([0], np.cumsum(self.lengths)[:-1]))
        self.share = np.array([chain.weight for chain in chains])
        self.weight = np.repeat(self.share, self.lengths)
        bond_of = {bond: i for i, bond in enumerate(self.bonds)}
        self.bond = np.array([bond_of[unit.bond] for unit in units])
        self.later = np.setdiff1d(np.arange(len(units)), self.starts)

    def _matrix(self, units: list[Features]) -> tuple[Any, Any]:
        found = [columns_of(unit) for unit in units]
        rows = np.repeat(np.arange(len(units)), [columns.size for columns, _ in found])
        columns, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
        at = np.flatnonzero(np.bincount(columns, minlength=2 * BUCKETS) >= SEEN)
        kept = np.isin(columns, at)
        shape = (len(units), at.size)
        grams = sp.csr_matrix((values[kept], (rows[kept], np.searchsorted(at, columns[kept]))), shape=shape)
        place = {name: i for i, name in enumerate(self.names)}
        named = [
            (i, place[name], value) for i, unit in enumerate(units) for name, value in unit.named.items()
        ]
        i, j, value = zip(*named, strict=True)
        return at, sp.hstack([grams, sp.csr_matrix((value, (i, j)), shape=(len(units), len(place)))]).tocsr()


def fit(chains: list[Chain]) -> Learnt:
    """Fit the weights by maximum likelihood with an L2 penalty around what is set by hand."""
    problem = _Problem(chains)
    held, penalty = _held(problem)
    sides = problem.x.T.tocsr()

    def loss(flat: Any) -> tuple[float, Any]:
        value, slope = _loss(problem, sides, flat)
        off = flat - held
        return value + float(penalty @ off**2) / 2, slope + penalty * off

    flat = minimize(loss, held, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x
    w, follows, stays = _parts(problem, flat)
    n = problem.at.size
    return Learnt(
        kinds=KINDS,
        at=problem.at,
        value=w[:n],
        named=dict(zip(problem.names, w[n:], strict=True)),
        follows=follows,
        stays=dict(zip(problem.bonds, stays, strict=True)),
    )


def packed(model: Learnt) -> dict[str, Any]:
    """Return the arrays of ``spans.npz``: n-grams in 8 bits, those that weigh next to nothing left out."""
    big = np.abs(model.value).max(axis=1) >= SMALLEST
    scale = float(np.abs(model.value).max() / 127)
    return {
        "kinds": np.array(model.kinds),
        "at": model.at[big].astype(np.int32),
        "value": np.round(model.value[big] / scale).astype(np.int8),
        "scale": np.float32(scale),
        "names": np.array(list(model.named)),
        "named": np.array(list(model.named.values()), np.float32),
        "follows": model.follows.astype(np.float32),
        "bonds": np.array(list(model.stays)),
        "stays": np.array(list(model.stays.values()), np.float32),
    }


def _held(problem: _Problem) -> tuple[Any, Any]:
    """Return what each weight is held at, and how strongly."""
    k, n = len(KINDS), problem.at.size
    w = np.zeros((n + len(problem.names), k))
    for i, name in enumerate(problem.names, start=n):
        first, _, rest = name.partition(" ")
        if first in _OF_KIND and rest in PLACE:
            w[i, PLACE[rest]] = _OF_KIND[first]
        elif first in PLACE and rest in _OF_SLOT:
            w[i, PLACE[first]] = _OF_SLOT[rest] * (1.5 if first == "fact" else 1)
        elif name in _OF_FORM:
            kind, weight = _OF_FORM[name]
            w[i, PLACE[kind]] = weight
    stays = np.zeros((len(problem.bonds), k))
    for i, bond in enumerate(problem.bonds):
        stays[i] = _OF_BOND.get(bond.split()[0], 0.0) + _COLON_BOND * bond.endswith("colon")
    penalty = np.full(w.shape, NAMED_PENALTY)
    penalty[:n] = GRAM_PENALTY
    chain = np.full(k * k + stays.size, CHAIN_PENALTY)
    held = np.concatenate((w.ravel(), np.zeros(k * k), stays.ravel()))
    return held, np.concatenate((penalty.ravel(), chain))


def _parts(problem: _Problem, flat: Any) -> tuple[Any, Any, Any]:
    k = len(KINDS)
    n = problem.x.shape[1] * k
    return flat[:n].reshape(-1, k), flat[n : n + k * k].reshape(k, k), flat[n + k * k :].reshape(-1, k)


def _loss(problem: _Problem, sides: Any, flat: Any) -> tuple[float, Any]:
    """Return the negative log-likelihood and its slope (forward–backward, all chains at once)."""
    w, follows, stays = _parts(problem, flat)
    unit = problem.x @ w
    step = follows + np.eye(len(KINDS)) * stays[:, np.newaxis, :]
    forward = _forward(problem, unit, step)
    expected, pairs, held, whole = _backward(problem, unit, step, forward)
    rows, later = np.arange(problem.kind.size), problem.later
    value = problem.share @ whole - problem.weight @ unit[rows, problem.kind]
    expected[rows, problem.kind] -= problem.weight
    first, second = problem.kind[later - 1], problem.kind[later]
    value -= problem.weight[later] @ step[problem.bond[later], first, second]
    np.add.at(pairs, (first, second), -problem.weight[later])
    same = later[first == second]
    np.add.at(held, (problem.bond[same], problem.kind[same]), -problem.weight[same])
    return float(value), np.concatenate(((sides @ expected).ravel(), pairs.ravel(), held.ravel()))


def _sum(z: Any, axis: int) -> Any:
    most = z.max(axis=axis, keepdims=True)
    return np.squeeze(most, axis) + np.log(np.exp(z - most).sum(axis=axis))


def _forward(problem: _Problem, unit: Any, step: Any) -> list[Any]:
    out = [unit[problem.starts]]
    for t in range(1, problem.lengths.max()):
        rows = problem.starts[problem.lengths > t] + t
        out.append(_sum(out[-1][: rows.size, :, np.newaxis] + step[problem.bond[rows]], 1) + unit[rows])
    return out


def _backward(problem: _Problem, unit: Any, step: Any, forward: list[Any]) -> tuple[Any, Any, Any, Any]:
    """Return the expected kinds, pairs of kinds and stays, and the log-partition of each chain."""
    k = len(KINDS)
    expected, pairs, held = np.zeros_like(unit), np.zeros((k, k)), np.zeros((len(problem.bonds), k))
    whole = np.empty(problem.starts.size)
    ahead = np.empty((0, k))
    for t in range(len(forward) - 1, -1, -1):
        n, on = forward[t].shape[0], ahead.shape[0]
        whole[on:n] = _sum(forward[t][on:], 1)
        back = np.zeros((n, k))
        rows = problem.starts[:on] + t + 1
        link = step[problem.bond[rows]] + (unit[rows] + ahead)[:, np.newaxis, :]
        back[:on] = _sum(link, 2)
        both = np.exp(forward[t][:on, :, np.newaxis] + link - whole[:on, np.newaxis, np.newaxis])
        both *= problem.share[:on, np.newaxis, np.newaxis]
        pairs += both.sum(0)
        np.add.at(held, problem.bond[rows], np.einsum("nkk->nk", both))
        chance = np.exp(forward[t] + back - whole[:n, np.newaxis])
        expected[problem.starts[:n] + t] = chance * problem.share[:n, np.newaxis]
        ahead = back
    return expected, pairs, held, whole
