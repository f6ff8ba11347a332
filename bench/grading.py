"""Measures the grading of recorded completions by all offline graders: completions a second, and memory.

    python -m bench.grading --completions 100000

The completions are those of the bundled suites (references, those of twins, and both cut short), each
with spaces of its own at the end, so that none is the same as another. Each grader takes an equal share; the
rules are the fifteen of the sample's prompt, the assertions three a case.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import time
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.convert.infer import infer_contract
from workbench.evaluation import load_suite
from workbench.evaluation.cases import HELDOUT
from workbench.evaluation.grading import Answered, grade_answers, grades_frame
from workbench.graders import Rules, standard
from workbench.io.bundled import bundled
from workbench.records import Completion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.records import Case


SUITES = ("grounding", "harm", "schema", "neutrality", "bias")
SOURCES = (*SUITES, "assertions", "rules")
PROMPT = "samples/support/prompt.md"


def answered(source: str, count: int) -> Iterator[Answered]:
    """Make ``count`` recorded completions for one grader, twins next to each other."""
    cases = load_suite(bundled(f"evals/{source if source in SUITES else 'grounding'}"))
    if source == "rules":
        cases = load_suite(bundled("evals/schema/support.en.jsonl"))
    twins = {case.id: case for case in cases}
    for number, case in zip(range(count), itertools.cycle(cases), strict=False):
        turn, place = number // len(cases), f"-{number // len(cases)}"
        named = msgspec.structs.replace(case, id=case.id + place, twin=case.twin and case.twin + place)
        text = _output(case, twins.get(case.twin or "", case), turn)
        yield Answered(
            case=_asked(named, source),
            arm="after",
            completion=Completion(text=text, prompt_tokens=1, completion_tokens=1),
        )


def _asked(case: Case, source: str) -> Case:
    """Have the case judged by ``source``: its own grader, assertions of its own, or a contract's rules."""
    if source == "rules":
        return msgspec.structs.replace(case, behaviour=HELDOUT)
    if source != "assertions":
        return case
    wanted: list[dict[str, Any]] = [
        {"type": "icontains-any", "value": case.expect["answer"] or ["not", "没有", "无法", "no "]},
        {"type": "not-contains", "value": "As an AI"},
        {"type": "regex", "value": r"\S"},
    ]
    return msgspec.structs.replace(case, behaviour=source, expect={"assert": wanted})


def _output(case: Case, twin: Case, turn: int) -> str:
    right = (case if turn % 2 == 0 else twin).reference or ""
    text = right if turn % 4 < 2 else right[: len(right) * 2 // 3]  # noqa: PLR2004 - two of four are cut
    return text + " " * turn


def measured(source: str, count: int) -> dict[str, float]:
    """Grade ``count`` completions; return how many answers there were, how long it took, and the rates."""
    recorded = list(answered(source, count))
    contract = infer_contract(bundled(PROMPT).read_text("utf-8"), template_id="support", task="support")
    rules = {one.case.id: Rules(contract=contract) for one in recorded} if source == "rules" else {}
    begun, cpu = time.perf_counter(), time.process_time()
    rows = grade_answers(recorded, rules_of=rules, graders=standard())
    grades = grades_frame(rows)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "n": len(recorded),
        "grades": grades.height,
        "passed": grades.filter(grades["label"] == "pass").height,
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "per_second": round(len(recorded) / wall),
        "per_cpu_second": round(len(recorded) / cpu),
    }


def main() -> None:
    """Print one JSON object: for each grader n, seconds and rate; and the peak memory of the process."""
    parser = argparse.ArgumentParser(prog="python -m bench.grading", description=__doc__)
    parser.add_argument("--completions", type=int, default=100_000)
    count = parser.parse_args().completions // len(SOURCES)
    found = {source: measured(source, count) for source in SOURCES}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = sum(one["wall_s"] for one in found.values())
    print(json.dumps({"graders": found, "seconds": round(seconds, 1), "peak_mb": round(peak)}, indent=1))


if __name__ == "__main__":
    main()
