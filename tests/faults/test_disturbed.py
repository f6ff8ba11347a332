"""What else may go wrong while a verb runs: its input changes, space ends, two run at once."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.faults.scenarios import snapshot
from workbench.cli import execute
from workbench.cli.screen import Screen
from workbench.io.lock import OWNER, locked

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ("convert", "log.jsonl", "--out", "out", "--workers", "1", "--quiet")


@pytest.fixture
def place(tmp_path, monkeypatch):
    lines = (ROOT / "samples" / "support" / "logs.jsonl").read_text("utf-8").splitlines()[:40]
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def grown(log):
    with log.open("a") as stream:
        stream.write('{"messages": [{"role": "user", "content": "a"}]}\n')


def cut(log):
    log.write_bytes(log.read_bytes()[:5000])


def rewritten(log):
    log.write_bytes(log.read_bytes().replace(b"order", b"ORDER"))


def gone(log):
    log.rename(log.with_name("elsewhere"))


@pytest.mark.parametrize("change", [grown, cut, rewritten, gone])
@pytest.mark.parametrize("moment", [1, 3])
def test_a_log_that_changes_while_it_is_read_is_refused_and_nothing_is_left(
    place, monkeypatch, capsys, change, moment
):
    told, whole = 0, (place / "log.jsonl").read_bytes()

    def reporting(screen, *args, **more):
        nonlocal told
        told += 1
        if told == moment:
            change(place / "log.jsonl")
        report(screen, *args, **more)

    report = Screen.report
    monkeypatch.setattr(Screen, "report", reporting)
    assert execute(list(COMMAND)) == 2
    assert told >= moment
    assert "written to while it was read" in capsys.readouterr().err.replace("\n", " ")
    assert not (place / "out").exists()
    monkeypatch.undo()
    monkeypatch.chdir(place)
    (place / "log.jsonl").write_bytes(whole)
    assert execute(list(COMMAND)) == 0


# Without root's right to read and write everywhere.
_PLAINLY = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
no_rights = pytest.mark.skipif(
    bool(_PLAINLY) and not shutil.which("setpriv"), reason="root, and no setpriv to give its rights up"
)


def run(place, *, command=COMMAND, before=()):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    return subprocess.run(
        [*before, sys.executable, "-m", "workbench", *command],
        cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_two_at_once_give_one_result_and_the_other_is_told(place):
    ended = []
    both = [threading.Thread(target=lambda: ended.append(run(place))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    # One does the work; the other is refused while it goes on, or finds it done.
    assert sorted(one.returncode for one in ended) in ([0, 2], [0, 0])
    refused = [one.stderr for one in ended if one.returncode]
    # In the instant before the owner has written its name it is "another process".
    told = ("in use by process", "in use by another process", "finished output")
    assert all(any(words in said for words in told) for said in refused), refused
    good = snapshot(place, ("out",))
    assert not list(place.glob("out.*"))
    assert run(place).returncode == 0
    assert snapshot(place, ("out",)) == good


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting wants root")
def test_a_full_disk_is_told_and_the_same_command_goes_on_once_there_is_room(place):
    disk = place / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", disk], check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        command = (*COMMAND[:3], "disk/out", *COMMAND[4:])
        full = run(place, command=command)
        assert full.returncode == 2, full.stderr
        assert "space" in full.stderr.lower()
        assert "Traceback" not in full.stderr
        assert not (disk / "out").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert run(place, command=command).returncode == 0
        assert run(place).returncode == 0
        whole = snapshot(disk, ("out",))
        assert {name: raw for name, raw in snapshot(place, ("out",)).items() if "manifest" not in name} == {
            name: raw for name, raw in whole.items() if "manifest" not in name
        }
    finally:
        subprocess.run(["umount", disk], check=True)


@no_rights
def test_a_place_that_cannot_be_written_is_told(place):
    (place / "shut").mkdir(mode=0o500)
    done = run(place, command=(*COMMAND[:3], "shut/out", *COMMAND[4:]), before=_PLAINLY)
    assert done.returncode == 2
    assert "a place that can be written" in done.stderr
    assert not list((place / "shut").iterdir())


@no_rights
def test_an_input_that_cannot_be_read_is_told(place):
    (place / "log.jsonl").chmod(0)
    done = run(place, before=_PLAINLY)
    assert done.returncode == 2
    assert "log.jsonl" in done.stderr
    assert "not readable" in done.stderr
    assert not (place / "out").exists()


def _killed(place):
    """Start the command, and kill it once it holds its place."""
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *COMMAND],
        cwd=place, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not (place / "out.partial" / OWNER).exists():
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert (place / "out.partial" / OWNER).exists()


def test_a_lock_that_a_dead_process_left_holds_nobody_up_whatever_it_says(place):
    assert execute(["convert", "log.jsonl", "--out", "whole", "--workers", "1", "--quiet"]) == 0
    good = _named(snapshot(place, ("whole",)))
    _killed(place)
    told = json.loads((place / "out.partial" / OWNER).read_text())
    assert set(told) == {"pid", "host", "since"}
    left = [
        json.dumps(told),
        json.dumps(told | {"pid": os.getpid()}),  # another process has that number by now
        json.dumps(told | {"host": "elsewhere", "since": "2199-01-01T00:00:00+00:00"}),
        json.dumps(told | {"since": "1970-01-01T00:00:00+00:00"}),
        '{"pid": 1',
        "",
    ]
    shutil.copytree(place / "out.partial", place / "kept")
    for text in left:
        shutil.rmtree(place / "out.partial", ignore_errors=True)
        shutil.rmtree(place / "out", ignore_errors=True)
        shutil.copytree(place / "kept", place / "out.partial")
        (place / "out.partial" / OWNER).write_text(text)
        assert execute(list(COMMAND)) == 0, text
        assert _named(snapshot(place, ("out",))) == good
        assert not list(place.glob("out.*"))


def test_two_at_once_on_what_a_dead_process_left_give_one_result(place):
    _killed(place)
    ended = []
    both = [threading.Thread(target=lambda: ended.append(run(place))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(one.returncode for one in ended) in ([0, 2], [0, 0]), [one.stderr for one in ended]
    assert not list(place.glob("out.*"))
    assert execute(["convert", "log.jsonl", "--out", "whole", "--workers", "1", "--quiet"]) == 0
    assert _named(snapshot(place, ("out",))) == _named(snapshot(place, ("whole",)))


def test_a_place_in_use_is_refused_by_name_and_age_until_its_process_is_gone(place, capsys):
    code = (
        "import sys, time; from pathlib import Path; from workbench.io.lock import locked\n"
        "with locked(Path('out.partial')): print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], cwd=place, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )  # fmt: skip
    holder.stdout.readline()
    assert execute(list(COMMAND)) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"in use by process {holder.pid} on" in said
    assert "since 20" in said
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert execute(list(COMMAND)) == 0
    with locked(place / "again.partial"):
        assert execute(["convert", "log.jsonl", "--out", "again", "--quiet"]) == 2


def _named(found):
    """Leave out the folder's name, and the manifest with its command."""
    return {name.partition("/")[2]: raw for name, raw in found.items() if "manifest" not in name}
