"""No dead field: each field of each curation step, changed, changes what is kept, told or noted."""

import json
import random
from typing import get_args

import msgspec
import numpy as np
import polars as pl
import pytest

from workbench.contracts import Contract, Rule
from workbench.io.decisions import text_hash
from workbench.io.frames import frame_to_pairs, pairs_to_frame
from workbench.records import Message, Pair, Slot, Source, TokenCounts
from workbench.signals import Languages, measure
from workbench.steps import (
    AnyStep,
    ClusterSplit,
    ContractFilter,
    Decontaminate,
    DropWhere,
    ExactDedup,
    NearDedup,
    Quota,
    Reviewed,
    Select,
    SemanticDedup,
    TemplateLimit,
)
from workbench.steps import semantic_dedup as semantic

WORDS = [
    a + b for a in ("ka", "lo", "mi", "ru", "se", "to", "vy", "ne") for b in ("bel", "dan", "fir", "gos")
]
HAN = "订单蓝色帐篷到底什么时候才能送我家门口呢请问今天明天后天仓库港口船只箱子灯笼茶杯书包雨伞围巾手套"


def row(question, answer, *, number=0, context="", task="desk", file="log.jsonl", **meta):
    return Pair(
        id=f"row-{number:04}",
        task=task,
        prompt=(Message(role="user", content=f"{context}\n{question}"),),
        completion=(Message(role="assistant", content=answer),),
        template_id="t",
        slots=(
            Slot(name="context", type="context", value=context),
            Slot(name="question", type="question", value=question),
        ),
        source=Source(file=file, line=number + 1, record=number),
        tokens=TokenCounts(original=90, compact=20, completion=len(answer.split())),
        meta=meta,
    )


def rows(*made):
    return pairs_to_frame(
        row(*one[:2], number=n, **(one[2] if len(one) > 2 else {})) for n, one in enumerate(made)
    )


