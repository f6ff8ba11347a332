"""Starves one rule of training rows on purpose, and lets `workbench improve` find, feed and recover it.

    python -m bench.improve --out DIR [--rule ask-when-missing] [--left 0] [--control]

The support sample is converted and curated as in the demo. Then all but ``--left`` rows that exercise the
rule leave train and valid, and as many other rows with them; their calls, without the answers, become further
traffic (`further.jsonl`). The tiny base is trained on what is left (round 1), evaluated, improved from the
further traffic with the base itself as teacher, trained and evaluated again on the same held-out cases
(round 2). ``--control`` trains a third time on round 1's rows and as many other answered calls of the further
traffic: what more rows alone would have done. Prints one JSON object; the commands are those of
docs/improve.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import polars as pl

from workbench.cli import execute
from workbench.convert import read_templates
from workbench.io.bundled import bundled
from workbench.io.frames import frame_to_pairs

BASE, SAMPLE = bundled("samples/base"), bundled("samples/support")


def verb(*arguments: object) -> None:
    """Run a verb of the workbench; stop where it fails."""
    code = execute([*map(str, arguments), "--quiet"])
    if code:
        raise SystemExit(f"workbench {arguments[0]} ended with {code}")


def starve(run: Path, whole: Path, further: Path, *, rule: str, left: int) -> dict[str, int]:
    """Write ``run``/curate: ``whole`` without most rows of the rule, whose calls go to ``further``."""
    shutil.copytree(whole, run / "curate")
    (run / "curate" / "manifest.json").unlink()
    templates = read_templates(run / "convert")[1]
    calls, counts = [], {"before": 0, "left": 0, "others_gone": 0}
    for part, stay in (("train", left), ("valid", 0)):
        frame = pl.read_parquet(whole / f"{part}.parquet")
        ordered = frame.sort("id")
        bears = pl.col("rules").list.contains(rule)
        own, others = ordered.filter(bears), ordered.filter(~bears)
        gone = pl.concat([own.slice(stay), others.head(own.height - stay)])
        counts["before"] += own.height
        counts["left"] += min(stay, own.height)
        counts["others_gone"] += own.height - stay
        frame.join(gone.select("id"), on="id", how="anti", maintain_order="left").write_parquet(
            run / "curate" / f"{part}.parquet"
        )
        for pair in sorted(frame_to_pairs(gone), key=lambda pair: pair.id):
            prompt = templates[pair.template_id].render(pair.slot_values)
            calls.append({"messages": [{"role": m.role, "content": m.content} for m in prompt]})
    further.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
    return counts


def train_and_ask(run: Path, *, data: Path, steps: int | None) -> dict[str, dict[str, float]]:
    """Train on ``data``, ask the held-out cases of it, and return each rule's figures."""
    recipe = SAMPLE / "recipe.yaml"
    short = ["--max-steps", steps] if steps else []
    verb("train", data, "--base", BASE, "--recipe", recipe, *short, "--out", run / "adapter")
    adapter = run / "adapter" / "adapter"
    asked = ["--templates", run / "convert", "--data", data, "--out", run / "eval"]
    verb("eval", "--base", BASE, "--adapter", adapter, *asked)
    verdicts = json.loads((run / "eval" / "verdicts.json").read_text(encoding="utf-8"))
    return {
        one["id"]: {"state": one["state"], **{arm: held["rate"] for arm, held in one["arms"].items()}}
        for one in verdicts["rules"]
    }


def prepare(out: Path, *, rule: str, left: int) -> dict[str, int]:
    """Convert, curate and starve the sample into ``out``/run."""
    run = out / "run"
    verb("convert", SAMPLE / "logs.jsonl", "--base", BASE, "--out", run / "convert")
    verb("curate", run / "convert", "--out", out / "whole")
    return starve(run, out / "whole", out / "further.jsonl", rule=rule, left=left)


def control(out: Path, run: Path, *, rule: str, rows: int) -> Path:
    """Write a run whose training rows are round 1's and ``rows`` logged ones that don't exercise the rule."""
    place = out / "control"
    shutil.copytree(run / "convert", place / "convert")
    shutil.copytree(run / "curate", place / "curate")
    train = pl.read_parquet(run / "curate" / "train.parquet")
    whole = pl.read_parquet(out / "whole" / "train.parquet")
    others = whole.filter(~pl.col("rules").list.contains(rule)).join(train.select("id"), on="id", how="anti")
    added = others.sort("id").head(rows).select(train.columns)
    if added.height != rows:
        raise SystemExit(f"{added.height} other rows, {rows} wanted")
    pl.concat([train, added]).write_parquet(place / "curate" / "train.parquet")
    return place


def main() -> None:
    """Run both rounds and print what came of the rule."""
    parser = argparse.ArgumentParser(description="A starved rule, found, fed and recovered.")
    parser.add_argument("--out", type=Path, required=True, help="A new folder.")
    parser.add_argument("--rule", default="ask-when-missing")
    parser.add_argument("--left", type=int, default=0, help="Rows of the rule that stay in training.")
    parser.add_argument("--steps", type=int, help="Training steps; default: the recipe's.")
    parser.add_argument("--control", action="store_true", help="Also as many rows of other kinds.")
    asked = parser.parse_args()
    begun = time.perf_counter()
    asked.out.mkdir(parents=True, exist_ok=True)
    run, following = asked.out / "run", asked.out / "next"
    counts = prepare(asked.out, rule=asked.rule, left=asked.left)
    first = train_and_ask(run, data=run / "curate", steps=asked.steps)
    told = ["--inputs", asked.out / "further.jsonl", "--teacher", f"local:{BASE}", "--base", BASE]
    verb("improve", run, "--out", following, *told, "--apply")
    second = train_and_ask(following, data=following / "curate", steps=asked.steps)
    summary = json.loads((following / "summary.json").read_text(encoding="utf-8"))
    more: dict[str, object] = {}
    if asked.control:
        place = control(asked.out, run, rule=asked.rule, rows=summary["made"]["added"])
        more["control"] = train_and_ask(place, data=place / "curate", steps=asked.steps)[asked.rule]
    found = {
        "rule": asked.rule,
        "rows": counts,
        "round_1": first[asked.rule],
        "improve": summary,
        "round_2": second[asked.rule],
        **more,
        "other_rules": {name: [first[name]["after"], second[name]["after"]] for name in first},
        "seconds": round(time.perf_counter() - begun),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
