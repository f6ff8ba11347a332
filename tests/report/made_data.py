"""A curated directory of pairs with signals, a ledger and hostile text, for the tests of the data card."""

import json

import polars as pl

from workbench.io.dataset import read_dataset
from workbench.io.frames import PAIR_SCHEMA, ledger_frame

HOSTILE = '</script><script>window.stolen = 1</script><img src=x onerror="window.stolen = 2"> | `a` @all'
RULES = """
task: desk
rules:
- {id: greet, text: Say hello., kind: style, severity: must, check: {use: contains, phrases: [hello]}}
- {id: calm, text: 保持冷静。, kind: style, severity: should, check: null}
"""


def curated(place, *, rows=24, hostile=True):
    """Write ``rows`` kept pairs in two parts, two dropped ones, signals and a contract."""
    place.mkdir(parents=True)
    lines = [
        {"prompt": f"Where is order {400 + n} of the {['lamp', 'tent', '帐篷'][n % 3]}?",
         "completion": f"hello, order {400 + n} left on day {n}."}
        for n in range(rows)
    ]  # fmt: skip
    if hostile:
        lines[3] = {"prompt": HOSTILE, "completion": HOSTILE}
    lines += [lines[0], {"prompt": "Rude?", "completion": "No."}]
    raw = place.parent / f"{place.name}.jsonl"
    raw.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    frame = read_dataset(raw).frame.select(PAIR_SCHEMA.names())
    half = rows * 2 // 3
    frame[:half].write_parquet(place / "train.parquet")
    frame[half:rows].write_parquet(place / "test.parquet")
    frame[rows:].write_parquet(place / "dropped.parquet")
    ids = frame["id"].to_list()
    same = {"kept_id": ids[0], "jaccard": 1.0}
    ledger = [
        {"id": ids[rows], "step": "exact_dedup", "reason": "exact duplicate", **same},
        {"id": ids[rows + 1], "step": "contract_filter", "reason": "breaks a rule", "rule": "greet"},
    ]
    ledger_frame(ledger).write_parquet(place / "ledger.parquet")
    values = [0.1 * n for n in range(rows + 2)]
    pl.DataFrame({"id": ids, "ifd": values}).write_parquet(place / "signals.parquet")
    (place / "contract.yaml").write_text(RULES, "utf-8")
    return place
