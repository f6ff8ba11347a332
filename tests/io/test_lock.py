"""One process at a time works in a directory, and what died holds nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workbench.errors import OutputError
from workbench.io.lock import OWNER, locked
from workbench.io.rundir import output

HOLDER = """
import sys, time
from pathlib import Path
from workbench.io.rundir import output
with output(Path(sys.argv[1]), verb="convert", key="k") as work:
    (work / "half").write_text("x")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "out")], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"held\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_second_process_is_told_who_is_at_work_and_changes_nothing(tmp_path, holder):
    with pytest.raises(OutputError) as told, output(tmp_path / "out", verb="convert", key="other"):
        pass
    assert f"in use by process {holder.pid} on " in str(told.value)
    assert (tmp_path / "out.partial" / "half").read_text() == "x"


def test_a_killed_process_leaves_no_lock_and_its_work_is_gone_on_with(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with output(tmp_path / "out", verb="convert", key="k") as work:
        assert (work / "half").read_text() == "x"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["half", "manifest.json"]
    assert list(json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]) == ["half"]


def test_the_lock_is_free_again_after_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError), output(tmp_path / "out", verb="convert", key="k") as work:
            assert json.loads((work / OWNER).read_text())["pid"] == os.getpid()
            raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_of_many_at_once_one_works_at_a_time(tmp_path):
    """Eight threads want the same place with results of their own: each is refused, or finds it made."""
    at_work, most, outcomes = 0, 0, []

    def one(number: int) -> None:
        nonlocal at_work, most
        try:
            with output(tmp_path / "out", verb="convert", key=str(number)) as work:
                at_work += 1
                most = max(most, at_work)
                (work / "by").write_text(str(number))
                time.sleep(0.02)
                at_work -= 1
            outcomes.append("made")
        except OutputError:
            outcomes.append("refused")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert outcomes.count("made") == 1
    assert len(outcomes) == 8
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    """Below a file nothing can be made, whoever asks; permissions don't hold for root."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Not a directory"), locked(tmp_path / "file" / "x"):
        pass


def test_a_file_in_the_way_is_said(tmp_path):
    Path(tmp_path / "x").write_text("")
    with pytest.raises(OutputError, match="File exists"), locked(tmp_path / "x"):
        pass
