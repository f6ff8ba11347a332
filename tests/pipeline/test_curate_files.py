"""Curation by shards on disk gives what curation of one table in memory gives, however it is cut."""

import json
import random

import msgspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench.contracts import Contract, Rule
from workbench.engines import CrewEngine, LocalEngine
from workbench.errors import InputError
from workbench.io.decisions import text_hash
from workbench.io.frames import frame_to_pairs, pairs_to_frame
from workbench.pipeline.curate import curate, write_curated
from workbench.pipeline.curation import Curation, curate_files
from workbench.pipeline.dedupe import Layout
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.signals import Boilerplate, Lengths, Rules, Scripts, Tools
from workbench.steps import (
    ClusterSplit,
    ContractFilter,
    Decontaminate,
    DropWhere,
    ExactDedup,
    NearDedup,
    Quota,
    Reviewed,
    Select,
    TemplateLimit,
)

FILES = ("train", "valid", "test", "ledger", "dropped", "signals")
OPENING = {"use": "starts_with", "phrase": "Hello."}
CONTRACTS = [
    Contract(task=task, rules=(Rule(id="opening", text="Begin with Hello.", kind="style", check=OPENING),))
    for task in ("desk", "shop")
]
WORDS = [
    a + b for a in ("ka", "lo", "mi", "ru", "se", "to", "vy", "xa") for b in ("bel", "dan", "fir", "gos")
]
SIGNALS = (Lengths(), Scripts(), Rules(), Boilerplate())


