"""What is printed for nobody, or to a full disk, changes no exit code but to 2, whoever buffers it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOG = Path(__file__).resolve().parents[2] / "samples" / "support" / "logs.jsonl"
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
UNBUFFERED = BUFFERED | {"PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize("environment", [BUFFERED, UNBUFFERED])
@pytest.mark.parametrize("command", [["inspect", "nowhere"], ["nonsense"]])
def test_an_error_that_is_read_no_further_keeps_its_exit_code(command, environment, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *command], cwd=tmp_path, stderr=subprocess.PIPE, env=environment
    ) as process:
        process.stderr.close()
        assert process.wait() == 2


@pytest.mark.parametrize("environment", [BUFFERED, UNBUFFERED])
@pytest.mark.parametrize("command", [["--help"], ["--version"], ["inspect", str(LOG)]])
def test_output_that_is_read_no_further_is_no_failure(command, environment, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *command],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    ) as process:  # fmt: skip
        process.stdout.close()
        told = process.stderr.read()
        assert (process.wait(), told) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("environment", [BUFFERED, UNBUFFERED])
@pytest.mark.parametrize("command", [["--help"], ["--version"]])
def test_output_to_a_full_disk_is_told(command, environment, tmp_path):
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "workbench", *command],
            check=False, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, env=environment, text=True,
        )  # fmt: skip
    assert ended.returncode == 2
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
