"""Prints how many ways of asking for IFEval's instructions are understood: `python -m bench.rules`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.measure import measure_contract

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "convert"))


def main() -> None:
    """Print recall, precision and arguments by language and half, then the sentences that are no rule."""
    from paraphrased import no_rules, paraphrases  # type: ignore[import-not-found]

    rows, idle = paraphrases(), no_rules()
    for language in ("english", "chinese"):
        for half in ("tune", "held"):
            part = [row for row in rows if (row["language"], row["half"]) == (language, half)]
            print(f"{language} {half}  {_line(part)}")
    for half in ("tune", "held"):
        of_half = [row for row in idle if row["half"] == half]
        wrong = sum(bool(read_instructions(row["prompt"])) for row in of_half)
        print(f"no rule {half}  {wrong} of {len(of_half)} taken for one")


def _line(rows: list[dict[str, Any]]) -> str:
    found = measure_contract(rows)
    ids, arguments = found["ids"], found["arguments"]["accuracy"]
    recall, precision = ids["recall"], ids["precision"]
    return f"n {len(rows)}  recall {recall:.3f}  precision {precision:.3f}  arguments {arguments:.3f}"


if __name__ == "__main__":
    main()
