"""Carries a plan out: the teacher answers, rows go and come, and the next version is curated and checked."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.errors import InvariantError
from workbench.evaluation.attribution import labels_of
from workbench.io.frames import PAIR_SCHEMA, frame_to_pairs, pairs_to_frame, read_pairs
from workbench.io.places import copy_own
from workbench.io.rundir import write_text
from workbench.pipeline import curate as curation
from workbench.pipeline.guards import enforce_on_pairs
from workbench.pipeline.stages import read_contracts
from workbench.ports import silent
from workbench.teaching import teach_pairs
from workbench.teaching.files import COPIED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.pipeline.improve.leaks import Leaks
    from workbench.pipeline.improve.plan import ImprovePlan
    from workbench.ports import Backend, Progress, Tokenizer
    from workbench.recipe import CurateStage, TeacherStage
    from workbench.records import Pair

ADDED, BESIDE, SURPLUS, LEAKS, REFUSED = (
    "added",
    "the answer doesn't show the rule",
    "more than was wanted",
    "holds a case of the evaluation",
    "no answer that keeps the contract",
)


@dataclass(frozen=True, kw_only=True)
class Making:
    """What carrying out a plan needs: the run's directories, the teacher, and the curation to go through.

    ``contracts`` name rules as the evaluation does (the task before the id where there are several tasks).
    """

    converted: Path
    curated: Path
    stage: TeacherStage
    backend: Backend
    tokenizer: Tokenizer
    curate: CurateStage
    contracts: Sequence[Contract]
    leaks: Leaks


def make_next(
    plan: ImprovePlan, inputs: Sequence[Pair], out: Path, how: Making, *, progress: Progress = silent
) -> dict[str, Any]:
    """Make the next version in ``out``: convert/, asked/ and curate/, laid out as a run's.

    The rows trained on so far (train and valid), less those dropped, plus the teacher's new ones, go through
    the curation's steps and split again; the test part stays as it is, so that both versions are asked the
    same. Returns what became of rows and inputs.

    Raises:
        GuardError: a row to train on holds a case of the evaluation, or a guard of the curation is crossed.
        ConfigError: a task without contract.
    """
    former = _former(how.curated)
    gone = {drop.id for drop in plan.drop}
    stay = former.filter(~pl.col("id").is_in(sorted(gone)))
    taught = _taught(plan, inputs, out, how, progress)
    added, states = _taken(plan, taught, former, how)
    pool = _distinct(pl.concat([stay, pairs_to_frame(added)]))
    _write_converted(pool, out / "convert", how.converted)
    curated = _curated(pool, how, progress)
    trained = pl.concat([frame.select(PAIR_SCHEMA.names()) for frame in (curated.train, curated.valid)])
    how.leaks.refuse(trained, out=out)
    (out / "curate").mkdir(parents=True, exist_ok=True)
    curation.write_curated(curated, out / "curate")
    enforce_on_pairs(how.curate.guards, out=out / "curate")
    _write_states(states, out / "asked" / "inputs.jsonl")
    labels = labels_of(frame_to_pairs(curated.train), how.contracts)
    return {
        "rows_before": former.height,
        "dropped": former.height - stay.height,
        "asked": len(states),
        "inputs": dict(sorted(Counter(state for _, state, _ in states).items())),
        "added": len(added),
        "curated": curated.summary["parts"],
        "rules": {
            feed.rule: {
                "rows_before": feed.rows,
                "rows_now": sum(held.get(feed.rule) == "pass" for held in labels.values()),
                "wanted": feed.add,
                "added": sum(feed.rule in rules for _, state, rules in states if state == ADDED),
            }
            for feed in plan.rules
        },
        "evaluation": {"cases_in_rows": 0, "rows_checked": trained.height},
    }


def _former(curated: Path) -> pl.DataFrame:
    parts = [curated / f"{name}.parquet" for name in ("train", "valid")]
    return pl.concat([read_pairs(path).select(PAIR_SCHEMA.names()) for path in parts if path.is_file()])


def _taught(
    plan: ImprovePlan, inputs: Sequence[Pair], out: Path, how: Making, progress: Progress
) -> dict[str, Pair]:
    """Have the teacher answer the inputs of the plan; returns the pairs by the id of the input."""
    wanted = [ask.id for ask in plan.ask]
    if not wanted:
        return {}
    held = {pair.id: pair for pair in inputs}
    question, answer = out / "asked" / "inputs", out / "asked"
    question.mkdir(parents=True, exist_ok=True)
    pairs_to_frame([held[name] for name in wanted]).write_parquet(question / "pairs.parquet")
    _copy(how.converted, question)
    teach_pairs(
        question,
        answer,
        stage=how.stage,
        backend=how.backend,
        tokenizer=how.tokenizer,
        contracts=read_contracts(how.converted),
        progress=progress,
    )
    shutil.rmtree(question)
    pairs = frame_to_pairs(read_pairs(answer / "pairs.parquet"))
    return {str(pair.meta["id_before"]): pair for pair in pairs}


def _taken(
    plan: ImprovePlan, taught: dict[str, Pair], former: pl.DataFrame, how: Making
) -> tuple[list[Pair], list[tuple[str, str, tuple[str, ...]]]]:
    """Take for each rule as many answers that show it as wanted, in the plan's order."""
    labels = labels_of(list(taught.values()), how.contracts)
    frame = pairs_to_frame(taught.values())
    leaking = how.leaks.of(frame) if frame.height else {}
    room = Counter({feed.rule: feed.add for feed in plan.rules})
    known = set(former["id"])
    added: list[Pair] = []
    states: list[tuple[str, str, tuple[str, ...]]] = []
    for ask in plan.ask:
        pair = taught.get(ask.id)
        shown = tuple(rule for rule in ask.rules if pair and labels[pair.id].get(rule) == "pass")
        if pair is None:
            state = REFUSED
        elif pair.id in leaking:
            state = LEAKS
        elif not shown:
            state = BESIDE
        elif pair.id in known or not any(room[rule] > 0 for rule in shown):
            state = SURPLUS
        else:
            state = ADDED
            room.subtract(shown)
            added.append(msgspec.structs.replace(pair, meta={**pair.meta, "improves": list(shown)}))
        states.append((ask.id, state, shown))
    return added, states


