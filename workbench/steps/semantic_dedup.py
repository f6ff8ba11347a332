"""Drops pairs that say the same in other words: embeddings propose, a second signal has to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
import polars as pl
from msgspec import Meta

from workbench.errors import MissingExtraError
from workbench.io.frames import ledger_frame
from workbench.records import Split
from workbench.similarity import guards, measure, settle, shingle
from workbench.spec import Spec
from workbench.steps.texts import KeeperName, answered, asked, best_first, groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.similarity import Shingled

Share = Annotated[float, Meta(gt=0, le=1)]


class SemanticDedup(Spec, frozen=True, kw_only=True):
    """Drop pairs whose embeddings are near *and* whose words agree; off unless a recipe names it.

    ``model`` is a folder or hub id that sentence-transformers loads. Question and answer together are
    embedded; the ``neighbours`` nearest pairs of the same task and template with a cosine of at least
    ``similarity`` are proposed (exact search). A pair goes only where, in every slot and the answer, the
    Jaccard of single words (characters of scripts without spaces) reaches ``overlap`` and the numbers are the
    same. Extra ``semantic``.
    """

    model: str
    similarity: Share = 0.92
    overlap: Share = 0.4
    neighbours: Annotated[int, Meta(ge=2)] = 16
    keeper: tuple[KeeperName, ...] = ("oldest",)

    def __call__(self, frame: pl.DataFrame) -> Split:
        """Partition pairs (``PAIR_SCHEMA``).

        Raises:
            MissingExtraError: sentence-transformers or usearch isn't installed.
        """
        ranked = best_first(frame, keeper=self.keeper)
        inputs, answer = asked(ranked), answered(ranked)
        shingled = shingle([*inputs, answer], ngram=1, char_ngram=1)
        texts = pl.DataFrame({**{f"s{n}": c for n, c in enumerate(inputs)}, "answer": answer}).fill_null("")
        joined = texts.select(pl.concat_str(pl.all(), separator="\n")).to_series()
        hub, row, cosine = near_pairs(
            embed(joined.to_list(), model=self.model), neighbours=self.neighbours, least=self.similarity
        )
        agreed = self._agreed(shingled, groups(ranked), hub, row)
        hub, row, cosine = hub[agreed], row[agreed], cosine[agreed]
        by_pair = {(int(a), int(b)): float(c) for a, b, c in zip(hub, row, cosine, strict=True)}

        def stars(alive: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            living = alive[hub] & alive[row]
            return hub[living], row[living]

        kept_of = settle(stars, among=np.ones(ranked.height, np.bool_))
        return self._split(frame, ranked, shingled, kept_of, by_pair)

    def _agreed(
        self, shingled: Shingled, group: NDArray[np.uint64], a: NDArray[np.int64], b: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Ask the second signal about proposed pairs."""
        guard = guards(shingled, compared=shingled.fields, group=group)
        least: NDArray[np.float64] = measure(shingled, a, b)[:, :, 0].min(axis=1, initial=1.0)
        agreed: NDArray[np.bool_] = (guard[a] == guard[b]) & (least >= self.overlap)
        return agreed

    def _split(
        self,
        frame: pl.DataFrame,
        ranked: pl.DataFrame,
        shingled: Shingled,
        kept_of: NDArray[np.int64],
        cosine: dict[tuple[int, int], float],
    ) -> Split:
        gone = np.flatnonzero(kept_of >= 0)
        figures = measure(shingled, gone, kept_of[gone])
        least = figures[np.arange(gone.size), figures[:, :, 0].argmin(axis=1)]
        rows = [
            {
                "id": ranked["id"][at],
                "row": ranked["__row"][at],
                "step": "semantic_dedup",
                "reason": "semantic duplicate",
                "kept_id": ranked["id"][int(kept_of[at])],
                "measured": cosine[int(kept_of[at]), at],
                "threshold": self.similarity,
                "jaccard": float(share[0]),
                "containment_ab": float(share[1]),
                "containment_ba": float(share[2]),
                "detail": f"cosine at least {self.similarity:.2f}, shared words {self.overlap:.2f}",
                "spec_key": self.key,
            }
            for at, share in zip(gone.tolist(), least, strict=True)
        ]
        dropped = ledger_frame(sorted(rows, key=lambda row: int(row["row"])))
        places = dropped["row"].cast(pl.UInt32)
        kept = frame.with_row_index("__at").filter(~pl.col("__at").is_in(places.implode())).drop("__at")
        return Split(kept=kept, dropped=dropped).conserved(frame.height)


def embed(texts: list[str], *, model: str) -> NDArray[np.float32]:
    """Embed texts; returns ``(texts, dimensions)`` of length 1.

    Raises:
        MissingExtraError: sentence-transformers isn't installed.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtraError.of(
            "sentence_transformers", extra="semantic", purpose="use: semantic_dedup"
        ) from error
    loaded = SentenceTransformer(model, device="cpu")
    vectors = loaded.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, np.float32).reshape(len(texts), -1)


def near_pairs(
    vectors: NDArray[np.float32], *, neighbours: int, least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return pairs ``(smaller, greater)`` of rows among each other's nearest, with their cosine.

    Raises:
        MissingExtraError: usearch isn't installed.
    """
    try:
        from usearch.index import MetricKind, search
    except ImportError as error:
        raise MissingExtraError.of("usearch", extra="semantic", purpose="use: semantic_dedup") from error
    neighbours = min(neighbours, len(vectors))
    if neighbours < 2:  # noqa: PLR2004 - one row has no neighbour
        none = np.empty(0, np.int64)
        return none, none, np.empty(0)
    found = search(vectors, vectors, neighbours, MetricKind.Cos, exact=True)
    row = np.repeat(np.arange(len(vectors), dtype=np.int64), neighbours)
    other = np.asarray(found.keys, np.int64).reshape(-1)
    pairs = np.unique(np.sort(np.stack((row, other), axis=1)[row != other], axis=1), axis=0)
    cosine = np.einsum("ij,ij->i", vectors[pairs[:, 0]], vectors[pairs[:, 1]]).astype(np.float64)
    near = cosine >= least
    return pairs[near, 0], pairs[near, 1], cosine[near]
