import errno

import pytest

from tests.faults.machine import Machine, Ran, compiler
from tests.faults.scenarios import SCENARIOS, Scenario, world
from tests.faults.trial import trials

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
    assert {one.mode for one in found} == {"once", "full", "kill", "torn"}
    assert any(one.code == -9 for one in found)
    assert any(one.code == 2 for one in found)
    assert not [one for one in found if one.faults]


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