def _distinct(pool: pl.DataFrame) -> pl.DataFrame:
    if pool["id"].n_unique() != pool.height:
        raise InvariantError("two rows of the next version share an id")
    return pool


def _curated(pool: pl.DataFrame, how: Making, progress: Progress) -> curation.Curated:
    """Curate the pool with the run's own steps, and put the former test part beside the result."""
    split = msgspec.structs.replace(how.curate.split, test=0.0)
    found = curation.curate(
        pool,
        signals=how.curate.signals,
        steps=how.curate.steps,
        split=split,
        contracts=read_contracts(how.converted),
        progress=progress,
    )
    path = how.curated / "test.parquet"
    test = read_pairs(path) if path.is_file() else found.test
    parts = {**found.summary["parts"], "test": test.height}
    across = split.certificate(found.train, found.valid, test)
    summary = {
        **found.summary,
        **curation.certificate(across, against=found.summary["leakage"]["against"]),
        "in": found.summary["in"] + test.height,
        "kept": found.summary["kept"] + test.height,
        "parts": parts,
    }
    return replace(found, test=test, summary=summary)


def _write_converted(pool: pl.DataFrame, out: Path, converted: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pool.write_parquet(out / "pairs.parquet")
    _copy(converted, out)


def _copy(converted: Path, out: Path) -> None:
    """Copy templates and contracts; worked examples are among the rows already."""
    copy_own(converted, out, [name for name in COPIED if name != "examples.parquet"])


def _write_states(states: Sequence[tuple[str, str, tuple[str, ...]]], path: Path) -> None:
    rows = [{"id": name, "state": state, "shows": rules} for name, state, rules in states]
    write_text(path, "".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
