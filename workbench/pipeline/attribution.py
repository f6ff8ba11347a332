"""Attributes the losses of a run: reads its directory, traces, and writes what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.convert import read_templates
from workbench.errors import Finding, InputError
from workbench.evaluation.arms import choose
from workbench.evaluation.attribution import (
    Attribution,
    Judged,
    Tracing,
    exposed,
    labels_of,
    render_attribution,
    trace,
)
from workbench.evaluation.recorded import read_recorded
from workbench.gate.run import contracts_of, evaluated_in
from workbench.io.frames import frame_to_pairs, read_pairs, read_parquet
from workbench.io.rundir import write_json, write_text
from workbench.ports import silent
from workbench.records import Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.ports import Progress
    from workbench.records import Pair

_GRADES = ["case_id", "arm", "rule", "label", "detail", "behaviour", "cell"]


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    case_id: str
    arm: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a run keeps what is traced: its evaluation, the training part, and the conversion."""

    evaluated: Path
    train: Path
    converted: Path

    @classmethod
    def of(cls, run: Path, *, data: Path | None = None, templates: Path | None = None) -> Places:
        """Take a run directory, or the output of `eval` alone with ``data`` and ``templates`` beside it.

        Raises:
            InputError: with everything that isn't there.
        """
        curated = data or run / "curate"
        train = curated / "train.parquet" if curated.is_dir() else curated
        places = cls(evaluated=evaluated_in(run), train=train, converted=templates or run / "convert")
        needed = {
            places.evaluated / "grades.parquet": "the grades of a finished evaluation",
            places.evaluated / "cases.jsonl": "the cases of a finished evaluation",
            places.train: "the rows the adapter was trained on (give --data for another place)",
            places.converted / "contract.yaml": "the contract (give --templates for another place)",
            places.converted / "templates.json": "the templates of the conversion",
        }
        findings = [
            Finding(where=str(path), found="no such file", expected=what, fix="Give a whole run directory.")
            for path, what in needed.items()
            if not path.is_file()
        ]
        if findings:
            raise InputError(findings)
        return places

    @property
    def inputs(self) -> list[Path]:
        """What the result rests on."""
        evaluated = [self.evaluated / name for name in ("grades.parquet", "cases.jsonl", "completions.jsonl")]
        further = self.converted / "contracts"
        read = [self.converted / name for name in ("contract.yaml", "templates.json")]
        return [*evaluated, self.train, *read, *([further] * further.is_dir())]


@dataclass(frozen=True, kw_only=True)
class Traced:
    """An attribution with what it was made from."""

    attribution: Attribution
    rows: list[Pair]
    cases: list[Case]
    labels: dict[str, dict[str, str]]
    contracts: tuple[Contract, ...]


def attribute(places: Places, *, how: Tracing | None = None, progress: Progress = silent) -> Traced:
    """Trace the lost cases of an evaluation to the rows that the adapter was trained on.

    Raises:
        InputError: a file that isn't as the workbench writes it, or an evaluation without adapter.
    """
    how = how or Tracing()
    frame = read_pairs(places.train)
    rows = frame_to_pairs(frame)
    contracts = _contracts(places.converted)
    cases = read_recorded(places.evaluated / "cases.jsonl", Case)
    labels = labels_of(rows, contracts, progress=progress)
    progress("trace", 0, 1)
    found = trace(
        list(_judged(places.evaluated, _filled(cases, places.converted), how)),
        rows=rows,
        labels=labels,
        rules=[rule for contract in contracts for rule in contract.rules],
        contaminated=exposed(cases, frame),
        how=how,
    )
    progress("trace", 1, 1)
    return Traced(attribution=found, rows=rows, cases=cases, labels=labels, contracts=contracts)


def write_attribution(found: Attribution, out: Path) -> dict[str, Any]:
    """Write attribution.json, attribution.md and summary.json, and return the summary."""
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "attribution.json", msgspec.to_builtins(found))
    write_text(out / "attribution.md", render_attribution(found))
    summary = {
        "reference": found.reference,
        "rows": found.rows,
        "cases": found.cases,
        "contaminated": found.contaminated,
        "lost": len(found.lost),
        "questions": [msgspec.to_builtins(one) for one in found.questions],
        "slices": [msgspec.to_builtins(one) for one in found.sure],
    }
    write_json(out / "summary.json", summary)
    return summary


def _judged(evaluated: Path, cases: dict[str, Case], how: Tracing) -> Iterator[Judged]:
    """Yield the judgments that passed in the arm compared with and could be judged after training."""
    grades = read_parquet(evaluated / "grades.parquet")
    missing = sorted(set(_GRADES) - set(grades.columns))
    arms = set(grades["arm"]) if not missing else set()
    if missing or not {how.reference, "after"} <= arms:
        found = f"no column {', '.join(missing)}" if missing else f"the arms {', '.join(sorted(arms))}"
        raise InputError(
            Finding(
                where=str(evaluated / "grades.parquet"),
                found=found,
                expected=f"grades of the arms {how.reference} and after",
                fix="Evaluate with --adapter first; --compare names the arm to compare with.",
            )
        )
    texts: dict[str, dict[str, str]] = {}
    for line in read_recorded(evaluated / "completions.jsonl", _Line):
        texts.setdefault(line.case_id, {})[line.arm] = line.text
    keys = ["case_id", "rule", "behaviour"]
    before = grades.filter((pl.col("arm") == how.reference) & (pl.col("label") == "pass")).select(keys)
    after = grades.filter((pl.col("arm") == "after") & pl.col("label").is_in(["pass", "fail"]))
    for row in after.join(before, on=keys, how="semi", nulls_equal=True).iter_rows(named=True):
        yield Judged(
            case=cases[row["case_id"]],
            question=row["rule"] or row["behaviour"],
            is_rule=row["rule"] is not None,
            cell=row["cell"] or "",
            lost=row["label"] == "fail",
            detail=row["detail"] or "",
            texts=texts.get(row["case_id"], {}),
        )


def _filled(cases: list[Case], converted: Path) -> dict[str, Case]:
    """Give each case the slots of its template, so that it is laid beside rows hole by hole."""
    _, templates = read_templates(converted)
    filled = {case.id: choose(case, templates)[1] for case in cases}
    return {case.id: msgspec.structs.replace(case, slots=filled[case.id]) for case in cases}


def _contracts(converted: Path) -> tuple[Contract, ...]:
    return contracts_of(converted.parent) if converted.name == "convert" else _elsewhere(converted)


def _elsewhere(converted: Path) -> tuple[Contract, ...]:
    from workbench.evaluation.run import distinct
    from workbench.pipeline.stages import read_contracts

    return distinct(read_contracts(converted))
