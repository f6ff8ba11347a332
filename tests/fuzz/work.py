"""Runs one target in a process of its own until its processor time is up: `python -m tests.fuzz.work`.

What it has done stands in the folder it is given: `current` is the example being run, `state.json` the
counts, `found` the first example of each fault. So nothing is lost where one takes the process down. Beside
that folder stands `corpus`, which outlives it: examples that reached lines that none before had.
"""

import contextlib
import faulthandler
import json
import os
import random
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

_MEMORY = 6 << 30
_TOLD_EVERY = 0.5
# How many times as long code takes whose lines are counted: YAML 5 times, most less.
_COUNTED = 3


class Worker:
    """Runs examples of one target and keeps what became of them."""

    def __init__(self, target, folder: Path, *, seconds: float) -> None:
        self.target, self.seconds, self.folder = target, seconds, folder
        self.examples, self.places = 0, set()
        self._told = 0.0
        (folder / "found").mkdir(exist_ok=True)

    def run(self, data: bytes) -> None:
        """Run one example."""
        from tests.fuzz.target import examine

        data = data[: self.target.most]
        (self.folder / "current").write_bytes(data)
        fault = examine(self.target, data)
        self.examples += 1
        if fault and fault.place not in self.places:
            self.places.add(fault.place)
            name = f"{len(list((self.folder / 'found').iterdir())):04}"
            told = {"place": fault.place, "what": fault.what, "seconds": fault.seconds, "data": data.hex()}
            (self.folder / "found" / name).write_text(json.dumps(told))
        if time.process_time() - self._told > _TOLD_EVERY:
            self.tell()
        if self._told > self.seconds:
            os._exit(0)

    def try_again(self, found: Path) -> None:
        """Write down which of the examples that were found broken break nothing any more."""
        from tests.fuzz.target import examine

        files = [file for file in sorted(found.glob("*")) if not file.name.startswith("process-")]
        mended = [file.name for file in files if examine(self.target, file.read_bytes()) is None]
        (self.folder / "mended").write_text(json.dumps(mended))

    def tell(self) -> None:
        """Write the counts down."""
        self._told = time.process_time()
        (self.folder / "state.tmp").write_text(json.dumps({"examples": self.examples, "seconds": self._told}))
        (self.folder / "state.tmp").replace(self.folder / "state.json")


def main(name: str, folder: str, seconds: str, seed: str, engine: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    place = Path(folder)
    faulthandler.enable((place / "trace").open("w"))
    os.environ["RUST_BACKTRACE"] = "0"
    if engine == "atheris":
        import atheris

        with atheris.instrument_imports(include=["workbench", "yaml", "json", "csv"]):
            from tests.fuzz.target import examine

            found = _target(name)
            for data in found.seeds():  # what is imported at the first use counts as well
                examine(found, data)
        found = replace(found, seconds=found.seconds * _COUNTED)
    else:
        found = _target(name)
    worker = Worker(found, place, seconds=float(seconds))
    worker.try_again(place.parent / "found")
    for data in found.seeds():
        worker.run(data)
    if engine == "atheris":
        _by_coverage(worker, found, place, int(seed))
    else:
        _at_random(worker, found, int(seed))


def _target(name: str):
    from tests.fuzz.targets import target

    return target(name)


def _at_random(worker: Worker, target, seed: int) -> None:
    from tests.fuzz.mutate import WORDS, at_random, changed

    draw, seeds, words = random.Random(seed), list(target.seeds()), (*WORDS, *target.words)
    while True:
        data = changed(
            draw.choice(seeds), at_random(draw), words=words, other=draw.choice(seeds), most=target.most
        )
        worker.run(data)


def _by_coverage(worker: Worker, target, place: Path, seed: int) -> None:
    """Let libFuzzer choose what to change by the lines that examples reach, and by ours every other time."""
    import atheris

    from tests.fuzz.mutate import WORDS, at_random, changed

    corpus = place.parent / "corpus"
    seeds, words = list(target.seeds()), (*WORDS, *target.words)
    for number, data in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(data)

    def mutate(data: bytes, most: int, number: int) -> bytes:
        draw = random.Random(number)
        if number % 2:
            return atheris.Mutate(data, most)
        return changed(data, at_random(draw), words=words, other=draw.choice(seeds), most=most)

    options = [
        f"-max_len={target.most}",
        f"-seed={seed + 1}",
        "-timeout=100000",
        "-rss_limit_mb=0",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], worker.run, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
