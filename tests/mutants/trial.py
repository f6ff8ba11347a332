"""Run the tests of a kernel against one changed module, in a forked process of its own.

The parent has the libraries imported and nothing of `workbench`, so a child starts in a moment and imports
the changed tree. Only the tests that entered the changed function are run, the quickest first; a change
outside functions, or in a compiled loop, is held by all tests of its kernel.
"""

import ast
import contextlib
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.mutants.equivalents import equivalent
from tests.mutants.kernels import Kernel
from tests.mutants.mutations import Mutation

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 6 << 30


@dataclass(frozen=True)
class Outcome:
    """What became of one change.

    ``killed``, ``slow`` (killed by the clock), ``survived``, ``untested``, or ``equivalent``: nothing that
    the product promises changes, and `equivalents` says why.
    """

    kernel: str
    module: str
    line: int
    what: str
    outcome: str
    by: str
    seconds: float


@dataclass
class Known:
    """Which tests enter which functions, and how long each test takes: ``entered[file][line]``."""

    entered: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def telling(self, mutation: Mutation) -> list[str]:
        """Return the tests that can notice a change, quickest first."""
        file = self.entered.get(str(source(mutation.module)), {})
        found = file.get(mutation.function, []) if mutation.function else list(self.seconds)
        return sorted(found, key=lambda test: (self.seconds[test], test))


def source(module: str) -> Path:
    """Return the file of a module, without importing it."""
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def compiled(module: str) -> bool:
    """Tell whether a module holds compiled loops: nobody sees who enters them."""
    return "@compiled" in source(module).read_text()


class _Watch:
    """A pytest plugin that notes for each test its time and the functions of the product that it enters.

    What a shared fixture enters, while the first of its tests is set up, counts for every test that takes it.
    """

    def __init__(self, files: set[str]) -> None:
        self.files, self.known, self.test = files, Known({}, {}), ""
        self.shared: dict[str, list[str]] = {}

    def _profile(self, frame, event, _argument) -> None:
        if event == "call" and frame.f_code.co_filename in self.files:
            tests = self.known.entered.setdefault(frame.f_code.co_filename, {}).setdefault(
                frame.f_code.co_firstlineno, []
            )
            if not tests or tests[-1] != self.test:
                tests.append(self.test)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        before = self.test
        if fixturedef.scope != "function":
            self.test = _shared(fixturedef)
        try:
            return (yield)
        finally:
            self.test = before

    def pytest_sessionfinish(self) -> None:
        """Put the tests that take a shared fixture in its place."""
        for lines in self.known.entered.values():
            for line, names in lines.items():
                tests = (one for name in names for one in self.shared.get(name, [name]))
                lines[line] = list(dict.fromkeys(tests))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        for fixtures in getattr(item, "_fixtureinfo").name2fixturedefs.values():  # noqa: B009  nowhere public
            for one in fixtures:
                self.shared.setdefault(_shared(one), []).append(item.nodeid)
        self.test, before = item.nodeid, time.perf_counter()
        sys.setprofile(self._profile)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            self.known.seconds[item.nodeid] = time.perf_counter() - before


def _shared(fixture) -> str:
    return f"fixture {fixture.baseid}::{fixture.argname}"


class _Killer:
    """A pytest plugin that notes the first test that fails."""

    def __init__(self) -> None:
        self.by = ""

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed and not self.by:
            self.by = report.nodeid


def learned(kernel: Kernel, cache: Path) -> Known:
    """Run the tests of a kernel on the unchanged product; they have to pass."""
    files = {str(source(module)) for module in kernel.modules}

    def watched() -> dict:
        watch = _Watch(files)
        code = pytest.main([*_quiet(), *(f"tests/{test}" for test in kernel.tests)], plugins=[watch])
        return {"code": int(code), "known": asdict(watch.known)}

    found = _in_child(watched, seconds=3600, cache=cache)
    if found is None or found["code"] != 0:
        raise SystemExit(f"{kernel.name}: the tests fail without any change ({found and found['code']})")
    entered = {
        file: {int(line): tests for line, tests in lines.items()}
        for file, lines in found["known"]["entered"].items()
    }
    return Known(entered, found["known"]["seconds"])


def tried(kernel: Kernel, mutation: Mutation, known: Known, cache: Path) -> Outcome:
    """Try one change."""
    if why := equivalent(mutation, source(mutation.module)):
        return Outcome(kernel.name, mutation.module, mutation.line, mutation.what, "equivalent", why, 0.0)
    tests = list(known.seconds) if compiled(mutation.module) else known.telling(mutation)
    tests.sort(key=lambda test: (known.seconds[test], test))

    def changed() -> dict:
        sys.meta_path.insert(0, _Finder(mutation))
        killer = _Killer()
        code = pytest.main([*_quiet(), "-x", *tests], plugins=[killer])
        return {"code": int(code), "by": killer.by}

    before = time.perf_counter()
    if not tests:
        outcome, by = "untested", ""
    else:
        allowed = 60 + 5 * sum(known.seconds[test] for test in tests)
        with _caches(mutation, cache) as folder:
            found = _in_child(changed, seconds=allowed, cache=folder)
        outcome = "slow" if found is None else "survived" if found["code"] == 0 else "killed"
        by = "" if found is None else found["by"]
    seconds = time.perf_counter() - before
    return Outcome(kernel.name, mutation.module, mutation.line, mutation.what, outcome, by, round(seconds, 1))


@contextlib.contextmanager
def _caches(mutation: Mutation, cache: Path) -> Iterator[Path]:
    if not compiled(mutation.module):
        yield cache
        return
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        yield Path(folder)


def _quiet() -> list[str]:
    return ["-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-m", "not gpu and not browser"]


class _Finder:
    """Import one module of the product from a changed syntax tree."""

    def __init__(self, mutation: Mutation) -> None:
        self.mutation = mutation

    def find_spec(self, name, _path=None, _target=None):
        if name != self.mutation.module:
            return None
        return importlib.util.spec_from_file_location(name, source(name), loader=_Loader(self.mutation))


class _Loader:
    def __init__(self, mutation: Mutation) -> None:
        self.mutation = mutation

    def create_module(self, _spec):
        return None

    def exec_module(self, module) -> None:
        file = source(self.mutation.module)
        tree = self.mutation.applied(ast.parse(file.read_text()))
        exec(compile(tree, str(file), "exec"), module.__dict__)  # noqa: S102


def _in_child(work, *, seconds: float, cache: Path) -> dict | None:
    """Run a function in a forked process group and return what it returned; ``None``: it took too long."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        answer = Path(folder) / "answer.json"
        child = os.fork()
        if child == 0:
            _answer(work, answer, Path(folder), cache)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.waitpid(child, os.WNOHANG)[0]:
                break
            time.sleep(0.05)
        else:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        return json.loads(answer.read_text()) if answer.exists() else {"code": -1, "by": "", "known": {}}


def _answer(work, answer: Path, folder: Path, cache: Path) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    os.environ |= {"NUMBA_CACHE_DIR": str(cache), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    tempfile.tempdir = None
    nowhere = os.open(os.environ.get("MUTANTS_LOG", os.devnull), os.O_WRONLY | os.O_CREAT)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    code = 1
    try:
        answer.write_text(json.dumps(work()))
        code = 0
    finally:
        os._exit(code)
