"""Try changes of a kernel: gather its tests once, and fork a process for each change from there.

The gathering process has the tests and the product imported; a child of it gets the changed function in place
of the loaded one, and runs the tests that reach the changed line until one fails. What runs at import is
changed before the import instead, in a process that begins with nothing of the product. Compiled loops run as
plain Python in all of it. Processor time bounds each test, so that a loaded machine kills nothing.
"""

import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants.child import Work, side_by_side
from tests.mutants.kept import Kept, Outcome
from tests.mutants.kernels import Kernel
from tests.mutants.known import Known, Watch
from tests.mutants.mutations import Mutation
from tests.mutants.place import ROOT, compiled, put_before_import, put_in_place, source

# A test may take this many times its seconds of processor time, and some, before it counts as endless.
_TIMES, _BESIDE = 6, 4
_LONG = 1_000_000


@dataclass(frozen=True)
class Trials:
    """Changes of one kernel to be tried, ``jobs`` at a time, into what is kept; ``say`` tells of each.

    A trial runs tests of ``seconds`` of processor time, and no more: what they let pass has survived.
    """

    kernel: Kernel
    todo: tuple[Mutation, ...]
    kept: Kept
    jobs: int
    seconds: float
    cache: Path
    say: Callable[[Outcome], None]

    def run(self) -> None:
        """Learn what the tests run, where that isn't known yet, and try every change."""
        if any(map(compiled, self.kernel.modules)):
            _plainly()
        gathered = Work("gather", self._gather, _LONG)
        for _, answer, _ in side_by_side([gathered], 1, self.cache):
            if not answer or answer.get("code"):
                raise SystemExit(f"{self.kernel.name}: its tests can't be gathered or run: {answer}")
        known = self.kept.known(self.kernel)
        works = (self._imported(one, known) for one in self._left())
        self._note(works, known)

    def _left(self) -> list[Mutation]:
        return [one for one in self.todo if self.kept.stands(self.kernel, one) is None]

    def _gather(self) -> dict:
        gathered = _Gathered(self._loaded, Watch(str(source(module)) for module in self.kernel.modules))
        with gathered.watch:
            code = pytest.main(self._options(self.kernel.tests), plugins=[gathered])
        return {"code": int(code), "error": gathered.error}

    def _loaded(self, session, watch: Watch) -> None:
        """In the process that has gathered the tests: learn, and try what can be put in place."""
        items = {item.nodeid: item for item in session.items}
        unknown = {}
        for item in session.items:
            file = item.nodeid.partition("::")[0]
            if not self.kept.knows(self.kernel, file):
                unknown.setdefault(file, []).append(item)
        works = [Work(file, self._learns(file, these, watch), _LONG) for file, these in unknown.items()]
        for work, answer, _ in side_by_side(works, self.jobs, self.cache):
            if not answer:
                raise RuntimeError(f"nothing learned from {work.name}")
        known = self.kept.known(self.kernel)
        self._note((self._swapped(one, known, items) for one in self._left()), known)

    def _learns(self, file: str, items: list, watch: Watch) -> Callable[[], dict]:
        def learn() -> dict:
            manager = items[0].config.pluginmanager
            manager.register(watch)
            with watch:
                self.kept.learn(self.kernel, file, watch.run(items))
            return {"code": 0}

        return learn

    def _swapped(self, mutation: Mutation, known: Known, items: dict) -> Work | None:
        file = source(mutation.module)
        tests = known.first(known.telling(file, mutation), self.seconds)
        if known.imported(file, mutation) or not tests:
            return None

        def call() -> dict:
            if not put_in_place(mutation):
                return {"put": False}
            return {"by": run(items[test] for test in tests)} | {"put": True}

        def run(chosen: Iterable) -> str:
            killer = _Killer(known)
            manager = next(iter(items.values())).config.pluginmanager
            manager.register(killer)
            chosen = list(chosen)
            for item, after in zip(chosen, [*chosen[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                if killer.by:
                    break
            return killer.by

        return Work(mutation, call, _allowed(known, tests))

    def _imported(self, mutation: Mutation, known: Known) -> Work:
        tests = known.first(known.telling(source(mutation.module), mutation), self.seconds)

        def call() -> dict:
            put_before_import(mutation)
            killer = _Killer(known, tests)
            files = dict.fromkeys(test.partition("::")[0].removeprefix("tests/") for test in tests)
            pytest.main([*self._options(files), "-x"], plugins=[killer])
            return {"put": True, "by": killer.by}

        return Work(mutation, call if tests else lambda: {"put": True, "by": ""}, _allowed(known, tests))

    def _options(self, tests: Iterable[str]) -> list[str]:
        options = ["-q", "--capture=sys", "--assert=plain", "--tb=no", "--no-header", "--rootdir", str(ROOT)]
        options += [f"--deselect=tests/{test}" for test in self.kernel.slow]
        return [*options, "-m", "not gpu and not browser", *(f"tests/{test}" for test in tests)]

    def _note(self, works: Iterable[Work | None], known: Known) -> None:
        for work, answer, seconds in side_by_side(filter(None, works), self.jobs, self.cache):
            mutation = work.name
            if answer is not None and not answer["put"]:
                continue
            by = answer["by"] if answer else ""
            tested = known.telling(source(mutation.module), mutation)
            outcome = "slow" if answer is None else "killed" if by else "survived" if tested else "untested"
            self.say(self.kept.add(self.kernel, mutation, outcome, by, seconds))


class _Plugin:
    """What the gathering and the single runs have in common."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Take no time to look for the smallest example that fails."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate, Phase.target)
        settings.register_profile("mutants", settings.get_profile("landing"), phases=phases)
        settings.load_profile("mutants")


class _Gathered(_Plugin):
    """A pytest plugin that has something else done than to run the tests."""

    def __init__(self, work: Callable[[object, Watch], None], watch: Watch) -> None:
        self.work, self.watch, self.error = work, watch, ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session) -> bool:
        """Do the work with the gathered tests in place of the usual loop."""
        self.watch.__exit__()
        try:
            self.work(session, self.watch)
        except (RuntimeError, OSError) as error:
            self.error = str(error)
            session.testsfailed = 1
        return True


class _Killer(_Plugin):
    """A pytest plugin that notes the first test that fails, and ends one that doesn't end."""

    def __init__(self, known: Known, tests: list[str] | None = None) -> None:
        self.by, self.known, self.tests = "", known, tests

    def pytest_collection_modifyitems(self, items) -> None:
        """Keep the asked tests, in their order."""
        if self.tests is not None:
            there = {item.nodeid: item for item in items}
            items[:] = [there[test] for test in self.tests if test in there]

    def pytest_runtest_logstart(self, nodeid) -> None:
        """Bound a test's processor time: the signal ends the process."""
        signal.setitimer(signal.ITIMER_PROF, _BESIDE + _TIMES * self._cost(nodeid))

    def _cost(self, test: str) -> float:
        return self.known.seconds.get(test, 1.0) + self.known.shared.get(test, 0.0)

    def pytest_runtest_logreport(self, report) -> None:
        """Note a failure."""
        if report.failed and not self.by:
            self.by = report.nodeid

    def pytest_collectreport(self, report) -> None:
        """Note a module of tests that can't be imported any more."""
        if report.failed and not self.by:
            self.by = report.nodeid


def _allowed(known: Known, tests: Iterable[str]) -> float:
    return 60 + _TIMES * sum(known.seconds[test] + known.shared.get(test, 0.0) for test in tests)


def _plainly() -> None:
    """Run compiled loops as plain Python: their lines are seen, and a changed one needs no compiler."""
    import numba

    os.environ["NUMBA_DISABLE_JIT"] = "1"
    numba.config.DISABLE_JIT = True
