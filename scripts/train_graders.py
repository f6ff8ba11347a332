"""Trains the graders' small linear models from labelled sets whose licences allow it.

    python scripts/train_graders.py --data DIR

``DIR`` holds the sets as ``docs/graders/README.md`` describes; TRAINED names those that are used
(Apache-2.0 and
MIT). Weights go to ``workbench/checks/weights``. Beside them, ``workbench/graders/cards/held_out.npz``
keeps for
each training row (by hash) the score that a model gave it which had not seen it: five folds, by cluster. The
measuring command uses those scores for such rows, so that no figure is measured on what was trained on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workbench.checks.harmtext import dense_of, leaning  # noqa: E402
from workbench.checks.hostility import read_wording  # noqa: E402
from workbench.checks.linear import BUCKETS, buckets_of, sigmoid  # noqa: E402
from workbench.graders.cards.heldout import row_hash  # noqa: E402
from workbench.graders.cards.labelled import read_labelled  # noqa: E402

TRAINED = {"harm_en": ("openai_moderation",), "harm_zh": ("cold_dev", "cold_test")}
# Strength of the data against the penalty, and the scale of dense features against hashed ones.
HARM = {"harm_en": (4.0, 0.5), "harm_zh": (16.0, 0.2)}
FOLDS, SMALLEST = 5, 2e-3
Array = Any


def fit(features: Array, labels: Array, *, strength: float) -> Array:
    """Fit a logistic regression with an L2 penalty of 1/2 by L-BFGS: weights, then the intercept."""
    signs = np.where(labels > 0, 1.0, -1.0)

    def loss(theta: Array) -> tuple[float, Array]:
        margins = signs * (features @ theta[:-1] + theta[-1])
        slope = -signs / (1 + np.exp(np.clip(margins, -50, 50)))
        value = strength * np.logaddexp(0, -margins).sum() + 0.5 * theta[:-1] @ theta[:-1]
        return value, np.append(strength * (features.T @ slope) + theta[:-1], strength * slope.sum())

    start = np.zeros(features.shape[1] + 1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


def folds(clusters: list[str]) -> Array:
    """Return the fold of each row; rows of one cluster share it, and it doesn't depend on their order."""
    return np.array([int(row_hash("fold", cluster) % FOLDS) for cluster in clusters])


def hashed(texts: list[str]) -> Array:
    """Return texts × buckets, each row scaled by 1/√n of its n-grams."""
    rows = [buckets_of(text) for text in texts]
    values = np.concatenate([np.full(len(row), 1 / np.sqrt(max(len(row), 1))) for row in rows])
    ends = np.cumsum([0, *map(len, rows)])
    return sp.csr_matrix((values, np.concatenate(rows), ends), shape=(len(texts), BUCKETS))


def out_of_fold(features: Array, labels: Array, fold: Array, *, strength: float) -> Array:
    """Return for each row the log-odds by the model that was trained without its fold."""
    out = np.zeros(len(labels))
    for k in range(FOLDS):
        theta = fit(features[fold != k], labels[fold != k], strength=strength)
        out[fold == k] = features[fold == k] @ theta[:-1] + theta[-1]
    return out


def train_harm(name: str, rows: list[dict[str, Any]]) -> tuple[dict[str, Array], dict[int, float]]:
    """Return the weights of one harm model, and the held-out score of each row by its hash."""
    strength, scale = HARM[name]
    texts = [row["output"] for row in rows]
    labels = np.array([int(row["label"]) for row in rows])
    wordings = [read_wording(text) for text in texts]
    dense = np.array([dense_of(text, wording) for text, wording in zip(texts, wordings, strict=True)])
    features = sp.hstack([hashed(texts), sp.csr_matrix(dense * scale)]).tocsr()
    held = out_of_fold(features, labels, folds(texts), strength=strength)
    theta = fit(features, labels, strength=strength)
    at = np.flatnonzero(np.abs(theta[:BUCKETS]) > SMALLEST)
    weights = {
        "at": at.astype(np.uint32),
        "value": theta[at].astype(np.float16),
        "dense": (theta[BUCKETS:-1] * scale).astype(np.float32),
        "intercept": np.float32(theta[-1]),
    }
    scores = {
        row_hash("harm", text): sigmoid(float(logit) + leaning(text, wording))
        for text, logit, wording in zip(texts, held, wordings, strict=True)
    }
    return weights, scores


def main() -> None:
    """Train every model and write weights and held-out scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled sets")
    sets = {one.name: one.rows for one in read_labelled(parser.parse_args().data)}
    scores: dict[int, float] = {}
    for name in HARM:
        weights, held = train_harm(name, [row for used in TRAINED[name] for row in sets[used]])
        save(ROOT / "workbench/checks/weights" / f"{name}.npz", weights)
        scores |= held
    keys = np.array(sorted(scores), np.uint64)
    values = np.array([scores[int(key)] for key in keys], np.float16)
    save(ROOT / "workbench/graders/cards/held_out.npz", {"key": keys, "score": values})


def save(path: Path, arrays: dict[str, Array]) -> None:
    """Write compressed arrays and say how large the file is."""
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **arrays)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
