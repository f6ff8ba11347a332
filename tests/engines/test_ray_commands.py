"""The commands on a Ray cluster that runs already: the same files, bit for bit, as on this machine alone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import workbench
from workbench.cli import execute
from workbench.io.bundled import bundled

pytestmark = pytest.mark.slow
START = (
    *("start", "--head", "--block", "--node-ip-address", "127.0.0.1", "--num-cpus", "2"),
    *("--include-dashboard", "false", "--object-store-memory", "100000000", "--port"),
)
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(workbench.__file__).parents[1]),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "0123456789abcdef" * 4,
}


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def cluster():
    """Start a cluster of one node, and give its address."""
    pytest.importorskip("ray")
    port = _free_port()
    command = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", *START, str(port)]
    silent = subprocess.DEVNULL
    head = subprocess.Popen(
        command, env=ENVIRONMENT, cwd="/", stdout=silent, stderr=silent, start_new_session=True
    )
    for _ in range(120):
        time.sleep(0.5)
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield f"127.0.0.1:{port}"
    os.killpg(head.pid, signal.SIGKILL)
    head.wait(timeout=60)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    place = tmp_path_factory.mktemp("log") / "converted"
    log = place.with_name("log.jsonl")
    lines = bundled("samples/support/logs.jsonl").read_text(encoding="utf-8").splitlines()[:90]
    log.write_text("\n".join([*lines, *lines[:20]]), encoding="utf-8")
    assert execute(["convert", str(log), "--out", str(place), "--quiet"]) == 0
    return place


def command(place, *words):
    """Run a command in ``place``, where --out is a name; return its summary and all it printed."""
    line = [sys.executable, "-m", "workbench", *map(str, words)]
    done = subprocess.run(line, cwd=place, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    out = place / words[words.index("--out") + 1]
    return json.loads((out / "summary.json").read_text()), done.stdout + done.stderr


def same(one, other, names):
    for name in names:
        frames = [pl.read_parquet(place / f"{name}.parquet") for place in (one, other)]
        assert_frame_equal(*frames)


def test_ray_gives_the_same_output_bit_for_bit(cluster, converted, tmp_path):
    ray, few = ["--engine", "ray", "--ray-address", cluster, "--quiet"], ["--signals", "lengths,rules"]
    given = os.path.relpath(converted, tmp_path)  # the cluster's processes stand elsewhere
    here, _ = command(tmp_path, "curate", given, "--out", "here", "--workers", 1, *few)
    there, told = command(tmp_path, "curate", given, "--out", "there", "--shard-rows", 50, *few, *ray)
    assert not told
    assert there["ledger_hash"] == here["ledger_hash"]
    assert sum(there["reasons"].values()) >= 10
    same(tmp_path / "here", tmp_path / "there", ("train", "valid", "test", "ledger", "dropped", "signals"))
    assert (tmp_path / "here" / "card.md").read_bytes() == (tmp_path / "there" / "card.md").read_bytes()

    texts = [f"the lamp of row {n // 2} is blue and stands on a shelf" + "!" * (n % 2) for n in range(90)]
    pl.DataFrame({"text": texts}).write_parquet(tmp_path / "texts.parquet")
    local, _ = command(tmp_path, "dedupe", "texts.parquet", "--out", "local", "--threads", 2)
    far, told = command(tmp_path, "dedupe", "texts.parquet", "--out", "far", "--shard-rows", 50, *ray)
    assert not told
    assert far["ledger_hash"] == local["ledger_hash"]
    assert far["dropped"] == 45
    same(tmp_path / "local", tmp_path / "far", ("kept", "ledger"))


def test_an_address_without_ray_is_refused(converted, tmp_path, capsys):
    recipe = bundled("samples/support/recipe.yaml")
    for verb, given in (("curate", converted), ("dedupe", converted / "pairs.parquet"), ("run", recipe)):
        line = [verb, str(given), "--ray-address", "127.0.0.1:6379", "--out", str(tmp_path / "out")]
        assert execute(line) == 2
        assert "--engine ray" in capsys.readouterr().err
