"""Measures the grading of recorded completions by all offline graders: completions a second, and memory.

    python -m bench.grading --completions 100000

The completions are those of the bundled suites (references, those of twins, and both cut short), each
with spaces of its own at the end, so that none is the same as another. Each grader takes an equal share.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import time
from typing import TYPE_CHECKING

import msgspec

from workbench.evaluation import load_suite
from workbench.evaluation.grading import Answered, grade_answers, grades_frame
from workbench.graders import standard
from workbench.io.bundled import bundled
from workbench.records import Completion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.records import Case


BEHAVIOURS = ("grounding", "harm", "schema", "neutrality")


def answered(behaviour: str, count: int) -> Iterator[Answered]:
    """Make ``count`` recorded completions of one behaviour, twins next to each other."""
    cases = load_suite(bundled(f"evals/{behaviour}"))
    twins = {case.id: case for case in cases}
    for number, case in zip(range(count), itertools.cycle(cases), strict=False):
        turn, place = number // len(cases), f"-{number // len(cases)}"
        named = msgspec.structs.replace(case, id=case.id + place, twin=(case.twin or "") + place)
        text = _output(case, twins[case.twin or ""], turn)
        yield Answered(
            case=named,
            arm="after",
            completion=Completion(text=text, prompt_tokens=1, completion_tokens=1),
        )


def _output(case: Case, twin: Case, turn: int) -> str:
    right = (case if turn % 2 == 0 else twin).reference or ""
    text = right if turn % 4 < 2 else right[: len(right) * 2 // 3]  # noqa: PLR2004 - two of four are cut
    return text + " " * turn


def main() -> None:
    """Print one JSON object: for each grader n, seconds and rate; and the peak memory of the process."""
    parser = argparse.ArgumentParser(prog="python -m bench.grading", description=__doc__)
    parser.add_argument("--completions", type=int, default=100_000)
    count = parser.parse_args().completions // len(BEHAVIOURS)
    found: dict[str, dict[str, float]] = {}
    for behaviour in BEHAVIOURS:
        recorded = list(answered(behaviour, count))
        begun, cpu = time.perf_counter(), time.process_time()
        rows = grade_answers(recorded, rules_of={}, graders=standard())
        grades = grades_frame(rows)
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
        found[behaviour] = {
            "n": grades.height,
            "passed": grades.filter(grades["label"] == "pass").height,
            "wall_s": round(wall, 2),
            "cpu_s": round(cpu, 2),
            "per_second": round(grades.height / wall),
            "per_cpu_second": round(grades.height / cpu),
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"graders": found, "peak_mb": round(peak)}, indent=1))


if __name__ == "__main__":
    main()
