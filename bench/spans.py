"""Prints how well the gold prompts are told apart, by set, half and language: `python -m bench.spans`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.convert.measure_spans import Confusion, compare_spans, span_figures
from workbench.convert.segment import segment

if TYPE_CHECKING:
    from collections.abc import Iterable

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "convert"))


def main() -> None:
    """Print one line a part of the gold, then F1 by kind over what was held out of everything."""
    from goldspans import gold, unseen  # type: ignore[import-not-found]

    rows = gold()
    for name in dict.fromkeys(row.set for row in rows):
        for part in ("tune", "held"):
            chosen = [row for row in rows if (row.set, row.half) == (name, part)]
            if chosen:
                print(_line(f"{name} {part}", _figures(chosen)))
    rest = [row for row in rows if unseen(row)]
    for part in ("english", "chinese"):
        print(_line(f"unseen {part}", _figures(row for row in rest if row.language == part)))
    for kind, f1 in _figures(rest)["f1"].items():
        print(f"  {kind:<11}{f1:.3f}")


def _figures(rows: Iterable[Any]) -> dict[str, Any]:
    total: Confusion = Counter()
    for row in rows:
        total += compare_spans(row.prompt, row.spans, segment(row.prompt))
    return span_figures(total)


def _line(name: str, figures: dict[str, Any]) -> str:
    accuracy, macro = figures["accuracy"], figures["macro_f1"]
    return f"{name:<15}accuracy {accuracy:.3f}  macro F1 {macro:.3f}  words {figures['n']}"


if __name__ == "__main__":
    main()
