"""Measures the rule compiler, the checks and the segmentation on prompts that people have labelled."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.checks.ifeval import Ifeval
from workbench.contracts import Span
from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.measure_spans import Confusion, compare_spans, span_figures
from workbench.convert.segment import segment
from workbench.errors import Finding, InputError
from workbench.io.config import convert, read_text
from workbench.records import Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_RULES, _SPANS = {"prompt", "instruction_id_list", "kwargs"}, {"prompt", "spans"}
_CASE = Case(id="measured", behaviour="rules", slots={})


def read_labelled(path: Path) -> list[dict[str, Any]]:
    """Read labelled prompts (JSONL): ``prompt``, and ``instruction_id_list`` and ``kwargs``, or ``spans``.

    Rows with ``output`` and ``label`` (a verdict for each instruction) measure the checks as well;
    ``spans`` are ``{start, end, kind}`` with character offsets into the prompt.

    Raises:
        InputError: a line that is no such row.
    """
    rows = []
    for i, line in enumerate(read_text(path, what="labelled prompts (JSONL)").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or not (set(row) >= _RULES or set(row) >= _SPANS):
            raise InputError(
                Finding(
                    where=f"{path}:{i}",
                    found="no labelled prompt",
                    expected="an object with prompt, and with instruction_id_list and kwargs, or with spans",
                    fix="Mend or remove the line.",
                )
            )
        rows.append(row)
    return rows


def measure_contract(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Measure the compiler on ``rows``, and the checks on those that carry an output and its labels.

    Returns:
        ``ids``: micro precision, recall and F1 of instruction names; ``arguments.accuracy``: share of the
        found ones whose arguments are all equal; ``verdicts.agreement`` over ``n`` labels (``None`` where
        there are none); ``spans`` as :func:`span_figures` gives them; ``by_id`` and ``disagreements`` show
        where.

    Raises:
        ConfigError: a span that isn't one.
    """
    found, arguments = _Tally(), Counter[str]()
    verdicts: Counter[bool] = Counter()
    disagreements = []
    confusion: Confusion = Counter()
    for row in rows:
        if "spans" in row:
            labelled = convert(row["spans"], tuple[Span, ...], where="$.spans")
            confusion += compare_spans(row["prompt"], labelled, segment(row["prompt"]))
        if not set(row) >= _RULES:
            continue
        _compare(row, found, arguments)
        for name, expected, judged in _verdicts(row):
            verdicts[expected == judged] += 1
            if expected != judged:
                disagreements.append(
                    {"id": row.get("id", ""), "instruction": name, "label": expected, "judged": judged}
                )
    judged_n = sum(verdicts.values())
    return {
        "ids": found.figures(),
        "arguments": {
            "accuracy": _share(arguments["right"], sum(arguments.values())),
            "n": sum(arguments.values()),
        },
        "verdicts": {"agreement": _share(verdicts[True], judged_n), "n": judged_n},
        "spans": span_figures(confusion),
        "by_id": found.by_id(),
        "disagreements": disagreements,
    }


class _Tally:
    """Counts hits, misses and false finds by instruction name."""

    def __init__(self) -> None:
        self.hit, self.missed, self.false = Counter[str](), Counter[str](), Counter[str]()

    def add(self, wanted: Counter[str], found: Counter[str]) -> None:
        self.hit += wanted & found
        self.missed += wanted - found
        self.false += found - wanted

    def figures(self) -> dict[str, float | None]:
        hit, missed, false = (sum(one.values()) for one in (self.hit, self.missed, self.false))
        return {
            "precision": _share(hit, hit + false),
            "recall": _share(hit, hit + missed),
            "f1": _share(2 * hit, 2 * hit + missed + false),
        }

    def by_id(self) -> dict[str, dict[str, int]]:
        names = sorted({*self.hit, *self.missed, *self.false})
        return {
            name: {"hit": self.hit[name], "missed": self.missed[name], "false": self.false[name]}
            for name in names
        }


def _compare(row: Mapping[str, Any], tally: _Tally, arguments: Counter[str]) -> None:
    wanted = list(zip(row["instruction_id_list"], row["kwargs"], strict=True))
    found = [(one.id, one.arguments) for one in read_instructions(row["prompt"])]
    tally.add(Counter(name for name, _ in wanted), Counter(name for name, _ in found))
    for name, expected in wanted:
        candidates = [given for other, given in found if other == name]
        if candidates:
            right = any(_normal(given) == _normal(expected) for given in candidates)
            arguments["right" if right else "wrong"] += 1


def _verdicts(row: Mapping[str, Any]) -> list[tuple[str, bool, bool]]:
    if "output" not in row or "label" not in row:
        return []
    return [
        (name, bool(label), Ifeval(instruction=name, arguments=given)(_CASE, row["output"]).label == "pass")
        for name, given, label in zip(row["instruction_id_list"], row["kwargs"], row["label"], strict=True)
    ]


def _normal(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Let case, order of words and white space not matter."""
    out: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, list):
            out[name] = sorted(str(one).casefold() for one in value)
        else:
            out[name] = " ".join(value.casefold().split()) if isinstance(value, str) else value
    return out


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
