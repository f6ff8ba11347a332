"""The verbs that write, each on a small input of its own, with the places that it writes to."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Scenario:
    """A command, run in a folder that ``lay`` fills; ``writes`` are the places it makes there."""

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...]
    writes: tuple[str, ...]


def _of(name, command, needs="", writes=""):
    return Scenario(name, tuple(command.split()), tuple(needs.split()), tuple(writes.split()))


SCENARIOS = (
    _of("convert", "convert log.jsonl --out out --workers 1 --quiet", "log.jsonl", "out"),
    _of("curate", "curate converted --out out --workers 1 --quiet", "converted", "out"),
    _of("dedupe", "dedupe converted/pairs.parquet --out out --quiet", "converted", "out"),
    _of("export", "export converted --to sharegpt --out out.json --quiet", "converted", "out.json"),
    _of("card", "card converted --out out --quiet", "converted", "out"),
    _of("contract-infer", "contract infer prompt.md --out out.yaml", "prompt.md", "out.yaml"),
    _of("knowledge", "knowledge docs --out out --quiet", "docs", "out"),
    _of("report", "report run --quiet", "run", "run"),
    _of("gate", "gate run --quiet", "run", "run"),
    _of("bless", "bless run --out out.json", "run", "out.json"),
    _of("compare", "compare run other --html out.html", "run other", "out.html"),
    _of("check", "check converted --policy policy.yaml --out out --quiet", "converted policy.yaml", "out"),
    _of("probes", "evals from-contract contract.yaml --out out.yaml", "contract.yaml", "out.yaml"),
    _of("compact", "compact converted --in log.jsonl --out out.jsonl", "converted log.jsonl", "out.jsonl"),
    _of("init", "init out --log log.jsonl --base nowhere --ci github --quiet", "log.jsonl", "out"),
)


def world(place: Path, run: Callable) -> None:
    """Make every input once, by the same commands that make them for users."""
    place.mkdir(parents=True)
    lines = (ROOT / "samples" / "support" / "logs.jsonl").read_text(encoding="utf-8").splitlines()[:80]
    (place / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "samples" / "support" / "prompt.md", place / "prompt.md")
    (place / "docs").mkdir()
    (place / "docs" / "faq.md").write_text(
        "# Shop\n\nQ: When is it open?\nA: From 9 to 5.\n", encoding="utf-8"
    )
    (place / "policy.yaml").write_text("min_rows: 1\nmax_broken_share: null\n", encoding="utf-8")
    done = run(("convert", "log.jsonl", "--out", "converted", "--quiet"), folder=place)
    if done.code:
        raise RuntimeError(done.shown)
    shutil.copy(place / "converted" / "contract.yaml", place / "contract.yaml")
    _made_run(place / "run", cases=12)
    _made_run(place / "other", cases=12)


def _made_run(place: Path, *, cases: int) -> None:
    import importlib.util

    from workbench.graders.versions import grader_versions
    from workbench.io.rundir import _write_manifest

    spec = importlib.util.spec_from_file_location("made", ROOT / "tests" / "report" / "made_run.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.run(place, cases=cases)
    (place / "eval" / "summary.json").write_text(json.dumps({"graders": grader_versions()}))
    shutil.copy(place / "adapter" / "parity.json", place / "eval")
    for stage in ("convert", "curate", "adapter", "eval"):
        (place / stage / "manifest.json").unlink(missing_ok=True)
        _write_manifest(place / stage, verb=stage, key="made")


def lay(scenario: Scenario, world_at: Path, place: Path) -> None:
    """Put a fresh copy of what a scenario needs into ``place``."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in scenario.needs:
        source = world_at / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, place / name)


def snapshot(place: Path, names) -> dict[str, bytes]:
    """Return every file under ``names`` with what stands in it, times and durations left out of JSON."""
    found = {}
    for name in names:
        root = place / name
        files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
        for file in files:
            found[file.relative_to(place).as_posix()] = _timeless(file)
    return found


# What a run measures of itself: how long it took, and how much it held.
_OF_THE_RUN = frozenset({"seconds", "peak_mb"})


def _timeless(file: Path) -> bytes:
    raw = file.read_bytes()
    if file.suffix != ".json":
        return raw
    try:
        value = _without_times(json.loads(raw))
    except ValueError:
        return raw
    if file.name == "manifest.json":
        value["files"].pop("summary.json", None)  # its hash, which changes with what it measures
    return json.dumps(value, sort_keys=True).encode()


def _without_times(value):
    if isinstance(value, dict):
        return {key: _without_times(inner) for key, inner in value.items() if key not in _OF_THE_RUN}
    return [_without_times(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit("use: python -m tests.faults")
