"""One scenario, struck at one place in one way, and whether the same command then mends all."""

import errno
from dataclasses import dataclass
from pathlib import Path

from tests.faults.scenarios import lay, snapshot

# Once: a disk that fails one time. Full: no space from then on. Kill: SIGKILL before the change. Torn: half
# of a write reaches the disk, then SIGKILL.
WAYS = (("once", errno.EIO), ("full", errno.ENOSPC), ("kill", 0), ("torn", 0))


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


def trials(scenario, machine, place: Path, *, most: int):
    """Strike ``scenario`` at up to ``most`` of its changes in each of the four ways."""
    home, work = place / "world", place / "work"
    lay(scenario, home, work)
    whole = machine.run(scenario.command, folder=work)
    good = snapshot(work, scenario.writes)
    if whole.code not in {0, 1, 3} or not good or not whole.changes:
        raise RuntimeError(f"{scenario.name} doesn't run undisturbed: {whole}")
    for mode, error in WAYS:
        for at in _spread(whole.changes, most):
            lay(scenario, home, work)
            yield _struck(scenario, machine, work, mode=mode, at=at, error=error, whole=whole, good=good)


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
    again = machine.run(scenario.command, folder=work)
    if again.code != whole.code and not _stands(again, left, good):
        faults.append(f"the same command again: exit code {again.code}: {again.shown[-400:]!r}")
    elif (after := snapshot(work, scenario.writes)) != good:
        faults.append(f"after the same command again, these differ: {_differing(after, good)}")
    if snapshot(work, [name for name in scenario.needs if name not in scenario.writes]) != inputs:
        faults.append("an input was changed")
    return Outcome(scenario.name, mode, at, first.code, again.code, first.shown[-600:], tuple(faults))


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
