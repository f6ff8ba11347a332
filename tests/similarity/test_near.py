import random

import numpy as np
import polars as pl
import pytest

from workbench.similarity import (
    Banding,
    TextStream,
    components,
    find_closest,
    find_duplicates,
    find_links,
    measure,
    shingle,
)

WORDS = [
    f"{a}{b}" for a in ("ka", "lo", "mi", "ru", "se", "to", "vy") for b in ("bel", "dan", "fir", "gos", "hul")
]


def banding(threshold=0.8, **options):
    return Banding.reaching(
        threshold, **{"recall": 0.99, "num_perm": 128, "max_bucket": 2000, "seed": 0} | options
    )


def duplicates(texts, *, threshold=0.8, numbers=True, **options):
    return find_duplicates(
        TextStream.of([pl.Series(texts, dtype=pl.String)], ngram=3, char_ngram=5),
        threshold=threshold,
        banding=banding(threshold, **options),
        group=np.zeros(len(texts), np.uint64),
        numbers=numbers,
    )


def corpus(rng, *, rows, changed):
    """Make texts of 60 words, half of them copies with ``changed`` words put elsewhere in the dictionary."""
    texts = []
    for _ in range(rows // 2):
        words = [rng.choice(WORDS) + rng.choice(WORDS) for _ in range(60)]
        copy = list(words)
        for at in rng.sample(range(60), changed):
            copy[at] = rng.choice(WORDS) + rng.choice(WORDS)
        texts += [" ".join(words), " ".join(copy)]
    return texts


def exact_jaccard(left, right):
    def grams(text):
        words = text.split()
        return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}

    a, b = grams(left), grams(right)
    return len(a & b) / len(a | b)


def test_banding_reaches_the_recall_and_no_coarser():
    chosen = banding(0.8)
    assert (chosen.bands, chosen.per_band) == (21, 6)
    assert 1 - (1 - 0.8**6) ** 21 >= 0.99 > 1 - (1 - 0.8**7) ** 18
    assert banding(1.0).bands == 1
    assert banding(0.01).per_band == 1


def test_planted_pairs_are_found_and_nothing_else():
    texts = corpus(random.Random(5), rows=600, changed=2)
    truth = {i + 1 for i in range(0, 600, 2) if exact_jaccard(texts[i], texts[i + 1]) >= 0.8}
    kept_of = duplicates(texts).kept_of
    found = {int(i) for i in np.flatnonzero(kept_of >= 0)}
    assert len(truth) > 200
    assert found <= truth
    assert len(found) >= 0.97 * len(truth)
    assert all(kept_of[i] == i - 1 for i in found)


def test_signatures_agree_with_datasketch():
    datasketch = pytest.importorskip("datasketch")
    texts = corpus(random.Random(8), rows=80, changed=3)
    lsh = datasketch.MinHashLSH(threshold=0.8, params=(21, 6), num_perm=126)
    hits = set()
    for i, text in enumerate(texts):
        signature = datasketch.MinHash(num_perm=126, seed=1)
        words = text.split()
        signature.update_batch([" ".join(words[k : k + 3]).encode() for k in range(58)])
        hits |= {(int(j), i) for j in lsh.query(signature) if exact_jaccard(texts[int(j)], text) >= 0.8}
        lsh.insert(str(i), signature)
    kept_of = duplicates(texts).kept_of
    ours = {(int(kept_of[i]), int(i)) for i in np.flatnonzero(kept_of >= 0)}
    assert hits
    assert len(ours ^ hits) <= 0.05 * len(hits) + 1


def test_a_chain_keeps_its_third_link():
    # A~B and B~C at 0.6, A and C at 1/3: only B goes, for C has no edge to a row that stays.
    a, b, c = "a b c d e f", "b c d e f g", "c d e f g h"
    assert exact_jaccard(a, b) == exact_jaccard(b, c) == 0.6
    assert exact_jaccard(a, c) < 0.6
    assert duplicates([a, b, c], threshold=0.6).kept_of.tolist() == [-1, 0, -1]
    assert duplicates([b, a, c], threshold=0.6).kept_of.tolist() == [-1, 0, 0]


def test_numbers_keep_rows_apart_unless_ignored():
    texts = [f"{' '.join(WORDS)} order {n} {' '.join(WORDS[::-1])}" for n in (17, 18, 17)]
    assert exact_jaccard(texts[0], texts[1]) > 0.8
    assert duplicates(texts).kept_of.tolist() == [-1, -1, 0]
    assert duplicates(texts, numbers=False).kept_of.tolist() == [-1, 0, 0]


def test_empty_rows_are_alike_to_nothing():
    assert duplicates(["", "", "  ", "a"]).kept_of.tolist() == [-1, -1, -1, -1]


def test_every_removal_has_an_edge_to_a_kept_row_and_a_second_run_finds_none():
    rng = random.Random(3)
    seed = [rng.choice(WORDS) for _ in range(30)]
    texts = []
    for _ in range(300):
        at = rng.randrange(30)
        seed[at] = rng.choice(WORDS)
        texts.append(" ".join(seed))
    kept_of = duplicates(texts, threshold=0.7).kept_of
    gone = np.flatnonzero(kept_of >= 0)
    assert 50 < gone.size < 300
    assert (kept_of[kept_of[gone]] == -1).all()
    figures = measure(shingle([pl.Series(texts)]), gone, kept_of[gone])
    assert (figures[:, 0, 0] >= 0.7).all()
    rest = [texts[i] for i in np.flatnonzero(kept_of < 0)]
    assert (duplicates(rest, threshold=0.7).kept_of == -1).all()


def test_a_large_bucket_is_split_and_said_to_be():
    shared = " ".join(WORDS)
    texts = [f"{shared} {' '.join(WORDS[i : i + 3])} {shared[::-1]}" for i in range(30)]
    assert duplicates(texts, max_bucket=1000).rebanded == 0
    assert duplicates(texts, max_bucket=4).rebanded > 0


def test_links_span_components_and_the_closest_across_parts_is_found():
    texts = [
        "a b c d e f",
        "b c d e f g",
        "c d e f g h",
        "x y z q r s",
        "x y z q r s t",
        "nothing like it at all",
    ]
    found = shingle([pl.Series(texts)])
    none = np.zeros(len(texts), np.uint64)
    edges = find_links(found, threshold=0.6, banding=banding(0.6), guard=none, compared=1)
    assert components(len(texts), edges).tolist() == [0, 0, 0, 1, 1, 2]
    part = np.array([0, 0, 1, 0, 0, 1])
    closest = find_closest(found, part=part, banding=banding(0.5), compared=1)
    assert closest.jaccard.tolist() == pytest.approx([1 / 3, 0.6, 0.6, 0, 0, 0])
    assert closest.row.tolist()[1:] == [2, 1, -1, -1, -1]


def test_no_rows_at_all():
    assert duplicates([]).kept_of.size == 0
    assert components(0, np.empty((0, 2), np.int64)).size == 0
