"""What else may go wrong while a verb runs: its input changes, space ends, two run at once."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import workbench.cli.produce as produced
from tests.faults.scenarios import snapshot
from workbench.cli import execute

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

    def screen_for(face):
        screen = original(face)
        report = screen.report

        def reporting(*args, **more):
            nonlocal told
            told += 1
            if told == moment:
                change(place / "log.jsonl")
            report(*args, **more)

        screen.report = reporting
        return screen

    original = produced.screen_for
    monkeypatch.setattr(produced, "screen_for", screen_for)
    assert execute(list(COMMAND)) == 2
    assert told >= moment
    assert "written to while it was read" in capsys.readouterr().err.replace("\n", " ")
    assert not (place / "out").exists()
    monkeypatch.undo()
    monkeypatch.chdir(place)
    (place / "log.jsonl").write_bytes(whole)
    assert execute(list(COMMAND)) == 0


def run(place, *, command=COMMAND):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "workbench", *command],
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
    assert all("in use by process" in said or "finished output" in said for said in refused)
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


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_place_that_cannot_be_written_is_told(place):
    (place / "shut").mkdir(mode=0o500)
    done = run(place, command=(*COMMAND[:3], "shut/out", *COMMAND[4:]))
    assert done.returncode == 2
    assert "a place that can be written" in done.stderr
