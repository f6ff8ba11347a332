import json
import os
import shutil
from pathlib import Path

import pytest

from workbench.errors import OutputError
from workbench.io import rundir
from workbench.io.lock import locked
from workbench.io.rundir import clear


def make(path, *, key="k", text="x", force=False):
    with rundir.output(path, verb="convert", key=key, force=force) as work:
        (work / "a.txt").write_text(text)


def test_present_means_complete(tmp_path):
    make(tmp_path / "out")
    assert rundir.is_complete(tmp_path / "out", key="k")
    assert not rundir.is_complete(tmp_path / "out", key="other")
    manifest = rundir.read_manifest(tmp_path / "out")
    assert manifest["files"]["a.txt"]["bytes"] == 1
    assert not (tmp_path / "out.partial").exists()


def test_an_interrupted_output_is_absent_and_is_handed_out_again(tmp_path):
    with pytest.raises(KeyboardInterrupt), rundir.output(tmp_path / "out", verb="train", key="k") as work:
        (work / "checkpoint").write_text("step 7")
        raise KeyboardInterrupt
    assert not (tmp_path / "out").exists()
    with rundir.output(tmp_path / "out", verb="train", key="k") as work:
        assert (work / "checkpoint").read_text() == "step 7"
    assert rundir.is_complete(tmp_path / "out", key="k")


def test_work_that_left_nothing_leaves_no_directory(tmp_path):
    with pytest.raises(RuntimeError), rundir.output(tmp_path / "out", verb="train", key="k"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_work_of_another_key_is_not_resumed(tmp_path):
    with pytest.raises(RuntimeError), rundir.output(tmp_path / "out", verb="train", key="a") as work:
        (work / "checkpoint").write_text("step 7")
        raise RuntimeError
    with rundir.output(tmp_path / "out", verb="train", key="b") as work:
        assert not (work / "checkpoint").exists()


def test_a_file_in_the_place_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError):
        make(tmp_path / "out")


def test_a_users_folder_named_partial_is_not_wiped(tmp_path):
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="did not make"):
        make(tmp_path / "out")
    assert (tmp_path / "out.partial" / "mine.txt").exists()


def test_work_that_was_killed_before_it_said_what_it_is_goes_on(tmp_path):
    work = tmp_path / "out.partial"
    work.mkdir()
    (work / ".partial.json.999999999.tmp").write_text('{"verb": "con')
    (work / "lock.json").write_text("{}")
    make(tmp_path / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    assert {one.name for one in (tmp_path / "out").iterdir()} == {"a.txt", "manifest.json"}


def test_an_unwritable_place_is_a_users_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        make(tmp_path / "file" / "out")


def test_what_must_not_stay_goes_at_once_and_the_disk_is_heard(tmp_path, monkeypatch):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "a.jsonl").write_text("1")
    with monkeypatch.context() as broken:
        broken.setattr("os.unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(5, "I/O error")))
        with pytest.raises(OSError, match="I/O error"):
            clear(tmp_path / "answers")
    assert [path.name for path in tmp_path.iterdir()] == [f".answers.{os.getpid()}.tmp"]
    clear(tmp_path / "answers")


def test_write_json_leaves_no_temporary_file(tmp_path):
    rundir.write_json(tmp_path / "deep" / "a.json", {"b": "中文", "a": 1})
    assert json.loads((tmp_path / "deep" / "a.json").read_text(encoding="utf-8")) == {"b": "中文", "a": 1}
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["a.json"]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_is_carried_along_over_what_is_left_of_it(tmp_path, monkeypatch, links):
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", _refuses)
    (tmp_path / "a").write_text("whole")
    for left in (None, "who"):
        if left:
            (tmp_path / "b").unlink()
            (tmp_path / "b").write_text(left)
        rundir.carry(tmp_path / "a", tmp_path / "b")
        rundir.carry(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "b").read_text() == (tmp_path / "a").read_text() == "whole"


def _refuses(*_):
    raise PermissionError(1, "Operation not permitted")


def test_files_that_a_killed_process_had_not_finished_are_no_part_of_the_output(tmp_path):
    with pytest.raises(RuntimeError), rundir.output(tmp_path / "out", verb="convert", key="k") as work:
        for name in (".a.txt.999999999.tmp", ".tmpYaJhDS", "adapter/.tmpQ1w2E3"):
            (work / name).parent.mkdir(exist_ok=True)
            (work / name).write_text("half")
        raise RuntimeError
    make(tmp_path / "out")
    left = {one.name for one in (tmp_path / "out").rglob("*") if one.is_file()}
    assert left == {"a.txt", "manifest.json"}


def test_unfinished_files_within_an_unfinished_folder_go_with_it(tmp_path):
    with pytest.raises(KeyboardInterrupt), rundir.output(tmp_path / "out", verb="combine", key="k") as work:
        (work / ".combined.1.tmp").mkdir()
        (work / ".combined.1.tmp" / ".tmpAb3dEf").write_text("half")
        raise KeyboardInterrupt
    with rundir.output(tmp_path / "out", verb="combine", key="k") as work:
        (work / "a").write_text("1")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a", "manifest.json"}


def test_a_directory_of_the_users_beside_an_output_is_never_removed(tmp_path):
    make(tmp_path / "out")
    for name in ("out.old", "out.bak", ".out.tmp", ".out.mine.tmp", f".out.{os.getpid()}.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.txt").write_text("mine")
    shutil.rmtree(tmp_path / f".out.{os.getpid()}.tmp")
    make(tmp_path / "out", text="y", force=True)
    assert (tmp_path / "out" / "a.txt").read_text() == "y"
    assert all((tmp_path / name / "thesis.txt").exists() for name in ("out.old", "out.bak", ".out.tmp"))
    assert (tmp_path / ".out.mine.tmp" / "thesis.txt").exists()


def test_what_a_killed_process_put_aside_goes_with_the_next_output(tmp_path):
    make(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / ".out.999999999.tmp")
    make(tmp_path / "out", text="y")
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_directory_comes_back_whose_process_was_killed_between_its_two_names(tmp_path):
    make(tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / ".out.999999999.tmp")
    rundir.recover(tmp_path / "out")
    assert not (tmp_path / "out").exists()  # no work was under way: it isn't ours to bring back
    make(tmp_path / "whole")
    (tmp_path / "whole").rename(tmp_path / "out.partial")
    with locked(tmp_path / "out.partial"), pytest.raises(OutputError, match="in use"):
        rundir.recover(tmp_path / "out")
    rundir.recover(tmp_path / "out")
    assert rundir.is_complete(tmp_path / "out", key="k")
    make(tmp_path / "out", force=True)
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
