"""What a sweep has found, kept in a folder so that the next one goes on from there.

`KERNEL.jsonl` holds the outcome of each change, `known` what each file of tests runs. A kill counts while
the changed module and the file of the test that noticed are the same; a survivor while all tests of the
kernel are.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from tests.mutants.equivalents import equivalent
from tests.mutants.kernels import Kernel
from tests.mutants.known import Known
from tests.mutants.mutations import Mutation
from tests.mutants.place import ROOT, source


@dataclass(frozen=True)
class Outcome:
    """What became of one change.

    ``killed``, ``slow`` (killed by the clock, or the process down), ``survived``, ``untested`` (no test runs
    the line), or ``equivalent``: nothing that the product promises changes, and `equivalents` says why.
    """

    module: str
    place: int
    line: int
    what: str
    outcome: str
    by: str
    seconds: float
    product: str
    tests: str


class Kept:
    """The outcomes and what is known of the tests, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "known").mkdir(parents=True, exist_ok=True)

    def stands(self, kernel: Kernel, mutation: Mutation) -> Outcome | None:
        """Return what became of a change, unless it has to be tried, again or at all."""
        if why := equivalent(mutation, source(mutation.module)):
            return _outcome(mutation, "equivalent", why, 0.0, "")
        found = self._read(kernel).get((mutation.module, mutation.place, mutation.what))
        if found is None or found.product != digest(source(mutation.module)):
            return None
        return found if found.tests == _tests(kernel, found.by) else None

    def add(self, kernel: Kernel, mutation: Mutation, outcome: str, by: str, seconds: float) -> Outcome:
        """Keep what became of a change."""
        one = _outcome(mutation, outcome, by, round(seconds, 1), _tests(kernel, by))
        with (self.folder / f"{kernel.name}.jsonl").open("a") as file:
            file.write(json.dumps(asdict(one)) + "\n")
        return one

    def counted(self) -> int:
        """Return how many outcomes have been kept in all."""
        return sum(len(file.read_text().splitlines()) for file in self.folder.glob("*.jsonl"))

    def _read(self, kernel: Kernel) -> dict[tuple, Outcome]:
        file = self.folder / f"{kernel.name}.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return {(one.module, one.place, one.what): one for line in lines if (one := _parsed(line))}

    def knows(self, kernel: Kernel, file: str) -> bool:
        """Tell whether it is known what the tests of a file run in the modules as they are."""
        return self._known(kernel, file).exists()

    def learn(self, kernel: Kernel, file: str, known: Known) -> None:
        """Keep what the tests of a file run, in whatever folder the product lies."""
        known.lines = {os.path.relpath(name, ROOT): lines for name, lines in known.lines.items()}
        known.write(self._known(kernel, file))

    def known(self, kernel: Kernel) -> Known:
        """Return what all tests of a kernel run."""
        whole = Known()
        for file in _files(kernel):
            if self.knows(kernel, file):
                whole.add(Known.read(self._known(kernel, file)))
        whole.lines = {str(ROOT / name): lines for name, lines in whole.lines.items()}
        return whole

    def _known(self, kernel: Kernel, file: str) -> Path:
        held = [file, digest(ROOT / file), *(digest(source(module)) for module in kernel.modules)]
        name = hashlib.sha256("\n".join(held).encode()).hexdigest()[:24]
        return self.folder / "known" / f"{kernel.name}-{name}.json"


def _outcome(mutation: Mutation, outcome: str, by: str, seconds: float, tests: str) -> Outcome:
    product = digest(source(mutation.module))
    place = (mutation.module, mutation.place, mutation.line, mutation.what)
    return Outcome(*place, outcome, by, seconds, product, tests)


def _parsed(line: str) -> Outcome | None:
    """Return what a line holds, nothing where it was cut short."""
    try:
        return Outcome(**json.loads(line))
    except ValueError:
        return None


def _tests(kernel: Kernel, by: str) -> str:
    files = [by.partition("::")[0]] if by else _files(kernel)
    return hashlib.sha256("".join(map(digest, (ROOT / file for file in files))).encode()).hexdigest()[:16]


def _files(kernel: Kernel) -> list[str]:
    found = []
    for test in kernel.tests:
        place = ROOT / "tests" / test
        found += sorted(place.rglob("test_*.py")) if place.is_dir() else [place]
    return [str(file.relative_to(ROOT)) for file in dict.fromkeys(found)]


@cache
def digest(file: Path) -> str:
    """Return a digest of a file as it stands when first asked."""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""
