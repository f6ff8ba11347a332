"""An error whose reader leaves after the first line (`| head -1`) ends with its own exit code."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", [["inspect", "nowhere"], ["nonsense"]])
def test_an_error_that_is_read_no_further_keeps_its_exit_code(command, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *command], cwd=tmp_path, stderr=subprocess.PIPE
    ) as process:
        process.stderr.close()
        assert process.wait() == 2
