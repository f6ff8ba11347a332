"""One scenario, struck at one place in one way, and whether the same command then mends all."""

import errno
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.rows import Rows, counted
from tests.faults.scenarios import filled, lay, snapshot

# Once: a disk that fails one time. Full: no space from then on. Kill: SIGKILL before the change. Torn: half
# of a write reaches the disk, then SIGKILL. Shut: a place that takes no change at all, from the first on.
WAYS = (("once", errno.EIO), ("full", errno.ENOSPC), ("kill", 0), ("torn", 0), ("shut", errno.EROFS))


@dataclass(frozen=True)
class Outcome:
    """What a fault did; ``faults`` says what should not have been."""

    scenario: str
    mode: str
    at: int
    code: int | None
    again: int | None
    shown: str
    faults: tuple[str, ...]
    rows: Rows = field(default_factory=Rows)


def trials(scenario, machine, place: Path, *, most: int):
    """Strike ``scenario`` at up to ``most`` of its changes in each of the ways."""
    home, work = place / "world", place / "work"
    scenario = filled(scenario, home)
    lay(scenario, home, work)
    whole = machine.run(scenario.command, folder=work)
    good = snapshot(work, scenario.writes)
    if whole.code not in {0, 1, 3} or not good or not whole.changes:
        raise RuntimeError(f"{scenario.name} doesn't run undisturbed: {whole}")
    for mode, error in WAYS:
        for at in (1,) if mode == "shut" else _spread(whole.changes, most):
            lay(scenario, home, work)
            yield _struck(scenario, machine, work, mode=mode, at=at, error=error, whole=whole, good=good)


# What a process ends with that is told to stop: as the command line says, and as the system does.
_PANIC = re.compile(r"(?s)thread '[^']*'.{0,40}panicked at.*?RUST_BACKTRACE=\S*[^\n]*\n")
_ENDS = {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: -15}


def moments(scenario, machine, place: Path, *, count: int, draw: random.Random):
    """Send ``count`` signals of each kind, each at a random moment of the command's time."""
    home, work = place / "world", place / "work"
    scenario = filled(scenario, home)
    lay(scenario, home, work)
    began = time.monotonic()
    whole = machine.run(scenario.command, folder=work)
    took, good = time.monotonic() - began, snapshot(work, scenario.writes)
    for number in range(3 * count):
        kind = tuple(_ENDS)[number % 3]
        lay(scenario, home, work)
        first = machine.run(scenario.command, folder=work, send=(kind, draw.uniform(0, took)))
        mode = f"{signal.Signals(kind).name} at a moment"
        yield _mended(
            scenario, machine, first, mode=mode, number=number, before=(work, whole, good),
            allowed={_ENDS[kind]},
        )  # fmt: skip


# MiB beyond those that a command begins with; and how one ends that may have no more: with a word, or down
# where a library of C or Rust can't be refused (SIGABRT, SIGSEGV, SIGBUS, SIGILL).
ROOM = (0, 1, 4, 16, 64, 256)
_DOWN = {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL}


def memory(scenario, machine, place: Path):
    """Run ``scenario`` with less and less room for addresses, from the first that is too little."""
    home, work = place / "world", place / "work"
    scenario = filled(scenario, home)
    lay(scenario, home, work)
    whole = machine.run(scenario.command, folder=work)
    good = snapshot(work, scenario.writes)
    for room in ROOM:
        lay(scenario, home, work)
        first = machine.run(scenario.command, folder=work, room=room)
        told = {2: "emory" in first.shown or "space" in first.shown}
        faults = (
            [] if told.get(first.code, True) else [f"refused without a word of it: {first.shown[-300:]!r}"]
        )
        yield _mended(
            scenario, machine, first, mode=f"{room} MiB of room", number=room, before=(work, whole, good),
            allowed={2, *_DOWN}, faults=faults,
        )  # fmt: skip
        if first.code == whole.code:
            return


# Seconds: thirteen months, so that day, month and year are others.
JUMP = 400 * 86_400


