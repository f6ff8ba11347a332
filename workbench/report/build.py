"""Builds a report out of a run directory and nothing else: the same run always gives the same pages."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from workbench.corpus.cardwords import short_name
from workbench.io.manifest import read_manifest
from workbench.report.cases import read_cases
from workbench.report.files import (
    optional_frame,
    optional_json,
    optional_lines,
    read_contracts,
    read_verdicts,
)
from workbench.report.gradercards import read_graders
from workbench.report.model import (
    Crossed,
    Dropped,
    Funnel,
    GateVerdict,
    Point,
    Provenance,
    Report,
    StageRecord,
    Training,
)
from workbench.report.passages import read_prompts
from workbench.report.portable import portable, portable_command
from workbench.report.words import verdict_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.verdicts import Verdicts

_STAGES = ("convert", "teacher", "curate", "adapter", "eval")
_BETWEEN_RULES = ", "  # as a ledger names several rules of one row
_CASE = re.compile(r"(?P<file>.+):\d+(?: \$\.\S+)?$")  # as it names a case that a row is too near to
_TRACED = "What stands in the training data behind each lost case: attribution/attribution.md."
_FOR_MISSING = {
    "data": "The data funnel is left out: the run holds no summary of `workbench convert` or `curate`.",
    "training": "The loss curve is left out: the run holds no log of `workbench train`.",
    "prompt": "The prompt is left out: the run holds no templates and contract of `workbench convert`.",
    "cases": "Single cases are left out: the evaluation holds no grades and completions.",
}


def build_report(run: Path) -> Report:
    """Build the report of a run directory, or of the output directory of `workbench eval` alone.

    Parts whose files aren't there are left out, and ``notes`` says so.

    Raises:
        InputError: there is no finished evaluation, or a file that is there can't be read.
        ConfigError: a file that is there holds something else than it should.
    """
    evaluated = run / "eval" if (run / "eval").is_dir() else run
    verdicts = read_verdicts(evaluated)
    contracts = read_contracts(run / "convert")
    cases = read_cases(evaluated)
    funnel = read_funnel(run / "convert", run / "curate")
    training = _training(run / "adapter")
    prompts = read_prompts(run / "convert" / "templates.json", contracts)
    present = {"data": funnel, "training": training, "prompt": prompts, "cases": cases}
    return Report(
        verdict=verdict_sentence(verdicts.rules, verdicts.tokens),
        task=", ".join(contract.task for contract in contracts),
        verdicts=verdicts,
        cases=cases,
        gate=_gate(run / "gate.json"),
        funnel=funnel,
        training=training,
        prompts=prompts,
        provenance=_provenance(run, evaluated, verdicts, training),
        graders=read_graders(evaluated),
        notes=(*(_FOR_MISSING[name] for name, part in present.items() if not part), *_beside(run)),
    )


def _beside(run: Path) -> tuple[str, ...]:
    """Say where the lost cases are traced to training rows, where somebody had that done."""
    traced = (run / "attribution" / "attribution.md").is_file()
    return (_TRACED,) if traced else ()


def _gate(path: Path) -> GateVerdict | None:
    raw = optional_json(path)
    if raw is None:
        return None
    crossed = tuple(
        Crossed(limit=str(c["limit"]), found=str(c["found"]), where=str(c["where"])) for c in raw["crossed"]
    )
    return GateVerdict(passed=raw["passed"], undecided=raw["undecided"], crossed=crossed)


def read_funnel(convert: Path, curate: Path) -> Funnel | None:
    """Count the rows from the log to the parts, by what `convert` and `curate` left; ``None`` for neither."""
    converted = optional_json(convert / "summary.json")
    curated = optional_json(curate / "summary.json")
    if converted is None and curated is None:
        return None
    into, out = converted or {}, curated or {}
    leak = out.get("leak", {})
    return Funnel(
        records=into.get("in"),
        rejected=into.get("rejected_by") or ({"rejected": into["rejected"]} if into.get("rejected") else {}),
        pairs=into.get("pairs", out.get("in")),
        dropped=_dropped(curate / "ledger.parquet", out.get("reasons", {})),
        kept=out.get("kept"),
        parts=out.get("parts", {}),
        likeness=leak.get("jaccard"),
        floor=leak.get("floor", 0.0),
        selection=out.get("selection"),
    )


def _dropped(ledger: Path, reasons: dict[str, int]) -> tuple[Dropped, ...]:
    """Count what went from the ledger, the most frequent first; from the summary where there is no ledger."""
    frame = optional_frame(ledger, ["step", "reason", "rule"])
    if frame is None:
        return tuple(Dropped(step="", reason=reason, rows=n, rules={}) for reason, n in reasons.items())
    rules: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    rows: Counter[tuple[str, str]] = Counter()
    for step, reason, rule in frame.fill_null("").iter_rows():
        rows[step, reason] += 1
        rules[step, reason].update(map(_plainly, rule.split(_BETWEEN_RULES)) if rule else ())
    return tuple(
        Dropped(step=step, reason=reason, rows=n, rules=dict(rules[step, reason].most_common()))
        for (step, reason), n in sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    )


def _plainly(rule: str) -> str:
    """Name the file alone where the ledger names a case of an evaluation set by file, line and field."""
    held = _CASE.match(rule)
    return short_name(held["file"]) if held else rule


def _training(place: Path) -> Training | None:
    log = optional_lines(place / "log.jsonl")
    parity = optional_json(place / "parity.json")
    figures = optional_json(place / "summary.json")
    if not log and parity is None and figures is None:
        return None
    return Training(
        train=_points(log, "loss"), valid=_points(log, "eval_loss"), figures=figures or {}, parity=parity
    )


def _points(log: list[dict[str, Any]], name: str) -> tuple[Point, ...]:
    return tuple(
        Point(step=float(entry["step"]), loss=float(entry[name]))
        for entry in log
        if isinstance(entry.get(name), int | float) and isinstance(entry.get("step"), int | float)
    )


def _provenance(run: Path, evaluated: Path, verdicts: Verdicts, training: Training | None) -> Provenance:
    places = {name: run / name for name in _STAGES} | {"eval": evaluated}
    held = optional_json(run / "run.json") or {}
    recipe = portable(held.get("recipe"), run)
    parity = (training.parity if training else None) or {}
    return Provenance(
        stages=tuple(
            StageRecord(
                name=name,
                key=str(manifest.get("key", "")),
                version=str(manifest.get("workbench", "")),
                files={file: str(of.get("blake2b", "")) for file, of in manifest.get("files", {}).items()},
                command=portable_command(str(manifest.get("command", "")), run),
                inputs={str(portable(k, run)): str(v) for k, v in manifest.get("inputs", {}).items()},
            )
            for name, place in places.items()
            if (manifest := read_manifest(place)) is not None
        ),
        seeds={**_seeds(recipe, "recipe"), "eval intervals": verdicts.seed},
        base={str(k): str(v) for k, v in (parity.get("base") or {}).items()},
        recipe=recipe,
    )


def _seeds(value: Any, at: str) -> dict[str, int]:
    """Find every ``seed`` of a recipe, by its path."""
    found: dict[str, int] = {}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        path = f"{at}[{key}]" if isinstance(key, int) else f"{at}.{key}"
        if key == "seed" and isinstance(inner, int):
            found[path] = inner
        else:
            found |= _seeds(inner, path)
    return found
