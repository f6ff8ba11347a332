import errno
import subprocess
import sys

import pytest

from tests.faults.machine import Machine, Ran, compiler
from tests.faults.scenarios import SCENARIOS, Scenario, world
from tests.faults.trial import JUMP, clocks, memory, trials

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler to build the shim with")
NAIVE = Scenario("naive", ("verb",), (), ("out",))


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    place = tmp_path_factory.mktemp("faults")
    with Machine(place) as machine:
        world(place / "world", machine.run, lean=True)
        yield machine, place


@pytest.mark.parametrize("name", ["convert", "export", "gate"])
def test_a_fault_breaks_nothing_and_the_same_command_mends_it(laid, name):
    machine, place = laid
    [scenario] = [one for one in SCENARIOS if one.name == name]
    found = list(trials(scenario, machine, place, most=2))
    assert {one.mode for one in found} == {"once", "full", "kill", "torn", "shut"}
    assert any(one.code == -9 for one in found)
    assert any(one.code == 2 for one in found)
    assert not [one for one in found if one.faults]


def test_too_little_memory_is_told_and_the_same_command_goes_on(laid):
    machine, place = laid
    [scenario] = [one for one in SCENARIOS if one.name == "convert"]
    found = list(memory(scenario, machine, place))
    assert found[0].code != 0  # none at all
    assert not [one for one in found if one.faults]
    assert {one.rows.lost for one in found} == {0}


def test_a_clock_that_jumps_changes_nothing(laid):
    machine, place = laid
    [scenario] = [one for one in SCENARIOS if one.name == "convert"]
    found = list(clocks(scenario, machine, place))
    assert [one.code for one in found] == [0, -9, -9, -9]
    assert not [one for one in found if one.faults]


def test_the_shim_turns_the_clock_of_the_day_and_no_other(laid):
    machine, place = laid
    code = "import time; print(*[f() for f in (time.time, time.monotonic) for _ in range(3)])"
    for jump in (0, JUMP):
        machine.run(("--version",), folder=place, jump=jump)  # leaves what the shim is told
        shown = subprocess.check_output([sys.executable, "-c", code], env=machine.environment, text=True)
        times = [float(one) for one in shown.split()]
        assert max(times[:3]) - min(times[:3]) == pytest.approx(2 * jump, abs=60)
        assert max(times[3:]) - min(times[3:]) < 60


class Careless:
    """Writes in place, so that what a fault leaves is taken for whole."""

    def run(self, _, *, folder, mode="none", **__):
        out = folder / "out"
        if out.exists():
            return Ran(0, "", 1, 0)
        if mode == "none":
            out.write_text("whole")
            return Ran(0, "", 1, 0)
        out.write_text("ha")
        return Ran(-9 if mode in {"kill", "torn"} else 70, "this is a bug in workbench", 1, 1)


def test_a_careless_writer_is_caught(tmp_path):
    (tmp_path / "world").mkdir()
    found = list(trials(NAIVE, Careless(), tmp_path, most=3))
    assert all("after the same command again, these differ: ['out']" in one.faults for one in found)
    once = next(one for one in found if one.mode == "once")
    assert any("exit code 70" in fault for fault in once.faults)


def test_the_shim_fails_the_change_that_it_is_told_to(laid):
    machine, place = laid
    folder = place / "one"
    folder.mkdir()
    (folder / "prompt.md").write_text("Reply in English.\n")
    command = ("contract", "infer", "prompt.md", "--out", "out.yaml")
    failed = machine.run(command, folder=folder, mode="once", at=1, error=errno.ENOSPC)
    assert (failed.code, failed.struck) == (2, 1)
    assert "No space left" in failed.shown
    assert not (folder / "out.yaml").exists()
    assert machine.run(command, folder=folder).code == 0
