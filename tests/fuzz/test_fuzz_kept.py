import json

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.kept import InUseError, Kept


def worked(work, *, examples, seconds, place=""):
    """Leave what a process leaves that has run examples."""
    (work / "found").mkdir()
    (work / "state.json").write_text(json.dumps({"examples": examples, "seconds": seconds}))
    if place:
        told = {"place": place, "what": "KeyError: 'x'", "seconds": 0.1, "data": b"bytes".hex()}
        (work / "found" / "0000").write_text(json.dumps(told))


def test_time_and_findings_add_up_over_runs(tmp_path):
    with Kept.open(tmp_path) as kept:
        worked(kept.begin(), examples=10, seconds=2.5)
        kept.add()
    with Kept.open(tmp_path) as kept:
        worked(kept.begin(), examples=5, seconds=1.5, place="KeyError at a.py:1")
        kept.add()
    kept = Kept.read(tmp_path)
    assert (kept.examples, kept.seconds, kept.runs) == (15, 4.0, 2)
    assert kept.found == {"KeyError at a.py:1": "KeyError: 'x' (0.1 s)"}
    assert (tmp_path / "found" / "KeyError-at-a-py-1").read_bytes() == b"bytes"


def test_what_a_killed_run_had_done_counts_and_half_a_finding_does_not(tmp_path):
    with Kept.open(tmp_path) as kept:
        worked(kept.begin(), examples=7, seconds=3.0, place="here")
        (kept.work / "found" / "0001").write_text('{"place": "th')
    with Kept.open(tmp_path) as kept:
        assert (kept.examples, kept.seconds, set(kept.found)) == (7, 3.0, {"here"})
        assert not kept.work.exists()


def test_a_process_that_went_down_is_found_with_its_example(tmp_path):
    with Kept.open(tmp_path) as kept:
        work = kept.begin()
        (work / "current").write_bytes(b"killer")
        (work / "said").write_text("Segmentation fault")
        kept.add("ended with -11")
    assert "Segmentation" in Kept.read(tmp_path).found["process ended with -11"]
    assert (tmp_path / "found" / "process-ended-with--11").read_bytes() == b"killer"


def test_two_runs_of_one_target_keep_off_each_other(tmp_path):
    with Kept.open(tmp_path), pytest.raises(InUseError, match="in use"), Kept.open(tmp_path):
        pass


def test_a_run_goes_on_where_the_last_one_ended_and_forgets_what_is_mended(tmp_path):
    folder = tmp_path / "answer-csv"
    with Kept.open(folder) as kept:
        worked(kept.begin(), examples=1, seconds=1.0, place="mended since")
        kept.add()
    done = fuzz("answer-csv", seconds=1.5, seed=0, engine="own", folder=folder)
    assert done.seconds >= 1.5
    assert done.examples > 1
    assert done.found == {}
    again = fuzz("answer-csv", seconds=1.5, seed=0, engine="own", folder=folder)
    assert (again.examples, again.runs) == (done.examples, done.runs)
