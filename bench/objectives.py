"""Trains each objective with several seeds on the support sample and compares them, rule by rule.

    python -m bench.objectives --seeds 5 --out objectives

Log, split, base and every setting are those of samples/support/recipe.yaml; only ``objective`` and ``seed``
vary. The teacher's and the base's own answers are asked once. What is finished is kept in ``--out``: the same
command goes on after a stop, and prints its table from what is there.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from scipy.stats import t as student_t

from workbench import evaluation, training
from workbench.backends.local import LocalBackend
from workbench.convert import read_templates
from workbench.io.fingerprint import fingerprint
from workbench.io.frames import read_pairs
from workbench.io.rundir import is_complete, output, write_json
from workbench.pipeline import stages
from workbench.pipeline.run import plan, run_key
from workbench.ports import silent
from workbench.recipe import read_recipe

if TYPE_CHECKING:
    from workbench.recipe import Recipe
    from workbench.verdicts import Verdicts

RECIPE = Path(__file__).parent.parent / "samples" / "support" / "recipe.yaml"


class Outcome(NamedTuple):
    """One adapter's figures; ``rules`` holds the recovery of each rule that the prompt changes."""

    objective: str
    seed: int
    obeyed: float
    recovery: float
    rules: dict[str, float]
    loss: float
    seconds: float


def prepare(recipe: Recipe, out: Path) -> None:
    """Convert and curate the sample, once."""
    for stage in plan(recipe, out, key=run_key(recipe), progress=silent):
        if stage.name in {"convert", "curate"} and not is_complete(out / stage.name, key=stage.key):
            with output(out / stage.name, verb=stage.name, key=stage.key, force=True) as work:
                stage.work(work)


def outcome(recipe: Recipe, out: Path, objective: str, seed: int) -> Outcome:
    """Train and evaluate one adapter, or read what is known of it."""
    kept = out / "outcomes" / f"{objective}-{seed}.json"
    if not kept.is_file():
        start = time.perf_counter()
        trained = _train(recipe, out, objective, seed)
        seconds = time.perf_counter() - start
        verdicts = _evaluate(recipe, out, trained.adapter)
        told = _figures(verdicts)
        loss = trained.summary["valid_loss"]
        write_json(kept, {"objective": objective, "seed": seed, **told, "loss": loss, "seconds": seconds})
    return Outcome(**json.loads(kept.read_text(encoding="utf-8")))


def interval(values: list[float]) -> tuple[float, float, float]:
    """Return mean and 95 % interval (Student's t) of independent values."""
    mean = statistics.fmean(values)
    if len(values) < 2:  # noqa: PLR2004
        return mean, math.nan, math.nan
    half = student_t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def table(outcomes: list[Outcome]) -> str:
    """Return the Markdown table of objectives, and the differences from the first at the same seed."""
    names = list(dict.fromkeys(one.objective for one in outcomes))
    held = {name: [one for one in outcomes if one.objective == name] for name in names}
    lines = [
        "| objective | seeds | rules obeyed | recovery | validation loss | training seconds (median) |",
        "|---|---|---|---|---|---|",
    ]
    for name, rows in held.items():
        cells = [
            _cell(interval([getattr(one, key) for one in rows])) for key in ("obeyed", "recovery", "loss")
        ]
        seconds = statistics.median(one.seconds for one in rows)
        lines.append(f"| `{name}` | {len(rows)} | {' | '.join(cells)} | {seconds:.0f} |")
    first = {one.seed: one for one in held[names[0]]}
    for name in names[1:]:
        pairs = [(one, first[one.seed]) for one in held[name] if one.seed in first]
        cells = [
            _cell(interval([getattr(a, key) - getattr(b, key) for a, b in pairs]), sign=True)
            for key in ("obeyed", "recovery", "loss")
        ]
        lines.append(f"| `{name}` − `{names[0]}`, same seed | {len(pairs)} | {' | '.join(cells)} | |")
    rules = sorted({rule for one in outcomes for rule in one.rules})
    lines += [
        "",
        f"| recovery of rule | {' | '.join(f'`{name}`' for name in names)} |",
        "|---|" + "---|" * len(names),
    ]
    for rule in rules:
        cells = [
            _cell(interval([one.rules[rule] for one in held[name] if rule in one.rules])) for name in names
        ]
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _train(recipe: Recipe, out: Path, objective: str, seed: int) -> training.Trained:
    spec = msgspec.structs.replace(recipe.train, objective=objective, seed=seed)
    return training.train(
        spec,
        base=recipe.base,
        train=read_pairs(out / "curate" / "train.parquet"),
        valid=read_pairs(out / "curate" / "valid.parquet"),
        out=out / "trained" / f"{objective}-{seed}",
        teaching=training.Teaching(long=stages.long_prompts(out / "convert"), store=out / "teacher"),
    )


def _evaluate(recipe: Recipe, out: Path, adapter: Path) -> Verdicts:
    form, templates = read_templates(out / "convert")
    backend = LocalBackend.open(recipe.base, adapters={"after": adapter}, batch_size=recipe.eval.batch_size)
    base = fingerprint(recipe.base)
    found = evaluation.evaluate(
        evaluation.cases_from_pairs(read_pairs(out / "curate" / "test.parquet")),
        evaluation.Plan(
            templates=templates,
            form=form,
            contracts=stages.read_contracts(out / "convert"),
            sampling=recipe.eval.sampling,
        ),
        backend_for=lambda arm: backend.arm("after" if arm == "after" else None),
        cache=out / "answers",
        weights={"teacher": base, "before": base, "after": f"{base}+{fingerprint(adapter)}"},
    )
    return found.verdicts


def _figures(verdicts: Verdicts) -> dict[str, Any]:
    """Return the share of rules obeyed, and recovery over all rules and of each that has one."""
    arms = verdicts.overall
    teacher, before, after = arms.teacher.rate or 0.0, arms.before.rate or 0.0, arms.after.rate or 0.0
    return {
        "obeyed": after,
        "recovery": (after - before) / (teacher - before),
        "rules": {rule.id: rule.recovery for rule in verdicts.rules if rule.recovery is not None},
    }


def _cell(value: tuple[float, float, float], *, sign: bool = False) -> str:
    form = "+.3f" if sign else ".3f"
    mean, low, high = value
    return f"{mean:{form}}" if math.isnan(low) else f"{mean:{form}} ({low:{form}} to {high:{form}})"


def main() -> None:
    """Run what is missing and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--objectives", nargs="+", default=["sft", "distill", "mixed"])
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--out", type=Path, default=Path("objectives"))
    given = parser.parse_args()
    recipe = read_recipe(given.recipe)
    prepare(recipe, given.out)
    outcomes = []
    for seed in range(given.seeds):
        for objective in given.objectives:
            one = outcome(recipe, given.out, objective, seed)
            outcomes.append(one)
            print(
                f"{objective} seed {seed}: obeyed {one.obeyed:.4f}, recovery {one.recovery:.4f}", flush=True
            )
    print("\n" + table(outcomes))


if __name__ == "__main__":
    main()
