"""What an output may stand on: --force replaces what the workbench made, and nothing of anybody's."""

import json
import os

import pytest

from workbench.errors import InputError, OutputError
from workbench.io import places, rundir
from workbench.io.lock import locked


def make(path, *, key="k", text="x", force=False):
    with rundir.output(path, verb="convert", key=key, force=force) as work:
        (work / "a.txt").write_text(text)


@pytest.mark.parametrize("where", ["here", "above", "home", "repository"])
def test_force_never_empties_where_one_is_nor_a_home_nor_a_repository(tmp_path, monkeypatch, where):
    place = tmp_path / "place"
    (place / "inside" / ".git").mkdir(parents=True)
    (place / "thesis.txt").write_text("precious")
    monkeypatch.chdir({"here": place, "above": place / "inside"}.get(where, tmp_path))
    monkeypatch.setenv("HOME", str(place if where == "home" else tmp_path / "elsewhere"))
    if where == "repository":
        (place / ".git").mkdir()
    with pytest.raises(OutputError, match="Choose another --out"):
        make(place, force=True)
    assert (place / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "manifest",
    [None, "{}", "[]", "{", '{"name": "an extension", "files": {"thesis.txt": {}}, "workbench": 1}'],
)
def test_what_no_manifest_of_ours_names_is_never_replaced(tmp_path, force, manifest):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    if manifest is not None:
        (out / "manifest.json").write_text(manifest)
    before = sorted(one.name for one in out.iterdir())
    with pytest.raises(OutputError, match=r"did not make|something else") as refused:
        make(out, force=force)
    assert "by hand" in refused.value.findings[0].fix
    assert sorted(one.name for one in out.iterdir()) == before
    assert not (tmp_path / "out.partial").exists()


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kind", ["file", "link", "pipe"])
def test_a_directory_never_takes_the_place_of_a_file(tmp_path, force, kind):
    (tmp_path / "file").write_text("mine")
    out = tmp_path / "out"
    if kind == "pipe":
        os.mkfifo(out)
    else:
        out.symlink_to("file") if kind == "link" else out.write_text("mine")
    with pytest.raises(OutputError, match="Choose another"):
        make(out, force=force)
    assert kind == "pipe" or out.read_text() == "mine"


@pytest.mark.parametrize("place", ["notes.txt", "deep/notes.txt", "link"])
def test_a_file_of_the_users_in_an_output_is_named_and_stays(tmp_path, place):
    out = tmp_path / "out"
    make(out)
    (out / place).parent.mkdir(exist_ok=True)
    (out / place).symlink_to(tmp_path) if place == "link" else (out / place).write_text("mine")
    with pytest.raises(OutputError, match=place):
        make(out, text="y", force=True)
    assert os.path.lexists(out / place)
    assert (out / "a.txt").read_text() == "x"


def test_what_verbs_write_into_an_output_and_outputs_within_it_are_in_nobodys_way(tmp_path):
    out = tmp_path / "out"
    make(out)
    (out / "report.html").write_text("made again at any time")
    make(out / "attribution")
    (out / ".a.txt.999999999.tmp").write_text("half")
    make(out, text="y", force=True)
    assert {one.name for one in out.iterdir()} == {"a.txt", "manifest.json"}
    make(out / "attribution")
    (out / "attribution" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"attribution/notes\.txt"):
        make(out, force=True)


def test_what_was_edited_by_hand_is_kept_beside_the_output_that_replaces_it(tmp_path):
    out = tmp_path / "out"
    kept = tmp_path / "out.edited"
    make(out)
    make(out, force=True)
    assert not kept.exists()
    for edit in ("a week of work", "a week of work", "another"):
        (out / "a.txt").write_text(edit)
        later = (out / "manifest.json").stat().st_mtime_ns + 10**9
        os.utime(out / "a.txt", ns=(later, later))
        make(out, force=True)
        assert (out / "a.txt").read_text() == "x"
    assert (kept / "a.txt").read_text() == "a week of work"
    assert (tmp_path / "out.edited-2" / "a.txt").read_text() == "another"
    assert {one.name for one in tmp_path.iterdir()} == {"out", "out.edited", "out.edited-2"}


def test_a_finished_output_with_a_file_missing_is_not_finished(tmp_path):
    out = tmp_path / "out"
    make(out)
    (out / "a.txt").unlink()
    assert not rundir.is_complete(out, key="k")
    with pytest.raises(OutputError, match=r"a\.txt is missing"):
        make(out)
    make(out, force=True)
    assert rundir.is_complete(out, key="k")


@pytest.mark.parametrize("name", ["../secret", "/etc/hosts", "a/../../secret"])
def test_a_manifest_that_names_files_elsewhere_moves_none_of_them(tmp_path, name):
    out = tmp_path / "out"
    (tmp_path / "secret").write_text("mine")
    make(out)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["files"][name] = {"bytes": 1, "blake2b": "0"}
    (out / "manifest.json").write_text(json.dumps(manifest))
    later = (out / "manifest.json").stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "secret", ns=(later, later))
    make(out, text="y", force=True)
    assert {one.name for one in tmp_path.iterdir()} == {"out", "secret"}


