"""Trains the small models that weigh sentences and headings of prompts by kind of span.

    python scripts/train_spans.py [--folds 5]

They learn from what was written for this project: ``scripts/span_wording`` (sentences and headings by kind)
and the gold prompts of ``tests/convert/gold`` that may be looked at. Those with ``half: held`` of the second
and later sets are never read. Weights go to ``workbench/convert/weights/spans.npz``; with ``--folds``,
nothing is written, and the accuracy on prompts left out in turn is printed.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "convert")]

from goldspans import gold, unseen  # noqa: E402

from workbench.checks.linear import BUCKETS, buckets_of  # noqa: E402
from workbench.convert import segment_learnt  # noqa: E402
from workbench.convert.measure_spans import compare_spans, span_figures  # noqa: E402
from workbench.convert.segment import _KINDS, segment  # noqa: E402
from workbench.convert.segment_headings import heading_words  # noqa: E402
from workbench.convert.segment_learnt import Learnt, plain  # noqa: E402
from workbench.convert.segment_units import units  # noqa: E402

# A text, its kind, and how much it weighs.
Texts = list[tuple[str, str, float]]
PENALTY = {"sentence": 0.02, "heading": 0.1}
ITERATIONS, SMALLEST, SEEN = 80, 0.02, 2
# A sentence with choices is drawn so often as its longest list of choices is long, times this; its draws
# weigh less the more they are.
_TURNS, _DRAWN = 2, 0.25
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
# A heading teaches a kind where most of what stands under it is of that kind.
_MOSTLY = 0.7


def drawn(line: str) -> list[str]:
    """Draw sentences from one with choices ("(a|b) c"), always the same, so that each choice comes up."""
    choices = [match.group(1).split("|") for match in _CHOICE.finditer(line)]
    if not choices:
        return [line]
    random = np.random.default_rng(zlib.crc32(line.encode()))
    n = max(map(len, choices)) * _TURNS
    picks = [[c[i] for _ in range(-(-n // len(c))) for i in random.permutation(len(c))][:n] for c in choices]
    out = []
    for pick in zip(*picks, strict=True):
        rest = iter(pick)
        out.append(" ".join(_CHOICE.sub(lambda _, rest=rest: next(rest), line).split()))
    return out


def wording() -> tuple[Texts, Texts]:
    """Read sentences and headings of ``span_wording``, each with its kind."""
    sentences: Texts = []
    headings: Texts = []
    for path in sorted((ROOT / "scripts" / "span_wording").glob("*.txt")):
        kind = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                kind = line.strip("[]")
            elif kind and line:
                into = headings if line.startswith("# ") else sentences
                texts = drawn(line.removeprefix("# "))
                into += [(text, kind, len(texts) ** -_DRAWN) for text in texts]
    return sentences, headings


def of_prompts(rows: list[Any]) -> tuple[Texts, Texts]:
    """Cut labelled prompts into sentences and headings with their kinds."""
    sentences: Texts = []
    headings: Texts = []
    for row in rows:
        kinds = [""] * len(row.prompt)
        for span in row.spans:
            kinds[span.start : span.end] = [span.kind] * (span.end - span.start)
        under: dict[str, Counter[str]] = {}
        for unit in units(row.prompt):
            (kind, _), *_ = Counter(kinds[unit.start : unit.end]).most_common()
            if unit.form != "block":
                sentences.append((unit.text(row.prompt), kind, 1.0))
            if unit.path:
                under.setdefault(heading_words(unit.path[-1]), Counter())[kind] += 1
        for name, found in under.items():
            (kind, n), *_ = found.most_common()
            if n >= _MOSTLY * found.total():
                headings.append((name, kind, 1.0))
    return sentences, headings


def train(texts: Texts, penalty: float) -> dict[str, Any]:
    """Fit a softmax regression with an L2 penalty over hashed n-grams; rare kinds weigh more."""
    rows, columns = [], []
    for row, (text, _, _) in enumerate(texts):
        found = buckets_of(plain(text))
        rows.append(np.full(found.size, row))
        columns.append(found)
    row_of, column_of = np.concatenate(rows), np.concatenate(columns)
    sizes = np.bincount(row_of, minlength=len(texts))
    at = np.flatnonzero(np.bincount(column_of, minlength=BUCKETS) >= SEEN)
    kept = np.isin(column_of, at)
    row_of, column_of = row_of[kept], np.searchsorted(at, column_of[kept])
    x = sp.csr_matrix((1 / np.sqrt(sizes[row_of]), (row_of, column_of)), shape=(len(texts), at.size))
    kind_of = np.array([_KINDS.index(kind) for _, kind, _ in texts])
    share_of = np.array([share for *_, share in texts])
    count = np.bincount(kind_of, share_of, minlength=len(_KINDS))
    weight = share_of * np.sqrt(share_of.sum() / (len(_KINDS) * np.maximum(count, 1)))[kind_of]
    wanted = np.eye(len(_KINDS))[kind_of]

    def loss(flat: Any) -> tuple[float, Any]:
        w, b = flat[: -len(_KINDS)].reshape(at.size, -1), flat[-len(_KINDS) :]
        z = x @ w + b
        z -= z.max(1, keepdims=True)
        share = np.exp(z)
        share /= share.sum(1, keepdims=True)
        miss = (share - wanted) * weight[:, None]
        value = -(weight * np.log(share[np.arange(len(texts)), kind_of] + 1e-12)).sum()
        slope = np.concatenate(((x.T @ miss + penalty * w).ravel(), miss.sum(0)))
        return value + penalty / 2 * (w**2).sum(), slope

    start = np.zeros((at.size + 1) * len(_KINDS))
    flat = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x
    w = flat[: -len(_KINDS)].reshape(at.size, -1)
    big = np.abs(w).max(1) >= SMALLEST
    scale = float(np.abs(w).max() / 127)
    return {
        "at": at[big].astype(np.int32),
        "value": np.round(w[big] / scale).astype(np.int8),
        "scale": np.float32(scale),
        "intercept": flat[-len(_KINDS) :].astype(np.float32),
    }


def both(rows: list[Any]) -> dict[str, dict[str, Any]]:
    """Train both models from the wording and the given prompts."""
    out = {}
    for name, mine, theirs in zip(("sentence", "heading"), wording(), of_prompts(rows), strict=True):
        out[name] = train([*mine, *theirs], PENALTY[name])
    return out


def use(models: dict[str, dict[str, Any]]) -> None:
    """Let ``segment`` read with these models."""
    made = {
        name: Learnt(
            kinds=_KINDS,
            at=found["at"].astype(np.int64),
            value=found["value"].astype(np.float32) * found["scale"],
            intercept=found["intercept"],
        )
        for name, found in models.items()
    }
    segment_learnt.learnt_weights.cache_clear()
    segment_learnt.load_learnt = made.__getitem__  # type: ignore[assignment]


def main() -> None:
    """Train and write, or measure by folds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folds", type=int, default=0, help="measure on prompts left out in turn; write nothing"
    )
    folds = parser.parse_args().folds
    rows = [row for row in gold() if not unseen(row)]
    if not folds:
        models = both(rows)
        named = {f"{name}_{key}": value for name, found in models.items() for key, value in found.items()}
        target = ROOT / "workbench/convert/weights/spans.npz"
        np.savez_compressed(target, kinds=np.array(_KINDS), **named)
        print(f"{target}: {target.stat().st_size} bytes")
        return
    totals: dict[str, Counter[tuple[str, str]]] = {}
    for fold in range(folds):
        use(both([row for i, row in enumerate(rows) if i % folds != fold]))
        for row in rows[fold::folds]:
            totals.setdefault(row.set, Counter()).update(
                compare_spans(row.prompt, row.spans, segment(row.prompt))
            )
    for name, total in totals.items():
        found = span_figures(total)
        print(
            f"{name:<8}accuracy {found['accuracy']:.3f}  macro F1 {found['macro_f1']:.3f}  words {found['n']}"
        )


if __name__ == "__main__":
    main()