def pair(number, question, answer, *, context="", task="desk", slots=True, meta=None):
    shown = (Slot(name="context", type="context", value=context),) if context else ()
    asked = (*shown, Slot(name="question", type="question", value=question)) if slots else ()
    return Pair(
        id=f"p{number * 7919 % 1000:04}",
        task=task,
        prompt=(Message(role="system", content="You are kind."), Message(role="user", content=question)),
        completion=(Message(role="assistant", content=answer),),
        template_id=f"t-{task}",
        slots=asked,
        source=Source(file=f"log{number % 3}", line=number + 1, record=number // 3),
        tokens=TokenCounts(original=40, compact=9 + number % 5, completion=6),
        meta=meta or {},
    )


def pairs():
    """Return 330 pairs with all that steps look for: repeats, conflicts, templates, contexts …"""
    rng = random.Random(5)

    def text(words):
        return " ".join(rng.choices(WORDS, k=words)) + "."

    out, contexts = [], [text(20) for _ in range(40)]
    for n in range(220):
        answer = text(12) if n % 11 else "Please look at the page that tells all of it."
        chinese = "请问" + "".join(rng.choices("蓝绿红白黑金木水火土山石田日月", k=14))
        out.append(
            pair(
                n,
                chinese if n % 9 == 4 else text(10) + f" {n // 2}",
                answer if n % 13 == 5 else f"Hello. {answer}",
                context=rng.choice(contexts) if n % 4 else "",
                task="shop" if n % 5 == 2 else "desk",
                slots=n % 17 != 3,
                meta={"score": n % 6, "reviewed": n % 8 == 0} | ({"cluster": "one"} if n % 50 == 9 else {}),
            )
        )
    for n in range(220, 330):
        old = rng.choice(out[:220])
        kind, said = n % 4, old.completion[0].content
        asked = old.prompt[1].content
        meta = {"origin": "example"} if n % 37 == 0 else {"score": n % 6}
        if kind == 1:
            asked = asked.upper() + "!"
        if kind == 2:
            said = f"Hello. {text(12)}"
        if kind == 3:
            said = said + " Thanks"
        context = next((s.value for s in old.slots if s.name == "context"), "")
        out.append(pair(n, asked, said, context=context, task=old.task, slots=bool(old.slots), meta=meta))
    return pairs_to_frame(out)


def recipes(place):
    """Return lists of steps that between them hold every step that is done by shards."""
    rows = frame_to_pairs(pairs())
    decisions = [
        {"id": row.id, "hash": text_hash(row.prompt, row.completion), "action": action, "reviewer": "a"}
        | ({"text": f"Hello. {rows[50].output} More."} if action == "edit" else {})
        for row, action in ((rows[3], "reject"), (rows[60], "edit"), (rows[61], "edit"), (rows[7], "accept"))
    ]
    (place / "decisions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in decisions))
    (place / "suite.jsonl").write_text(json.dumps({"q": rows[10].prompt[1].content}))
    best = ("contract_valid", "human_reviewed", "score", "longest", "oldest")
    return {
        "default": (ContractFilter(), ExactDedup(), NearDedup()),
        "best kept": (
            DropWhere(where="answer_words > 16"),
            ExactDedup(keeper=("human_reviewed", "score")),
            NearDedup(conflicts="first", keeper=best, max_bucket=3),
            TemplateLimit(at_most=2, near=NearDedup(numbers="ignore")),
        ),
        "to a budget": (
            Reviewed(decisions=str(place / "decisions.jsonl")),
            ContractFilter(),
            NearDedup(threshold=0.6),
            Decontaminate(against=(str(place / "suite.jsonl"),)),
            Select(rows=90, quality="answer_words", quotas=(Quota(by="task", most=0.8), Quota(by="rule"))),
        ),
    }


def in_memory(frame, steps, split, out):
    out.mkdir()
    found = curate(frame, steps=steps, split=split, signals=SIGNALS, contracts=CONTRACTS)
    write_curated(found, out)
    return out


def on_disk(frame, steps, split, out, *, rows=64, crew=None, engine=None, **layout):
    out.mkdir(exist_ok=True)
    frame.write_parquet(out.with_suffix(".parquet"))
    how = Curation(signals=SIGNALS, steps=steps, split=split, tools=Tools(contracts=CONTRACTS))
    return curate_files(
        [out.with_suffix(".parquet")],
        out=out,
        how=how,
        layout=Layout(shard_rows=rows, **layout),
        crew=crew or CrewEngine(workers=1),
        engine=engine or LocalEngine(threads=2),
    )


def told(out):
    summary = json.loads((out / "summary.json").read_text())
    return {k: v for k, v in summary.items() if k not in {"seconds", "peak_mb", "ledger_hash"}}


@pytest.mark.parametrize("name", ["default", "best kept", "to a budget"])
def test_the_files_are_those_of_a_curation_in_memory(tmp_path, name):
    steps, split = recipes(tmp_path)[name], ClusterSplit(source="file" if name == "none" else None)
    whole = in_memory(pairs(), steps, split, tmp_path / "whole")
    on_disk(pairs(), steps, split, tmp_path / "shards")
    assert told(tmp_path / "shards") == told(whole)
    edits = ["edits"] if name == "to a budget" else []
    for file in (*FILES, *edits):
        one, other = (pl.read_parquet(tmp_path / place / f"{file}.parquet") for place in ("shards", "whole"))
        assert_frame_equal(one, other)
    reasons = told(whole)["reasons"]
    assert len(reasons) >= 3
    assert min(reasons.values()) >= 1
    assert (tmp_path / "shards" / "card.md").read_text() == (whole / "card.md").read_text()
    assert not list((tmp_path / "shards").glob("work*"))


def test_the_ledger_is_the_same_for_every_shard_size_thread_count_and_row_order(tmp_path):
    steps, split = recipes(tmp_path)["best kept"], ClusterSplit()
    hashes = {
        on_disk(pairs(), steps, split, tmp_path / f"rows-{rows}", rows=rows, engine=LocalEngine(threads=n))[
            "ledger_hash"
        ]
        for rows, n in ((1_000, 1), (64, 2), (130, 4))
    }
    mixed = pairs().sample(fraction=1.0, shuffle=True, seed=4)
    cut = on_disk(mixed, steps, split, tmp_path / "mixed", partition_rows=40, held_shingles=300)
    assert hashes == {cut["ledger_hash"]}
    parts = [
        {row["id"]: row["cluster"] for row in pl.read_parquet(tmp_path / place / "test.parquet").to_dicts()}
        for place in ("mixed", "rows-64")
    ]
    assert parts[0] == parts[1]


class KilledError(Exception):
    pass


class Dying:
    """An engine whose process ends in the middle of its nth stage."""

    def __init__(self, stage):
        self.left, self.done = stage, 0

    def map(self, function, tasks, **_):
        self.left -= 1
        if self.left < 0:
            for task in tasks[: len(tasks) // 2]:
                function(task)
            raise KilledError
        results = []
        for task in tasks:
            self.done += 1
            results.append(function(task))
        return results


def test_after_a_kill_in_any_stage_the_rest_is_done_and_the_result_is_the_same(tmp_path):
    steps, split = recipes(tmp_path)["default"], ClusterSplit()
    whole = on_disk(pairs(), steps, split, tmp_path / "whole")
    out = tmp_path / "killed"
    for stage in range(0, 40, 3):
        dying = Dying(stage)
        try:
            found = on_disk(pairs(), steps, split, out, crew=dying, engine=dying)
        except KilledError:
            continue
        break
    assert stage > 10
    assert found["ledger_hash"] == whole["ledger_hash"]
    for file in FILES:
        assert_frame_equal(*(pl.read_parquet(tmp_path / p / f"{file}.parquet") for p in ("whole", "killed")))


def test_what_was_measured_before_a_kill_is_not_measured_again(tmp_path, monkeypatch):
    steps, split = recipes(tmp_path)["default"], ClusterSplit()
    out, measured = tmp_path / "out", []
    with pytest.raises(KilledError):
        on_disk(pairs(), steps, split, out, crew=Dying(0))
    real = Lengths.of
    monkeypatch.setattr(
        Lengths, "of", lambda self, row, tools: measured.append(row) or real(self, row, tools)
    )
    on_disk(pairs(), steps, split, out)
    assert 0 < len(measured) <= 330 - 64 * 3


def test_no_rows_further_columns_and_examples_beside_the_pairs(tmp_path):
    steps, split = (ContractFilter(), ExactDedup(), NearDedup()), ClusterSplit()
    assert on_disk(pairs().clear(), steps, split, tmp_path / "none")["in"] == 0
    assert pl.read_parquet(tmp_path / "none" / "dropped.parquet").columns == pairs().columns
    frame = pairs().with_columns(score=pl.int_range(pl.len()), answer_words=pl.lit(0))
    frame[:300].write_parquet(tmp_path / "a.parquet")
    frame[300:].drop("score").write_parquet(tmp_path / "b.parquet")
    how = Curation(signals=SIGNALS, steps=steps, split=split, tools=Tools(contracts=CONTRACTS))
    (tmp_path / "out").mkdir()
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    curate_files(files, out=tmp_path / "out", how=how, crew=CrewEngine(workers=1))
    both = pl.concat([frame[:300], frame[300:].drop("score")], how="diagonal")
    whole = in_memory(both, steps, split, tmp_path / "whole")
    assert_frame_equal(*(pl.read_parquet(place / "train.parquet") for place in (tmp_path / "out", whole)))
    frame.drop("slots").write_parquet(tmp_path / "c.parquet")
    with pytest.raises(InputError, match="slots"):
        curate_files([tmp_path / "c.parquet"], out=tmp_path / "out", how=how)


def test_a_step_travels_to_a_worker_as_it_is():
    from workbench.pipeline.curation.tasks import JudgeTask

    shard = {"first": 0, "rows": 1, "original": "a", "pairs": "a", "signals": ""}
    task = msgspec.convert(
        {"shard": shard, "step": ContractFilter(contracts=tuple(CONTRACTS)), "alive": "b", "out": "c"},
        JudgeTask,
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(task), type=JudgeTask) == task
