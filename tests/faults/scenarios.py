"""The verbs that write, each on a small input of its own, with the places that it writes to."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

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
    _of("convert", "convert mixed.jsonl --out out --workers 1 --quiet", "mixed.jsonl", "out"),
    _of("curate", "curate converted --out out --workers 1 --quiet", "converted", "out"),
    _of("dedupe", "dedupe doubled.parquet --out out --quiet", "doubled.parquet", "out"),
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
    _of("import", "evals import cases.jsonl --out out.yaml", "cases.jsonl", "out.yaml"),
    _of("undo", "undo deduped @dropped.txt", "deduped", "deduped"),
    _of("undo-aside", "undo deduped @dropped.txt --out out", "deduped", "out"),
    _of("rethreshold", "rethreshold measured --threshold 0.9 --out out --quiet", "measured", "out"),
    _of("schema", "schema --write --dir out", "", "out"),
    _of("diff", "diff converted curated --out out --quiet", "converted curated", "out"),
    _of("init", "init out --log log.jsonl --base nowhere --ci github --quiet", "log.jsonl", "out"),
)


# Those that load a model: each run costs seconds.
WITH_MODEL = (
    _of(
        "train",
        "train curated --base base --out out --max-steps 2 --batch-size 2 --rank 2 --quiet",
        "curated base",
        "out",
    ),
    _of(
        "eval",
        "eval --base base --adapter adapter --templates converted --data curated --max-cases 2 "
        "--recipe recipe.yaml --out out --quiet",
        "base adapter converted curated recipe.yaml mixed.jsonl gate.yaml",
        "out",
    ),
    _of("run", "run recipe.yaml --out out --quiet", "base recipe.yaml mixed.jsonl gate.yaml", "out"),
    _of(
        "teacher",
        "teacher converted --teacher local:base --which broken --max-new-tokens 3 --out out --quiet",
        "base converted",
        "out",
    ),
    _of(
        "strength",
        "adapters strength adapter --base base --templates converted --data curated --scales 0,1 "
        "--max-cases 1 --out out --quiet",
        "base adapter converted curated",
        "out",
    ),
    _of("attribute", "attribute whole --out out --quiet", "whole base", "out"),
    _of("improve", "improve whole --inputs log.jsonl --out out --quiet", "whole base log.jsonl", "out"),
    _of("merge", "adapters merge desk --out out --quiet", "base adapter adapters.json", "out"),
    _of(
        "combine",
        "adapters combine desk=0.5 other=0.5 --out out --quiet",
        "base adapter adapters.json",
        "out",
    ),
    _of("serving", "adapters export desk --to vllm --out out --quiet", "base adapter adapters.json", "out"),
    _of("add", "adapters add polite adapter --base base", "base adapter adapters.json", "adapters.json"),
    _of("use", "adapters use desk", "base adapter adapters.json", "adapters.json"),
)


def world(place: Path, run: Callable, *, model: bool = False, lean: bool = False) -> None:
    """Make every input once, by the same commands that make them for users.

    With ``model`` a base too; ``lean`` leaves out what curation and deduplication make.
    """
    place.mkdir(parents=True)
    lines = (ROOT / "samples" / "support" / "logs.jsonl").read_text(encoding="utf-8").splitlines()[:80]
    (place / "log.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    mixed = [*lines, lines[0], '{"messages": [{"role": "user", "con', '{"nothing": 1}']
    (place / "mixed.jsonl").write_text("\n".join(mixed) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "samples" / "support" / "prompt.md", place / "prompt.md")
    (place / "docs").mkdir()
    (place / "docs" / "faq.md").write_text(
        "# Shop\n\nQ: When is it open?\nA: From 9 to 5.\n", encoding="utf-8"
    )
    (place / "policy.yaml").write_text("min_rows: 1\nmax_broken_share: null\n", encoding="utf-8")
    _done(run, place, "convert mixed.jsonl --out converted --quiet")
    shutil.copy(place / "converted" / "contract.yaml", place / "contract.yaml")
    _made_run(place / "run", cases=12)
    _made_run(place / "other", cases=12)
    (place / "cases.jsonl").write_text('{"input": "Where is it?", "target": "Here.", "id": 1}\n')
    if lean:
        return
    _done(run, place, "curate converted --out curated --quiet")
    pairs = pl.read_parquet(place / "converted" / "pairs.parquet")
    again = pairs.head(3).with_columns(pl.col("id") + "-again")
    pl.concat([pairs, again]).write_parquet(place / "doubled.parquet")
    _done(run, place, "dedupe doubled.parquet --out deduped --quiet")
    (place / "dropped.txt").write_text(str(pl.read_parquet(place / "deduped" / "ledger.parquet")["id"][0]))
    _done(run, place, "dedupe converted/pairs.parquet --out measured --signatures --quiet")
    if model:
        _model(place, run)


def _done(run: Callable, place: Path, command: str) -> None:
    done = run(tuple(command.split()), folder=place)
    if done.code:
        raise RuntimeError(done.shown)


_RECIPE = """\
version: 1
base: base
convert: {logs: [mixed.jsonl]}
train: {use: sft, max_steps: 2, batch_size: 2, r: 2, checkpoint_every: 1}
eval: {max_cases: 2, sampling: {max_new_tokens: 3}}
gate: gate.yaml
"""


def _model(place: Path, run: Callable) -> None:
    """Make a base of random weights, an adapter of it, and a registry."""
    sys.path.insert(0, str(ROOT / "tests"))
    from reader_world import make_wide_base

    make_wide_base(place / "base")
    (place / "recipe.yaml").write_text(_RECIPE)
    (place / "gate.yaml").write_text("max_lost_must_rules: null\nmin_cases: 0\nmin_clusters: 0\n")
    run(("run", "recipe.yaml", "--out", "whole", "--quiet"), folder=place)
    shutil.copytree(place / "whole" / "adapter" / "adapter", place / "adapter")
    for name in ("desk", "other"):
        _done(run, place, f"adapters add {name} adapter --base base")


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


def filled(scenario: Scenario, world_at: Path) -> Scenario:
    """Put what stands in a file of the world where a command names it by ``@file``."""
    parts = [(world_at / one[1:]).read_text() if one[:1] == "@" else one for one in scenario.command]
    return replace(scenario, command=tuple(parts))


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


# What a run says of itself: how long it took, how much it held, and whether it went on from a checkpoint.
_OF_THE_RUN = frozenset({"seconds", "peak_mb", "tokens_per_second", "peak_memory_gb", "resumed"})
# Files that say so; what hashes them says so as well.
_TELLING = frozenset({"summary.json", "card.md"})
_LINES = re.compile(rb"(?m)^\| (?:seconds|tokens_per_second|peak_memory_gb|resumed) \|.*$")
_SHOWN = re.compile(rb"<dt>(?:Seconds|Tokens per second|Peak memory gb)</dt><dd>[^<]*</dd>")
_HASH = re.compile(rb"[0-9a-f]{32}")


def _timeless(file: Path) -> bytes:
    raw = file.read_bytes()
    if file.name == "card.md":
        return _LINES.sub(b"", raw)
    if file.suffix == ".html":
        return _HASH.sub(b"", _SHOWN.sub(b"", raw))
    if file.suffix != ".json":
        return raw
    try:
        value = _without_times(json.loads(raw))
    except ValueError:
        return raw
    if file.name == "manifest.json":
        for name in _TELLING:
            value["files"].pop(name, None)  # its hash, which changes with what it measures
    return json.dumps(value, sort_keys=True).encode()


def _without_times(value):
    if isinstance(value, dict):
        return {
            key: _without_times(inner)
            for key, inner in value.items()
            if key not in _OF_THE_RUN and not (key in _TELLING and isinstance(inner, str))
        }
    return [_without_times(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit("use: python -m tests.faults")