def clocks(scenario, machine, place: Path):
    """Run ``scenario`` while the clock jumps to and fro: whole, killed half-way, on files of other years."""
    home, work = place / "world", place / "work"
    scenario = filled(scenario, home)
    lay(scenario, home, work)
    whole = machine.run(scenario.command, folder=work)
    good, turning = snapshot(work, scenario.writes), Turning(machine)
    for number, (mode, year) in enumerate((("none", 0), ("kill", 0), ("kill", 1990), ("kill", 2090))):
        lay(scenario, home, work)
        at = 1 + whole.changes // 2 if mode == "kill" else 0
        first = turning.run(scenario.command, folder=work, mode=mode, at=at)
        for file in (one for one in work.rglob("*") if year):
            os.utime(file, ((year - 1970) * 365.25 * 86_400,) * 2)
        said = f"a clock that jumps, {mode}" + (f", files of {year}" if year else "")
        yield _mended(
            scenario, turning, first, mode=said, number=number, before=(work, whole, good), allowed={-9},
        )  # fmt: skip


@dataclass(frozen=True)
class Turning:
    """A machine whose clock of the day jumps."""

    machine: object

    def run(self, command, **more):
        return self.machine.run(command, jump=JUMP, **more)


def _mended(scenario, machine, first, *, mode, number, before, allowed, faults=()) -> Outcome:
    work, whole, good = before
    faults, left, allowed = list(faults), snapshot(work, scenario.writes), {whole.code, *allowed}
    if first.code not in allowed:
        faults.append(f"exit code {first.code}, expected one of {sorted(allowed)}: {first.shown[-300:]!r}")
    # Where polars is interrupted, its Rust prints why it panics before Python may end in silence.
    shown = _PANIC.sub("", first.shown) if first.code == _ENDS[signal.SIGINT] else first.shown
    if "Traceback (most recent call last)" in shown:
        faults.append(f"a trace: {first.shown[-400:]!r}")
    if first.code == whole.code and left != good:
        faults.append(f"ended well, but otherwise: {_differing(left, good)}")
    again, rows, more = _again(scenario, machine, work, left=left, whole=whole, good=good)
    faults += more
    return Outcome(
        scenario.name, mode, number, first.code, again.code, first.shown[-600:], tuple(faults), rows
    )


def _again(scenario, machine, work: Path, *, left, whole, good):
    """Run the same command undisturbed; return how it ended, the rows it left, and what is wrong."""
    again, faults, rows = machine.run(scenario.command, folder=work), [], Rows()
    if again.code != whole.code and not _stands(again, left, good):
        faults.append(f"the same command again: exit code {again.code}: {again.shown[-400:]!r}")
    elif (after := snapshot(work, scenario.writes)) != good:
        faults.append(f"after the same command again, these differ: {_differing(after, good)}")
    else:
        rows = counted(scenario.name, before=work.parent / "world", after=work)
        if rows.lost:
            faults.append(f"rows lost: {rows}")
    return again, rows, faults


def _spread(count: int, most: int) -> list[int]:
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + round(step * (count - 1) / (most - 1)) for step in range(most)})


def _struck(scenario, machine, work: Path, *, mode, at, error, whole, good) -> Outcome:
    inputs = snapshot(work, [name for name in scenario.needs if name not in scenario.writes])
    first = machine.run(scenario.command, folder=work, mode=mode, at=at, error=error)
    faults = list(_at_first(first, mode=mode, whole=whole))
    left = snapshot(work, scenario.writes)
    if first.code == whole.code and mode in {"once", "full"} and left != good:
        faults.append(
            f"exit code {first.code}, but not what an undisturbed run leaves: {_differing(left, good)}"
        )
    again, rows, more = _again(scenario, machine, work, left=left, whole=whole, good=good)
    faults += more
    if snapshot(work, [name for name in scenario.needs if name not in scenario.writes]) != inputs:
        faults.append("an input was changed")
    return Outcome(scenario.name, mode, at, first.code, again.code, first.shown[-600:], tuple(faults), rows)


def _at_first(first, *, mode: str, whole):
    if not first.struck:
        return
    if "Traceback (most recent call last)" in first.shown or "this is a bug in workbench" in first.shown:
        yield f"a trace, or a bug's message: {first.shown[-400:]!r}"
    allowed = {-9} if mode in {"kill", "torn"} else {2, whole.code}
    if first.code not in allowed:
        yield f"exit code {first.code}, expected one of {sorted(allowed)}: {first.shown[-300:]!r}"


def _stands(again, left, good) -> bool:
    """Tell whether the command refused only because the first run had finished its output already."""
    return again.code == 2 and left == good and "--force" in again.shown


def _differing(one, other) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))[:6]
