import pytest

from workbench.cli import screen


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: now[0])
    return now


def test_where_there_is_no_terminal_only_a_stage_that_takes_long_says_so(clock, capsys):
    shown = screen.Screen()
    shown.report("short", 0, 2)
    shown.report("short", 2, 2)
    shown.report("train", 0, 100)
    clock[0] += 14
    shown.report("train", 40, 100, "loss 2.1")
    assert capsys.readouterr().err == ""
    clock[0] += 2
    shown.report("train", 50, 100, "loss 2.0")
    clock[0] += 2
    shown.report("train", 60, 100)
    shown.report("train", 100, 100)
    shown.report("train", 100, 100)
    assert capsys.readouterr().err.splitlines() == ["  train: 50/100 loss 2.0", "  train: 100/100"]


@pytest.mark.usefixtures("clock")
def test_with_lines_each_stage_says_when_it_begins_and_ends(capsys):
    shown = screen.Screen(lines=True)
    shown.report("short", 0, 2)
    shown.report("short", 1, 2)
    shown.report("short", 2, 2)
    shown.report("whole", 1, 1)
    assert capsys.readouterr().err.splitlines() == ["  short: 0/2", "  short: 2/2", "  whole: 1/1"]


def test_quiet_says_nothing_however_long_it_takes(clock, capsys):
    shown = screen.Screen(quiet=True, lines=True)
    shown.report("train", 0, 100)
    clock[0] += 60
    shown.report("train", 50, 100)
    assert capsys.readouterr().err == ""
