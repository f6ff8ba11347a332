import pytest
from test_dedupe_shards import rows

from workbench.errors import ConfigError, InputError
from workbench.io.frames import read_parquet
from workbench.pipeline.dedupe import DedupeOptions, Layout, dedupe
from workbench.pipeline.dedupe.rethreshold import rethreshold
from workbench.steps import NearDedup


def fresh(place, threshold, *, signatures=True, frame=None):
    place.mkdir()
    (rows(600) if frame is None else frame).write_parquet(place / "in.parquet")
    near = NearDedup(ngram=3, char_ngram=5, threshold=threshold)
    options = DedupeOptions(on=("text",), near=near, keeper=("quality",))
    return dedupe(
        place / "in.parquet", out=place, options=options, layout=Layout(shard_rows=150, signatures=signatures)
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    place = tmp_path_factory.mktemp("first") / "out"
    return fresh(place, 0.7), place


@pytest.mark.parametrize(("threshold", "bands"), [(0.95, "as kept"), (0.7, "as kept"), (0.5, "made anew")])
def test_it_decides_as_a_fresh_run_would(first, tmp_path, threshold, bands, monkeypatch):
    monkeypatch.setattr("workbench.similarity.shingles.cut", lambda *_, **__: pytest.fail("text was hashed"))
    again = tmp_path / "again"
    again.mkdir()
    found = rethreshold(first[1], threshold=threshold, out=again)
    monkeypatch.undo()
    expected = fresh(tmp_path / "fresh", threshold)
    assert found["ledger_hash"] == expected["ledger_hash"]
    assert (found["ledger_hash"] == first[0]["ledger_hash"]) == (threshold == 0.7)
    assert found["bands"].startswith(bands)
    assert found["threshold"] == threshold
    for name in ("kept", "dropped", "ledger"):
        assert read_parquet(again / f"{name}.parquet").equals(
            read_parquet(tmp_path / f"fresh/{name}.parquet")
        )


def test_without_signatures_or_with_a_senseless_threshold_it_is_refused(first, tmp_path):
    fresh(tmp_path / "bare", 0.8, signatures=False)
    assert not (tmp_path / "bare" / "signatures").exists()
    with pytest.raises(InputError, match="no signatures"):
        rethreshold(tmp_path / "bare", threshold=0.9, out=tmp_path)
    with pytest.raises(ConfigError, match="threshold"):
        rethreshold(first[1], threshold=0.0, out=tmp_path)
    fresh(tmp_path / "none", 0.8, frame=rows(10).clear())
    with pytest.raises(InputError, match="no rows"):
        rethreshold(tmp_path / "none", threshold=0.9, out=tmp_path)
