import msgspec
import polars as pl
import pytest

from workbench.engines import LocalEngine, RayEngine
from workbench.errors import ConfigError, MissingExtraError
from workbench.io.frames import read_parquet
from workbench.pipeline.dedupe import DedupeOptions, Layout, dedupe

WORDS = [
    a + b for a in ("ka", "lo", "mi", "ru", "se", "to", "vy", "xa") for b in ("bel", "dan", "fir", "gos")
]


class Number(msgspec.Struct, frozen=True, kw_only=True):
    value: int


def doubled(task):
    if task.value < 0:
        raise ValueError("negative")
    return task.value * 2


def table(count=300):
    texts = [" ".join(WORDS[(n * k) % 32] for k in range(1, 25)) + f" {n // 3}" for n in range(count)]
    texts += [text.upper() + "!" for text in texts[::4]] + texts[::9] + ["短句子", "短句子。", "", None]
    return pl.DataFrame({"id": [f"r{n}" for n in range(len(texts))], "text": texts})


def run(place, engine, shard_rows=64):
    place.mkdir()
    table().write_parquet(place / "in.parquet")
    options, layout = DedupeOptions(on=("text",)), Layout(shard_rows=shard_rows)
    return dedupe(place / "in.parquet", out=place, options=options, layout=layout, engine=engine)


def test_local_results_come_in_the_order_of_the_tasks_with_progress():
    told = []
    tasks = [Number(value=n) for n in range(20)]
    found = LocalEngine(threads=3).map(
        doubled, tasks, stage="s", progress=lambda s, d, t, note="": told.append((s, d, t, note))
    )
    assert found == [2 * n for n in range(20)]
    assert told[0][:3] == ("s", 0, 20)
    assert told[-1][:3] == ("s", 20, 20)


def test_the_first_error_stops_the_stage():
    with pytest.raises(ValueError, match="negative"):
        LocalEngine(threads=1).map(doubled, [Number(value=-1), Number(value=2)], stage="s")


def test_without_ray_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"sft-workbench\[ray\]"):
        RayEngine().map(doubled, [Number(value=1)], stage="s")


@pytest.mark.slow
def test_ray_gives_the_same_output_bit_for_bit(tmp_path):
    ray = pytest.importorskip("ray")
    with pytest.raises(ConfigError, match="ray-address"):
        RayEngine(address="127.0.0.1:1").map(doubled, [Number(value=1)], stage="s")
    try:
        by_ray = run(tmp_path / "ray", RayEngine(cpus=2))
    finally:
        ray.shutdown()
    local = run(tmp_path / "local", LocalEngine(threads=2), shard_rows=50)
    assert by_ray["ledger_hash"] == local["ledger_hash"]
    assert by_ray["dropped"] > 100
    for name in ("kept", "dropped", "ledger"):
        assert read_parquet(tmp_path / "ray" / f"{name}.parquet").equals(
            read_parquet(tmp_path / "local" / f"{name}.parquet")
        )
