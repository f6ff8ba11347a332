"""The processes of a crew end with the one that started them, whatever ended it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import workbench

SCRIPT = """
import os, sys, time
from workbench.io.crew import Crew

def work(piece):
    print(os.getpid(), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    with Crew(2) as crew:
        list(crew.map(work, range(8), count=8))
"""


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_workers_of_a_killed_process_end(tmp_path):
    script = tmp_path / "crew_script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(Path(workbench.__file__).parents[1])}
    with subprocess.Popen([sys.executable, script], env=environment, stdout=subprocess.PIPE) as process:
        workers = {int(process.stdout.readline()) for _ in range(2)}
        assert len(workers) == 2
        assert all(map(_alive, workers))
        os.kill(process.pid, signal.SIGKILL)
    for _ in range(100):
        if not any(map(_alive, workers)):
            break
        time.sleep(0.1)
    assert not any(map(_alive, workers))