def varied(*, families=40, copies=3, changed=2, seed=0, zh=False):
    """Make families of texts that differ in a few words, so that many pairs lie near any threshold."""
    rng = random.Random(seed)
    vocabulary = list(HAN) if zh else WORDS
    made = []
    for _ in range(families):
        first = rng.choices(vocabulary, k=18)
        for copy in range(copies):
            text = list(first)
            for place in rng.sample(range(18), copy * changed // 2):
                text[place] = rng.choice(vocabulary)
            made.append((("" if zh else " ").join(text), "yes"))
    return rows(*made)


def outcome(step, frame):
    """Return all that a step says: ids kept in order, the ledger, the notes."""
    if isinstance(step, ClusterSplit):
        parts = step(frame)
        ids = [getattr(parts, name).select("id", "cluster").rows() for name in ("train", "valid", "test")]
        return ids, [leak._asdict() for leak in parts.across.values()]
    split = step(frame)
    return (
        split.kept.select("id", "completion").to_dicts(),
        split.dropped.drop("spec_key").to_dicts(),
        getattr(split, "notes", {}),
    )


def contract(*rules, task="desk"):
    return Contract(task=task, rules=rules)


def says(name, phrase, severity="must"):
    check = {"use": "contains", "phrases": [phrase]}
    return Rule(id=name, text=phrase, kind="style", severity=severity, check=check)


TWICE = rows(("where is it", "here", {"reviewed": False}), ("where is it", "here", {"reviewed": True}))
NEAR, NEAR_ZH = varied(), varied(zh=True)
CROWD = varied(families=3, copies=12, changed=1)
NUMBERED = rows(*((f"where is my parcel {n} of the blue lamps", f"it is on shelf {n}") for n in (7, 8)))
SAID = "please tell me now where the blue lamps of my parcel are"
DISAGREE = rows((SAID, "they left the harbour"), (SAID, "nobody knows at all"))
LIKE = rows(
    (SAID, "the lamps have left the harbour of Bergen this very morning at ten"),
    (SAID, "the lamps have left the harbour of Bergen this very morning at nine"),
)
RULED = rows(("a b c d", "so it is"), ("e f g h", "it is"), ("i j k l", "so is"))
CONTRACTS = (contract(says("so", "so"), says("it", "it", "should")),)
LEFT = "On which day of the month did you send the green kayak to the island of Mull"
EVALUATION = [
    {"id": "1", "question": LEFT},
    {"id": "2", "question": "你的蓝色帐篷订单到底什么时候才能送到我家门口呢请问"},
    *({"id": word, "question": f"kindly say in plain words now what {word * 5} is"} for word in "abcde"),
]
HALF = " ".join(LEFT.split()[:11])
LEAKING = rows(
    (HALF, "yes"),
    ("你的蓝色帐篷订单到底什么时候才能送到", "好"),
    ("kindly say in plain words now what a lamp is", "a lamp"),
    ("say what", LEFT),
    *((f"please speak of item {n} of {word} in blue", "yes") for n, word in enumerate("fghijklm")),
)
THEMES = rows(
    *(
        (f"{stem} {WORDS[n]}", f"answer to {stem} {n}", {"file": f"{n % 2}.jsonl", "task": f"t{n % 3}"})
        for n in range(8)
        for stem in (" ".join(random.Random(s).choices(WORDS, k=14)) for s in range(5))
    )
)
THEMES = THEMES.with_columns(pl.Series("quality", [(n * 7) % 11 for n in range(THEMES.height)]))
LANGUAGES = rows(
    *(
        ("what is this thing over here", "this is a lamp that stands in the hall")
        if n % 2
        else ("这是什么东西呢", "这是一盏放在大厅里的灯")
        for n in range(12)
    )
)
ASKING = varied(families=60, copies=2, changed=4, seed=3)
ASKING_ZH = varied(families=60, copies=2, changed=6, seed=3, zh=True)
ASKED = ASKING["slots"].list.last().struct.field("value")
SOURCED = rows(*((one, "yes", {"file": f"{n % 6}.jsonl"}) for n, one in enumerate(ASKED)))
SHARED = rows(
    *((f"question {WORDS[n % 30]} {n}", "yes", {"context": f"passage {WORDS[n // 3]}"}) for n in range(60))
)
RULES = ASKING.with_columns(
    pl.Series(
        "rules", [["rare"] if n % 9 == 0 else ["usual"] for n in range(ASKING.height)], pl.List(pl.String)
    ),
    pl.Series("task", ["a" if n % 3 else "b" for n in range(ASKING.height)]),
)
ALIKE = [
    ("where is my parcel now", "it is with the carrier"),
    ("my parcel, where is it now", "the carrier is with it"),
    ("how do I cook rice at home", "boil it in plenty of water"),
]
CROWDED = rows(*ALIKE[:2], *[("is my parcel now where", "it is with the carrier")] * 3)
LONGER = rows(ALIKE[0], (ALIKE[1][0], ALIKE[1][1] + " now"))

# A step with its needed fields, one field's old and new value, the rows.
CHANGED = [
    (ExactDedup(), "keeper", ("oldest",), ("human_reviewed",), TWICE),
    (NearDedup(), "threshold", 0.8, 0.5, NEAR),
    (NearDedup(), "ngram", 2, 5, NEAR),
    (NearDedup(), "char_ngram", 2, 5, NEAR_ZH),
    (NearDedup(threshold=0.5), "numbers", "same", "ignore", NUMBERED),
    (NearDedup(), "conflicts", "keep", "first", DISAGREE),
    (NearDedup(threshold=0.6), "keeper", ("oldest",), ("longest", "oldest"), LIKE),
    (NearDedup(threshold=0.6, keeper=("contract_valid", "oldest"), contracts=(contract(says("n", "nine")),)),
     "contracts", None, (contract(says("t", "ten")),), LIKE),
    (NearDedup(threshold=0.5, recall=0.3), "num_perm", 128, 2, NEAR),
    (NearDedup(threshold=0.5), "recall", 0.99, 0.02, NEAR),
    (NearDedup(threshold=0.5), "max_bucket", 2000, 2, CROWD),
    (NearDedup(threshold=0.5, recall=0.02), "seed", 0, 1, NEAR),
    (ContractFilter(contracts=CONTRACTS), "severity", "must", "should", RULED),
    (ContractFilter(contracts=CONTRACTS), "contracts", None, (contract(says("is", "is")),), RULED),
    (Decontaminate(against=("EVAL",)), "against", None, ("OTHER",), LEAKING),
    (Decontaminate(against=("EVAL",)), "threshold", 0.8, 0.3, LEAKING),
    (Decontaminate(against=("EVAL",), threshold=0.4), "ngram", 5, 11, LEAKING),
    (Decontaminate(against=("EVAL",), threshold=0.5), "char_ngram", 8, 18, LEAKING),
    (Decontaminate(against=("EVAL",)), "run", 13, 9, LEAKING),
    (Decontaminate(against=("EVAL",)), "char_run", 20, 12, LEAKING),
    (Decontaminate(against=("EVAL",), threshold=0.5), "common", 0.05, 1.0, LEAKING),
    (Decontaminate(against=("EVAL",), threshold=0.5), "least", 3, 9, LEAKING),
    (Decontaminate(against=("EVAL",), threshold=0.5), "min_words", 6, 18, LEAKING),
    (Decontaminate(against=("EVAL",)), "answers", False, True, LEAKING),
    (DropWhere(where="task = 't0'"), "where", None, "task = 't1'", THEMES),
    (Reviewed(decisions="DECISIONS"), "decisions", None, "UNDECIDED", RULED),
    (Select(rows=6), "rows", 6, 9, THEMES),
    (Select(tokens=40), "tokens", 40, 60, THEMES),
    (Select(rows=6), "method", "facility_location", "k_center", THEMES),
    (Select(rows=6), "quality", None, "quality", THEMES),
    (Select(rows=6), "quotas", (), (Quota(by="source", most=0.2),), THEMES),
    (Select(rows=6), "ngram", 2, 1, THEMES),
    (Select(rows=6), "char_ngram", 3, 1, NEAR_ZH),
    (Select(rows=9), "size", 128, 8, THEMES),
    (Select(rows=6), "anchors", 2048, 4, THEMES),
    (Select(rows=6), "look_ahead", 2.0, 4.0, THEMES),
    (Select(rows=9, size=8), "seed", 0, 1, THEMES),
    (ClusterSplit(), "valid", 0.1, 0.2, ASKING),
    (ClusterSplit(), "test", 0.15, 0.3, ASKING),
    (ClusterSplit(), "threshold", 0.6, 0.2, ASKING),
    (ClusterSplit(), "common_context", 0.05, 0.01, SHARED),
    (ClusterSplit(), "source", None, "file", SOURCED),
    (ClusterSplit(), "stratify", ("task", "rule"), (), RULES),
    (ClusterSplit(threshold=0.9), "floor", 0.5, 0.9, ASKING),
    (ClusterSplit(), "ngram", 3, 1, ASKING),
    (ClusterSplit(), "char_ngram", 5, 1, ASKING_ZH),
    (ClusterSplit(threshold=0.3, recall=0.3), "num_perm", 128, 2, ASKING),
    (ClusterSplit(threshold=0.3), "recall", 0.99, 0.02, ASKING),
    (ClusterSplit(threshold=0.3, recall=0.3, num_perm=8), "max_bucket", 2000, 2, CROWD),
    (ClusterSplit(), "seed", 0, 1, ASKING),
    (TemplateLimit(at_most=1), "at_most", None, 3, NEAR),
    (TemplateLimit(at_most=1), "near", None, NearDedup(threshold=0.6), LIKE),
    (SemanticDedup(model="one"), "model", None, "other", rows(*ALIKE)),
    (SemanticDedup(model="one"), "similarity", 0.92, 0.999, rows(*ALIKE)),
    (SemanticDedup(model="one"), "overlap", 0.4, 0.9, rows(*ALIKE)),
    (SemanticDedup(model="crowd"), "neighbours", 16, 2, CROWDED),
    (SemanticDedup(model="one"), "keeper", ("oldest",), ("longest", "oldest"), LONGER),
]  # fmt: skip
# `plugin`'s fields are its author's: tests/steps/test_plugin_step.py.
ELSEWHERE = {("plugin", "name"), ("plugin", "options")}


@pytest.fixture
def files(tmp_path):
    decided = {
        "id": RULED["id"][0],
        "hash": text_hash(*((p.prompt, p.completion) for p in frame_to_pairs(RULED)).__next__()),
        "action": "reject",
    }
    written = {
        "EVAL": EVALUATION,
        "OTHER": [{"id": "1", "question": "kindly say in plain words now what a lamp is"}],
        "DECISIONS": [decided],
        "UNDECIDED": [decided | {"action": "accept"}],
    }
    paths = {}
    for name, lines in written.items():
        paths[name] = tmp_path / f"{name}.jsonl"
        paths[name].write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines))
    return paths


