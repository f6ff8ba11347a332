"""Each exit code of the table in docs, reached through the real command."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from workbench import errors
from workbench.cli import execute
from workbench.io import looking

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def workbench(place, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments], cwd=place, env=ENVIRONMENT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def data(tmp_path):
    rows = [{"prompt": f"Where is {n}?", "completion": f"Parcel {n} left on day {n}."} for n in range(9)]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


@pytest.mark.parametrize(
    ("policy", "code", "said"),
    [
        ("min_rows: 9", errors.EXIT_OK, "check passed"),
        ("min_rows: 10", errors.EXIT_GATE_FAILED, "min_rows: 10"),
        ("max_breaks: {polite: 0}", errors.EXIT_UNDECIDED, "no contract"),
        ("min_rowz: 9", errors.EXIT_USER, "min_rows"),
    ],
)
def test_a_check_passes_fails_cannot_say_or_cannot_read(data, policy, code, said):
    (data / "policy.yaml").write_text(policy)
    done = workbench(data, "check", "data.jsonl", "--policy", "policy.yaml")
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_of_ours_is_70(data):
    """A library that breaks in the middle of the work is nothing that the user gave."""
    (data / "broken.py").write_text(
        "import workbench.io.looking as looking\nfrom workbench.cli import main\n"
        "def boom(*_, **__): raise RuntimeError('boom')\n"
        "looking.first_rows = boom\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "broken.py", "inspect", "data.jsonl"], cwd=data, env=ENVIRONMENT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == errors.EXIT_BUG
    assert "--debug" in done.stderr


@pytest.mark.parametrize(
    ("panic", "wrapped", "code"),
    [
        ("unwrap() on an `Err`: PyErr { type: <class 'KeyboardInterrupt'> }", False, errors.EXIT_INTERRUPTED),
        ("unwrap() on an `Err`: PyErr { type: <class 'KeyboardInterrupt'> }", True, errors.EXIT_INTERRUPTED),
        ("index out of bounds", False, errors.EXIT_BUG),
        ("index out of bounds", True, errors.EXIT_USER),
    ],
)
def test_an_interrupt_that_polars_panics_of_is_one(data, monkeypatch, capsys, panic, wrapped, code):
    def boom(*_, **__):
        error = pl.exceptions.PanicException(panic)
        if not wrapped:
            raise error
        finding = errors.Finding(where="a", found=panic, expected="a readable Parquet file", fix="b")
        raise errors.InputError(finding) from error

    monkeypatch.setattr(looking, "first_rows", boom)
    assert execute(["inspect", str(data / "data.jsonl")]) == code
    assert ("interrupted" in capsys.readouterr().err) == (code == errors.EXIT_INTERRUPTED)


def test_an_interrupt_is_130_and_leaves_nothing_that_counts(tmp_path):
    """Ctrl-C once the work has begun, which its unfinished directory shows."""
    call = {"messages": [{"role": "system", "content": "- Reply in English.\n- Be short."}]}
    said = ({"role": "user", "content": "Where?"}, {"role": "assistant", "content": "There."})
    line = json.dumps({"messages": [*call["messages"], *said]}) + "\n"
    (tmp_path / "log.jsonl").write_text(line * 60_000)
    running = subprocess.Popen(
        [sys.executable, "-m", "workbench", "convert", "log.jsonl", "--out", "out"], cwd=tmp_path,
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 30
        while not (tmp_path / "out.partial").exists():
            assert time.monotonic() < end
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == errors.EXIT_INTERRUPTED, said
    assert "interrupted" in said
    assert not (tmp_path / "out").exists()
