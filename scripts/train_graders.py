"""Trains the graders' small linear models from labelled sets whose licences allow it.

    python scripts/train_graders.py --data DIR [--across]

``DIR`` holds the sets as ``docs/graders/README.md`` describes; TRAINED names those that are used
(Apache-2.0 and
MIT). Weights go to ``workbench/checks/weights``. Beside them, ``workbench/graders/cards/held_out.npz``
keeps for
each training row (by hash) the score that a model gave it which had not seen it: five folds, by cluster, or
for summaries a model trained on the other sets alone, which are of other domains. The
measuring command uses those scores for such rows, so that no figure is measured on what was trained on.

``--across`` writes nothing: of each model trained on several sets it prints what it finds on one of them when
trained on the others alone, which is what to choose features by.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
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
from workbench.checks.support import (  # noqa: E402
    claim_features,
    novel_buckets,
    span_buckets,
    span_features,
)
from workbench.graders.cards.heldout import row_hash  # noqa: E402
from workbench.graders.cards.labelled import read_labelled  # noqa: E402

Array = Any
Row = dict[str, Any]
TRAINED = {
    "harm_en": ("openai_moderation",),
    "harm_zh": ("cold_dev", "cold_test"),
    "grounding_en": ("summedits_ectsum", "summedits_sales_email", "summedits_samsum"),
    "grounding_span_zh": ("uhgeval",),
}
FOLDS, SMALLEST = 5, 2e-3


@dataclass(frozen=True, kw_only=True)
class Task:
    """What one model learns from: for each example a hash, a cluster, a label, features, added log-odds.

    Held-out scores come from models without its whole set where ``apart``, else without its fold.
    ``strength`` of data against penalty; ``scale`` of dense features against hashed ones; ``balanced``
    gives both classes the same weight; ``standard`` divides dense features by their spread.
    """

    hashes: list[int]
    clusters: list[str]
    sets: list[str]
    labels: Array
    buckets: list[list[int]]
    dense: Array
    added: list[float]
    strength: float
    scale: float
    balanced: bool
    standard: bool
    apart: bool = False


def harm_task(rows: list[Row], *, strength: float, scale: float) -> Task:
    """Describe the scoring of harm in texts."""
    texts = [row["output"] for row in rows]
    wordings = [read_wording(text) for text in texts]
    return Task(
        hashes=[row_hash("harm", text) for text in texts],
        clusters=texts,
        sets=[row["set"] for row in rows],
        labels=np.array([int(row["label"]) for row in rows]),
        buckets=[buckets_of(text) for text in texts],
        dense=np.array([dense_of(text, wording) for text, wording in zip(texts, wordings, strict=True)]),
        added=[leaning(text, wording) for text, wording in zip(texts, wordings, strict=True)],
        strength=strength,
        scale=scale,
        balanced=False,
        standard=False,
    )


def claims_task(rows: list[Row]) -> Task:
    """Describe the support of English texts of several claims."""
    parts = [(row["output"], row["context"], row.get("question") or "") for row in rows]
    return Task(
        hashes=[row_hash("grounding", context, output) for output, context, _ in parts],
        clusters=[context for _, context, _ in parts],
        sets=[row["set"] for row in rows],
        labels=np.array([int(row["label"]) for row in rows]),
        buckets=[novel_buckets(output, context) for output, context, _ in parts],
        dense=np.array([claim_features(*part) for part in parts]),
        added=[0.0] * len(rows),
        strength=0.3,
        scale=0.5,
        balanced=True,
        standard=True,
        apart=True,
    )


def spans_task(rows: list[Row]) -> Task:
    """Describe the support of spans of Chinese texts."""
    parts = [
        (span, row["context"], label)
        for row in rows
        for span, label in zip(row["spans"], row["label"], strict=True)
    ]
    return Task(
        hashes=[row_hash("span", context, span) for span, context, _ in parts],
        clusters=[context for _, context, _ in parts],
        sets=[row["set"] for row in rows for _ in row["spans"]],
        labels=np.array([int(label) for _, _, label in parts]),
        buckets=[span_buckets(span, context) for span, context, _ in parts],
        dense=np.array([span_features(span, context) for span, context, _ in parts]),
        added=[0.0] * len(parts),
        strength=1.0,
        scale=0.5,
        balanced=True,
        standard=True,
    )


def train(task: Task) -> tuple[dict[str, Array], dict[int, float]]:
    """Return the weights of a model, and the held-out score of each example by its hash."""
    features, centre, spread = features_of(task)
    weights = weights_of(task)
    fold = np.array(task.sets) if task.apart else folds(task.clusters)
    held = np.zeros(len(task.labels))
    for k in sorted(set(fold.tolist())):
        seen = fold != k
        theta = fit(features[seen], task.labels[seen], weights[seen], strength=task.strength)
        held[fold == k] = features[fold == k] @ theta[:-1] + theta[-1]
    theta = fit(features, task.labels, weights, strength=task.strength)
    at = np.flatnonzero(np.abs(theta[:BUCKETS]) > SMALLEST)
    slopes = theta[BUCKETS:-1] * task.scale / spread
    found = {
        "at": at.astype(np.uint32),
        "value": theta[at].astype(np.float16),
        "dense": slopes.astype(np.float32),
        "intercept": np.float32(theta[-1] - slopes @ centre),
    }
    scores = [sigmoid(float(logit) + more) for logit, more in zip(held, task.added, strict=True)]
    return found, dict(zip(task.hashes, scores, strict=True))


def features_of(task: Task) -> tuple[Array, Array, Array]:
    """Return examples × features, and what dense features were centred and divided by."""
    spread = task.dense.std(axis=0) + 1e-9 if task.standard else np.ones(task.dense.shape[1])
    centre = task.dense.mean(axis=0) if task.standard else np.zeros(task.dense.shape[1])
    dense = (task.dense - centre) / spread * task.scale
    return sp.hstack([hashed(task.buckets), sp.csr_matrix(dense)]).tocsr(), centre, spread


def across(name: str, task: Task) -> None:
    """Print what a model finds on each set when trained on the others."""
    features, _, _ = features_of(task)
    sets, weights = np.array(task.sets), weights_of(task)
    for left in sorted(set(task.sets)) if len(set(task.sets)) > 1 else ():
        seen = sets != left
        theta = fit(features[seen], task.labels[seen], weights[seen], strength=task.strength)
        found = features[~seen] @ theta[:-1] + theta[-1] + np.array(task.added)[~seen]
        right = task.labels[~seen] > 0
        balanced = ((found[right] > 0).mean() + (found[~right] <= 0).mean()) / 2
        ordered = (found[right][:, None] > found[~right]).mean()
        print(f"{name} without {left}: balanced accuracy {balanced:.3f}, AUROC {ordered:.3f}")


def weights_of(task: Task) -> Array:
    """Return the weight of each example."""
    if not task.balanced:
        return np.ones(len(task.labels))
    share = task.labels.mean()
    return np.where(task.labels > 0, 0.5 / share, 0.5 / (1 - share))


def fit(features: Array, labels: Array, weights: Array, *, strength: float) -> Array:
    """Fit a logistic regression with an L2 penalty of 1/2 by L-BFGS: weights, then the intercept."""
    signs = np.where(labels > 0, 1.0, -1.0)

    def loss(theta: Array) -> tuple[float, Array]:
        margins = signs * (features @ theta[:-1] + theta[-1])
        slope = -signs * weights / (1 + np.exp(np.clip(margins, -50, 50)))
        value = strength * (weights * np.logaddexp(0, -margins)).sum() + 0.5 * theta[:-1] @ theta[:-1]
        return value, np.append(strength * (features.T @ slope) + theta[:-1], strength * slope.sum())

    start = np.zeros(features.shape[1] + 1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


def folds(clusters: list[str]) -> Array:
    """Return the fold of each row; rows of one cluster share it, and it doesn't depend on their order."""
    return np.array([int(row_hash("fold", cluster) % FOLDS) for cluster in clusters])


