"""Which test runs which line of the kernels, and how much processor time each test takes."""

import functools
import gc
import json
import os
import sys
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from tests.mutants.mutations import Mutation

# Lines of one function in one test after which all of it counts as run: loops are not followed to their end.
_MANY = 20_000
# A shared fixture that takes longer is set up once for all tests that take it.
_DEAR = 0.2


@dataclass
class Known:
    """What was seen: ``lines[file][line]`` the tests that run it; "" is what runs while tests are gathered.

    ``seconds`` holds the processor time of each test, ``shared`` that of the shared fixtures it takes;
    ``failing`` names tests that fail without any change: they can't tell.
    """

    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    shared: dict[str, float] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> "Known":
        """Read what `write` wrote."""
        held = json.loads(file.read_text())
        held["lines"] = {
            name: {int(line): tests for line, tests in lines.items()} for name, lines in held["lines"].items()
        }
        return cls(**held)

    def write(self, file: Path) -> None:
        """Write the whole of it, or nothing."""
        whole = file.with_suffix(".tmp")
        whole.write_text(json.dumps(vars(self)))
        whole.replace(file)

    def add(self, other: "Known") -> None:
        """Add what other tests run."""
        for name, lines in other.lines.items():
            held = self.lines.setdefault(name, {})
            for line, tests in lines.items():
                held[line] = sorted({*held.get(line, ()), *tests})
        self.seconds |= other.seconds
        self.shared |= other.shared
        self.failing += other.failing

    def first(self, tests: list[str], seconds: float) -> list[str]:
        """Return the first tests that together take so many seconds of processor time, one at least."""
        chosen: list[str] = []
        modules: set[str] = set()
        for test in tests:
            module = test.partition("::")[0]
            seconds -= self.seconds[test] + (0.0 if module in modules else self.shared.get(test, 0.0))
            if chosen and seconds < 0:
                break
            chosen.append(test)
            modules.add(module)
        return chosen

    def telling(self, file: Path, mutation: Mutation) -> list[str]:
        """Return the tests that can notice a change, in the order in which to run them.

        Those that run one of its lines; of a change in what runs at import alone, every test. A test that
        passes by there on its way counts as much as one about it.
        """
        lines = self.lines.get(str(file), {})
        found = {test for line in mutation.lines for test in lines.get(line, ())}
        if not mutation.lines or found == {""}:
            found = set(self.seconds)
        found -= {"", *self.failing}
        return self._in_order(found)

    def imported(self, file: Path, mutation: Mutation) -> bool:
        """Tell whether a change is in what runs at import or while tests are gathered."""
        lines = self.lines.get(str(file), {})
        return not mutation.lines or any("" in lines.get(line, ()) for line in mutation.lines)

    def _in_order(self, tests: set[str]) -> list[str]:
        """The cheapest first, but those of one module together where they share what is dear."""
        groups: dict[str, list[str]] = {}
        for test in tests:
            dear = self.shared.get(test, 0.0) > _DEAR
            groups.setdefault(test.partition("::")[0] if dear else test, []).append(test)

        def cost(test: str) -> tuple[float, str]:
            return self.seconds[test] + self.shared.get(test, 0.0), test

        ordered = sorted(groups.values(), key=lambda group: min(map(cost, group)))
        return [test for group in ordered for test in sorted(group, key=cost)]


class Watch:
    """Runs tests and notes for each its processor time and the lines of the product that it runs.

    What a shared fixture runs, while the first of its tests is set up, counts for every test that takes it.
    What the product keeps of earlier calls is thrown away before each test: it runs what it needs itself.
    """

    def __init__(self, files: Iterable[str]) -> None:
        self.files, self.known, self.test = frozenset(files), Known(), ""
        self.seen: dict[str, set[tuple[str, int]]] = {}
        self.counts: dict[tuple[str, object], int] = {}
        self.takers: dict[str, list[str]] = {}
        self.costs: dict[str, float] = {}

    def __enter__(self) -> Self:
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.settrace(None)
        threading.settrace(None)

    def _enter(self, frame, _event, _argument):
        code = frame.f_code
        if code.co_filename not in self.files or self.counts.get((self.test, code), 0) > _MANY:
            return None
        lines = self.seen.setdefault(self.test, set())
        lines.add((code.co_filename, code.co_firstlineno))
        return self._line

    def _line(self, frame, event, _argument):
        if event == "line":
            code = frame.f_code
            self.seen.setdefault(self.test, set()).add((code.co_filename, frame.f_lineno))
            count = self.counts[self.test, code] = self.counts.get((self.test, code), 0) + 1
            if count > _MANY:
                lines = {line for *_, line in code.co_lines() if line}
                self.seen[self.test] |= {(code.co_filename, line) for line in lines}
                frame.f_trace_lines = False
                return None
        return self._line

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        if fixturedef.scope == "function":
            return (yield)
        outer, self.test, before = self.test, _shared(fixturedef), _processor()
        try:
            return (yield)
        finally:
            self.costs[self.test] = self.costs.get(self.test, 0.0) + _processor() - before
            self.test = outer

    def pytest_runtest_logreport(self, report) -> None:
        """Note a test that fails."""
        if report.failed and report.nodeid not in self.known.failing:
            self.known.failing.append(report.nodeid)

    def run(self, items) -> Known:
        """Run tests in their order and return what was seen."""
        caches = kept_calls(self.files)
        for item, after in zip(items, [*items[1:], None], strict=True):
            for cache in caches:
                cache.cache_clear()
            for one in _fixtures(item):
                self.takers.setdefault(_shared(one), []).append(item.nodeid)
            self.test, before, dear = item.nodeid, _processor(), sum(self.costs.values())
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            dear = sum(self.costs.values()) - dear
            self.known.seconds[item.nodeid] = round(max(_processor() - before - dear, 0.0), 3)
        self._sum()
        return self.known

    def _sum(self) -> None:
        found: dict[str, dict[int, dict[str, None]]] = {}
        for name, lines in self.seen.items():
            tests = self.takers.get(name, [name])
            for file, line in lines:
                found.setdefault(file, {}).setdefault(line, {}).update(dict.fromkeys(tests))
        self.known.lines = {
            file: {line: sorted(tests) for line, tests in sorted(lines.items())}
            for file, lines in found.items()
        }
        for name, tests in self.takers.items():
            for test in tests:
                cost = self.known.shared.get(test, 0.0) + self.costs.get(name, 0.0)
                self.known.shared[test] = round(cost, 3)


def kept_calls(files: Collection[str]) -> list:
    """Return the caches of the product's functions, and of those of some files."""
    kind = type(functools.lru_cache(len))
    found = [one for one in gc.get_objects() if isinstance(one, kind)]
    return [
        one
        for one in found
        if (one.__module__ or "").startswith("workbench")
        or getattr(getattr(one.__wrapped__, "__code__", None), "co_filename", None) in files
    ]


def _fixtures(item) -> Iterator:
    for fixtures in getattr(item, "_fixtureinfo").name2fixturedefs.values():  # noqa: B009  nowhere public
        yield from (one for one in fixtures if one.scope != "function")


def _shared(fixture) -> str:
    return f"fixture {fixture.baseid}::{fixture.argname}"


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