def embedded(texts, *, model):
    """Stand for an embedding model: `crowd` finds all alike, `one` the first two, `other` none."""
    far = {"crowd": 0.001, "one": 0.05, "other": 3.0}[model]
    vectors = np.array(
        [[1.0, far * n if "parcel" in text else 9.0] for n, text in enumerate(texts)], np.float32
    )
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def settled(step, files):
    """Put real paths in the place of names."""
    if isinstance(step, Decontaminate):
        return msgspec.structs.replace(step, against=tuple(str(files[name]) for name in step.against))
    if isinstance(step, Reviewed):
        return msgspec.structs.replace(step, decisions=str(files[step.decisions]))
    return step


def named(step):
    return step.__struct_config__.tag


def test_every_field_of_every_step_is_tried():
    kinds = [*get_args(AnyStep), ClusterSplit]
    every = {(kind.__struct_config__.tag, name) for kind in kinds for name in kind.__struct_fields__}
    assert {(named(step), field) for step, field, *_ in CHANGED} | ELSEWHERE == every


@pytest.mark.parametrize("which", CHANGED, ids=lambda one: f"{named(one[0])}.{one[1]}")
def test_a_changed_field_changes_what_the_step_does(which, files, monkeypatch):
    step, field, before, after, frame = which
    if isinstance(step, SemanticDedup):
        pytest.importorskip("usearch")
        monkeypatch.setattr(semantic, "embed", embedded)
    if before is not None:
        assert getattr(step, field) == before
    changed = msgspec.structs.replace(step, **{field: after})
    if named(step) == "decontaminate":
        # The thresholds and sizes are told in each row's reason: only which rows go counts here.
        gone = [settled(one, files)(frame).dropped["row"].to_list() for one in (step, changed)]
        assert gone[0] != gone[1]
        return
    assert outcome(settled(step, files), frame) != outcome(settled(changed, files), frame)


def selected(frame, quota):
    split = Select(rows=6, quotas=(quota,))(frame)
    return split.kept["id"].to_list(), split.notes


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("by", {"by": "source", "most": 0.2}, {"by": "task", "most": 0.2}),
        ("most", {"by": "source", "most": 0.6}, {"by": "source", "most": 0.2}),
        ("at_least", {"by": "task"}, {"by": "task", "at_least": 3}),
        ("value", {"by": "source", "most": 0.2}, {"by": "source", "most": 0.2, "value": "0.jsonl"}),
        ("temperature", {"by": "task"}, {"by": "task", "temperature": 2.0}),
    ],
)
def test_each_field_of_a_quota(field, before, after):
    assert field in Quota.__struct_fields__
    assert selected(THEMES, Quota(**before)) != selected(THEMES, Quota(**after))


def test_the_fields_of_a_quota_are_those_tried():
    assert Quota.__struct_fields__ == ("by", "most", "at_least", "value", "temperature")


def test_a_quota_by_language_counts_languages():
    found = pl.concat([LANGUAGES, measure(LANGUAGES, [Languages()])], how="horizontal")
    assert selected(found, Quota(by="lang", most=0.3)) != selected(found, Quota(by="lang", most=0.9))
