"""One result whatever the threads, the shards, the order of the rows; after a kill, the same again."""

import os
import random
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from workbench.engines import LocalEngine
from workbench.io.frames import read_parquet
from workbench.io.manifest import read_manifest
from workbench.pipeline.dedupe import DedupeOptions, Layout, dedupe
from workbench.pipeline.dedupe import shards as shard_tasks
from workbench.steps import NearDedup

WORDS = [
    a + b for a in ("ka", "lo", "mi", "ru", "se", "to", "vy", "xa") for b in ("bel", "dan", "fir", "gos")
]
HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动"


def rows(count, *, seed=0):
    """Make rows of both scripts: a third repeated, edited, or with another number."""
    rng = random.Random(seed)
    texts = []
    for _ in range(count):
        if rng.random() < 0.3:
            texts.append("".join(rng.choices(HAN, k=40)))
        else:
            texts.append(" ".join(rng.choices(WORDS, k=30)) + f" {rng.randrange(5)}")
    for at in range(0, count, 3):
        words = texts[at].split(" ")
        edits = [
            texts[at],
            texts[at] + " then",
            " ".join([*words[:-1], "7"]),
            texts[at].upper(),
            texts[at][:-3],
        ]
        texts.append(edits[at % 5])
    texts += ["", "", " ", "短", "短", None]
    return pl.DataFrame({"text": texts, "n": range(len(texts))}).with_columns(
        id=pl.format("r{}", "n"), quality=pl.col("n") % 7
    )


def run(frame, place, *, threads=2, **layout):
    place.mkdir()
    frame.write_parquet(place / "in.parquet")
    return dedupe(
        place / "in.parquet",
        out=place,
        options=DedupeOptions(on=("text",), keeper=("quality", "longest")),
        layout=Layout(**layout),
        engine=LocalEngine(threads=threads),
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    place = tmp_path_factory.mktemp("whole") / "out"
    return run(rows(900), place), place


@pytest.mark.parametrize(
    ("threads", "layout"),
    [
        (1, {}),
        (4, {"shard_rows": 100}),
        (2, {"shard_rows": 333, "partition_rows": 200}),
        (1, {"shard_rows": 1000, "held_shingles": 50}),
    ],
)
def test_threads_shards_and_partitions_change_nothing(tmp_path, expected, threads, layout):
    summary, whole = expected
    found = run(rows(900), tmp_path / "out", threads=threads, **layout)
    costs = {"seconds", "peak_mb", "signatures_mb"}
    assert {k: v for k, v in found.items() if k not in costs} == {
        k: v for k, v in summary.items() if k not in costs
    }
    for name in ("kept", "dropped", "ledger"):
        assert read_parquet(tmp_path / "out" / f"{name}.parquet").equals(
            read_parquet(whole / f"{name}.parquet")
        )
    assert summary["reasons"]["near duplicate"] > 100
    assert summary["reasons"]["exact duplicate"] > 50


def test_the_order_of_the_rows_changes_nothing_but_their_places(tmp_path, expected):
    summary, whole = expected
    shuffled = rows(900).sample(fraction=1.0, shuffle=True, seed=3)
    found = run(shuffled, tmp_path / "out", shard_rows=250)
    assert found["ledger_hash"] == summary["ledger_hash"]
    kept = [sorted(read_parquet(p / "kept.parquet")["id"]) for p in (tmp_path / "out", whole)]
    assert kept[0] == kept[1]


def test_another_row_gives_another_hash(tmp_path, expected):
    assert run(rows(897), tmp_path / "out")["ledger_hash"] != expected[0]["ledger_hash"]


def test_every_removal_is_verified_against_a_row_that_stays(expected):
    _, whole = expected
    kept, ledger = read_parquet(whole / "kept.parquet"), read_parquet(whole / "ledger.parquet")
    assert set(ledger["kept_id"]) <= set(kept["id"])
    assert not set(ledger["id"]) & set(kept["id"])
    assert (ledger["jaccard"] >= ledger["threshold"]).all()
    assert sorted([*kept["id"], *ledger["id"]]) == sorted(rows(900)["id"])


def test_the_keeper_named_first_weighs_most(tmp_path):
    text = " ".join(WORDS)
    frame = pl.DataFrame(
        {"id": ["a", "b", "c"], "text": [text, text + " more", text], "quality": [1, 2, None]}
    )
    for keeper, stays in [(("longest",), "b"), (("quality:min",), "a"), (("quality",), "b"), ((), "a")]:
        place = tmp_path / "-".join(("k", *keeper)).replace(":", "_")
        place.mkdir()
        frame.write_parquet(place / "in.parquet")
        dedupe(place / "in.parquet", out=place, options=DedupeOptions(on=("text",), keeper=keeper))
        assert read_parquet(place / "kept.parquet")["id"].to_list() == [stays], keeper


def test_every_option_of_the_search_is_kept_in_the_key():
    keys = {NearDedup(**change).key for change in ({}, {"threshold": 0.7}, {"num_perm": 64}, {"recall": 0.9})}
    assert len(keys) == 4


def test_an_error_half_way_leaves_what_was_done_and_the_next_call_goes_on(tmp_path, expected, monkeypatch):
    place, signed = tmp_path / "out", []
    real = shard_tasks.write_shard

    def failing(work, *args, **options):
        signed.append(work)
        if len(signed) == 4:
            raise KeyboardInterrupt
        real(work, *args, **options)

    monkeypatch.setattr(shard_tasks, "write_shard", failing)
    with pytest.raises(KeyboardInterrupt):
        run(rows(900), place, threads=1, shard_rows=200)
    done = sorted(p.name for p in place.glob("work-200/sign-??????"))
    assert "sign-000002" in done
    assert "sign-000003" not in done
    monkeypatch.setattr(shard_tasks, "write_shard", lambda *a, **o: signed.append(a) or real(*a, **o))
    signed.clear()
    found = dedupe(
        place / "in.parquet",
        out=place,
        options=DedupeOptions(on=("text",), keeper=("quality", "longest")),
        layout=Layout(shard_rows=200),
    )
    assert len(signed) == 7 - len(done)
    assert found["ledger_hash"] == expected[0]["ledger_hash"]
    assert not list(place.glob("work-*"))


@pytest.mark.slow
def test_killed_half_way_the_command_goes_on_to_the_same_result(tmp_path):
    frame = rows(30_000)
    frame.write_parquet(tmp_path / "in.parquet")
    command = [sys.executable, "-m", "workbench", "dedupe", str(tmp_path / "in.parquet"), "--on", "text"]
    command += ["--shard-rows", "2000", "--threads", "1", "--quiet", "--json", "--no-signatures", "--out"]
    subprocess.run([*command, str(tmp_path / "whole")], check=True, capture_output=True)
    killed = subprocess.Popen([*command, str(tmp_path / "cut")], stdout=subprocess.DEVNULL)
    work = tmp_path / "cut.partial" / "work-2000"
    while not (work / "sign-000005").exists():
        assert killed.poll() is None
        time.sleep(0.002)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert read_manifest(tmp_path / "cut") is None
    assert (work / "sign-000005").exists()
    subprocess.run([*command, str(tmp_path / "cut")], check=True, capture_output=True)
    for name in ("kept", "dropped", "ledger"):
        cut, whole = (read_parquet(tmp_path / p / f"{name}.parquet") for p in ("cut", "whole"))
        assert cut.equals(whole)