def hashed(buckets: list[list[int]]) -> Array:
    """Return examples × buckets, each row scaled by 1/√n of its n-grams."""
    values = np.concatenate([np.full(len(row), 1 / np.sqrt(max(len(row), 1))) for row in buckets])
    ends = np.cumsum([0, *map(len, buckets)])
    at = np.concatenate([np.array(row, int) for row in buckets])
    return sp.csr_matrix((values, at, ends), shape=(len(buckets), BUCKETS))


def main() -> None:
    """Train every model and write weights and held-out scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--across", action="store_true", help="only print figures on sets left out")
    given = parser.parse_args()
    sets = {one.name: one.rows for one in read_labelled(given.data)}
    rows = {name: [row for used in names for row in sets[used]] for name, names in TRAINED.items()}
    tasks = {
        "harm_en": harm_task(rows["harm_en"], strength=4.0, scale=0.5),
        "harm_zh": harm_task(rows["harm_zh"], strength=16.0, scale=0.2),
        "grounding_en": claims_task(rows["grounding_en"]),
        "grounding_span_zh": spans_task(rows["grounding_span_zh"]),
    }
    if given.across:
        for name, task in tasks.items():
            across(name, task)
        return
    scores: dict[int, float] = {}
    for name, task in tasks.items():
        weights, held = train(task)
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