def test_a_link_is_followed_to_the_disk_that_it_was_laid_to(tmp_path):
    (tmp_path / "big").mkdir()
    (tmp_path / "out").symlink_to("big/out")
    make(tmp_path / "out")
    make(tmp_path / "out", text="y", force=True)
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "big" / "out" / "a.txt").read_text() == "y"
    assert [one.name for one in (tmp_path / "big").iterdir()] == ["out"]


def test_links_in_a_circle_are_a_users_error(tmp_path):
    (tmp_path / "out").symlink_to("other")
    (tmp_path / "other").symlink_to("out")
    for given in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(OutputError):
            make(given)
    with pytest.raises(OutputError, match="back to itself"):
        places.spare_inputs(tmp_path / "out", [tmp_path])


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/b", "..", ".", "", "a\\b", "a\0b", "a\nb", "\u202e", "x" * 300]
)
def test_a_name_that_came_with_data_makes_no_file_elsewhere(tmp_path, name):
    with pytest.raises(InputError, match="outside the output"):
        places.named(tmp_path, name, ".jsonl")
    assert places.named(tmp_path, "中文 part", ".jsonl") == tmp_path / "中文 part.jsonl"


def test_what_is_copied_out_of_a_directory_is_its_own(tmp_path):
    home = tmp_path / "home"
    (home / "tasks" / "desk").mkdir(parents=True)
    (home / "real.json").write_text("its own")
    (home / "tasks" / "desk" / "inner.json").symlink_to("../../real.json")
    places.copy_own(home, tmp_path / "out", ["tasks", "absent"])
    assert (tmp_path / "out" / "tasks" / "desk" / "inner.json").read_text() == "its own"
    (home / "tasks" / "desk" / "key").symlink_to(lay(tmp_path))
    with pytest.raises(InputError, match="a link to"):
        places.copy_own(home, tmp_path / "out", ["tasks"])
    assert not (tmp_path / "out" / "tasks" / "desk" / "key").exists()


def lay(tmp_path):
    """Return a file that nobody may write to, and a link to it."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    return precious


def test_no_link_under_a_name_that_we_give_is_written_through(tmp_path):
    precious = lay(tmp_path)
    (tmp_path / f".page.{os.getpid()}.tmp").symlink_to(precious)
    rundir.write_text(tmp_path / "page", "ours")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "lock.json").symlink_to(precious)
    with locked(tmp_path / "work"):
        assert json.loads((tmp_path / "work" / "lock.json").read_text())["pid"] == os.getpid()
    assert precious.read_text() == "mine"
    assert (tmp_path / "page").read_text() == "ours"


@pytest.mark.parametrize("key", ["k", "other"])
def test_unfinished_work_from_somebody_else_writes_through_none_of_its_links(tmp_path, key):
    precious = lay(tmp_path)
    work = tmp_path / "out.partial"
    work.mkdir()
    (work / "partial.json").write_text(json.dumps({"verb": "convert", "key": key}))
    (work / "a.txt").symlink_to(precious)
    make(tmp_path / "out")
    assert precious.read_text() == "mine"
    assert not (tmp_path / "out" / "a.txt").is_symlink()


@pytest.mark.parametrize("kind", ["link", "manifest"])
def test_a_folder_under_the_name_of_unfinished_work_is_never_wiped(tmp_path, kind):
    folder = tmp_path / ("elsewhere" if kind == "link" else "out.partial")
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    (folder / "manifest.json").write_text('{"name": "an extension"}')
    if kind == "link":
        (tmp_path / "out.partial").symlink_to(folder)
    with pytest.raises(OutputError, match="did not make"):
        make(tmp_path / "out")
    assert (folder / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["folder", "pipe", "/dev/null", "/dev/stdout", "/proc/self/fd/1"])
def test_a_file_is_never_written_in_the_place_of_something_else(tmp_path, name):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match=r"a directory|a device"):
        rundir.write_text(tmp_path / name, "x")


@pytest.mark.parametrize("inputs", [["own"], ["own/log.jsonl"], ["own/deep/log.jsonl"]])
def test_an_output_place_that_is_or_holds_an_input_is_refused(tmp_path, inputs):
    (tmp_path / "own" / "deep").mkdir(parents=True)
    for name in ("own/log.jsonl", "own/deep/log.jsonl"):
        (tmp_path / name).write_text("x")
    with pytest.raises(OutputError, match="input"):
        places.spare_inputs(tmp_path / "own", [tmp_path / name for name in inputs])
    places.spare_inputs(tmp_path / "own" / "deep" / "out", [tmp_path / name for name in inputs])
